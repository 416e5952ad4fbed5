"""A step for each element of a list: one call each, and one outcome."""

import asyncio

from executor_bench import Bench, ask
from pydantic import JsonValue

from planner import Done, Failed
from tools import ToolError


async def test_for_each_runs_one_call_an_element_together_and_keeps_their_order() -> None:
    together = asyncio.Barrier(3)

    async def work(question: str) -> JsonValue:
        if question == "list":
            return ["x", "y", "z"]
        async with asyncio.timeout(30):
            await together.wait()
        return question

    bench = Bench(work)
    executor = await bench.run([ask("a", "list"), ask("b", "is {item}", for_each="a")])
    assert executor.outcomes["b"] == Done(["is x", "is y", "is z"])
    assert sorted(bench.ended) == ["a", "b", "b[0]", "b[1]", "b[2]"]


async def test_each_element_knows_its_place_and_its_parts() -> None:
    async def work(question: str) -> JsonValue:
        return [{"name": "Up"}, {"name": "Big"}] if question == "list" else question

    bench = Bench(work)
    executor = await bench.run([ask("a", "list"), ask("b", "{index}: {item.name}", for_each="a")])
    assert executor.outcomes["b"] == Done(["0: Up", "1: Big"])


async def test_a_failed_element_leaves_a_gap_and_all_failed_fail() -> None:
    async def work(question: str) -> JsonValue:
        if question == "list":
            return ["x", "bad"]
        if "bad" in question or "ever" in question:
            raise ToolError("no")
        return question

    bench = Bench(work)
    executor = await bench.run(
        [
            ask("a", "list"),
            ask("b", "{item}", for_each="a"),
            ask("c", "ever {item}", for_each="a"),
            ask("d", "empty", for_each="e"),
            ask("f", "f"),
        ][:3]
    )
    assert executor.outcomes["b"] == Done(["x", None])
    assert executor.outcomes["c"] == Failed("no")


async def test_a_list_without_any_value_found_nothing() -> None:
    async def work(question: str) -> JsonValue:
        return ["x", "y"] if question == "list" else None

    bench = Bench(work)
    executor = await bench.run([ask("a", "list"), ask("b", "{item}", for_each="a")])
    assert executor.outcomes["b"] == Done(None)
