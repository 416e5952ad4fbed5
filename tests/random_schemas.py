"""Random schemas of the kinds we use, what they accept, and what models make of them."""

import json
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]

NAMES = st.sampled_from(["name", "age", "tags", "born", "note", "of"])
WORDS = st.text("abc {}[]\"'\\é,:", max_size=12)


def _scalars() -> st.SearchStrategy[Schema]:
    """Bounded or not."""
    low = st.integers(-50, 50)
    return st.one_of(
        st.just({"type": "string"}),
        st.builds(lambda n: {"type": "string", "maxLength": n}, st.integers(1, 30)),
        st.just({"type": "integer"}),
        low.map(lambda a: {"type": "integer", "minimum": a, "maximum": a + 5}),
        low.map(lambda a: {"type": "integer", "exclusiveMinimum": a}),
        st.just({"type": "number"}),
        st.just({"type": "boolean"}),
        st.sampled_from([{"enum": ["a"]}, {"enum": ["a", "b", 3]}, {"enum": [None, "b"]}]),
        st.just({"const": "x"}),
        st.builds(lambda kind: {"type": [kind, "null"]}, st.sampled_from(["string", "integer"])),
    )  # fmt: skip


def _object(parts: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    """Some of its fields are optional."""

    @st.composite
    def built(draw: st.DrawFn) -> Schema:
        fields = draw(st.dictionaries(NAMES, parts, min_size=1, max_size=3))
        required = [name for name in fields if draw(st.booleans())]
        schema = {"type": "object", "properties": fields, "required": required}
        closed = draw(st.sampled_from([None, False]))
        return schema if closed is None else schema | {"additionalProperties": closed}

    return built()


def _array(parts: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    """With and without bounds."""
    plain = st.builds(lambda part: {"type": "array", "items": part}, parts)
    bounds = st.sampled_from([{}, {"minItems": 1}, {"maxItems": 3}, {"minItems": 1, "maxItems": 2}])
    return st.builds(lambda array, bound: array | bound, plain, bounds)


def _nullable(parts: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.builds(lambda part: {"anyOf": [part, {"type": "null"}]}, parts)


def _map(parts: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.builds(lambda part: {"type": "object", "additionalProperties": part}, parts)


def _within(depth: int) -> st.SearchStrategy[Schema]:
    if depth == 0:
        return _scalars()
    inner = _within(depth - 1)
    return st.one_of(inner, _object(inner), _array(inner), _nullable(inner), _map(inner))


def schemas(depth: int = 3) -> st.SearchStrategy[Schema]:
    """An object, at most so deep, as a tool or a page would ask for; some refer to a definition."""
    plain = _object(_within(depth - 1))
    return st.one_of(plain, plain.map(_with_definition))


def _with_definition(schema: Schema) -> Schema:
    """Its first field stands among the definitions."""
    name, field = next(iter(schema["properties"].items()))
    fields = schema["properties"] | {name: {"$ref": "#/$defs/first"}}
    return schema | {"properties": fields, "$defs": {"first": field}}


def values(schema: Schema, root: Schema | None = None) -> st.SearchStrategy[Any]:
    """What the schema accepts, by and large: a bounded part of it."""
    root = root or schema
    if "$ref" in schema:
        return values(root["$defs"]["first"], root)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of(*(values(part, root) for part in schema["anyOf"]))
    kinds = schema["type"]
    if isinstance(kinds, list):
        return st.one_of(*(values({"type": kind}, root) for kind in kinds))
    return _OF_KIND[kinds](schema, root)


def _integers(schema: Schema, _: Schema) -> st.SearchStrategy[int]:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -1001) + 1)
    return st.integers(low, schema.get("maximum", max(low, 1000)))


def _lists(schema: Schema, root: Schema) -> st.SearchStrategy[list[Any]]:
    least = schema.get("minItems", 0)
    most = schema.get("maxItems", least + 2)
    return st.lists(values(schema["items"], root), min_size=least, max_size=most)


def _objects(schema: Schema, root: Schema) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" not in schema:
        return st.dictionaries(NAMES, values(schema["additionalProperties"], root), max_size=2)
    fields = {name: values(part, root) for name, part in schema["properties"].items()}
    needed = {name: fields[name] for name in schema["required"]}
    return st.fixed_dictionaries(
        needed, optional={name: field for name, field in fields.items() if name not in needed}
    )


_OF_KIND: dict[str, Any] = {
    "string": lambda schema, _: WORDS.map(lambda text: text[: schema.get("maxLength", 99)]),
    "integer": _integers,
    "number": lambda *_: st.floats(-1e6, 1e6),
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
    "array": _lists,
    "object": _objects,
}

ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-99, 99), WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(NAMES | WORDS, inner, max_size=3)
    ),
    max_leaves=8,
)
"""JSON that no schema was asked about."""


@st.composite
def replies(draw: st.DrawFn, schema: Schema) -> tuple[str, str]:
    """(What a model might say, the reason why it ended); the value in it may be valid."""
    value = draw(st.one_of(values(schema), values(schema), ANYTHING))
    text = json.dumps(
        value, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))
    )
    ended = "stop"
    spoilt = draw(st.sampled_from(["whole", "whole", "cut", "cut and silent", "nonsense"]))
    if spoilt.startswith("cut"):
        text = text[: draw(st.integers(0, len(text)))]
        ended = "length" if spoilt == "cut" else "stop"
    if spoilt == "nonsense":
        text = draw(st.text(max_size=40))
    return draw(st.sampled_from(_WRAPPINGS)).replace("@", text), ended


_WRAPPINGS = [
    "@", "@", " @\n", "```json\n@\n```", "Here you are:\n```\n@\n```\nAnything else?",
    "The answer is @.", "<think>{\"a\": [1} or \"b?</think>@", "Hm.</think>\n\n@", "<think>@",
    "It is 5\" long: @", "Either @ or {\"other\": []}", "{ no } @", "[ @",
]  # fmt: skip
