"""Gold DAGs end to end: what each way of working costs with its own model turns.

The sub-question DAG of a set is taken as given. A loopback HTTP server in another process replays
each gold answer after a latency: log-normal, 0.8 s in the mean, seeded (the sets record none). The
model is modelled, not run: a turn takes FIRST_TOKEN seconds and then writes TOKENS_PER_SECOND; a
token is four characters. Its turns:

- `sequential`: ReAct (Yao et al. 2022, arXiv:2210.03629): a turn, with a thought, for each call.
- `rounds`: ParallelSearch (Zhao et al. 2025): a turn, with a thought, for each round of calls; they
  run at once, and the next turn begins when the last of them has ended.
- `levels`: one turn writes the plan, then LangGraph supersteps, a node for each step.
- `one_consumer`: LLMCompiler's rule (see ways.py) on the plan as it is written.
- `breadth`: the Executor, which takes each line when it is written.
- `speculating`: the same, with speculation on steps (`auto`): after DRAFT_AFTER of its latency the
  tool says what its value may be, and is right in DRAFT_RIGHT of all cases (seeded). Both are
  assumptions: the sets record no drafts.

All end with a turn that writes the answer. The three that plan write the same lines: a fan-out over
a list is one line, for its elements' names are not known before the list is. All time is run
SCALE as fast as life, so an engine's own costs weigh more here than there.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

from aiohttp import ClientSession, TCPConnector

from benchmarks.dags import gold_questions, heavy_tailed
from benchmarks.gold_ways import ANSWER_TOKENS, SCALE, WAYS, Spent, Turns
from benchmarks.tool_server import tool_server
from benchmarks.ways import Call

TOOL_SECONDS = 0.8
_AT_ONCE = 20
"""Questions; so many that the clock and not the processor is measured."""


@dataclass(frozen=True)
class Row:
    """One way over a set; means a question."""

    way: str
    seconds: tuple[float, ...]
    """Of each question, as in life (not scaled)."""
    calls: float
    read_tokens: float
    written_tokens: float
    guessed: float
    """Tool calls on drafts."""
    kept: float


async def measured(path: Path, limit: int, *, model: bool) -> list[Row]:
    """Every way over the first questions of a set. `model` False leaves the model's time out."""
    golds = gold_questions(path)[:limit]
    random = Random(path.stem)
    starts, replies = [], []
    for gold in golds:
        starts.append(len(replies))
        replies += [(heavy_tailed(random, TOOL_SECONDS) * SCALE, answer) for answer in gold.answers]
    with tool_server(replies) as url:
        async with ClientSession(url, connector=TCPConnector(limit=0)) as session:
            at_once = asyncio.Semaphore(_AT_ONCE)

            def turns_of(number: int, model: bool) -> Turns:
                begin, gold = starts[number], golds[number]
                taken = [seconds for seconds, _ in replies[begin : begin + len(gold.answers)]]
                return Turns(gold, model, taken)

            async def every_way(number: int) -> dict[str, tuple[float, Spent]]:
                async with at_once:
                    return {
                        way: await _timed(
                            way, turns_of(number, model), _replay(session, starts[number])
                        )
                        for way in _in_turn(number)
                    }

            found = await asyncio.gather(*map(every_way, range(len(golds))))
    return [_row(way, [ways[way] for ways in found]) for way in WAYS]


def _in_turn(number: int) -> list[str]:
    """The ways, beginning with another one for each question: none has the quiet hour alone."""
    names = list(WAYS)
    at = number % len(names)
    return names[at:] + names[:at]


def _replay(session: ClientSession, start: int) -> Call:
    """The tool of a question whose replies begin there."""

    async def call(step: int) -> str:
        async with session.get(f"/{start + step}") as response:
            response.raise_for_status()
            return await response.text()

    return call


async def _timed(way: str, turns: Turns, call: Call) -> tuple[float, Spent]:
    """One way with one question: seconds as in life, and what it asked of the model."""
    began = time.perf_counter()
    await WAYS[way](turns.gold, call, turns)
    await turns.turn(ANSWER_TOKENS, range(len(turns.gold.needs)))
    return (time.perf_counter() - began) / SCALE, turns.spent


def _row(way: str, found: Sequence[tuple[float, Spent]]) -> Row:
    """One way over all questions."""
    count = len(found)
    return Row(
        way=way,
        seconds=tuple(seconds for seconds, _ in found),
        calls=sum(spent.calls for _, spent in found) / count,
        read_tokens=sum(spent.read for _, spent in found) / count,
        written_tokens=sum(spent.written for _, spent in found) / count,
        guessed=sum(spent.guessed for _, spent in found) / count,
        kept=sum(spent.kept for _, spent in found) / count,
    )


def speedups(rows: Sequence[Row]) -> dict[str, tuple[float, float, float]]:
    """How many times as long each other way takes: all questions together, median, and most."""
    ours = next(row for row in rows if row.way == "breadth").seconds
    found: dict[str, tuple[float, float, float]] = {}
    for row in rows:
        if row.way != "breadth":
            each = [theirs / own for theirs, own in zip(row.seconds, ours, strict=True)]
            found[row.way] = (sum(row.seconds) / sum(ours), median(each), max(each))
    return found
