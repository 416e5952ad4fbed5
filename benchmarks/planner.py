"""The executor against running level by level, on a diamond of steps.

    python benchmarks/planner.py                 a table
    python benchmarks/planner.py --quick --json  one object

a (0.1 s) -> c (0.3 s) beside b (0.3 s) -> d (0.1 s): the critical path is 0.4 s; level by level
waits for the slowest of each level, 0.6 s. `diamond_over_critical_path` is Breadth's makespan over
the critical path, `levels_over_critical_path` that of LangGraph supersteps with one node a step.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any, TypedDict

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from langgraph.graph import END, START, StateGraph

from planner import Budget, Caller, Executor, Limits, MemoryTrace, Step
from tools import Arguments, ToolResult

SECONDS = {"a": 0.1, "b": 0.3, "c": 0.3, "d": 0.1}
NEEDS: dict[str, tuple[str, ...]] = {"a": (), "b": (), "c": ("a",), "d": ("b",)}
CRITICAL_PATH = 0.4


class SleepArguments(Arguments):
    """How long."""

    name: str


class Sleep:
    """A tool that takes its time."""

    name = "sleep"
    description = "wait"
    arguments: type[Arguments] = SleepArguments
    resource = "cpu"
    seconds = 10.0

    async def call(self, arguments: SleepArguments) -> ToolResult:
        await asyncio.sleep(SECONDS[arguments.name])
        return ToolResult(arguments.name)


async def breadth() -> None:
    """The diamond on the executor."""
    trace = MemoryTrace()
    caller = Caller({"sleep": Sleep()}, budget=Budget(Limits()), trace=trace)
    async with Executor(caller, trace=trace) as executor:
        for name, needs in NEEDS.items():
            await executor.add(Step(name, "sleep", {"name": name}, needs))
        await executor.drained()


class State(TypedDict):
    """LangGraph wants one."""

    done: bool


async def levels() -> None:
    """The diamond as a LangGraph graph, a node for each step."""
    graph = StateGraph(State)

    def node(name: str) -> Callable[[State], Awaitable[Any]]:
        async def run(state: State) -> Any:
            await asyncio.sleep(SECONDS[name])
            return {}

        return run

    for name, needs in NEEDS.items():
        graph.add_node(name, node(name))
        for need in needs or (START,):
            graph.add_edge(need, name)
    for last in ("c", "d"):
        graph.add_edge(last, END)
    await graph.compile().ainvoke({"done": False})


async def makespan(run: Callable[[], Awaitable[None]], repeats: int) -> float:
    """Median seconds."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        await run()
        times.append(time.perf_counter() - began)
    return median(times)


async def measured(repeats: int) -> dict[str, float]:
    """Both, by turns of one process."""
    return {
        "diamond_over_critical_path": round(await makespan(breadth, repeats) / CRITICAL_PATH, 3),
        "levels_over_critical_path": round(await makespan(levels, repeats) / CRITICAL_PATH, 3),
    }


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="3 repeats instead of 15")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = asyncio.run(measured(3 if options.quick else 15))
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:28} {value:.3f}")


if __name__ == "__main__":
    main()
