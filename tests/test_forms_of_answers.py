"""Answers as JSON of the caller's schema: filled in from what was verified, or not at all."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from research_films import scripted, toolbox

from inference import ModelUnavailable, Request, ScriptedModel
from planner import (
    Answer,
    Decided,
    Form,
    History,
    Limits,
    MemoryTrace,
    PlanError,
    ResearchSettings,
    Result,
    require_form,
    research,
)
from planner.filling import fields_of, held, stands_in
from search import DocumentIndex
from storage.answer_records import answer_data, answer_from

NULLABLE = {"type": ["string", "null"]}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "director": {"type": "string", "description": "who is older"},
        "born": NULLABLE,
        "town": NULLABLE,
    },
    "required": ["director", "born", "town"],
    "additionalProperties": False,
}
RIGHT = {"director": "Bong Joon-ho", "born": "1969-09-14", "town": None}
Filled = str | BaseException


def filling(*filled: Filled) -> Callable[[Request], Filled]:
    """A model that does everything right, and fills forms in as it is told."""
    said = iter(filled)
    return lambda request: next(said) if request.purpose == "fill" else scripted(request)


async def run(
    index: DocumentIndex,
    reply: Callable[[Request], Filled],
    *,
    schema: Mapping[str, Any] = SCHEMA,
    trace: MemoryTrace | None = None,
    history: History | None = None,
    limits: Limits | None = None,
    question: str = "Who is older, is it the director of Inception or the director of Parasite?",
) -> tuple[Result, ScriptedModel]:
    model = ScriptedModel(reply)
    settings = ResearchSettings(
        plan_samples=1, enough=1.0, form=Form("older", schema), limits=limits or Limits()
    )
    result = await research(
        question,
        model=model,
        toolbox=toolbox(index),
        trace=trace or MemoryTrace(),
        settings=settings,
        history=history,
    )
    return result, model


def asked(model: ScriptedModel) -> list[Request]:
    return [request for request in model.requests if request.purpose == "fill"]


async def test_the_answer_is_json_of_the_schema_beside_its_text(film_index: DocumentIndex) -> None:
    result, model = await run(film_index, filling(json.dumps(RIGHT)))
    assert (result.status, result.reason) == ("completed", None)
    assert result.answer.data == RIGHT
    assert result.answer.value == "Bong Joon-ho"
    (request,) = asked(model)
    shown = request.messages[-1].content
    assert "When was Bong Joon-ho born? 14 September 1969" in shown
    assert "director: who is older\nborn\ntown" in shown
    assert request.schema is not None


async def test_what_nothing_says_becomes_null_and_is_named(film_index: DocumentIndex) -> None:
    trace = MemoryTrace()
    reply = filling(json.dumps(RIGHT | {"town": "Seoul", "born": "14 September 1968"}))
    result, _ = await run(film_index, reply, trace=trace)
    assert result.answer.data == RIGHT | {"born": None}
    why = 'not in the material, left out: born "14 September 1968"; town "Seoul"'
    assert Decided("form checked", why) in trace.events


async def test_a_text_that_has_to_be_there_and_nothing_says_is_empty(
    film_index: DocumentIndex,
) -> None:
    trace = MemoryTrace()
    reply = filling(json.dumps(RIGHT | {"director": "Sofia Coppola"}))
    result, _ = await run(film_index, reply, trace=trace)
    assert result.answer.data == RIGHT | {"director": ""}
    why = 'not in the material, left out: director "Sofia Coppola"'
    assert Decided("form checked", why) in trace.events


async def test_what_has_to_say_something_stays_and_is_named(film_index: DocumentIndex) -> None:
    trace = MemoryTrace()
    reply = filling(json.dumps(RIGHT | {"director": "Sofia Coppola"}))
    somebody = {**SCHEMA["properties"], "director": {"type": "string", "minLength": 1}}
    schema = {**SCHEMA, "properties": somebody}
    result, _ = await run(film_index, reply, trace=trace, schema=schema)
    assert result.answer.data == RIGHT | {"director": "Sofia Coppola"}
    why = 'not in the material, but required: director "Sofia Coppola"'
    assert Decided("form checked", why) in trace.events


@pytest.mark.parametrize(
    ("filled", "why"),
    [
        (("{}", '{"director": 1}'), "no valid answer in 2 attempts"),
        ((ModelUnavailable("nobody is there"),), "nobody is there"),
    ],
)
async def test_a_form_that_cannot_be_filled_leaves_the_answer_and_says_so(
    film_index: DocumentIndex, filled: tuple[Filled, ...], why: str
) -> None:
    trace = MemoryTrace()
    result, model = await run(film_index, filling(*filled), trace=trace)
    assert (result.status, result.answer.data) == ("incomplete", None)
    assert result.answer.value == "Bong Joon-ho"
    assert str(result.reason).startswith("the answer could not be put into the form 'older': ")
    assert why in str(result.reason)
    assert len(asked(model)) == len(filled)
    assert any(isinstance(e, Decided) and e.what == "form not filled in" for e in trace.events)


async def test_the_second_attempt_counts(film_index: DocumentIndex) -> None:
    result, _ = await run(film_index, filling("{}", json.dumps(RIGHT)))
    assert (result.status, result.answer.data) == ("completed", RIGHT)


async def test_an_abstention_is_not_put_into_a_form(film_index: DocumentIndex) -> None:
    def nothing(request: Request) -> str:
        return '{"id":"a","lookup":"Who?"}' if request.purpose == "plan" else "none"

    result, model = await run(film_index, nothing, question="Who wrote the opera Zaide?")
    assert (result.status, result.answer.data) == ("incomplete", None)
    assert "there is no answer to put into it" in str(result.reason)
    assert asked(model) == []


async def test_a_run_that_goes_on_behind_its_answer_fills_no_form_again(
    film_index: DocumentIndex,
) -> None:
    before, _ = await run(film_index, filling(json.dumps(RIGHT)))
    again, model = await run(film_index, filling(), history=History(answer=before.answer))
    assert again.answer.data == RIGHT
    assert asked(model) == []


def test_the_store_keeps_the_data_and_knows_of_answers_without() -> None:
    answer = Answer("x", (), data={"a": [1, None, {"b": "ä"}]})
    data = json.loads(json.dumps(answer_data(answer)))
    assert answer_from(data) == answer
    del data["data"]
    assert answer_from(data).data is None


@pytest.mark.parametrize(
    ("value", "stands"),
    [
        ("Bong Joon-ho", True),
        ("bong joon-ho", True),
        ("14 September 1969", True),
        ("1969-09-14", True),
        ("1969-09-15", False),
        ("1969-13-14", False),
        ("The director of Parasite, Bong Joon-ho, was born in 1969", True),
        ("Christopher Nolan", False),
        ("born 1970", False),
        (1969, True),
        (196, False),
        (14.0, True),
        (True, True),
        (None, True),
        ("", True),
    ],
)
def test_a_value_stands_in_the_material_or_not(value: object, stands: bool) -> None:
    material = "Bong Joon-ho, the director of Parasite, was born on 14 September 1969."
    assert stands_in(value, material) is stands


class Film(BaseModel):
    title: str
    kind: Literal["film", "series"] | None = None
    year: int | None = None


class Films(BaseModel):
    films: list[Film]
    names: list[str] = []


def test_lists_lose_what_nothing_says_and_words_of_the_schema_stay() -> None:
    form = Form("films", Films.model_json_schema())
    filled = {
        "films": [
            {"title": "Up", "kind": "film", "year": 1999},
            {"title": "Up", "kind": "series", "year": 2009},
        ],
        "names": ["Up", "Cars", "Big"],
    }
    data, told = held(filled, form.validator, "Up is of 2009.")  # type: ignore[arg-type]
    assert data == {
        "films": [
            {"title": "Up", "kind": "film", "year": None},
            {"title": "Up", "kind": "series", "year": 2009},
        ],
        "names": ["Up"],
    }
    assert (
        told == 'not in the material, left out: films[0].year 1999; names[1] "Cars"; names[2] "Big"'
    )
    assert list(fields_of(form.schema, form.schema)) == [
        "films",
        "films.title",
        "films.kind",
        "films.year",
        "names",
    ]


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def holding(part: object) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": part}}


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ([], "has to be an object"),
        ({"type": "string"}, "has to be that of an object"),
        ({}, "has to be that of an object"),
        (holding({"$ref": "https://example.org/s.json"}), "lies outside of the schema"),
        (holding({"$ref": "#/$defs/b"}), "there is nothing at"),
        (
            holding({"$ref": "#/$defs/b"}) | {"$defs": {"b": {"$ref": "#/$defs/b"}}},
            "back to itself",
        ),
        (holding({"type": "text"}), "no JSON schema"),
        (holding({"not": {}}), "no engine can be held to 'not'"),
        (holding({"type": "string", "pattern": "(a+)+$"}), "may take too long"),
        (holding({"type": "string", "pattern": "a*a*a*b"}), "may take too long"),
        (holding({"type": "string", "pattern": "[" }), "$.properties.a"),
        (nested(40), "nested more than 12 deep"),
        (nested(5000), "nested too deeply"),
        (holding({"type": "string", "description": "x" * 30_000}), "at most 20000 can be used"),
        ({"type": "object", "properties": {f"a{n}": {} for n in range(400)}}, "more than 300"),
    ],
)  # fmt: skip
def test_a_schema_that_cannot_be_used_is_refused_in_words(schema: object, why: str) -> None:
    with pytest.raises(PlanError) as refused:
        require_form(schema)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    "schema",
    [
        SCHEMA,
        Films.model_json_schema(),
        {"type": "object"},
        nested(10),
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}},
        holding({"type": "string", "pattern": r"^\d{4}-\d{2}$"}),
        {
            "type": "object",
            "properties": {"name": {"type": "string"}, "next": {"$ref": "#"}},
            "required": ["name"],
        },
    ],
)
def test_a_schema_that_can_be_used_is_let_pass(schema: dict[str, Any]) -> None:
    require_form(schema)


letters = st.text("ab#/*(+[", max_size=4)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | letters | st.sampled_from(["object", "string"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(letters, inner, max_size=3),
    max_leaves=8,
)
KEYS = ("type", "properties", "$ref", "items", "anyOf", "pattern", "patternProperties", "required")


@given(st.dictionaries(st.sampled_from(KEYS), json_values))
def test_any_schema_is_refused_in_words_or_can_be_used(part: dict[str, Any]) -> None:
    with suppress(PlanError):
        form = Form("any", holding(part))
        list(fields_of(form.schema, form.schema))
        held({}, form.validator, "")


@given(st.dictionaries(st.sampled_from(["director", "born", "town"]), st.text(max_size=12)))
def test_what_is_left_holds_to_the_schema(told: dict[str, str]) -> None:
    form = Form("older", SCHEMA)
    filled: dict[str, Any] = {"director": "a", "born": None, "town": None} | told
    data, _ = held(filled, form.validator, "Bong Joon-ho was born in Daegu.")
    form.validator.validate(data)
