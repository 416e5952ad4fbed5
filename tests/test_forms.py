"""How the value of a form is read out of a text."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from pydantic import BaseModel
from random_schemas import ANYTHING

from inference.forms import Form, GrammarForm, JsonForm, RegexForm, TypedForm, Unfit

VALUE = {"type": "object", "properties": {"value": {"type": "string"}}, "required": ["value"]}


class Born(BaseModel):
    name: str
    on: date


@given(ANYTHING)
def test_any_json_is_read_as_it_is(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=2)):
        assert JsonForm({}).read(text) == value
        assert JsonForm({}).read(f"<think>{{</think> ```json\n{text}\n```") == value


@pytest.mark.parametrize(
    "text",
    [
        '{"value":"a"}',
        'Sure! {"value":"a"} Is that all?',
        '```\n{"value":"a"}\n```',
        'It is 5" long: {"value":"a"}',
        '<think>{"value":"b"}</think>{"value":"a"}',
        '{"value":"b"} no, wait</think>{"value":"a"}',
        '{"value":"a"} [1, 2] and again {"value": "a"}',
        '{nothing} {"value":"a"}',
    ],
)
def test_what_stands_around_a_value_is_left_out(text: str) -> None:
    assert JsonForm(VALUE).read(text) == {"value": "a"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no whole JSON value"),
        ("Cuarón", "no whole JSON value"),
        ('{"value":"a"', "no whole JSON value"),
        ('{"value":"a', "no whole JSON value"),
        ('[{"value":"a"}, {"value"', "no whole JSON value"),
        ('{"a": {"value":"a"}', "no whole JSON value"),
        ('<think>{"value":"a"}', "no whole JSON value"),
        ("{'value': 'a'}", "no whole JSON value"),
        ('{"value":"a",}', "no whole JSON value"),
        ('{"value":"a"} {"value":"b"}', "2 different answers"),
        ('{"value":3}', r"^\$\.value: 3 is not of type 'string'"),
        ('{"a":{"value":"a"}}', "'value' is a required property"),
        ('{"value":"\\ud83d"}', "no whole JSON value"),
    ],
)
def test_what_is_no_value_is_not_made_one(text: str, told: str) -> None:
    with pytest.raises(Unfit, match=told):
        JsonForm(VALUE).read(text)


@pytest.mark.parametrize(
    "text", ["NaN", "-Infinity", "1e999", "[" * 100_000, "[" * 900 + "]" * 900]
)
def test_what_json_has_not_is_no_value(text: str) -> None:
    nested = {"$ref": "#/$defs/n", "$defs": {"n": {"items": {"$ref": "#/$defs/n"}, "maxItems": 1}}}
    for schema in ({"type": "number"}, nested | {"type": "array"}):
        with pytest.raises(Unfit):
            JsonForm(schema).read(text)


def test_a_type_says_what_its_schema_cannot() -> None:
    assert TypedForm(Born).read('{"name":"A","on":"1970-07-30"}') == Born(
        name="A", on=date(1970, 7, 30)
    )
    with pytest.raises(Unfit, match=r"^\$\.on: .* is not a 'date'"):
        TypedForm(Born).read('{"name":"A","on":"1970-02-30"}')
    assert TypedForm(list[int]).read("[1,2]") == [1, 2]


def test_an_expression_matches_from_end_to_end() -> None:
    form = RegexForm(r"\d{4}")
    assert [form.read(text) for text in ("1970", " 1970\n", "```\n1970\n```")] == ["1970"] * 3
    for text in ("born 1970", "19701", ""):
        with pytest.raises(Unfit, match=r"does not match \\d\{4\}"):
            form.read(text)
    assert RegexForm(" a").read(" a") == " a"


def test_a_grammar_is_the_engine_s_to_check() -> None:
    assert GrammarForm('root ::= "a"').read("b") == "b"


@pytest.mark.parametrize("form", [JsonForm(VALUE), RegexForm("a|b"), GrammarForm('root ::= "a"')])
def test_each_form_is_told_in_one_line(form: Form[Any]) -> None:
    assert len(form.described.splitlines()) == 1


def test_a_fault_is_one_short_line() -> None:
    with pytest.raises(Unfit) as caught:
        JsonForm({"type": "string"}).read(json.dumps(["long\n"] * 999))
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


def test_what_is_no_schema_is_said() -> None:
    with pytest.raises(ValueError, match="no JSON schema"):
        JsonForm({"type": "text"})
