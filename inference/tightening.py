"""A JSON schema made narrow enough for a small model: nothing in it can go on for ever.

A small model that is held to a schema still loops wherever the schema lets it: in a string, a list,
a number, an object with names of its own. So each of them gets a bound where its author gave
none. The result accepts nothing that the schema does not accept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_STRING = 400
"""Characters of a string, where the schema does not say."""
MAX_ITEMS = 32
"""Elements of a list, or names of an open object, where the schema does not say."""
MAX_NUMBER = 2**53 - 1
"""Beyond it whole numbers do not survive every JSON reader."""

_WORDS = {"$schema", "$comment", "title", "description", "default", "deprecated", "discriminator",
          "examples", "readOnly", "writeOnly", "x-guidance"}  # fmt: skip
"""They hold nobody to anything."""
_KNOWN = _WORDS | {
    "type", "enum", "const", "$ref", "$defs", "definitions", "anyOf", "oneOf", "allOf",
    "properties", "required", "additionalProperties", "patternProperties", "minProperties",
    "maxProperties", "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "minLength",
    "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf",
}  # fmt: skip
_NAMED = ("$defs", "definitions", "properties", "patternProperties")
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
_ONE_OF_ITS_OWN = {"enum", "const", "$ref", "anyOf", "oneOf", "allOf"}
_SCALARS = ["string", "number", "boolean", "null"]


def tight(
    schema: Mapping[str, Any], *, max_string: int = MAX_STRING, max_items: int = MAX_ITEMS
) -> dict[str, Any]:
    """The schema with bounds where it has none, and objects closed that name their properties.

    Where anything may stand, a scalar may. What is required stays as it is. Branches of a `oneOf`
    are taken to exclude each other. What stays without a bound: fractions of a number, names in an
    open object, and the depth of a schema that refers to itself; `max_tokens` ends those. Raises
    ValueError for a schema that no engine can be held to, naming the place.
    """
    closes = not _is_joined(schema)
    return _Tightening(max_string, max_items, closes).of(schema, "$", closes=closes)


@dataclass(frozen=True, slots=True)
class _Tightening:
    """The bounds, carried through the schema."""

    max_string: int
    max_items: int
    closes: bool

    def of(self, given: object, where: str, *, closes: bool) -> dict[str, Any]:
        """One schema; `closes` False: another part of it may name properties, too."""
        schema = _known(given, where)
        if not schema.keys() - _WORDS:
            schema = {**schema, "type": _SCALARS}
        narrow = dict(schema)
        self._recurse(narrow, where, closes=closes and "properties" not in schema)
        kinds = _kinds(schema)
        if "string" in kinds:
            narrow.setdefault("maxLength", max(self.max_string, schema.get("minLength", 0)))
        if kinds & {"integer", "number"}:
            _bound_number(narrow)
        if "array" in kinds:
            self._bound_array(narrow, where)
        if "object" in kinds:
            self._bound_object(narrow, where, closes=closes and not schema.keys() & _ONE_OF_ITS_OWN)
        return narrow

    def _recurse(self, narrow: dict[str, Any], where: str, *, closes: bool) -> None:
        """Tighten the schemas in a schema; `closes`: so much for its branches."""
        for key in _NAMED:
            if key in narrow:
                narrow[key] = {
                    name: self._part(part, f"{where}.{key}.{name}", closes=self.closes)
                    for name, part in narrow[key].items()
                }
        for key in _LISTED:
            if key in narrow:
                branch = self.closes if key == "prefixItems" else closes
                narrow[key] = [
                    self._part(part, f"{where}.{key}[{at}]", closes=branch)
                    for at, part in enumerate(narrow[key])
                ]
        for key in ("items", "additionalProperties"):
            if key in narrow:
                narrow[key] = self._part(narrow[key], f"{where}.{key}", closes=self.closes)

    def _part(self, schema: object, where: str, *, closes: bool) -> object:
        """A schema in a schema; False allows nothing and is as narrow as can be."""
        return False if schema is False else self.of(schema, where, closes=closes)

    def _bound_array(self, narrow: dict[str, Any], where: str) -> None:
        fixed = len(narrow.get("prefixItems", ()))
        most = max(fixed or self.max_items, narrow.get("minItems", 0))
        narrow.setdefault("maxItems", most)
        narrow.setdefault("items", self.of({}, where, closes=self.closes))

    def _bound_object(self, narrow: dict[str, Any], where: str, *, closes: bool) -> None:
        """Close it, or bound how many names of its own it takes."""
        named, required = narrow.get("properties", {}), set(narrow.get("required", ()))
        patterns = narrow.get("patternProperties", {})
        if "additionalProperties" not in narrow:
            if closes and required <= named.keys() and (named or patterns):
                narrow["additionalProperties"] = False
            elif closes and not named:
                narrow["additionalProperties"] = self.of({}, where, closes=True)
        is_open = narrow.get("additionalProperties") is not False or patterns
        if is_open and required >= named.keys():  # engines count names in no other case
            most = max(len(required) + self.max_items, narrow.get("minProperties", 0))
            narrow.setdefault("maxProperties", most)


def _kinds(schema: Mapping[str, Any]) -> set[str]:
    """The types that it speaks of itself, by name or by what only they can have."""
    if "enum" in schema or "const" in schema:
        return set()
    named = schema.get("type")
    if named is not None:
        return {named} if isinstance(named, str) else set(named)
    if schema.keys() & _ONE_OF_ITS_OWN:
        return {"object"} if "properties" in schema else set()
    return {"string", "number", "array", "object"}


def _bound_number(narrow: dict[str, Any]) -> None:
    """At both ends, where it has no bound there."""
    if not narrow.keys() & {"minimum", "exclusiveMinimum"}:
        highest = min(narrow.get("maximum", 0), narrow.get("exclusiveMaximum", 0))
        narrow["minimum"] = min(-MAX_NUMBER, 2 * highest)
    if not narrow.keys() & {"maximum", "exclusiveMaximum"}:
        lowest = max(narrow.get("minimum", 0), narrow.get("exclusiveMinimum", 0))
        narrow["maximum"] = max(MAX_NUMBER, 2 * lowest)


def _known(given: object, where: str) -> Mapping[str, Any]:
    """The schema. Raises ValueError for what no engine holds a text to, or what lies elsewhere."""
    match given:
        case True:
            return {}
        case Mapping():
            schema: Mapping[str, Any] = given
        case _:
            raise ValueError(f"{where}: a schema is an object, not {given!r}")
    unknown = sorted(schema.keys() - _KNOWN)
    if unknown:
        raise ValueError(f"{where}: no engine can be held to {unknown[0]!r}")
    reference = schema.get("$ref", "#")
    if not reference.startswith("#"):
        raise ValueError(f"{where}: {reference!r} lies outside of the schema")
    return schema


def _is_joined(schema: object) -> bool:
    """Whether objects are put together of several schemas anywhere: then none may be closed.

    Each part would refuse what the others name.
    """
    if isinstance(schema, Mapping):
        if "allOf" in schema or {"$ref", "properties"} <= schema.keys():
            return True
        return any(map(_is_joined, schema.values()))
    return isinstance(schema, list) and any(map(_is_joined, schema))
