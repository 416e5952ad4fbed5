"""Functions of the caller: their calls end a run, and what they gave takes it up again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from research_films import toolbox as film_toolbox

from inference import Model, Request, ScriptedModel
from planner import (
    Call,
    Decided,
    Done,
    History,
    MemoryTrace,
    Plan,
    ResearchSettings,
    Result,
    Skipped,
    Step,
    StepEnded,
    StepStarted,
    Toolbox,
    call_key,
    research,
    steps_to_go_on,
    waiting_calls,
)
from search import DocumentIndex
from tools import CallersFunction, Output

CITY: Mapping[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
ASKED = "What is the weather in Paris and in Oslo?"
PLAN = "\n".join(
    f'{{"id":"{id_}","lookup":"What is the weather in {city}?"}}'
    for id_, city in (("a", "Paris"), ("b", "Oslo"))
)


def weather(*outputs: tuple[str, str]) -> CallersFunction:
    known = [Output("get_weather", {"city": city}, text) for city, text in outputs]
    return CallersFunction("get_weather", "Says what the weather is in a city.", CITY, known)


def says(request: Request) -> str | list[str]:
    """A small model that does everything right."""
    asked = request.messages[-1].content.rpartition("Question: ")[2]
    match request.purpose:
        case "plan":
            return PLAN
        case "judge" | "verify":
            return ["Yes"] * request.n
        case "route" if request.schema:
            return json.dumps({"city": asked.split()[-1].rstrip("?")})
        case "route":
            return "get_weather" if "weather" in asked else "lookup"
        case "write":
            return "In Paris it is 18 °C, sunny [1]. In Oslo it is 7 °C, rain [2]."
    return "none"


async def run(
    index: DocumentIndex,
    function: CallersFunction,
    trace: MemoryTrace,
    *,
    plan: Plan | None = None,
    history: History | None = None,
    question: str = ASKED,
    rounds: int = 3,
) -> tuple[Result, ScriptedModel]:
    model, made = ScriptedModel(says), film_toolbox(index)

    def tools(asked: Model) -> Toolbox:
        own = made(asked)
        return replace(
            own,
            tools=(*own.tools, function),
            planned=(*own.planned, function.name),
            handed=(function.name,),
        )

    settings = ResearchSettings(plan_samples=1, enough=1.0, rounds=rounds)
    result = await research(
        question, model=model, toolbox=tools, trace=trace, settings=settings,
        plan=plan, history=history,
    )  # fmt: skip
    return result, model


def past_of(trace: MemoryTrace, steps: Sequence[Step], anew: bool = True) -> History:
    """As the store would give it back; without what is to run anew."""
    ended = {e.id: e.outcome for e in trace.events if isinstance(e, StepEnded)}
    tools = {step.id: step.tool for step in steps}
    begun = {
        e.id: call_key(tools[e.id], e.arguments)
        for e in trace.events
        if isinstance(e, StepStarted) and e.id in tools
    }
    past = History(steps=tuple(steps), outcomes=ended, arguments=begun, planned={1: tuple(tools)})
    again = steps_to_go_on(past) if anew else frozenset()
    return replace(past, outcomes={k: v for k, v in ended.items() if k not in again})


async def test_look_ups_become_calls_that_are_left_to_the_caller_together(
    film_index: DocumentIndex,
) -> None:
    trace = MemoryTrace()
    result, model = await run(film_index, weather(), trace)
    assert (result.status, result.answer.value, result.answer.sentences) == ("completed", None, ())
    assert result.calls == (
        Call("a", "get_weather", {"city": "Paris"}),
        Call("b", "get_weather", {"city": "Oslo"}),
    )
    told = 'a: get_weather {"city": "Paris"}; b: get_weather {"city": "Oslo"}'
    assert Decided("hand over", told) in trace.events
    assert "write" not in {request.purpose for request in model.requests}


async def test_with_what_the_functions_gave_the_run_comes_to_its_answer(
    film_index: DocumentIndex,
) -> None:
    first, second = MemoryTrace(), MemoryTrace()
    await run(film_index, weather(), first)
    steps = [Step(id_, "get_weather", {"city": c}) for id_, c in (("a", "Paris"), ("b", "Oslo"))]
    function = weather(("Paris", "18 °C, sunny"), ("Oslo", "7 °C, rain"))
    past = past_of(first, steps)
    assert past.outcomes.keys() == {"start"}
    result, model = await run(film_index, function, second, history=past)
    assert (result.status, result.calls) == ("completed", ())
    assert result.answer.text == ("In Paris it is 18 °C, sunny. [1] In Oslo it is 7 °C, rain. [2]")
    assert [one.source.location for one in result.answer.citations] == [
        'function:get_weather {"city": "Paris"}',
        'function:get_weather {"city": "Oslo"}',
    ]
    assert {sentence.verdict for sentence in result.answer.sentences} == {"supported"}
    assert {request.purpose for request in model.requests}.isdisjoint({"plan", "route"})


async def test_what_needs_no_call_runs_and_what_builds_on_one_waits(
    film_index: DocumentIndex,
) -> None:
    steps = (
        Step("a", "get_weather", {"city": "Paris"}),
        Step("b", "calculate", {"expression": "2 + 3"}),
        Step("c", "calculate", {"expression": "{a} * {b}"}),
    )
    first, second = MemoryTrace(), MemoryTrace()
    result, _ = await run(film_index, weather(), first, plan=Plan(steps))
    ended = {e.id: e.outcome for e in first.events if isinstance(e, StepEnded)}
    assert ended == {
        "a": Skipped("waits for its caller"),
        "b": Done("5"),
        "c": Skipped("needs a: waits for its caller"),
    }
    assert [call.id for call in result.calls] == ["a"]
    past = past_of(first, steps)
    assert past.outcomes == {"b": Done("5")}
    again, _ = await run(
        film_index, weather(("Paris", "6")), second, plan=Plan(steps), history=past
    )
    assert again.answer.value == "30"
    assert [e.id for e in second.events if isinstance(e, StepStarted)] == ["a", "c"]


async def test_calls_that_are_still_open_are_handed_over_again(film_index: DocumentIndex) -> None:
    first, second = MemoryTrace(), MemoryTrace()
    await run(film_index, weather(), first)
    steps = [Step(id_, "get_weather", {"city": c}) for id_, c in (("a", "Paris"), ("b", "Oslo"))]
    result, _ = await run(
        film_index, weather(("Oslo", "7 °C")), second, history=past_of(first, steps)
    )
    assert [call.arguments for call in result.calls] == [{"city": "Paris"}]


async def test_a_run_that_was_cut_off_hands_over_the_same_calls(film_index: DocumentIndex) -> None:
    first, second = MemoryTrace(), MemoryTrace()
    before, _ = await run(film_index, weather(), first)
    steps = [Step(id_, "get_weather", {"city": c}) for id_, c in (("a", "Paris"), ("b", "Oslo"))]
    past = past_of(first, steps, anew=False)
    assert waiting_calls(past) == before.calls
    after, _ = await run(film_index, weather(), second, history=past)
    assert after.calls == before.calls
    assert not [e for e in second.events if isinstance(e, StepStarted)]


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("18 °C", "18 °C"),
        ('{"degrees": 18}', {"degrees": 18}),
        ("[1, 2]", [1, 2]),
        ("18", "18"),
        ("  \n", None),
        ("", None),
        ("{broken", "{broken"),
        ("[" * 100_000, "[" * 100_000),
    ],
)
async def test_what_a_function_gave_is_a_value(given: str, value: Any) -> None:
    function = weather(("Paris", given))
    result = await function.call(function.arguments.model_validate({"city": "Paris"}))
    assert result.value == value
    assert [one.source.title for one in result.evidence] == ["get_weather (city: Paris)"] * (
        value is not None
    )


async def test_arguments_are_the_same_however_they_are_written() -> None:
    shape = {"type": "object", "properties": {"year": {"type": "integer"}, "b": {}}}
    known = [Output("of_year", {"b": 1, "year": "1969"}, "x"), Output("other", {"year": 1}, "y")]
    function = CallersFunction("of_year", "", shape, known)
    assert function.description == "Does of year."
    found = await function.call(function.arguments.model_validate({"year": 1969, "b": 1}))
    assert found.value == "x"
