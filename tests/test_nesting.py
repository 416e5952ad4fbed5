"""Steps that are research runs of their own, with a scripted model over a real index."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from research_films import scripted, toolbox

from inference import Model, ModelUnavailable, Request, ScriptedModel
from planner import (
    Done,
    Event,
    Failed,
    Limits,
    MemoryTrace,
    ModelCalled,
    PhaseStarted,
    ResearchSettings,
    Result,
    RunEnded,
    StepAdded,
    StepEnded,
    StepStarted,
    Toolbox,
    Trace,
    Within,
    research,
)
from search import DocumentIndex

WHO = "Who directed Inception?"
OBJECTIVE = "We saw it. When was the director of Inception born?"
OUTER = f'{{"id":"b","research":"{OBJECTIVE}"}}'
INNER = '{"id":"a","lookup":"Who directed Inception?"}\n{"id":"b","lookup":"When was {a} born?"}'


def offering(engine: DocumentIndex) -> Callable[[Model], Toolbox]:
    """The planner model is told of sub-runs, too."""

    def made(model: Model) -> Toolbox:
        return replace(toolbox(engine)(model), planned=("lookup", "compare", "research"))

    return made


def replying(outer: str = OUTER, inner: str = INNER) -> Callable[[Request], Any]:
    """A model that plans a sub-run for the question and steps for the objective."""

    def reply(request: Request) -> Any:
        asked = request.messages[-1].content
        match request.purpose:
            case "plan":
                return inner if asked.endswith(OBJECTIVE) else outer
            case "write":
                return "Christopher Nolan [1] was born on 30 July 1970 [2]."
            case _:
                return scripted(request)

    return reply


async def run(
    index: DocumentIndex,
    model: Model,
    trace: Trace,
    *,
    question: str = "On what date did Nolan come into the world?",
    settings: ResearchSettings | None = None,
    **more: Any,
) -> Result:
    given = settings or ResearchSettings(plan_samples=1, rounds=1)
    return await research(
        question, model=model, toolbox=offering(index), trace=trace, settings=given, **more
    )


def inside(trace: MemoryTrace, call: str) -> list[Event]:
    return [e.event for e in trace.events if isinstance(e, Within) and e.call == call]


def ended(events: list[Event]) -> Mapping[str, Any]:
    return {event.id: event.outcome for event in events if isinstance(event, StepEnded)}


async def test_a_step_can_be_a_research_run_whose_facts_are_cited(
    film_index: DocumentIndex,
) -> None:
    trace, model = MemoryTrace(), ScriptedModel(replying())
    result = await run(film_index, model, trace)
    assert (result.status, result.answer.value) == ("completed", "30 July 1970")
    cited = [passage.source.title for passage in result.answer.citations]
    assert sorted(cited) == ["Christopher Nolan", "Inception"]
    assert {sentence.verdict for sentence in result.answer.sentences} == {"supported"}
    outcome = ended(trace.events)["b"]
    assert outcome.value == "30 July 1970"
    assert [p.source.title for p in outcome.evidence] == ["Christopher Nolan", "Inception"]
    events = inside(trace, "b")
    assert set(ended(events)) == {"start", "a", "b"}
    phases = [event.phase for event in events if isinstance(event, PhaseStarted)]
    assert phases == ["plan", "gather", "reflect", "write", "verify"]
    asked = [event.step for event in events if isinstance(event, ModelCalled)]
    assert set(asked) == {None, "a", "b"}
    assert [request.purpose for request in model.requests].count("write") == 1


async def test_the_elements_of_a_for_each_are_runs_beside_each_other(
    film_index: DocumentIndex,
) -> None:
    outer = (
        '{"id":"a","research":"Which are the two directors?","output":"a list"}\n'
        '{"id":"b","research":"When was {item} born?","for_each":"a"}'
    )
    both = asyncio.Barrier(2)

    def reply(request: Request) -> Any:
        asked = request.messages[-1].content
        match request.purpose:
            case "plan" if asked.endswith("directors?"):
                return '{"id":"a","lookup":"Which are the two directors?"}'
            case "plan":
                return outer
            case "read" if asked.endswith("directors?"):
                return "Christopher Nolan and Bong Joon-ho"
            case "read":
                return scripted(request)
            case _:
                return "no"

    def pause(request: Request) -> Any:
        born = request.purpose == "read" and request.messages[-1].content.endswith("born?")
        return asyncio.ensure_future(both.wait()) if born else None

    await film_index.add_passages(
        [("Two directors", "The two directors are Christopher Nolan and Bong Joon-ho.", "/two")]
    )
    trace = MemoryTrace()
    async with asyncio.timeout(20):
        model = ScriptedModel(reply, pause=pause)
        result = await run(film_index, model, trace, question="Which birth dates?")
    outcomes = ended(trace.events)
    assert outcomes["a"].value == ["Christopher Nolan", "Bong Joon-ho"]
    assert outcomes["b"].value == ["30 July 1970", "14 September 1969"]
    assert {*ended(inside(trace, "b[0]"))} == {*ended(inside(trace, "b[1]"))} == {"start", "a"}
    titles = {passage.source.title for passage in result.answer.citations}
    assert titles >= {"Christopher Nolan", "Bong Joon-ho"}


@pytest.mark.parametrize(("objective", "plans"), [(OBJECTIVE, 2), ("Who directed Parasite?", 1)])
async def test_a_sub_run_is_planned_where_its_own_objective_takes_a_plan(
    film_index: DocumentIndex, objective: str, plans: int
) -> None:
    model = ScriptedModel(replying(f'{{"id":"b","research":"{objective}"}}'))
    await run(film_index, model, MemoryTrace())
    assert [request.purpose for request in model.requests].count("plan") == plans


@pytest.mark.parametrize(("depth", "levels"), [(0, set()), (1, {"b"}), (2, {"b", "b/b"})])
async def test_runs_nest_as_deep_as_the_setting_says(
    film_index: DocumentIndex, depth: int, levels: set[str]
) -> None:
    trace = MemoryTrace()
    settings = ResearchSettings(plan_samples=1, rounds=1, depth=depth)
    plan = '{"id":"b","research":"Find the date of birth of Nolan"}'
    await run(film_index, ScriptedModel(replying(plan)), trace, settings=settings)
    assert {event.call for event in trace.events if isinstance(event, Within)} == levels


async def test_a_run_inside_asks_nothing_that_the_run_above_has_answered(
    film_index: DocumentIndex,
) -> None:
    outer = f'{{"id":"a","lookup":"{WHO}"}}\n' + OUTER[:-1] + ',"needs":["a"]}'
    trace = MemoryTrace()
    await run(film_index, ScriptedModel(replying(outer)), trace)
    [reused] = [e.reused for e in inside(trace, "b") if isinstance(e, StepEnded) and e.id == "a"]
    assert reused


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ('"tools":["lookup","web"]', "there is no tool 'web'"),
        ('"tools":["calculate"]', "needs one of the tools that plans are made of"),
        ('"output":"a number of films"', "that is not a number of films"),
    ],
)
async def test_a_sub_run_that_cannot_be_as_it_is_wanted_fails_alone(
    film_index: DocumentIndex, arguments: str, reason: str
) -> None:
    trace = MemoryTrace()
    result = await run(film_index, ScriptedModel(replying(OUTER[:-1] + f",{arguments}}}")), trace)
    outcome = ended(trace.events)["b"]
    assert isinstance(outcome, Failed)
    assert reason in outcome.error
    assert result.status == "incomplete"


async def test_a_sub_run_uses_the_tools_that_it_may(film_index: DocumentIndex) -> None:
    trace = MemoryTrace()
    only = OUTER[:-1] + ',"tools":["lookup"],"output":"a date"}'
    result = await run(film_index, ScriptedModel(replying(only)), trace)
    assert result.answer.value == "30 July 1970"
    tools = {e.step.tool for e in inside(trace, "b") if isinstance(e, StepAdded)}
    assert tools == {"lookup"}


@pytest.mark.parametrize("limit", ["tool_calls", "tokens"])
async def test_a_sub_run_at_its_limit_gives_the_best_that_it_has_and_is_marked(
    film_index: DocumentIndex, limit: str
) -> None:
    """The first of two look-ups is paid for, or none is."""
    allowed = {"tool_calls": 2, "tokens": 100}[limit]
    trace = MemoryTrace()
    outer = OUTER[:-1] + f',"{limit}":{allowed}}}'
    result = await run(film_index, ScriptedModel(replying(outer)), trace)
    name = {"tool_calls": "max-tool-calls", "tokens": "max-tokens"}[limit]
    outcome = ended(trace.events)["b"]
    assert isinstance(outcome, Done)
    assert name in (outcome.cut or "")
    [end] = [event for event in inside(trace, "b") if isinstance(event, RunEnded)]
    assert (end.status, end.reason) == ("incomplete", outcome.cut)
    assert result.status == "incomplete"
    assert result.reason == f"step b was cut short: {outcome.cut}"


async def test_a_limit_of_the_run_above_ends_both_with_what_there_is(
    film_index: DocumentIndex,
) -> None:
    trace = MemoryTrace()
    settings = ResearchSettings(plan_samples=1, rounds=1, limits=Limits(tool_calls=4))
    result = await run(film_index, ScriptedModel(replying()), trace, settings=settings)
    assert len([e for e in _flat(trace) if isinstance(e, StepStarted)]) == 4
    assert result.reason == "stopped by the budget: max-tool-calls: 4 of 4 spent"
    assert "Who directed Inception? Christopher Nolan. [1]" in result.answer.text


async def test_a_sub_run_ends_in_time_for_the_run_above(film_index: DocumentIndex) -> None:
    def pause(request: Request) -> "asyncio.Future[None] | None":
        late = request.purpose == "read" and "When was" in request.messages[-1].content
        return asyncio.get_running_loop().create_future() if late else None

    trace = MemoryTrace()
    settings = ResearchSettings(plan_samples=1, rounds=1, limits=Limits(seconds=2.0))
    async with asyncio.timeout(20):
        model = ScriptedModel(replying(), pause=pause)
        result = await run(film_index, model, trace, settings=settings)
    assert result.status == "incomplete"
    outcome = ended(trace.events)["b"]
    assert "seconds" in outcome.cut
    assert "Who directed Inception? Christopher Nolan. [1]" in result.answer.text


async def test_what_stops_the_model_fails_the_step_in_its_words(film_index: DocumentIndex) -> None:
    reply = replying()

    def broken(request: Request) -> Any:
        if request.purpose != "plan" or request.messages[-1].content.endswith(OBJECTIVE):
            return ModelUnavailable("cannot reach http://x/v1")
        return reply(request)

    trace = MemoryTrace()
    await run(film_index, ScriptedModel(broken), trace)
    assert ended(trace.events)["b"] == Failed("the model could not read: cannot reach http://x/v1")


async def test_cancelling_reaches_the_run_inside(film_index: DocumentIndex) -> None:
    reading = asyncio.Event()

    def pause(request: Request) -> "asyncio.Future[None] | None":
        if request.purpose != "read":
            return None
        reading.set()
        return asyncio.get_running_loop().create_future()

    trace, model = MemoryTrace(), ScriptedModel(replying(), pause=pause)
    running = asyncio.create_task(run(film_index, model, trace))
    await reading.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert model.closed_early >= 1
    assert inside(trace, "b")[-1] == RunEnded("cancelled", "stopped")
    assert trace.events[-1] == RunEnded("cancelled", "stopped")


def _flat(trace: MemoryTrace) -> list[Event]:
    return [e.event if isinstance(e, Within) else e for e in trace.events]
