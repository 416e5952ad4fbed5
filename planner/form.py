"""The form of an answer that is wanted as JSON: a schema of the caller's, who is not trusted.

What cannot be used is refused before a run begins: too large or too deep, what lies elsewhere, what
no engine can be held to, and patterns over which a check could sit for hours.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from referencing import Registry

from inference import tight
from planner.errors import PlanError

_MOST_CHARACTERS = 20_000
_DEEPEST = 12
"""Schemas inside one another."""
_MOST_PARTS = 300
"""Schemas in all."""
_LONGEST_NAME = 64
_LONGEST_PATTERN = 200
_MOST_OPEN = 2
"""Repetitions without an end in a pattern: each multiplies the time by the length of a text."""
_REPEATED_GROUP = re.compile(r"\)\s*[*+{]")
_OPEN_END = re.compile(r"(?<!\\)(?:[*+]|\{\d*,\})")
_JOINED = ("anyOf", "oneOf", "allOf")
_LISTED = (*_JOINED, "prefixItems")
_NAMED = ("properties", "patternProperties", "$defs", "definitions")
_SINGLE = ("items", "additionalProperties")


@dataclass(frozen=True, slots=True)
class Form:
    """What the answer is to be as JSON."""

    name: str
    schema: Mapping[str, Any]
    strict: bool = False
    """As the caller said it; every answer is held to the schema in either case."""

    def __post_init__(self) -> None:
        """Raises PlanError for a schema that cannot be used."""
        if not self.name or len(self.name) > _LONGEST_NAME:
            raise PlanError(f"the form needs a name of 1 to {_LONGEST_NAME} characters")
        require_form(self.schema)

    @property
    def validator(self) -> Draft202012Validator:
        """Nothing is fetched from elsewhere."""
        return Draft202012Validator(self.schema, registry=Registry())


def require_form(schema: object) -> None:
    """Raises PlanError, which says what to change, for a schema that cannot be used."""
    if not isinstance(schema, Mapping):
        raise PlanError("the schema has to be an object")
    try:
        size = len(json.dumps(schema, ensure_ascii=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise PlanError("the schema has to be plain JSON, and not nested too deeply") from error
    if size > _MOST_CHARACTERS:
        raise PlanError(f"the schema has {size} characters; at most {_MOST_CHARACTERS} can be used")
    parts = list(_parts(schema, "$", 0))
    if len(parts) > _MOST_PARTS:
        raise PlanError(f"the schema has more than {_MOST_PARTS} parts: ask for less at once")
    try:
        Draft202012Validator.check_schema(schema)
        tight(schema)
    except SchemaError as error:
        raise PlanError(f"{error.json_path}: this is no JSON schema: {error.message}") from error
    except ValueError as error:
        raise PlanError(str(error)) from error
    for part, where in parts:
        _require_reference(part, schema, where)
        _require_patterns(part, where)
    if _target(schema, schema).get("type") != "object":
        raise PlanError('$: the schema has to be that of an object: {"type": "object", ...}')


def alternatives(part: object, root: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The schema itself with all that it refers to or is made of (`anyOf` and the like)."""
    found: list[Mapping[str, Any]] = []
    left = [part]
    while left and len(found) < _MOST_PARTS:
        one = left.pop(0)
        if not isinstance(one, Mapping) or one in found:
            continue
        found.append(one)
        left += [_found(root, str(one["$ref"]))] if "$ref" in one else []
        left += [inner for key in _JOINED for inner in one.get(key, ())]
    return found


def _parts(schema: object, where: str, depth: int) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every schema in a schema, and where it stands. Raises PlanError for one that is too deep."""
    if depth > _DEEPEST:
        raise PlanError(f"{where}: the schema is nested more than {_DEEPEST} deep: make it flatter")
    if not isinstance(schema, Mapping):
        return
    yield schema, where
    for key in _NAMED:
        inner = schema.get(key)
        for name, part in inner.items() if isinstance(inner, Mapping) else ():
            yield from _parts(part, f"{where}.{key}.{name}", depth + 1)
    for key in _LISTED:
        inner = schema.get(key)
        for place, part in enumerate(inner if isinstance(inner, list) else ()):
            yield from _parts(part, f"{where}.{key}[{place}]", depth + 1)
    for key in _SINGLE:
        yield from _parts(schema.get(key), f"{where}.{key}", depth + 1)


def _require_reference(part: Mapping[str, Any], root: Mapping[str, Any], where: str) -> None:
    """Raises PlanError for one that leads nowhere, or back to itself."""
    seen: list[object] = []
    while "$ref" in part:
        if part["$ref"] in seen:
            raise PlanError(f"{where}: {part['$ref']!r} leads back to itself")
        seen.append(part["$ref"])
        found = _found(root, str(part["$ref"]))
        if not isinstance(found, Mapping | bool):
            raise PlanError(f"{where}: there is nothing at {part['$ref']!r}")
        if isinstance(found, bool):
            return
        part = found


def _require_patterns(part: Mapping[str, Any], where: str) -> None:
    """Raises PlanError for what may take for ever to match, or is no expression."""
    patterns = [part["pattern"]] if "pattern" in part else []
    patterns += list(part.get("patternProperties", ()))
    for pattern in patterns:
        risky = _REPEATED_GROUP.search(pattern) or len(_OPEN_END.findall(pattern)) > _MOST_OPEN
        if risky or len(pattern) > _LONGEST_PATTERN:
            raise PlanError(
                f"{where}: the pattern {pattern[:60]!r} may take too long: no repeated groups, at"
                f" most {_MOST_OPEN} open repetitions and {_LONGEST_PATTERN} characters"
            )
        try:
            re.compile(pattern)
        except re.error as error:
            raise PlanError(f"{where}: the pattern {pattern[:60]!r}: {error}") from error


def _target(part: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where a chain of references ends, which is known to end."""
    while "$ref" in part and "type" not in part:
        found = _found(root, str(part["$ref"]))
        if not isinstance(found, Mapping):
            return {}
        part = found
    return part


def _found(root: Mapping[str, Any], reference: str) -> object:
    """What stands at a place of the schema; None where nothing does."""
    if reference != "#" and not reference.startswith("#/"):
        return None
    found: object = root
    for word in reference[1:].split("/")[1:]:
        key = word.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        elif isinstance(found, Mapping) and key in found:
            found = found[key]
        else:
            return None
    return found
