"""What clients send, read strictly: bodies that are JSON objects, and queries.

Whatever is wrong becomes an ApiError that names the field; what was sent is never repeated in it.
"""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any, NoReturn, TypeVar, cast

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from service.api.characters import whole_value
from service.api.errors import ApiError

_DEEPEST = 64
"""Objects and lists inside one another."""
_SAID = {"missing": "is required", "extra_forbidden": "is not known"}
"""By pydantic's kind of error, where its own words are not those of an interface."""


class Body(BaseModel):
    """A body. Fields that are not known are let pass: clients are newer than servers."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


def as_whole(given: object) -> object:
    """1.0 as 1: JSON does not tell them apart."""
    return int(given) if isinstance(given, float) and given.is_integer() else given


Count = Annotated[int, Field(ge=1), BeforeValidator(as_whole)]
"""From 1."""


class Query(BaseModel):
    """What stands behind the question mark."""

    model_config = ConfigDict(extra="ignore", frozen=True)


SomeBody = TypeVar("SomeBody", bound=Body)
SomeQuery = TypeVar("SomeQuery", bound=Query)


async def read_body(request: web.Request, kind: type[SomeBody]) -> SomeBody:
    """The body, checked."""
    return checked(await read_object(request), kind)


async def read_object(request: web.Request) -> dict[str, Any]:
    """The body as an object of any fields."""
    if request.content_type not in ("application/json", "application/octet-stream"):
        # aiohttp says the latter where the client says nothing.
        raise ApiError(415, f"send application/json, and not {request.content_type[:100]}")
    return object_of(await request.read())


def object_of(raw: bytes) -> dict[str, Any]:
    """What is written there, as an object of any fields. Raises ApiError."""
    try:
        value = json.loads(raw, parse_constant=_no_number, parse_float=_finite)
    except RecursionError as error:
        raise ApiError(400, "the body is nested too deeply") from error
    except ValueError as error:  # of JSON, of UTF-8, and of numbers that are too long
        raise ApiError(400, "the body is no JSON") from error
    if not isinstance(value, dict):
        raise ApiError(400, "the body has to be a JSON object")
    _require_shallow(value)
    return cast(dict[str, Any], whole_value(value)) if b"\\u" in raw else value


def checked(value: dict[str, Any], kind: type[SomeBody]) -> SomeBody:
    """The object as a body of this kind."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise _refused(error) from error


def read_query(request: web.Request, kind: type[SomeQuery]) -> SomeQuery:
    """The query, checked; of a name that is given twice the first counts."""
    return checked_fields({name: request.query[name] for name in request.query}, kind)


def checked_fields(given: Mapping[str, str], kind: type[SomeQuery]) -> SomeQuery:
    """Texts by their names as what they mean. Raises ApiError."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise _refused(error) from error


def _refused(error: ValidationError) -> ApiError:
    """The first thing that is wrong."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    param = _path(first["loc"])
    said = _SAID.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    return ApiError(400, f"{param or 'the body'}: {said}"[:1000], param=param or None)


def _path(places: tuple[int | str, ...]) -> str:
    """`messages[0].content`, without pydantic's names of the forms that a value may have."""
    path = ""
    for place in places:
        if isinstance(place, int):
            path += f"[{place}]"
        elif place in _OF_FORMS:
            path = place
        elif place.isidentifier() and place.islower() and place not in _FORMS:
            path += f".{place}" if path else place
    return path[:200]


_OF_FORMS = ("expires_after[anchor]", "expires_after[seconds]")
"""Fields of a form, which look like the names of types."""
_FORMS = {"str", "int", "float", "bool", "list", "dict", "constrained"}


def _no_number(name: str) -> NoReturn:
    """JSON has no NaN."""
    raise ValueError(name)


def _finite(written: str) -> float:
    """1e999 is a number that nobody could write down again."""
    number = float(written)
    return number if isfinite(number) else _no_number(written)


def _require_shallow(value: dict[str, Any]) -> None:
    """Whoever writes it down again must not run out of stack. Raises ApiError."""
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise ApiError(400, "the body is nested too deeply")
