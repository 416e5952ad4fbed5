"""Steps that start on what an earlier one may come to."""

import asyncio
from collections import Counter

import pytest
from executor_bench import Bench, ask
from pydantic import JsonValue

from planner import (
    Done,
    Failed,
    Limits,
    Skipped,
    Speculated,
    Speculation,
    SpeculationStarted,
    SpeculationTotals,
    Step,
    StepEnded,
    StepStarted,
    Within,
)
from tools import ToolError, tell_draft


class Drafting:
    """`who` tells drafts and then waits; all else answers at once, or waits where it is held."""

    def __init__(self, final: JsonValue, *drafts: JsonValue) -> None:
        self.final = final
        self.drafts = drafts
        self.calls: Counter[str] = Counter()
        self.called: dict[str, asyncio.Event] = {}
        self.held: dict[str, asyncio.Event] = {"who": asyncio.Event()}
        self.cancelled: list[str] = []
        self.failing: set[str] = set()

    def has_begun(self, question: str) -> asyncio.Event:
        return self.called.setdefault(question, asyncio.Event())

    async def __call__(self, question: str) -> JsonValue:
        self.calls[question] += 1
        if question == "who":
            for draft in self.drafts:
                tell_draft(draft)
        self.has_begun(question).set()
        try:
            if question in self.held:
                await self.held[question].wait()
        except asyncio.CancelledError:
            self.cancelled.append(question)
            raise
        if question in self.failing:
            raise ToolError("no")
        return self.final if question == "who" else f"<{question}>"


def begun(bench: Bench) -> list[str]:
    return [event.id for event in bench.trace.events if isinstance(event, SpeculationStarted)]


def kept(bench: Bench) -> list[tuple[str, bool]]:
    return [(e.id, e.kept) for e in bench.trace.events if isinstance(e, Speculated)]


CHAIN = [ask("a", "who"), ask("b", "when {a}"), ask("c", "where {b}")]


async def run(
    work: Drafting, *waits: str, steps: list[Step] = CHAIN, mode: Speculation = "on", **more: object
) -> Bench:
    """Run the steps; `who` ends when all of these questions have been asked."""
    bench = Bench(work, speculation=mode, **more)  # type: ignore[arg-type]
    async with asyncio.timeout(30), bench.executor as executor:
        for step in steps:
            await executor.add(step)
        for question in waits:
            await work.has_begun(question).wait()
        work.held["who"].set()
        await executor.drained()
    return bench


async def test_a_right_draft_lets_all_that_is_behind_it_start_and_nothing_is_called_twice() -> None:
    work = Drafting("Ann", "Ann")
    bench = await run(work, "when Ann", "where <when Ann>")
    assert bench.executor.outcomes["c"] == Done("<where <when Ann>>")
    assert work.calls == {"who": 1, "when Ann": 1, "where <when Ann>": 1}
    assert (begun(bench), kept(bench)) == (["b", "c"], [("b", True), ("c", True)])
    joined = [e for e in bench.trace.events if isinstance(e, StepStarted) and e.guessed]
    assert [event.id for event in joined] == ["b", "c"]
    assert bench.budget.tool_calls == 3
    totals = SpeculationTotals.of(bench.trace.events)
    assert (totals.calls, totals.kept, totals.seconds_wasted) == (2, 2, 0)
    assert totals.seconds_saved > 0


async def test_a_wrong_draft_is_cancelled_and_shows_nowhere_but_in_the_trace() -> None:
    work = Drafting("Ann", "Bob")
    work.held["when Bob"] = asyncio.Event()
    bench = await run(work, "when Bob")
    assert bench.executor.outcomes["c"] == Done("<where <when Ann>>")
    assert work.cancelled == ["when Bob"]
    assert kept(bench) == [("b", False)]
    assert not any("Bob" in str(event) for event in bench.trace.events if is_plain(event))
    assert SpeculationTotals.of(bench.trace.events).seconds_wasted > 0
    assert bench.budget.tool_calls == 4


def is_plain(event: object) -> bool:
    return isinstance(event, StepStarted | StepEnded)


async def test_a_running_guess_is_joined() -> None:
    work = Drafting("Ann", "Ann")
    work.held["when Ann"] = asyncio.Event()
    bench = Bench(work, speculation="on")
    async with asyncio.timeout(30), bench.executor as executor:
        for step in CHAIN:
            await executor.add(step)
        await work.has_begun("when Ann").wait()
        work.held["who"].set()
        await bench.trace.has(StepStarted("b", {"question": "when Ann"}, guessed=True))
        work.held["when Ann"].set()
        await executor.drained()
    assert work.calls["when Ann"] == 1
    assert kept(bench) == [("b", True)]


async def test_a_new_draft_takes_the_place_of_the_old_one() -> None:
    work = Drafting("Ann", "Bob", "Ann", "Ann")
    bench = await run(work, "where <when Ann>")
    assert bench.executor.outcomes["b"] == Done("<when Ann>")
    assert work.calls["when Ann"] == 1
    assert kept(bench) == [("b", True), ("c", True)]  # Bob was not even asked for


async def test_a_guess_that_failed_is_called_again_in_earnest() -> None:
    work = Drafting("Ann", "Ann")
    work.failing = {"when Ann"}
    bench = await run(work, "when Ann")
    assert bench.executor.outcomes["b"] == Failed("no")
    assert work.calls["when Ann"] == 2
    assert kept(bench) == [("b", False)]


