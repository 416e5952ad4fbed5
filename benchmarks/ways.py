"""Ways to run the same DAG with the same asynchronous tool, in this process.

`sequential` is a ReAct loop without its model: one step after another. `levels` is LangGraph, one
node for each step, whose supersteps wait for the slowest of a level. `one_consumer` is the rule of
LLMCompiler's task fetching unit (Kim et al. 2024, arXiv:2312.04511), written anew: one consumer
takes the next planned line, starts what can run, and looks again when the next line has come, or
every 10 ms once there are no more. `breadth` is the Executor. `bare` is the least that asyncio can
do: it knows the whole DAG, checks nothing, records nothing and cannot be stopped.

Lines of a plan come from an asynchronous iterator of step numbers, so that each way sees them when
a model would have written them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph

from planner import Budget, Caller, Done, Executor, Limits, MemoryTrace, Step, Trace
from tools import Arguments, ToolResult

Call = Callable[[int], Awaitable[str]]
"""Does the work of a step."""
Needs = Sequence[Sequence[int]]
"""For each step the numbers of those before it."""
Lines = AsyncIterator[int]
"""Numbers of steps as they are planned."""

_POLL_SECONDS = 0.01
"""LLMCompiler's SCHEDULING_INTERVAL."""


async def at_once(count: int) -> Lines:
    """A plan that is there from the start."""
    for step in range(count):
        yield step


async def sequential(needs: Needs, call: Call) -> None:
    """One after another."""
    for step in range(len(needs)):
        await call(step)


async def by_levels(levels: Sequence[Sequence[int]], call: Call, limit: int) -> None:
    """A barrier behind each level, without LangGraph's own costs."""
    slots = asyncio.Semaphore(limit)
    for level in levels:
        await asyncio.gather(*(_in_slot(call, step, slots) for step in level))


async def bare(needs: Needs, call: Call, limit: int) -> None:
    """Futures and a semaphore."""
    slots = asyncio.Semaphore(limit)
    tasks: list[asyncio.Task[None]] = []

    async def run(step: int) -> None:
        for need in needs[step]:
            await tasks[need]
        await _in_slot(call, step, slots)

    tasks += [asyncio.create_task(run(step)) for step in range(len(needs))]
    await asyncio.gather(*tasks)


async def one_consumer(needs: Needs, call: Call, limit: int, lines: Lines | None = None) -> None:
    """LLMCompiler's rule."""
    slots = asyncio.Semaphore(limit)
    ended: set[int] = set()
    waiting: list[int] = []

    async def run(step: int) -> None:
        await _in_slot(call, step, slots)
        ended.add(step)

    def start_ready(group: asyncio.TaskGroup) -> None:
        for step in [step for step in waiting if ended.issuperset(needs[step])]:
            waiting.remove(step)
            group.create_task(run(step))

    async with asyncio.TaskGroup() as group:
        async for step in lines or at_once(len(needs)):
            waiting.append(step)
            start_ready(group)
        while waiting:
            await asyncio.sleep(_POLL_SECONDS)
            start_ready(group)


class _State(TypedDict):
    """LangGraph wants one."""

    done: bool


async def supersteps(needs: Needs, call: Call, limit: int) -> None:
    """LangGraph, a node for each step; the graph is built anew, as a new plan asks for."""
    graph = StateGraph(_State)

    def node(step: int) -> Callable[[_State], Awaitable[Any]]:
        async def run(state: _State) -> Any:
            await call(step)
            return {}

        return run

    taken = {need for before in needs for need in before}
    for step, before in enumerate(needs):
        graph.add_node(str(step), node(step))
        if before:
            graph.add_edge([str(need) for need in before], str(step))
        else:
            graph.add_edge(START, str(step))
        if step not in taken:
            graph.add_edge(str(step), END)
    config = {"max_concurrency": limit, "recursion_limit": len(needs) + 2}
    await graph.compile().ainvoke({"done": False}, config)  # type: ignore[call-overload]


class StepArguments(Arguments):
    """What a look-up takes, and which step it is."""

    question: str
    step: int


class Work:
    """The tool of the Executor's way."""

    name = "work"
    description = "do the work of a step"
    arguments: type[Arguments] = StepArguments
    resource = "work"
    seconds = 120.0

    def __init__(self, call: Call) -> None:
        self._call = call

    async def call(self, arguments: StepArguments) -> ToolResult:
        return ToolResult(await self._call(arguments.step))


def planned_step(step: int, needs: Sequence[int]) -> Step:
    """A plan's line: its edges are data, named inside the question."""
    named = " and ".join(f"{{s{need}}}" for need in needs)
    return Step(f"s{step}", "work", {"question": f"What is {step} of {named}?", "step": step})


async def breadth(
    needs: Needs,
    call: Call,
    limit: int,
    lines: Lines | None = None,
    *,
    trace: Trace | None = None,
) -> None:
    """The Executor, with its checks, its budget and its trace in memory."""
    trace = trace or MemoryTrace()
    caller = Caller(
        {"work": Work(call)}, budget=Budget(Limits()), trace=trace, limits={"work": limit}
    )
    async with Executor(caller, trace=trace) as executor:
        async for step in lines or at_once(len(needs)):
            await executor.add(planned_step(step, needs[step]))
        await executor.drained()
    lost = [name for name, outcome in executor.outcomes.items() if not isinstance(outcome, Done)]
    assert not lost, f"these steps brought nothing: {lost[:5]}"


async def _in_slot(call: Call, step: int, slots: asyncio.Semaphore) -> None:
    """The work of a step, in one of the slots."""
    async with slots:
        await call(step)
