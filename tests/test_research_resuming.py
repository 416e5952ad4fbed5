"""A resumed run does not repeat what it finished."""

from dataclasses import replace

from making import lookup
from research_films import outcomes, run, scripted, toolbox

from inference import ScriptedModel
from planner import (
    Done,
    Failed,
    History,
    MemoryTrace,
    Outcome,
    Plan,
    Step,
    StepAdded,
    StepStarted,
    another_try,
    call_key,
    known_results,
    research,
)
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


def test_what_a_sub_run_found_before_it_was_cut_off_is_known_to_all() -> None:
    """Its step may get another id when the plan is written anew; what has ended needs nothing."""
    inner = History(outcomes={"a": Done("Nolan")}, arguments={"a": "who"})
    nested = {"r": inner, "r/a": replace(inner, arguments={"a": "deep"})}
    assert set(known_results(History(nested=nested))) == {"who", "deep"}
    assert known_results(History(nested=nested, outcomes={"r": Done("Nolan")})) == {}


def past_with_a_cut() -> History:
    """Of a plan in which one step was cut short, and one element of another failed."""
    steps = (
        Step("a", "research", {"objective": "Who?"}),
        lookup("c", "When was {a} born?"),
        Step("r", "research", {"objective": "Where was {a} born?"}),
        lookup("d", "Which films?"),
        lookup("e", "When was {item} made?", for_each="d"),
        lookup("f", "Which is older, {e}?"),
    )
    outcomes: dict[str, Outcome] = {
        "a": Done("Nolan", cut="max-tool-calls: 2 of 2 spent"),
        "c": Done("30 July 1970"),
        "r": Done("London"),
        "d": Done(["Up", "Brave"]),
        "e[0]": Done("2009"),
        "e[1]": Failed("HTTP 500"),
        "e": Done(["2009", None]),
        "f": Done("Up"),
    }
    inner = History(
        steps=(lookup("a", "Where was Nolan born?"),),
        step_rounds={"a": 1},
        outcomes={"a": Done("London")},
        arguments={"a": "London"},
        planned={1: ("a",)},
    )
    return History(
        steps=steps,
        step_rounds=dict.fromkeys("acrdef", 1),
        outcomes=outcomes,
        cancelled={"c": "not needed any more"},
        arguments={"c": call_key("lookup", {"question": "When was Nolan born?"})},
        nested={"r": inner, "a": replace(inner, outcomes={"a": Failed("no")})},
    )


def test_another_try_takes_over_nothing_that_was_built_on_what_is_tried_again() -> None:
    """But the results of calls that come to be the same."""
    again = another_try(past_with_a_cut())
    assert set(again.outcomes) == {"d", "e[0]"}
    key = call_key("lookup", {"question": "When was Nolan born?"})
    assert known_results(again) == {key: Done("30 July 1970"), "London": Done("London")}
    assert again.cancelled == {}
    other, same = again.within("r"), again.within("a")
    assert (other.outcomes, other.planned, known_results(other)) == (
        {},
        {},
        {"London": Done("London")},
    )
    assert (same.outcomes, same.planned) == ({}, {1: ("a",)})
    assert another_try(again).known == known_results(again)


async def test_what_was_built_on_a_cut_value_is_asked_again_of_the_whole_one(
    film_index: DocumentIndex,
) -> None:
    plan = Plan((lookup("a", "Who directed Inception?"), lookup("b", "When was {a} born?")))
    past = History(
        steps=plan.steps,
        step_rounds={"a": 1, "b": 1},
        outcomes={"a": Done("Bong Joon-ho", cut="seconds"), "b": Done("14 September 1969")},
        planned={1: ("a", "b")},
    )
    result = await research(
        "When was the director of Inception born?",
        model=ScriptedModel(scripted),
        toolbox=toolbox(film_index),
        trace=MemoryTrace(),
        history=another_try(past),
        plan=plan,
    )
    assert result.answer.value == "30 July 1970"
