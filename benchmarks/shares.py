"""How much of an engine's speed is left through Breadth: two ways by turns, the same work for both.

Both are sent the same prompts with the same seeds. No answer ends before its last token, and no
prompt is read from a cache, so that all streams live as long as the turn: tokens over seconds is
then the speed of that many streams. A ratio is of two neighbouring turns, whose order changes.
"""

import random
import time
from asyncio import gather
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median, quantiles

from benchmarks.engines import Engine, Way, new_prompt
from inference import Request

_PROMPT_WORDS = 12


@dataclass(frozen=True)
class Share:
    """Of so many rounds, each of a turn of either way."""

    ratios: tuple[float, ...]
    """Tokens a second through Breadth over those of the bare client, round by round."""
    client: tuple[float, ...] = ()
    """Round by round the CPU seconds that this process took for a token more than the bare client
    does, as a part of the seconds that the engine took for it: that much can be lost, and no more
    where the engine has all cores."""
    lacking: int = 0
    """Tokens that the engine was to write and did not."""

    def figures(self, name: str) -> dict[str, float]:
        """The median, and the quarters of the rounds that were below and above."""
        told = spread(name, self.ratios)
        told |= {f"{name}_client": median(self.client)} if self.client else {}
        return told | ({f"{name}_lacking": self.lacking} if self.lacking else {})


def spread(name: str, values: Sequence[float]) -> dict[str, float]:
    """The median under the name, and the quartiles."""
    low, _, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else [*values] * 3
    return {name: median(values), f"{name}_low": low, f"{name}_high": high}


async def share(
    server: Engine, number: random.Random, *, streams: int, rounds: int, tokens: int
) -> Share:
    """The first round is not counted: imports and connections are no engine's time, and an engine
    is slower when its slots are full, as they are from then on."""
    ratios, client, lacking = [], [], 0
    for turn in range(rounds + 1):
        asked = [
            replace(new_prompt(_PROMPT_WORDS, number), max_tokens=tokens) for _ in range(streams)
        ]
        order: tuple[Way, ...] = ("raw", "breadth") if turn % 2 else ("breadth", "raw")
        turns = {}
        for way in order:
            server.endpoint.fields = server.whole(f"{way} {number.random()}")
            turns[way] = await _turn(server, way, asked)
            lacking += streams * tokens - turns[way].tokens
        ours, bare = turns["breadth"], turns["raw"]
        ratios.append(bare.seconds / ours.seconds)
        client.append((ours.cpu - bare.cpu) / bare.seconds)
    server.endpoint.fields = {}
    return Share(tuple(ratios[1:]), tuple(client[1:]), lacking)


@dataclass(frozen=True)
class _Turn:
    """One way, all streams at once."""

    tokens: int
    seconds: float
    """For each token of the turn, as is `cpu`."""
    cpu: float


async def _turn(server: Engine, way: Way, asked: list[Request]) -> _Turn:
    began, cpu = time.monotonic(), time.process_time()
    tokens = sum(await gather(*(server.written(way, request) for request in asked)))
    taken = time.monotonic() - began
    return _Turn(tokens, taken / max(1, tokens), (time.process_time() - cpu) / max(1, tokens))
