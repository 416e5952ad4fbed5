"""Arguments by other people's JSON schemas: sound ones, odd ones, hostile ones."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from random_schemas import schemas, values

from planner import PlanError, Vocabulary, checked_arguments, step_of
from planner.grammar import plan_grammar
from tools import Arguments, Tool, arguments_of

KEYWORDS = [
    "type",
    "properties",
    "required",
    "items",
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "minLength",
    "maxItems",
    "nullable",
    "additionalProperties",
    "description",
    "$defs",
]
NAMES = st.sampled_from([*KEYWORDS, "id", "schema", "tool", "model_config", "_x", "ä-b", ""])
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.sampled_from(["object", "string", "array", "integer", "#/properties", "#", "#/$defs/a"]),
)
JUNK = st.recursive(
    PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=40,
)


class Given:
    """A tool that takes what a schema says."""

    description = "for tests"
    resource = "cpu"
    seconds = 1.0

    def __init__(self, schema: Any) -> None:
        self.name = "other"
        self.arguments: type[Arguments] = arguments_of(schema, "other")


def checked(schema: Any, **given: Any) -> dict[str, Any]:
    return dict(arguments_of(schema, "other").model_validate(given).given())


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_a_schema_allows_is_taken(data: st.DataObject) -> None:
    inner = data.draw(schemas(2))
    definitions = inner.pop("$defs", {})
    schema = {"properties": {"x": inner}, "required": ["x"], "$defs": definitions}
    value = data.draw(values(inner, schema))
    made = arguments_of(schema, "other").model_validate({"x": value}).given()
    assert json.dumps(made, sort_keys=True) == json.dumps({"x": value}, sort_keys=True)


@given(JUNK, st.dictionaries(NAMES, JUNK, max_size=3))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_junk_for_a_schema_does_no_harm(schema: Any, arguments: dict[str, Any]) -> None:
    tool: Any = Given(schema)
    assert plan_grammar([tool], edges=True)
    vocabulary = Vocabulary.of([tool], default="other")
    try:
        tool.arguments.model_validate(arguments)
        step_of({"id": "a", "tool": "other", "arguments": arguments}, vocabulary)
    except (ValidationError, PlanError):
        pass


def test_references_are_written_out_within_bounds() -> None:
    again = {"$ref": "#/$defs/r"}
    ring = {
        "properties": {"a": again},
        "required": ["a"],
        "$defs": {"r": {"properties": dict.fromkeys("abcdefgh", again)}},
    }
    tool: Any = Given(ring)
    assert len(json.dumps(tool.arguments.model_json_schema())) < 100_000
    elsewhere = {"properties": {"a": {"$ref": "https://evil.example/schema.json"}}}
    assert checked(elsewhere, a=[1]) == {"a": [1]}


def test_required_fields_come_first_and_others_are_refused() -> None:
    schema = {"properties": {"a": {}, "b": {"type": "string"}}, "required": ["b"]}
    tool: Tool[Any] = Given(schema)  # type: ignore[assignment]
    assert tool.arguments.field_names() == ("b", "a")
    assert checked(schema, b="x", a=None) == {"b": "x", "a": None}
    with pytest.raises(ValidationError, match="extra_forbidden"):
        checked(schema, b="x", c=1)
    assert checked({**schema, "additionalProperties": True}, b="x", c=1) == {"b": "x", "c": 1}


@pytest.mark.parametrize(
    ("shape", "given", "taken"),
    [
        ({"type": "string"}, 7, "7"),
        ({"type": "integer"}, "42", 42),
        ({"type": "number"}, "1.5", 1.5),
        ({"type": "boolean"}, "true", True),
    ],
)
def test_found_texts_become_what_is_wanted(shape: Any, given: Any, taken: Any) -> None:
    assert checked({"properties": {"a": shape}}, a=given) == {"a": taken}


def test_names_of_steps_stand_where_anything_else_would_be_refused() -> None:
    shape = arguments_of({"properties": {"a": {"type": "integer", "minimum": 3}}}, "other")
    assert checked_arguments({"a": "{b.count}"}, shape) == {"a": "{b.count}"}
    with pytest.raises(PlanError, match="a: 'many' is not of type 'integer'"):
        checked_arguments({"a": "many"}, shape)
    with pytest.raises(PlanError, match="a: 2 is less than the minimum of 3"):
        checked_arguments({"a": 2}, shape)


def test_openapi_30_is_understood() -> None:
    schema = {"properties": {"a": {"type": "integer", "minimum": 0, "exclusiveMinimum": True,
                                   "nullable": True}}}  # fmt: skip
    assert checked(schema, a=None) == {"a": None}
    assert checked(schema, a=1) == {"a": 1}
    with pytest.raises(ValidationError):
        checked(schema, a=0)
