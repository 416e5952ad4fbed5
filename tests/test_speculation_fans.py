"""A for_each that starts on a list which an earlier step may come to."""

import asyncio

from executor_bench import Bench, ask
from pydantic import JsonValue
from test_speculation import Drafting, begun, kept, run

from planner import Done, Limits
from tools import tell_draft

FAN = [ask("a", "who"), ask("b", "when {item}", for_each="a"), ask("c", "all of {b}")]


async def test_all_elements_of_a_right_list_are_called_early_and_once() -> None:
    work = Drafting(["Ann", "Bob"], ["Ann", "Bob"])
    last = "all of <when Ann>, <when Bob>"
    bench = await run(work, last, steps=FAN)
    assert bench.executor.outcomes["b"] == Done(["<when Ann>", "<when Bob>"])
    assert bench.executor.outcomes["c"] == Done(f"<{last}>")
    assert set(work.calls.values()) == {1}
    assert begun(bench) == ["b[0]", "b[1]", "c"]
    assert all(was_kept for _, was_kept in kept(bench))


async def test_what_was_right_in_a_wrong_list_is_kept_and_the_rest_is_cancelled() -> None:
    work = Drafting(["Eve", "Ann"], ["Ann", "Bob"])
    work.held["when Bob"] = asyncio.Event()
    bench = await run(work, "when Ann", "when Bob", steps=FAN)
    assert bench.executor.outcomes["b"] == Done(["<when Eve>", "<when Ann>"])
    assert sorted(kept(bench)) == [("b[0]", True), ("b[1]", False)]
    assert work.cancelled == ["when Bob"]
    assert work.calls["when Ann"] == work.calls["when Eve"] == 1


async def test_a_list_that_grows_is_followed() -> None:
    going = [asyncio.Event() for _ in range(2)]
    calls: list[str] = []

    async def work(question: str) -> JsonValue:
        if question == "who":
            tell_draft(["Ann"])
            await going[0].wait()
            tell_draft(["Ann", "Bob"])
            await going[1].wait()
            return ["Ann", "Bob"]
        calls.append(question)
        going[min(len(calls) - 1, 1)].set()
        return question

    bench = Bench(work, speculation="on")
    async with asyncio.timeout(30):
        await bench.run(FAN[:2])
    assert calls == ["when Ann", "when Bob"]
    assert kept(bench) == [("b[0]", True), ("b[1]", True)]


async def test_the_place_in_the_list_is_part_of_a_call_that_says_it() -> None:
    work = Drafting(["Bob", "Ann"], ["Ann", "Bob"])
    steps = [ask("a", "who"), ask("b", "{index} {item}", for_each="a")]
    bench = await run(work, "0 Ann", "1 Bob", steps=steps)
    assert bench.executor.outcomes["b"] == Done(["<0 Bob>", "<1 Ann>"])
    assert [was_kept for _, was_kept in kept(bench)] == [False, False]


async def test_a_long_list_takes_no_more_than_half_of_the_budget() -> None:
    names: list[JsonValue] = [f"n{number}" for number in range(20)]
    work = Drafting("Ann", names)
    bench = await run(work, "when n0", steps=FAN[:2], limits=Limits(tool_calls=20))
    assert bench.executor.outcomes["b"] == Done(["<when Ann>"])
    assert bench.budget.exceeded is None
    assert bench.budget.tool_calls <= 12


async def test_auto_leaves_a_long_list_alone_where_drafts_may_be_wrong() -> None:
    async def work(question: str) -> JsonValue:
        if question.startswith("who"):
            right = question != "who0"
            tell_draft("Ann" if not right else [f"{question} {n}" for n in range(9)])
            await asyncio.sleep(0.02)
            return [f"{question} {n}" for n in range(9)]
        return question

    bench = Bench(work, speculation="auto")
    async with asyncio.timeout(30), bench.executor as executor:
        for number in range(2):
            await executor.add(ask(f"a{number}", f"who{number}"))
            await executor.add(ask(f"b{number}", "when {item}", for_each=f"a{number}"))
            await executor.drained()
    assert begun(bench) == ["b0[0]"]
