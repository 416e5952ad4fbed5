"""An executor that is stopped, cancelled or resumed."""

import asyncio
from collections import Counter

import pytest
from executor_bench import Ask, Bench, ask, echo
from pydantic import JsonValue

from planner import Caller, Done, Executor, Failed, History, MemoryTrace, Skipped


async def test_stopping_ends_what_runs_and_skips_what_waits() -> None:
    begun = asyncio.Event()

    async def work(question: str) -> JsonValue:
        begun.set()
        await asyncio.Event().wait()
        return question

    bench = Bench(work)
    async with bench.executor as executor:
        await executor.add(ask("a", "x"))
        await executor.add(ask("b", "{a}"))
        await begun.wait()
        executor.stop("time is over")
        await executor.drained()
    assert executor.outcomes == {"a": Failed("stopped: time is over"), "b": Skipped("time is over")}


@pytest.mark.parametrize("after", range(12))
async def test_stopping_at_any_moment_ends_every_step_once(after: int) -> None:
    """Whatever was being recorded, called, fanned out or just started."""

    async def work(question: str) -> JsonValue:
        await asyncio.sleep(0)
        return ["x", "y", "z"] if question == "list" else question

    class Slow(MemoryTrace):
        async def record(self, event: object) -> None:
            await asyncio.sleep(0)
            await super().record(event)  # type: ignore[arg-type]
            if len(self.events) == after:
                bench.executor.stop("enough")

    bench = Bench(work)
    bench.trace = Slow()
    caller = Caller({"ask": Ask(work)}, budget=bench.budget, trace=bench.trace)
    bench.executor = Executor(caller, trace=bench.trace)
    async with asyncio.timeout(30):
        executor = await bench.run(
            [ask("a", "list"), ask("b", "{item}", for_each="a"), ask("c", "{b}"), ask("d", "d")]
        )
    assert set(executor.outcomes) == {"a", "b", "c", "d"}
    assert Counter(bench.ended)["b"] == 1
    assert max(Counter(bench.ended).values()) == 1


async def test_cancelling_reaches_every_call_and_ends_no_step() -> None:
    begun, cancelled = asyncio.Barrier(4), 0

    async def work(question: str) -> JsonValue:
        nonlocal cancelled
        try:
            await begun.wait()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled += 1
            raise
        return question

    bench = Bench(work)
    running = asyncio.create_task(bench.run([ask(n, n) for n in "abc"]))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert cancelled == 3
    assert bench.ended == []


async def test_a_resumed_run_repeats_no_finished_step_nor_element() -> None:
    steps = [
        ask("a", "list"),
        ask("b", "{item}", for_each="a"),
        ask("c", "last {b}"),
    ]
    past = History(
        steps=tuple(steps[:2]), outcomes={"a": Done(["x", "y"]), "b[0]": Done("from before")}
    )
    bench = Bench(echo, history=past)
    executor = await bench.run(steps)
    assert executor.outcomes["c"] == Done("last from before, y")
    assert sorted(bench.started) == ["b[1]", "c"]
