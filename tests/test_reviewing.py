"""A person looks at the plan before it runs."""

import asyncio
from collections.abc import Sequence

import pytest
from conftest import PLAN, QUESTION
from research_films import outcomes, scripted, toolbox

from inference import Model, ScriptedModel
from planner import (
    Budget,
    Decided,
    Limits,
    MemoryTrace,
    ResearchSettings,
    Result,
    Review,
    RunEnded,
    Step,
    StepAdded,
    StepStarted,
    Withdrawn,
    research,
)
from search import DocumentIndex


async def run(
    index: DocumentIndex, trace: MemoryTrace, review: Review, model: Model | None = None
) -> Result:
    return await research(
        QUESTION,
        model=model or ScriptedModel(scripted),
        toolbox=toolbox(index),
        trace=trace,
        settings=ResearchSettings(plan_samples=1, limits=Limits(seconds=60)),
        review=review,
    )


def decided(trace: MemoryTrace) -> dict[str, str]:
    return {event.what: event.why for event in trace.events if isinstance(event, Decided)}


async def test_nothing_but_the_first_search_starts_before_the_plan_is_approved(
    film_index: DocumentIndex,
) -> None:
    trace = MemoryTrace()
    shown: list[str] = []

    async def review(steps: Sequence[Step]) -> Sequence[Step]:
        started = {event.id for event in trace.events if isinstance(event, StepStarted)}
        assert started <= {"start"}
        shown.extend(step.id for step in steps)
        return steps

    result = await run(film_index, trace, review)
    assert shown == ["a", "b", "c", "d", "e"]
    assert result.answer.value == "Bong Joon-ho"
    assert decided(trace)["plan approved"] == "as it was written"


async def test_an_edited_plan_runs_as_it_was_edited(film_index: DocumentIndex) -> None:
    trace = MemoryTrace()

    async def review(steps: Sequence[Step]) -> Sequence[Step]:
        return [steps[0], Step("x", "lookup", {"question": "When was {a} born?"})]

    await run(film_index, trace, review)
    first = [e for e in trace.events if isinstance(e, StepAdded) and e.round == 1]
    assert [(event.step.id, event.by) for event in first] == [
        ("start", "search-at-start"),
        ("a", "planner"),
        ("x", "person"),
    ]
    assert outcomes(trace)["x"].value == "30 July 1970"
    assert decided(trace)["plan approved"] == "edited by a person"


async def test_a_later_plan_is_shown_too_and_keeps_out_of_the_way_of_the_first(
    film_index: DocumentIndex,
) -> None:
    """It comes with ids of its own, and may be edited to any; only then it is told apart."""
    plans = iter(['{"id":"a","lookup":"Who directed Zzz?"}', PLAN])
    trace = MemoryTrace()
    shown: list[list[str]] = []

    async def review(steps: Sequence[Step]) -> Sequence[Step]:
        added = {event.step.id for event in trace.events if isinstance(event, StepAdded)}
        assert added <= {"start", "x_2", "whole"}
        shown.append([step.id for step in steps])
        named = {"a": Step("x_2", "lookup", {"question": "Who directed Zzz?"})}
        return steps if len(shown) == 2 else [named[step.id] for step in steps]

    model = ScriptedModel(lambda asked: next(plans) if asked.purpose == "plan" else scripted(asked))
    result = await run(film_index, trace, review, model)
    assert shown == [["a"], ["a", "b", "c", "d", "e"]]
    assert result.answer.value == "Bong Joon-ho"
    second = [e.step.id for e in trace.events if isinstance(e, StepAdded) and e.by == "planner"]
    assert second == [f"{id_}_2_r1" for id_ in "abcde"]


async def test_a_plan_that_is_not_approved_cancels_the_run(film_index: DocumentIndex) -> None:
    trace = MemoryTrace()

    async def review(steps: Sequence[Step]) -> Sequence[Step]:
        raise Withdrawn("the plan was not approved")

    with pytest.raises(ExceptionGroup) as raised:
        await run(film_index, trace, review)
    assert raised.group_contains(Withdrawn)
    assert trace.events[-1] == RunEnded("cancelled", "the plan was not approved")
    assert {e.step.id for e in trace.events if isinstance(e, StepAdded)} == {"start"}


async def test_a_run_is_cancelled_while_a_person_thinks(film_index: DocumentIndex) -> None:
    trace, thinking = MemoryTrace(), asyncio.Event()

    async def review(steps: Sequence[Step]) -> Sequence[Step]:
        thinking.set()
        await asyncio.Event().wait()
        return steps

    work = asyncio.create_task(run(film_index, trace, review))
    await thinking.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert isinstance(trace.events[-1], RunEnded)
    assert trace.events[-1].status == "cancelled"


def test_no_time_is_spent_while_a_person_thinks() -> None:
    now = 0.0

    def clock() -> float:
        return now

    budget = Budget(Limits(seconds=100), clock=clock)
    now = 10.0
    with budget.paused():
        now = 500.0
    now = 503.0
    assert budget.seconds == 13.0
