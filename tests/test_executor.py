"""The executor: every step runs when its inputs are there and ends in exactly one outcome."""

import asyncio
from collections import Counter

import pytest
from executor_bench import Bench, ask, echo
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from planner import Done, Failed, PlanError, Skipped, Step, StepEnded, StepStarted
from tools import ToolError


async def test_a_diamond_waits_for_nothing_that_it_does_not_name() -> None:
    """a -> c beside b -> d: c and b run together, which level by level never happens."""
    together = asyncio.Barrier(2)

    async def work(question: str) -> JsonValue:
        if question in {"c", "b"}:
            async with asyncio.timeout(30):
                await together.wait()
        return question

    bench = Bench(work)
    executor = await bench.run(
        [ask("a", "a"), ask("b", "b"), ask("c", "c", needs=("a",)), ask("d", "d", needs=("b",))]
    )
    assert {name: executor.outcomes[name] for name in "abcd"} == {n: Done(n) for n in "abcd"}


async def test_a_result_is_filled_in_where_it_is_named() -> None:
    bench = Bench(echo)
    executor = await bench.run([ask("a", "Paris"), ask("b", "What is {a}?")])
    assert executor.outcomes["b"] == Done("What is Paris?")


async def test_a_part_of_a_result_is_filled_in_and_one_that_is_not_there_fails_the_step() -> None:
    async def work(question: str) -> JsonValue:
        return {"items": [{"name": "Up"}], "year": None} if question == "all" else question

    bench = Bench(work)
    executor = await bench.run(
        [
            ask("a", "all"),
            ask("b", "When was {a.items.0.name} made?"),
            ask("c", "{a.items.1.name}"),
            ask("d", "Who made {a.titles.0}?"),
            ask("e", "{b.year}"),
        ]
    )
    assert executor.outcomes["b"] == Done("When was Up made?")
    assert executor.outcomes["c"] == Failed("a.items has no '1': it is a list of 1, counted from 0")
    assert executor.outcomes["d"] == Failed("a has no 'titles': it has items, year")
    assert executor.outcomes["e"] == Failed("b has no 'year': it is a text")
    assert bench.started == ["a", "b"]


async def test_a_failure_skips_only_what_needed_it() -> None:
    async def work(question: str) -> JsonValue:
        if question == "bad":
            raise ToolError("it broke")
        return question

    bench = Bench(work)
    executor = await bench.run(
        [
            ask("a", "bad"),
            ask("b", "good"),
            ask("c", "{a}"),
            ask("d", "{c}"),
            ask("e", "{b}"),
        ]
    )
    assert executor.outcomes == {
        "a": Failed("it broke"),
        "b": Done("good"),
        "c": Skipped("needs a: it broke"),
        "d": Skipped("needs c: needs a: it broke"),
        "e": Done("good"),
    }


async def test_what_needs_an_optional_step_runs_without_it() -> None:
    async def work(question: str) -> JsonValue:
        if question == "bad":
            raise ToolError("it broke")
        return question

    bench = Bench(work)
    executor = await bench.run([ask("a", "bad", optional=True), ask("b", "so {a}")])
    assert executor.outcomes["b"] == Done("so unknown")


async def test_nothing_is_asked_about_what_was_not_found() -> None:
    async def work(question: str) -> JsonValue:
        return None if question == "who" else question

    bench = Bench(work)
    executor = await bench.run([ask("a", "who"), ask("b", "When was {a} born?")])
    assert executor.outcomes["b"] == Skipped("a found nothing")
    assert bench.started == ["a"]


async def test_compare_gets_the_facts_with_the_questions_behind_them() -> None:
    answers = {
        "Who directed Inception?": "Christopher Nolan",
        "Who directed Parasite?": "Bong Joon-ho",
        "When was Christopher Nolan born?": "30 July 1970",
        "When was Bong Joon-ho born?": "14 September 1969",
    }

    async def work(question: str) -> JsonValue:
        return answers[question]

    bench = Bench(work)
    executor = await bench.run(
        [
            ask("a", "Who directed Inception?"),
            ask("b", "Who directed Parasite?"),
            ask("c", "When was {a} born?"),
            ask("d", "When was {b} born?"),
            Step("e", "compare", {"question": "Who is older?", "facts": ["{c}", "{d}"]}),
            Step(
                "f",
                "compare",
                {
                    "question": "Which film has the older director, Inception or Parasite?",
                    "facts": ["{c}", "{d}"],
                },
            ),
        ]
    )
    assert executor.outcomes["e"] == Done("Bong Joon-ho")
    assert executor.outcomes["f"] == Done("Parasite")


async def test_a_step_may_come_while_others_run_but_must_name_what_is_there() -> None:
    release = asyncio.Event()

    async def work(question: str) -> JsonValue:
        await release.wait()
        return question

    bench = Bench(work)
    async with bench.executor as executor:
        await executor.add(ask("a", "x"))
        with pytest.raises(PlanError, match="no earlier line"):
            await executor.add(ask("b", "{z}"))
        await executor.add(ask("b", "{a}!"))
        release.set()
        await executor.drained()
    assert executor.outcomes["b"] == Done("x!")


@st.composite
def dags(draw: st.DrawFn) -> tuple[list[Step], frozenset[str]]:
    """Random steps whose edges point back, and the ids that fail."""
    count = draw(st.integers(1, 12))
    steps = []
    for number in range(count):
        inputs = draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set()
        steps.append(
            ask(
                f"s{number}",
                f"q{number}",
                needs=tuple(f"s{i}" for i in sorted(inputs)),
                optional=draw(st.booleans()),
            )
        )
    failing = draw(st.sets(st.sampled_from([step.id for step in steps]), max_size=4))
    return steps, frozenset(failing)


@settings(max_examples=60, deadline=None)
@given(dags(), st.integers(1, 4), st.randoms())
async def test_every_step_ends_once_and_none_starts_before_its_inputs(
    dag: tuple[list[Step], frozenset[str]], slots: int, random: object
) -> None:
    steps, failing = dag

    async def work(question: str) -> JsonValue:
        for _ in range(random.randrange(4)):  # type: ignore[attr-defined]
            await asyncio.sleep(0)
        if f"s{question[1:]}" in failing:
            raise ToolError("no")
        return question

    bench = Bench(work, slots=slots)
    executor = await bench.run(steps)
    assert Counter(bench.ended) == Counter(step.id for step in steps)
    order = {(type(e), e.id): at for at, e in enumerate(bench.trace.events) if hasattr(e, "id")}
    blocked: set[str] = set()
    for step in steps:
        if (StepStarted, step.id) in order:
            for name in step.inputs:
                assert order[StepEnded, name] < order[StepStarted, step.id]
        if step.id in failing or blocked & set(step.inputs):
            if not step.optional:
                blocked.add(step.id)
            assert not isinstance(executor.outcomes[step.id], Done)
        else:
            assert executor.outcomes[step.id] == Done(f"q{step.id[1:]}")