async def test_a_bug_on_a_wrong_draft_is_nobody_s() -> None:
    class Buggy(Drafting):
        async def __call__(self, question: str) -> JsonValue:
            if "Bob" in question:
                self.has_begun(question).set()
                raise RuntimeError("a bug")
            return await super().__call__(question)

    bench = await run(Buggy("Ann", "Bob"), "when Bob")
    assert bench.executor.outcomes["b"] == Done("<when Ann>")


@pytest.mark.parametrize(
    "step",
    [
        Step("b", "act", {"question": "when {a}"}),
        Step("b", "fly", {"question": "when {a}"}),
        ask("b", "when {a}", when="a = Ann"),
        ask("b", "when {a.name}"),
        ask("b", "when {a} {x}"),
        ask("b", "{item.name}", for_each="a"),
        Step("b", "act", {"question": "{item}"}, for_each="a"),
    ],
)
async def test_what_must_not_or_could_not_run_is_not_guessed(step: Step) -> None:
    work = Drafting("Ann", "Bob")
    work.held["x"] = work.held["who"]
    bench = await run(work, "who", "x", steps=[ask("a", "who"), ask("x", "x"), step])
    assert begun(bench) == []


async def test_a_draft_meets_conditions_and_other_results() -> None:
    work = Drafting("Ann", "Ann")
    step = ask("b", "when {a} {x}", when="a = ann")
    bench = await run(work, "when Ann <x>", steps=[ask("a", "who"), ask("x", "x"), step])
    assert bench.executor.outcomes["b"] == Done("<when Ann <x>>")
    assert kept(bench) == [("b", True)]


async def test_a_comparison_is_guessed_with_the_facts_behind_a_draft() -> None:
    work = Drafting("30 July 1970", "30 July 1970")
    compare = Step("c", "compare", {"question": "Is {a} a date?", "facts": ["{a}", "1969"]})
    bench = await run(work, "who", steps=[ask("a", "who"), compare])
    [guess] = [e for e in bench.trace.events if isinstance(e, SpeculationStarted)]
    fact = {"value": "30 July 1970", "question": "who", "names": [], "chain": ["who"]}
    assert guess.arguments["facts"] == [fact, "1969"]
    assert guess.drafts == {"a": "30 July 1970"}


async def test_off_guesses_nothing() -> None:
    bench = await run(Drafting("Ann", "Ann"), "who", mode="off")
    assert begun(bench) == []
    assert bench.executor.outcomes["c"] == Done("<where <when Ann>>")


async def test_a_full_resource_and_a_spent_budget_are_left_alone() -> None:
    assert begun(await run(Drafting("Ann", "Ann"), "who", slots=1)) == []
    assert begun(await run(Drafting("Ann", "Ann"), "who", limits=Limits(tool_calls=2))) == []


async def test_a_guess_makes_room_for_a_call_in_earnest() -> None:
    work = Drafting("Ann", "Bob")
    work.held["when Bob"] = asyncio.Event()
    bench = Bench(work, slots=2, speculation="on")
    async with asyncio.timeout(30), bench.executor as executor:
        await executor.add(CHAIN[0])
        await executor.add(CHAIN[1])
        await work.has_begun("when Bob").wait()
        await executor.add(ask("x", "x"))
        await work.has_begun("x").wait()
        assert work.cancelled == ["when Bob"]
        work.held["who"].set()
        await executor.drained()


async def test_auto_trusts_at_first_and_stops_where_drafts_are_wrong() -> None:
    rights: list[bool] = []

    async def work(question: str) -> JsonValue:
        if question.startswith("who"):
            tell_draft("wrong" if not rights[int(question[3:])] else question)
            for _ in range(10):
                await asyncio.sleep(0)
            return question
        await asyncio.sleep(0)
        return question

    async def guessed(*outcomes: bool) -> int:
        rights[:] = outcomes
        bench = Bench(work, speculation="auto")
        async with asyncio.timeout(30), bench.executor as executor:
            for n in range(len(outcomes)):
                await executor.add(ask(f"a{n}", f"who{n}"))
                await executor.add(ask(f"b{n}", f"{n} {{a{n}}}"))
                await executor.drained()
        return len(begun(bench))

    assert await guessed(*[True] * 6) == 6
    assert await guessed(*[False] * 12) < 6


async def test_nothing_guessed_runs_after_stop_or_cancel() -> None:
    for how in ("stop", "cancel", "replace"):
        work = Drafting("Ann", "Ann")
        work.held["when Ann"] = asyncio.Event()
        bench = Bench(work, speculation="on")
        async with asyncio.timeout(30), bench.executor as executor:
            for step in CHAIN:
                await executor.add(step)
            await work.has_begun("when Ann").wait()
            if how == "stop":
                executor.stop("enough")
            elif how == "cancel":
                await executor.cancel("b", "enough")
            else:
                await executor.replace(ask("b", "something else"))
            work.held["who"].set()
            await executor.drained()
        assert "when Ann" in work.cancelled
        assert kept(bench) == [("b", False)]
        if how != "replace":
            assert executor.outcomes["b"] == Skipped("enough")


async def test_cancelling_the_run_ends_guesses() -> None:
    work = Drafting("Ann", "Ann")
    work.held["when Ann"] = asyncio.Event()
    running = asyncio.create_task(run(work, "never"))
    await work.has_begun("when Ann").wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert set(work.cancelled) == {"who", "when Ann"}


def test_the_totals_have_what_sub_runs_guessed_too() -> None:
    guessed = [SpeculationStarted("b", {}, {"a": "x"}), Speculated("b", True, 2.0)]
    totals = SpeculationTotals.of([*guessed, *(Within("c", event) for event in guessed)])
    assert (totals.calls, totals.kept, totals.seconds_saved) == (2, 2, 4.0)
