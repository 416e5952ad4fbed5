"""Each call of a tool: its time, its tries, its resource, its arguments, its budget."""

import asyncio
from collections import Counter

import pytest
from executor_bench import Bench, ask, echo
from pydantic import JsonValue

from planner import Done, Failed, Limits, Skipped, Step, StepStarted, call_key
from tools import ToolError


async def test_a_slow_tool_is_given_up() -> None:
    async def work(question: str) -> JsonValue:
        await asyncio.Event().wait()
        return question

    bench = Bench(work, seconds=0.01)
    executor = await bench.run([ask("a", "x"), ask("b", "y", optional=True)])
    assert executor.outcomes["a"] == Failed("ask gave no result in 0.01 s")


async def test_what_may_pass_by_itself_is_tried_again() -> None:
    tries: Counter[str] = Counter()

    async def work(question: str) -> JsonValue:
        tries[question] += 1
        if question == "busy" and tries[question] < 3:
            raise ToolError("busy", retryable=True)
        if question == "never":
            raise ToolError("no")
        return question

    bench = Bench(work)
    executor = await bench.run([ask("a", "busy"), ask("b", "never")])
    assert executor.outcomes == {"a": Done("busy"), "b": Failed("no")}
    assert tries == {"busy": 3, "never": 1}
    assert [e.attempt for e in bench.trace.events if isinstance(e, StepStarted)] == [1, 1, 2, 3]


async def test_each_resource_has_its_limit() -> None:
    running = most = 0

    async def work(question: str) -> JsonValue:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return question

    await Bench(work, slots=3).run([ask(f"s{n}", f"q{n}") for n in range(20)])
    assert most == 3


async def test_the_same_call_is_made_once() -> None:
    calls: list[str] = []

    async def work(question: str) -> JsonValue:
        calls.append(question)
        await asyncio.sleep(0)
        return question

    bench = Bench(work)
    executor = await bench.run([ask("a", "x"), ask("b", "x"), ask("c", "x", needs=("a",))])
    assert calls == ["x"]
    assert set(executor.outcomes.values()) == {Done("x")}


async def test_a_bug_in_a_tool_is_not_swallowed() -> None:
    async def work(question: str) -> JsonValue:
        raise RuntimeError("a bug")

    with pytest.raises(ExceptionGroup) as caught:
        await Bench(work).run([ask("a", "x")])
    assert caught.group_contains(RuntimeError, match="a bug")


async def test_arguments_of_the_wrong_shape_fail_the_step_and_name_the_field() -> None:
    bench = Bench(echo)
    executor = await bench.run([Step("a", "ask", {"query": "x"}), Step("b", "fly", {})])
    outcome = executor.outcomes["a"]
    assert isinstance(outcome, Failed)
    assert "question: Field required" in outcome.error
    assert executor.outcomes["b"] == Skipped("there is no tool 'fly'")


async def test_the_budget_of_tool_calls_is_never_overdrawn() -> None:
    bench = Bench(echo, limits=Limits(tool_calls=3))
    executor = await bench.run([ask(f"s{n}", f"q{n}") for n in range(10)])
    done = [o for o in executor.outcomes.values() if isinstance(o, Done)]
    assert len(done) == 3
    assert len(bench.started) == 3
    assert bench.budget.exceeded is not None
    assert bench.budget.exceeded.limit == "max-tool-calls"


def test_a_call_key_does_not_depend_on_the_order_of_arguments() -> None:
    assert call_key("t", {"b": 1, "a": [2]}) == call_key("t", {"a": [2], "b": 1})
