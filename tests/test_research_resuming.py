"""A resumed run does not repeat what it finished."""

from research_films import outcomes, run, scripted

from inference import ScriptedModel
from planner import Done, History, MemoryTrace, StepAdded, StepStarted, call_key, known_results
from search import DocumentIndex
from service.workplace import another_try


async def test_a_run_goes_on_without_repeating_what_it_finished(film_index: DocumentIndex) -> None:
    first = MemoryTrace()
    await run(film_index, ScriptedModel(scripted), first)
    added = [event.step for event in first.events if isinstance(event, StepAdded)]
    ended = outcomes(first)
    past = History(
        steps=tuple(added),
        step_rounds={step.id: 1 for step in added},
        outcomes={name: ended[name] for name in ("start", "a", "b", "c")},
        planned={1: tuple(step.id for step in added)},
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


def test_what_was_cut_short_is_no_result_for_another_step() -> None:
    keys = {"a": call_key("research", {"objective": "Who?"}), "b": call_key("lookup", {})}
    outcomes = {"a": Done("Nolan", cut="max-tool-calls"), "b": Done("Up")}
    assert known_results(History(outcomes=outcomes, arguments=keys)) == {keys["b"]: Done("Up")}


def test_another_try_wants_what_was_given_up_beside_a_poorer_outcome() -> None:
    past = History(
        outcomes={"a": Done("Nolan", cut="max-tool-calls"), "b": Done("Up")},
        cancelled={"c": "not needed any more"},
    )
    again = another_try(past)
    assert (set(again.outcomes), again.cancelled) == ({"b"}, {})
