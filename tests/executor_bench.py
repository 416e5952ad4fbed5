"""An executor whose one tool does what the test says."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from pydantic import JsonValue
from tenacity import wait_none

from planner import (
    Budget,
    Caller,
    Event,
    Executor,
    History,
    Limits,
    MemoryTrace,
    Speculation,
    Step,
    StepEnded,
    StepStarted,
)
from tools import Arguments, Compare, ToolResult

Work = Callable[[str], Awaitable[JsonValue]]


class AskArguments(Arguments):
    """One text."""

    question: str


class Ask:
    """A tool that does what the test says."""

    name = "ask"
    description = "for tests"
    arguments: type[Arguments] = AskArguments
    resource = "cpu"

    def __init__(self, work: Work, *, seconds: float = 30.0) -> None:
        self.side_effects = False
        self.seconds = seconds
        self._work = work

    async def call(self, arguments: AskArguments) -> ToolResult:
        return ToolResult(await self._work(arguments.question))


def ask(id_: str, question: str, **more: object) -> Step:
    return Step(id_, "ask", {"question": question}, **more)


class Waiting(MemoryTrace):
    """A trace that can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._grown = asyncio.Condition()

    async def record(self, event: Event) -> None:
        await super().record(event)
        async with self._grown:
            self._grown.notify_all()

    async def has(self, event: Event) -> None:
        async with self._grown:
            await self._grown.wait_for(lambda: event in self.events)


class Bench:
    """An executor with its trace."""

    def __init__(
        self,
        work: Work,
        *,
        limits: Limits | None = None,
        slots: int = 64,
        history: History | None = None,
        seconds: float = 30.0,
        speculation: Speculation = "off",
    ) -> None:
        self.trace = Waiting()
        self.budget = Budget(limits or Limits())
        acting = Ask(work, seconds=seconds)
        acting.side_effects = True
        caller = Caller(
            {"ask": Ask(work, seconds=seconds), "act": acting, "compare": Compare()},
            budget=self.budget,
            trace=self.trace,
            limits={"cpu": slots},
            wait=wait_none(),
        )
        self.executor = Executor(caller, trace=self.trace, history=history, speculation=speculation)

    async def run(self, steps: Sequence[Step]) -> Executor:
        async with self.executor as executor:
            for step in steps:
                await executor.add(step)
            await executor.drained()
        return executor

    @property
    def started(self) -> list[str]:
        return [event.id for event in self.trace.events if isinstance(event, StepStarted)]

    @property
    def ended(self) -> list[str]:
        return [event.id for event in self.trace.events if isinstance(event, StepEnded)]


async def echo(question: str) -> JsonValue:
    return question
