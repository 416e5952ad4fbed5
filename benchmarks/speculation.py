"""What a server's guesses gain: running servers of one model, against the first of them.

    python benchmarks/speculation.py off=http://127.0.0.1:8000/v1 ngram=http://127.0.0.1:8001/v1
    python benchmarks/speculation.py --embedded off,ngram --json

The first is to be one that does not guess. By turns, whose order changes, each writes the same
greedy answers, by kind: `writing` an answer from passages, `copying` what stands there, and `free`
text; 1 and 8 at once. Of every server:

KIND_N_NAME           tokens a second
KIND_N_NAME_speedup   over the first server: the median of rounds; _low and _high: its quartiles
KIND_N_NAME_accepted  the share of its guesses that were right, where it tells
KIND_N_NAME_same      the share of texts that are the first server's
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.engines import FACTS, Engine, engine, named_server
from benchmarks.shares import spread
from inference import PACKAGED, Message, ModelError, ModelSetupError, Request, complete

STREAMS = (1, 8)
_WRITE = "Describe the river Aller in three sentences, fact by fact."
_COPY = "Repeat the three facts above, word by word, three times."
_FREE = "Write a letter to a friend about a journey by ship."


def writing_task(place: int) -> Request:
    """An answer that says again what the facts say."""
    return _asked(f"{FACTS}Question {place}: {_WRITE}")


def copying_task(place: int) -> Request:
    """The facts themselves."""
    return _asked(f"{FACTS}Task {place}: {_COPY}")


def free_task(place: int) -> Request:
    """Nothing that stands in the prompt."""
    return _asked(f"Journey {place}: {_FREE}")


def _asked(text: str) -> Request:
    return Request((Message("user", text),), max_tokens=96)


TASKS: Mapping[str, Callable[[int], Request]] = {
    "writing": writing_task,
    "copying": copying_task,
    "free": free_task,
}


@dataclass
class Guessed:
    """What one server did of one kind of text."""

    rates: list[float] = field(default_factory=list)
    """Tokens a second, round by round."""
    drafted: int = 0
    accepted: int = 0
    texts: list[str] = field(default_factory=list)
    """Of the last round."""

    async def turn(self, server: Engine, asked: Sequence[Request]) -> None:
        """Write all of it at once. Raises ModelError."""
        before, began = await _counted(server), time.monotonic()
        made = await asyncio.gather(*(complete(server.model, request) for request in asked))
        taken = time.monotonic() - began
        after = await _counted(server)
        self.rates.append(sum(one.usage.completion_tokens for one in made) / taken)
        drafted = sum(one.usage.drafted_tokens for one in made)
        accepted = sum(one.usage.accepted_tokens for one in made)
        self.drafted += drafted or after[0] - before[0]
        self.accepted += accepted or after[1] - before[1]
        self.texts = [one.samples[0].text for one in made]

    def figures(self, name: str, first: "Guessed") -> dict[str, float]:
        """See the top of the file."""
        told = {name: median(self.rates)}
        if self.drafted:
            told[f"{name}_accepted"] = self.accepted / self.drafted
        if self is first:
            return told
        ratios = [mine / other for mine, other in zip(self.rates, first.rates, strict=True)]
        same = [mine == other for mine, other in zip(self.texts, first.texts, strict=True)]
        return told | spread(f"{name}_speedup", ratios) | {f"{name}_same": sum(same) / len(same)}


async def _counted(server: Engine) -> tuple[int, int]:
    """What a server has drafted, and what was right, where it counts by itself."""
    try:
        return await server.endpoint.doors.guesses()
    except ModelError:
        return 0, 0


async def compared(servers: Mapping[str, Engine], *, rounds: int, tokens: int) -> dict[str, float]:
    """Kind by kind. The first round is not counted: in it the prompts are read."""
    found: dict[str, float] = {}
    for kind, task in TASKS.items():
        for streams in STREAMS:
            asked = [replace(task(place), max_tokens=tokens) for place in range(streams)]
            guessed = {name: Guessed() for name in servers}
            for server in servers.values():
                await Guessed().turn(server, asked)
            for turn in range(rounds):
                order = list(servers) if turn % 2 else list(reversed(servers))
                for name in order:
                    await guessed[name].turn(servers[name], asked)
            first = next(iter(guessed.values()))
            for name, one in guessed.items():
                found |= one.figures(f"{kind}_{streams}_{name}", first)
    return found


@asynccontextmanager
async def running(options: argparse.Namespace) -> AsyncIterator[dict[str, Engine]]:
    """The servers by their names, or embedded engines by their ways to guess."""
    async with AsyncExitStack() as stack:
        servers: dict[str, Engine] = {}
        for number, told in enumerate(options.servers):
            name, is_named, url = told.partition("=")
            name, url = (name, url) if is_named else (str(number), told)
            servers[name] = await stack.enter_async_context(named_server(url, options.key))
        for kind in filter(None, options.embedded.split(",")):
            one = engine(options, max(STREAMS), speculate=kind)
            servers[kind] = await stack.enter_async_context(one)
        yield servers


async def measured(options: argparse.Namespace) -> dict[str, float]:
    """All servers are up at once."""
    async with running(options) as servers:
        if len(servers) < 2:
            sys.exit("name two servers at least: the first is the one that does not guess")
        return await compared(servers, rounds=options.rounds, tokens=options.tokens)


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("servers", nargs="*", metavar="NAME=URL", help="addresses with /v1")
    parser.add_argument("--embedded", default="", help="kinds of guessing, as off,ngram")
    parser.add_argument("--model", default="small", choices=list(PACKAGED), help="embedded")
    parser.add_argument("--key", default="", help="of all servers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments, argparse.Namespace(server=None))
    try:
        found = asyncio.run(measured(options))
    except (ModelError, ModelSetupError) as error:
        sys.exit(str(error))
    found = {name: round(value, 3) for name, value in found.items()}
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:36} {value}")


if __name__ == "__main__":
    main()
