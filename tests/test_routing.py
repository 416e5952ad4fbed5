"""Look-ups whose questions are a tool's: what is asked, what is believed, what stays a look-up."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from pydantic import AnyUrl

from inference import PACKAGED, EmbeddedModel, ModelUnavailable, Request, ScriptedModel
from planner import Decided, MemoryTrace, Step
from planner.language import Vocabulary
from planner.planning import Planner
from planner.routing import Router
from search import DocumentIndex
from tools import Compare, Lookup, Tool, function_tool


@function_tool
async def weather(city: str, days: int = 1) -> dict[str, object]:
    """Says how warm it is in a city."""
    return {"city": city, "days": days}


@function_tool
async def opening() -> str:
    """When the bakery opens."""
    return "7:30"


@function_tool(side_effects=True)
async def order(article: str) -> str:
    """Orders an article."""
    return article


@function_tool
async def total(prices: list[float]) -> float:
    """Sums prices up."""
    return sum(prices)


TOOLS = (weather, opening, order, total)
ASKED = Step("b", "lookup", {"question": "How warm is it in {a}?"})


def vocabulary_of(*tools: Tool[Any]) -> Vocabulary:
    lookup = Lookup(DocumentIndex.open(None), ScriptedModel([]))
    return Vocabulary.of([lookup, Compare(), *tools], default="lookup")


def saying(name: str, arguments: Mapping[str, object]) -> Callable[[Request], str | list[str]]:
    """What a model says that takes this tool, and these arguments each time."""

    def reply(request: Request) -> str | list[str]:
        if request.purpose == "judge":
            return ["Yes"] * request.n
        return json.dumps(arguments) if request.schema else name

    return reply


async def handed(
    step: Step,
    name: str,
    *arguments: Mapping[str, object],
    sure: str = "Yes",
    looks: bool = True,
    trace: MemoryTrace | None = None,
) -> tuple[Step, ScriptedModel]:
    """The step behind a router whose model says these, in turn."""
    filled = iter(arguments)

    def reply(request: Request) -> str | list[str]:
        if request.purpose == "judge":
            return [sure] * request.n
        return json.dumps(next(filled)) if request.schema else name

    model = ScriptedModel(reply)
    router = Router(model, TOOLS, vocabulary_of(*TOOLS), trace=trace or MemoryTrace(), looks=looks)
    return await router.handed(step), model


async def test_a_tools_question_becomes_a_call_of_it() -> None:
    trace = MemoryTrace()
    step, model = await handed(ASKED, "weather", {"city": "{a}"}, trace=trace)
    assert (step.id, step.tool, dict(step.arguments)) == ("b", "weather", {"city": "{a}"})
    assert step.inputs == ("a",)
    assert trace.events == [Decided("tool chosen", 'b: weather {"city": "{a}"}')]
    assert [request.purpose for request in model.requests].count("route") == 2


async def test_what_the_step_said_of_itself_is_kept() -> None:
    step = Step(
        "b",
        "lookup",
        {"question": "How warm is it in {item}?"},
        for_each="a",
        optional=True,
        needs=("c",),
        when="not d",
    )
    called, _ = await handed(step, "weather", {"city": "{item}"})
    assert called == replace(step, tool="weather", arguments={"city": "{item}"})


async def test_a_look_up_stays_one() -> None:
    said_so, model = await handed(ASKED, "lookup")
    assert (said_so, len(model.requests)) == (ASKED, 1)
    for step in (
        Step("b", "compare", {"question": "Which is warmer?", "facts": ["{a}", "{c}"]}),
        Step("b", "lookup", {"question": "How warm is it?", "within": {"path": "*.md"}}),
    ):
        same, model = await handed(step, "weather", {"city": "Tarn"})
        assert (same, model.requests) == (step, [])


async def test_a_tool_that_the_model_is_not_sure_of_is_not_called() -> None:
    step, _ = await handed(ASKED, "weather", {"city": "{a}"}, sure="No")
    assert step == ASKED


async def test_with_nothing_to_look_into_it_need_not_be_sure() -> None:
    step, model = await handed(ASKED, "weather", {"city": "{a}"}, sure="No", looks=False)
    assert step.tool == "weather"
    assert "judge" not in {request.purpose for request in model.requests}
    assert "lookup" not in (model.requests[0].grammar or "")


@pytest.mark.parametrize(
    "invented", ["<city>", "Paris", "city", "", "{b}", "http://evil.example/", "{a}, Paris"]
)
async def test_only_what_the_question_says_is_filled_in(invented: str) -> None:
    """At the second try the model is held to pieces of the question."""
    asked = Step("b", "lookup", {"question": "How warm is it in New York today?"})
    first, model = await handed(asked, "weather", {"city": invented}, {"city": "New York"})
    assert dict(first.arguments) == {"city": "New York"}
    choices = (model.requests[-1].schema or {})["properties"]["city"]["enum"]
    assert {"New York", "New York today", "York"} <= set(choices)
    never, _ = await handed(asked, "weather", {"city": invented}, {"city": invented})
    assert never == asked


async def test_numbers_are_the_questions_and_only_where_it_speaks_of_them() -> None:
    asked = Step("b", "lookup", {"question": "How warm is it in Tarn in the next 3 days?"})
    step, model = await handed(asked, "weather", {"city": "Tarn", "days": 3})
    assert dict(step.arguments) == {"city": "Tarn", "days": 3}
    wrong, _ = await handed(asked, "weather", *[{"city": "Tarn", "days": 4}] * 2)
    assert wrong == asked
    _, model = await handed(ASKED, "weather", {"city": "{a}"})
    assert set((model.requests[-1].schema or {})["properties"]) == {"city"}


@pytest.mark.parametrize(
    ("written", "number"),
    [("1,200", 1200), ("1234567", 1234567), ("-5", -5), ("0.10", 0.1), ("3-5", 5), ("7.0", 7)],
)
async def test_a_number_is_the_questions_however_it_is_written(written: str, number: float) -> None:
    @function_tool
    async def fahrenheit(degrees: float) -> float:
        """Says what degrees are in Fahrenheit."""
        return degrees * 1.8 + 32

    asked = Step("a", "lookup", {"question": f"What are {written} degrees in Fahrenheit?"})
    for given, called in ((number, "fahrenheit"), (number + 1, "lookup")):
        model = ScriptedModel(saying("fahrenheit", {"degrees": given}))
        router = Router(model, [fahrenheit], vocabulary_of(fahrenheit), trace=MemoryTrace())
        assert (await router.handed(asked)).tool == called


@pytest.mark.parametrize("given", [{"city": "a"}, {"city": "New York"}])
async def test_what_the_question_waits_for_is_not_left_out(given: dict[str, str]) -> None:
    asked = Step("b", "lookup", {"question": "How warm is it in New York, {a}?"})
    assert (await handed(asked, "weather", given, given))[0] == asked


async def test_an_address_is_the_questions() -> None:
    @function_tool
    async def status(page: AnyUrl) -> str:
        """Says whether a page is up."""
        return str(page)

    for said, called in (("http://a.example/x", "status"), ("http://b.example/x", "lookup")):
        asked = Step("a", "lookup", {"question": "Is the page http://a.example/x up?"})
        model = ScriptedModel(saying("status", {"page": said}))
        router = Router(model, [status], vocabulary_of(status), trace=MemoryTrace())
        assert (await router.handed(asked)).tool == called


async def test_a_tool_without_arguments_is_not_asked_for_any() -> None:
    asked = Step("a", "lookup", {"question": "When does the bakery open?"})
    step, model = await handed(asked, "opening")
    assert (step.tool, dict(step.arguments)) == ("opening", {})
    assert not any(request.schema for request in model.requests)


async def test_what_changes_something_or_takes_lists_is_the_planners_to_name() -> None:
    _, model = await handed(ASKED, "lookup")
    told = model.requests[0].messages[-1].content
    assert "weather(city, days)" in told
    assert "order" not in told
    assert "total" not in told
    planner_model = ScriptedModel(['{"id":"a","lookup":"Who?"}'])
    vocabulary = vocabulary_of(*TOOLS)
    router = Router(ScriptedModel(lambda _: "lookup"), TOOLS, vocabulary, trace=MemoryTrace())
    lookup = Lookup(DocumentIndex.open(None), planner_model)
    planner = Planner(
        planner_model, [lookup, *TOOLS], trace=MemoryTrace(), router=router, samples=1
    )
    assert [step.id async for step in planner.plan("Who is it of the two?")] == ["a"]
    system = planner_model.requests[0].messages[0].content
    assert '"order"' in system
    assert '"total"' in system
    assert "weather" not in system


async def test_a_model_that_cannot_be_asked_leaves_the_look_up() -> None:
    def broken(_: Request) -> str:
        raise ModelUnavailable("nobody is there")

    trace = MemoryTrace()
    router = Router(ScriptedModel(broken), TOOLS, vocabulary_of(*TOOLS), trace=trace)
    assert await router.handed(ASKED) == ASKED
    assert trace.events == [Decided("no tool chosen", "nobody is there")]


async def test_the_nearest_of_many_are_told_of() -> None:
    @function_tool
    async def colour(name: str) -> str:
        """Tells the colour of a car."""
        return name

    many = [replace(colour, name=f"colour_{number}") for number in range(20)]
    model = ScriptedModel(lambda _: "lookup")
    router = Router(model, [*many, weather], vocabulary_of(*many, weather), trace=MemoryTrace())
    await router.handed(ASKED)
    told = model.requests[0].messages[-1].content
    assert "weather(" in told
    assert told.count("colour_") == 5


@pytest.mark.model
async def test_a_real_small_model_chooses_and_fills_in() -> None:
    pytest.importorskip("xllamacpp")
    cache = Path(os.environ.get("BREADTH_CACHE") or platformdirs.user_cache_path("breadth"))
    model = EmbeddedModel(PACKAGED["base"], cache=cache)
    try:
        router = Router(model, TOOLS, vocabulary_of(*TOOLS), trace=MemoryTrace())
        for question, tool, arguments in [
            ("How warm is it in {a}?", "weather", {"city": "{a}"}),
            ("How warm is it in Tarn?", "weather", {"city": "Tarn"}),
            ("When does the bakery open?", "opening", {}),
            ("Who wrote The Warm Winter?", "lookup", {"question": "Who wrote The Warm Winter?"}),
            ("When was {a} born?", "lookup", {"question": "When was {a} born?"}),
        ]:
            step = await router.handed(Step("b", "lookup", {"question": question}))
            assert (step.tool, dict(step.arguments)) == (tool, arguments)
    finally:
        await model.close()
