"""Arguments of a line against the tool's schema, as far as they can be known before the run."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from planner import template
from planner.errors import PlanError
from tools import Arguments


def checked_arguments(
    arguments: Mapping[str, JsonValue],
    shape: type[Arguments],
    problems: list[str] | None = None,
) -> dict[str, JsonValue]:
    """The arguments as the tool can take them. Raises PlanError naming the field.

    Where a template stands, only what holds whatever it is filled with is refused. `problems`:
    unknown fields are left out and noted there; without it, they are refused too. A number where a
    text belongs becomes one.
    """
    kept = dict(arguments)
    faults = _faults(kept, shape)
    for fault in faults:
        field = str(fault["loc"][0]) if fault["loc"] else ""
        if fault["type"] == "string_type" and _is_number(kept.get(field)):
            kept[field] = str(kept[field])
        elif fault["type"] == "extra_forbidden" and problems is not None and field in kept:
            del kept[field]
            problems.append(f"arguments: {field}: left out, the tool has no such field")
    if kept != arguments:
        faults = _faults(kept, shape)
    if faults:
        raise PlanError(f"arguments: {told(faults)}")
    return kept


def told(faults: Iterable[ErrorDetails]) -> str:
    """The fields at fault, without pydantic's links."""
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'arguments'}:"
        f" {fault['msg'].removeprefix('Value error, ')}"
        for fault in faults
    )


def _faults(arguments: Mapping[str, Any], shape: type[Arguments]) -> list[ErrorDetails]:
    """What is certainly wrong."""
    try:
        shape.model_validate(dict(arguments))
    except ValidationError as error:
        return [
            fault
            for fault in error.errors(include_url=False)
            if fault["type"] in {"missing", "extra_forbidden"}
            or not _is_open(arguments, fault["loc"])
        ]
    return []


def _is_open(arguments: JsonValue | Mapping[str, Any], place: Iterable[int | str]) -> bool:
    """Whether what stands at a place, or nearest above it, holds a template."""
    value: Any = arguments
    for key in place:
        try:
            value = value[key]
        except (LookupError, TypeError):
            break
    return any(True for _ in template.names(dict(value) if isinstance(value, Mapping) else value))


def _is_number(value: object) -> bool:
    """A JSON number."""
    return isinstance(value, int | float) and not isinstance(value, bool)
