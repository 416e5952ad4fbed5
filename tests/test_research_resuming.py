"""A resumed run does not repeat what it finished."""

from research_films import outcomes, run, scripted

from inference import ScriptedModel
from planner import History, MemoryTrace, StepAdded, StepStarted, call_key
from search import DocumentIndex


async def test_a_run_goes_on_without_repeating_what_it_finished(film_index: DocumentIndex) -> None:
    first = MemoryTrace()
    await run(film_index, ScriptedModel(scripted), first)
    added = [event.step for event in first.events if isinstance(event, StepAdded)]
    ended = outcomes(first)
    past = History(
        steps=tuple(added),
        step_rounds={step.id: 1 for step in added},
        outcomes={name: ended[name] for name in ("start", "a", "b", "c")},
        planned_rounds=1,
    )
    second, model = MemoryTrace(), ScriptedModel(scripted)
    result = await run(film_index, model, second, history=past)
    assert result.answer.value == "Bong Joon-ho"
    started = [event.id for event in second.events if isinstance(event, StepStarted)]
    assert started == ["d", "e"]
    assert "plan" not in {request.purpose for request in model.requests}


async def test_a_run_cut_off_while_planning_plans_again_and_uses_what_it_finished(
    film_index: DocumentIndex,
) -> None:
    first = MemoryTrace()
    await run(film_index, ScriptedModel(scripted), first)
    added = [event.step for event in first.events if isinstance(event, StepAdded)][:2]
    calls = {event.id: event for event in first.events if isinstance(event, StepStarted)}
    past = History(
        steps=tuple(added),
        step_rounds={step.id: 1 for step in added},
        outcomes={"a": outcomes(first)["a"]},
        arguments={"a": call_key("lookup", calls["a"].arguments)},
    )
    second, model = MemoryTrace(), ScriptedModel(scripted)
    result = await run(film_index, model, second, history=past)
    assert result.answer.value == "Bong Joon-ho"
    asked = [event.arguments for event in second.events if isinstance(event, StepStarted)]
    assert {"question": "Who directed Inception?"} not in asked
