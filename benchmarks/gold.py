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

All end with a turn that writes the answer. The three that plan write the same lines: a fan-out over
a list is one line, for its elements' names are not known before the list is. All time is run
SCALE as fast as life, so an engine's own costs weigh more here than there.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

from aiohttp import ClientSession, TCPConnector

from benchmarks.dags import Dag, GoldQuestion, PlanLine, gold_questions, heavy_tailed, plan_lines
from benchmarks.tool_server import tool_server
from benchmarks.ways import (
    Call,
    StepArguments,
    by_levels,
    one_consumer,
    planned_step,
    sequential,
    supersteps,
)
from planner import Budget, Caller, Done, Executor, Limits, MemoryTrace, Step
from tools import Arguments, ToolResult

TOOL_SECONDS = 0.8
FIRST_TOKEN = 0.4
TOKENS_PER_SECOND = 60
SYSTEM_TOKENS = 400
"""Instructions and tools, in every prompt."""
THOUGHT_TOKENS = 25
CALL_TOKENS = 12
"""Around the text of a call: its id, its tool, brackets."""
ANSWER_TOKENS = 40
SCALE = 0.2
SLOTS = 64
_AT_ONCE = 20
"""Questions; so many that the clock and not the processor is measured."""


@dataclass
class Spent:
    """What a way asked of the model."""

    calls: int = 0
    read: int = 0
    written: int = 0


@dataclass
class Turns:
    """The modelled model, for one question. `seconds` False: its turns take no time."""

    gold: GoldQuestion
    seconds: bool
    spent: Spent = field(default_factory=Spent)

    async def turn(self, written: int, seen: Sequence[int]) -> None:
        """Write so many tokens, with the steps that are done in the prompt."""
        self._count(written, seen)
        await self._wait(FIRST_TOKEN + written / TOKENS_PER_SECOND)

    async def lines(self, lines: Sequence[PlanLine]) -> AsyncIterator[PlanLine]:
        """One turn that plans: each line when it is written."""
        began, written = time.perf_counter(), THOUGHT_TOKENS
        for line in lines:
            written += line_tokens(line)
            await self._wait(
                FIRST_TOKEN + written / TOKENS_PER_SECOND, since=time.perf_counter() - began
            )
            yield line
        self._count(written, ())

    def _count(self, written: int, seen: Sequence[int]) -> None:
        """Add a call."""
        shown = [self.gold.question]
        shown += [self.gold.asked[step] + self.gold.answers[step] for step in seen]
        self.spent.calls += 1
        self.spent.read += SYSTEM_TOKENS + sum(map(tokens, shown))
        self.spent.written += written

    async def _wait(self, seconds: float, *, since: float = 0.0) -> None:
        """Scaled, less what has passed already."""
        await asyncio.sleep(max(0.0, seconds * SCALE - since) if self.seconds else 0)


def tokens(text: str) -> int:
    """Four characters each."""
    return len(text) // 4 + 1


def line_tokens(line: PlanLine) -> int:
    """Of a call, in a plan or in a turn."""
    return CALL_TOKENS + tokens(line.text)


def levels_of(gold: GoldQuestion) -> list[list[int]]:
    """The rounds that the DAG needs."""
    return Dag(gold.needs, (0.0,) * len(gold.needs)).levels


async def react(gold: GoldQuestion, call: Call, turns: Turns) -> None:
    """A turn for each call."""

    async def think_and_call(step: int) -> str:
        await turns.turn(THOUGHT_TOKENS + CALL_TOKENS + tokens(gold.asked[step]), range(step))
        return await call(step)

    await sequential(gold.needs, think_and_call)


async def rounds(gold: GoldQuestion, call: Call, turns: Turns) -> None:
    """A turn for each round."""
    seen: list[int] = []
    for level in levels_of(gold):
        calls = sum(CALL_TOKENS + tokens(gold.asked[step]) for step in level)
        await turns.turn(THOUGHT_TOKENS + calls, seen)
        await by_levels([level], call, SLOTS)
        seen += level


async def planned_levels(gold: GoldQuestion, call: Call, turns: Turns) -> None:
    """The whole plan, then LangGraph."""
    async for _ in turns.lines(plan_lines(gold)):
        pass
    await supersteps(gold.needs, call, SLOTS)


async def consumer(gold: GoldQuestion, call: Call, turns: Turns) -> None:
    """LLMCompiler's rule; a fan-out's steps come with its line."""

    async def steps() -> AsyncIterator[int]:
        async for line in turns.lines(plan_lines(gold)):
            for step in line.steps:
                yield step

    await one_consumer(gold.needs, call, SLOTS, steps())


class Replay:
    """The tool; the value of a step that a fan-out is over is the list of the fan-out's steps."""

    name = "work"
    description = "replay an answer"
    arguments: type[Arguments] = StepArguments
    resource = "work"
    seconds = 120.0

    def __init__(self, call: Call, fans: Mapping[int | None, tuple[int, ...]]) -> None:
        self._call = call
        self._fans = fans

    async def call(self, arguments: StepArguments) -> ToolResult:
        answer = await self._call(arguments.step)
        fan = self._fans.get(arguments.step)
        return ToolResult(list(fan) if fan else answer)


async def executor(gold: GoldQuestion, call: Call, turns: Turns) -> None:
    """Each line as it comes; a fan-out is a for_each."""
    lines = plan_lines(gold)
    first = {step: line.steps[0] for line in lines for step in line.steps}
    replay = Replay(call, {line.for_each: line.steps for line in lines})
    trace = MemoryTrace()
    caller = Caller({"work": replay}, budget=Budget(Limits()), trace=trace, limits={"work": SLOTS})
    async with Executor(caller, trace=trace) as running, aclosing(turns.lines(lines)) as written:
        async for line in written:
            step = line.steps[0]
            if line.for_each is None:
                needs = tuple(dict.fromkeys(first[need] for need in gold.needs[step]))
                await running.add(planned_step(step, needs))
            else:
                asked = {"question": "What of {item}?", "step": "{item}"}
                await running.add(
                    Step(f"s{step}", "work", asked, for_each=f"s{first[line.for_each]}")
                )
        await running.drained()
    assert all(isinstance(outcome, Done) for outcome in running.outcomes.values())


Way = Callable[[GoldQuestion, Call, Turns], Awaitable[None]]
WAYS: Mapping[str, Way] = {
    "sequential": react,
    "rounds": rounds,
    "levels": planned_levels,
    "one_consumer": consumer,
    "breadth": executor,
}


@dataclass(frozen=True)
class Row:
    """One way over a set; means a question."""

    way: str
    seconds: tuple[float, ...]
    """Of each question, as in life (not scaled)."""
    calls: float
    read_tokens: float
    written_tokens: float


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

            async def every_way(number: int) -> dict[str, tuple[float, Spent]]:
                async with at_once:
                    return {
                        way: await _timed(
                            way, golds[number], _replay(session, starts[number]), model
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


async def _timed(way: str, gold: GoldQuestion, call: Call, seconds: bool) -> tuple[float, Spent]:
    """One way with one question: seconds as in life, and what it asked of the model."""
    turns = Turns(gold, seconds)
    began = time.perf_counter()
    await WAYS[way](gold, call, turns)
    await turns.turn(ANSWER_TOKENS, range(len(gold.needs)))
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
