"""The ways of working that `gold.py` compares, each with its own turns of a modelled model."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from random import Random

from pydantic import JsonValue

from benchmarks.dags import Dag, GoldQuestion, PlanLine, plan_lines
from benchmarks.ways import (
    Call,
    StepArguments,
    by_levels,
    one_consumer,
    planned_step,
    sequential,
    supersteps,
)
from planner import (
    Budget,
    Caller,
    Done,
    Executor,
    Limits,
    MemoryTrace,
    Speculation,
    SpeculationTotals,
    Step,
)
from tools import Arguments, ToolResult, tell_draft

FIRST_TOKEN = 0.4
TOKENS_PER_SECOND = 60
SYSTEM_TOKENS = 400
"""Instructions and tools, in every prompt."""
THOUGHT_TOKENS = 25
CALL_TOKENS = 12
"""Around the text of a call: its id, its tool, brackets."""
ANSWER_TOKENS = 40
DRAFT_AFTER, DRAFT_RIGHT = 0.5, 0.75
SCALE = 0.2
SLOTS = 64


@dataclass
class Spent:
    """What a way asked of the model."""

    calls: int = 0
    read: int = 0
    written: int = 0
    guessed: int = 0
    """Calls of the tool that were begun on a draft."""
    kept: int = 0


@dataclass
class Turns:
    """The modelled model, for one question. `seconds` False: its turns take no time."""

    gold: GoldQuestion
    seconds: bool
    tool_seconds: Sequence[float] = ()
    """Of each step's call, scaled."""
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
    """The tool; the value of a step that a fan-out is over is the list of the fan-out's steps.

    `seconds`: of each step, for tools that say drafts.
    """

    name = "work"
    description = "replay an answer"
    arguments: type[Arguments] = StepArguments
    resource = "work"
    seconds = 120.0

    def __init__(
        self,
        call: Call,
        gold: GoldQuestion,
        fans: Mapping[int | None, tuple[int, ...]],
        seconds: Sequence[float] = (),
    ) -> None:
        self._call = call
        self._gold = gold
        self._fans = fans
        self._seconds = seconds

    async def call(self, arguments: StepArguments) -> ToolResult:
        step = arguments.step
        fan = self._fans.get(step)
        if not self._seconds:
            answer = await self._call(step)
            return ToolResult(list(fan) if fan else answer)
        value: JsonValue = list(fan) if fan else self._gold.answers[step]
        right = Random(f"{self._gold.question} {step}").random() < DRAFT_RIGHT
        wrong: JsonValue = list(fan[:-1]) if fan else f"not {value}"
        after = self._seconds[step] * DRAFT_AFTER
        telling = asyncio.get_running_loop().call_later(
            after, tell_draft, value if right else wrong
        )
        try:
            await self._call(step)
        finally:
            telling.cancel()
        return ToolResult(value)


async def executor(gold: GoldQuestion, call: Call, turns: Turns) -> None:
    """Each line as it comes; a fan-out is a for_each."""
    await _executed(gold, call, turns)


async def guessing(gold: GoldQuestion, call: Call, turns: Turns) -> None:
    """With speculation on steps."""
    await _executed(gold, call, turns, turns.tool_seconds)


async def _executed(
    gold: GoldQuestion, call: Call, turns: Turns, drafts_of: Sequence[float] = ()
) -> None:
    """`drafts_of`: the seconds of tools that say drafts, on which is speculated then."""
    lines = plan_lines(gold)
    first = {step: line.steps[0] for line in lines for step in line.steps}
    replay = Replay(call, gold, {line.for_each: line.steps for line in lines}, drafts_of)
    trace = MemoryTrace()
    caller = Caller({"work": replay}, budget=Budget(Limits()), trace=trace, limits={"work": SLOTS})
    mode: Speculation = "auto" if drafts_of else "off"
    async with (
        Executor(caller, trace=trace, speculation=mode) as running,
        aclosing(turns.lines(lines)) as written,
    ):
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
    totals = SpeculationTotals.of(trace.events)
    turns.spent.guessed, turns.spent.kept = totals.calls, totals.kept


Way = Callable[[GoldQuestion, Call, Turns], Awaitable[None]]
WAYS: Mapping[str, Way] = {
    "sequential": react,
    "rounds": rounds,
    "levels": planned_levels,
    "one_consumer": consumer,
    "breadth": executor,
    "speculating": guessing,
}
