"""`tight`: what a schema is made of before a small model is held to it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from random_schemas import ANYTHING, Schema, schemas, values

from inference import tight


def accepts(schema: Schema, value: Any) -> bool:
    return bool(Draft202012Validator(schema).is_valid(value))


def parts(schema: Any) -> list[Schema]:
    """Every schema in a schema."""
    if isinstance(schema, list):
        return [part for inner in schema for part in parts(inner)]
    if not isinstance(schema, dict):
        return []
    found = [schema]
    for key, inner in schema.items():
        if key in {"properties", "$defs", "patternProperties"}:
            found += [part for value in inner.values() for part in parts(value)]
        elif key in {"anyOf", "allOf", "oneOf", "items", "prefixItems", "additionalProperties"}:
            found += parts(inner)
    return found


def unbounded(schema: Schema) -> bool:
    """Whether a model could go on for ever in this very part."""
    if schema.keys() & {"enum", "const", "$ref", "anyOf", "allOf", "oneOf"}:
        return False
    kinds = schema.get("type", ["string", "array", "object", "number"])
    return any(
        kind in kinds and not schema.keys() & bounds
        for kind, bounds in {
            "string": {"maxLength"},
            "array": {"maxItems"},
            "integer": {"maximum", "exclusiveMaximum"},
            "number": {"maximum", "exclusiveMaximum"},
        }.items()
    )


@given(st.data())
def test_a_tight_schema_is_a_schema_that_accepts_less_and_is_bounded(data: st.DataObject) -> None:
    schema = data.draw(schemas())
    narrow = tight(schema)
    Draft202012Validator.check_schema(narrow)
    assert not [part for part in parts(narrow) if unbounded(part)]
    value = data.draw(st.one_of(values(schema), ANYTHING))
    assert accepts(schema, value) or not accepts(narrow, value)


@given(st.data())
def test_what_a_short_answer_says_is_still_accepted(data: st.DataObject) -> None:
    schema = data.draw(schemas())
    assert accepts(tight(schema), data.draw(values(schema)))


@given(schemas())
def test_tightening_again_changes_nothing_and_the_first_schema_stays(schema: Schema) -> None:
    before = repr(schema)
    assert tight(tight(schema)) == tight(schema)
    assert repr(schema) == before


def test_bounds_are_the_author_s_or_ours() -> None:
    given_ = {"type": "array", "minItems": 40, "items": {"type": "string", "minLength": 9}}
    assert tight(given_, max_string=5, max_items=3) == {
        "type": "array",
        "minItems": 40,
        "maxItems": 40,
        "items": {"type": "string", "minLength": 9, "maxLength": 9},
    }
    ours = tight({"type": "integer", "minimum": 2**60})
    assert ours["maximum"] > ours["minimum"]
    assert tight({"type": "integer", "maximum": -(2**60)})["minimum"] < -(2**60)


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        pytest.param({"properties": {"a": {}}}, {"a": "x"}, {"a": {"b": []}}, id="anything"),
        pytest.param({"type": "object"}, {"a": 1}, {"a": [[]]}, id="any object"),
        pytest.param({"type": "array"}, [1, "x", None], [[]], id="any list"),
        pytest.param({"prefixItems": [{"type": "integer"}]}, [1], [1, 2], id="a tuple"),
        pytest.param(
            {"type": "object", "properties": {"a": True}, "required": ["b"]},
            {"b": 1}, {"a": {}, "b": 1}, id="required and not named",
        ),
        pytest.param(
            {"allOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"b": True}}]},
            {"a": 1, "b": 2}, {"a": "x"}, id="joined",
        ),
        pytest.param(
            {"properties": {"a": True}, "anyOf": [{"properties": {"b": True}}, {}]},
            {"a": 1, "b": 2}, {"a": []}, id="branches beside properties",
        ),
    ],
)  # fmt: skip
def test_what_was_left_open_stays_possible(schema: Schema, good: Any, bad: Any) -> None:
    assert accepts(schema, good)
    assert accepts(tight(schema), good)
    assert not accepts(tight(schema), bad)


def test_a_schema_that_refers_to_itself_is_bounded_at_each_turn() -> None:
    class Node(BaseModel):
        name: str
        children: list["Node"] = []

    narrow = tight(Node.model_json_schema())
    assert narrow["$defs"]["Node"]["properties"]["name"]["maxLength"]
    assert narrow["$defs"]["Node"]["properties"]["children"]["maxItems"]
    assert narrow["$defs"]["Node"]["additionalProperties"] is False


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"properties": {"a": {"not": {}}}}, r"\$\.properties\.a: .*'not'"),
        ({"items": {"$ref": "https://example.org/s.json"}}, r"\$\.items: .*outside"),
        ({"items": [{"type": "string"}]}, r"\$\.items: a schema is an object"),
    ],
)
def test_what_no_engine_can_be_held_to_is_said_with_its_place(schema: Schema, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        tight(schema)
