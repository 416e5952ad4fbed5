"""Python functions as tools, and plans that call tools of others."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from inference import Request, ScriptedModel
from planner import (
    Budget,
    BudgetExceeded,
    Caller,
    Done,
    Failed,
    Limits,
    MemoryTrace,
    PlanError,
    ResearchSettings,
    Toolbox,
    Vocabulary,
    research,
    step_of,
    written,
)
from planner.grammar import plan_grammar
from planner.prompts import plan_prompt
from tools import Arguments, Lookup, Tool, ToolError, ToolResult, function_tool, has_side_effects


@dataclass
class Place:
    name: str
    people: int


@function_tool
async def weather(
    city: Annotated[str, Field(min_length=1)], days: int = 1, unit: Literal["C", "F"] = "C"
) -> dict[str, Any]:
    """The weather in a city,
    today or later.

    More that nobody needs to be told.
    """
    return {"city": city, "days": days, "unit": unit}


@function_tool(name="population", seconds=2, side_effects=True, cost=0.25, resource="registry")
async def count(place: Place) -> Place:
    """Counts the people of a place."""
    return Place(place.name, place.people + 1)


@function_tool
async def now() -> str:
    """What time it is."""
    return "noon"


@function_tool
async def fetch(url: str, id: int, needs: list[str]) -> ToolResult:  # noqa: A002
    """Arguments that are called as the fields of a step."""
    return ToolResult(f"{url}#{id}{needs}")


ALL: list[Tool[Any]] = [weather, count, now, fetch]
VOCABULARY = Vocabulary.of([Lookup, *ALL], default="lookup")  # type: ignore[list-item]


def caller(tool: Tool[Any], limits: Limits | None = None) -> Caller:
    return Caller({tool.name: tool}, budget=Budget(limits or Limits()), trace=MemoryTrace())


async def value_of(tool: Tool[Any], **arguments: Any) -> Any:
    outcome, _ = await caller(tool).call("a", tool.name, arguments)
    return outcome.value if isinstance(outcome, Done) else outcome


def test_the_signature_is_the_schema_and_the_docstring_the_description() -> None:
    assert (weather.name, weather.description) == (
        "weather",
        "The weather in a city, today or later.",
    )
    schema = weather.arguments.model_json_schema()
    assert schema["required"] == ["city"]
    assert schema["properties"]["unit"]["enum"] == ["C", "F"]
    assert (count.name, count.seconds, count.cost, count.resource) == (
        "population", 2, 0.25, "registry",
    )  # fmt: skip
    assert has_side_effects(count)
    assert not has_side_effects(weather)


async def test_defaults_and_values_of_any_type_go_in_and_out() -> None:
    assert await value_of(weather, city="Rome") == {"city": "Rome", "days": 1, "unit": "C"}
    assert await value_of(count, place={"name": "Rome", "people": 2}) == {
        "name": "Rome",
        "people": 3,
    }
    assert await value_of(now) == "noon"


@pytest.mark.parametrize("wrong", [{"city": ""}, {}, {"city": "Rome", "when": "now"}])
async def test_wrong_arguments_fail_the_step(wrong: dict[str, Any]) -> None:
    assert isinstance(await value_of(weather, **wrong), Failed)


async def test_a_tool_error_is_data_and_any_other_is_a_bug() -> None:
    @function_tool
    async def closed(bug: bool) -> str:
        """Never open."""
        raise KeyError("bug") if bug else ToolError("closed on Mondays")

    assert await value_of(closed, bug=False) == Failed("closed on Mondays")
    with pytest.raises(KeyError):
        await value_of(closed, bug=True)


async def test_what_calls_cost_is_paid_from_the_budget() -> None:
    budget = Budget(Limits(cost=1.0, reserve=0.5))
    calls = Caller({"population": count}, budget=budget, trace=MemoryTrace())
    for people in (1, 2):
        place = {"name": "Rome", "people": people}
        assert isinstance((await calls.call("a", "population", {"place": place}))[0], Done)
    place = {"name": "Rome", "people": 3}
    assert isinstance((await calls.call("a", "population", {"place": place}))[0], Failed)
    assert isinstance(budget.exceeded, BudgetExceeded)
    assert budget.exceeded.limit == "max-cost"
    assert budget.tool_calls == 2


def test_what_cannot_be_a_tool_is_refused_at_once() -> None:
    def plain(city: str) -> None:
        """No coroutine."""

    async def silent(city: str) -> None: ...

    async def untyped(city) -> None:  # type: ignore[no-untyped-def]
        """No type."""

    async def many(*cities: str) -> None:
        """No name."""

    for function in (plain, silent, untyped, many):
        with pytest.raises(TypeError, match=function.__name__):
            function_tool(function)  # type: ignore[type-var]
    with pytest.raises(TypeError, match="below 0"):
        function_tool(cost=-1)


@pytest.mark.parametrize(
    ("line", "tool", "arguments"),
    [
        ({"id": "a", "weather": "Rome", "days": 3}, "weather", {"city": "Rome", "days": 3}),
        ({"id": "a", "tool": "now"}, "now", {}),
        ({"id": "a", "now": {}}, "now", {}),
        ({"id": "a", "population": {"name": "Rome", "people": 1}, "for_each": "b"}, "population",
         {"place": {"name": "Rome", "people": 1}}),
        ({"id": "a", "tool": "fetch", "arguments": {"url": "u1", "id": 7, "needs": ["x1"]}},
         "fetch", {"url": "u1", "id": 7, "needs": ["x1"]}),
    ],
)  # fmt: skip
def test_lines_that_call_them_are_read_and_written(
    line: dict[str, Any], tool: str, arguments: dict[str, Any]
) -> None:
    step = step_of(line, VOCABULARY)
    assert (step.tool, step.arguments) == (tool, arguments)
    assert step_of(json.loads(written(step, VOCABULARY)), VOCABULARY) == step
    other = Vocabulary({"lookup": ("question",)}, default="lookup")
    assert step_of(json.loads(written(step, other)), VOCABULARY) == step


def test_a_tool_without_arguments_takes_none() -> None:
    with pytest.raises(PlanError, match="takes no arguments"):
        step_of({"id": "a", "now": "soon"}, VOCABULARY)


def test_an_argument_may_be_called_as_another_tool_is() -> None:
    class SendArguments(Arguments):
        to: str
        lookup: str

    vocabulary = Vocabulary(
        {"lookup": ("question",), "send": SendArguments.field_names()}, default="lookup"
    )
    step = step_of({"id": "a", "send": "me", "lookup": "this"}, vocabulary)
    assert (step.tool, step.arguments) == ("send", {"to": "me", "lookup": "this"})


def test_the_grammar_writes_the_long_form_where_it_has_to() -> None:
    grammar = plan_grammar(ALL)
    assert r'"\"weather\":" text' in grammar
    assert r'"\"tool\":\"now\""' in grammar
    assert r'"\"tool\":\"fetch\",\"arguments\":{" "\"url\":" text "\",\"id\":"' not in grammar
    assert r'"\"tool\":\"fetch\",\"arguments\":{"' in grammar


def test_the_planner_is_told_of_tools_that_its_examples_do_not_show() -> None:
    (system, *_), (bare, *_) = (
        plan_prompt("Is it warm in Rome?", tools=ALL),
        plan_prompt("Is it warm in Rome?"),
    )
    assert '{"id":"a","weather":"<city>"} The weather in a city, today or later.' in system.content
    assert '{"id":"a","tool":"now"} What time it is.' in system.content
    assert "weather" not in bare.content


async def test_a_run_plans_with_a_tool_of_others_and_answers_from_its_value() -> None:
    def scripted(request: Request) -> str:
        if request.purpose == "plan":
            return '{"id":"a","weather":"Rome"}'
        return "The weather in Rome is told for 1 day, in C [1]."

    trace = MemoryTrace()
    result = await research(
        "How is the weather in Rome?",
        model=ScriptedModel(scripted),
        toolbox=lambda model: Toolbox([weather], ("weather",)),
        trace=trace,
        settings=ResearchSettings(plan_samples=1),
    )
    assert result.status == "completed"
    assert [sentence.text for sentence in result.answer.sentences] == [
        "The weather in Rome is told for 1 day, in C."
    ]
    assert result.grounds is not None
    (ground,) = result.grounds.grounds
    assert ground.question == "weather (city: Rome)"
    assert ground.proof is not None
    assert ground.proof.source.location == 'tool:weather {"city": "Rome", "days": 1, "unit": "C"}'
    assert json.loads(ground.value) == {"city": "Rome", "days": 1, "unit": "C"}
