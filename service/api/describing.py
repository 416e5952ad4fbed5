"""What operations say of themselves, beside their handlers: the document of the interface is made
of it.

    @routes.post("/v1/things")
    @described("Make a thing", body=ThingBody, answers={200: Thing}, errors=(404,))
    async def make(request: web.Request) -> web.Response: ...
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

Answers = type[BaseModel] | str | tuple[type[BaseModel] | str, ...]
"""The form of a JSON body, "object" for JSON of any form, another media type; or one of several."""
Operated = TypeVar("Operated", bound=Callable[..., object])

EVENTS = "text/event-stream"
JSON, FORM = "application/json", "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route does."""

    summary: str
    tag: str
    answers: Mapping[int, Answers | None]
    """By status; None: without a body."""
    errors: tuple[int, ...]
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    header: type[BaseModel] | None
    details: str
    is_open: bool
    """Whether no key is asked for."""
    media: str = JSON
    """Of the body; one that is not JSON is read by the handler itself."""


_OPERATIONS: dict[object, Operation] = {}


def described(
    summary: str,
    *,
    tag: str,
    answers: Mapping[int, Answers | None],
    errors: tuple[int, ...] = (),
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    header: type[BaseModel] | None = None,
    details: str = "",
    is_open: bool = False,
    media: str = JSON,
) -> Callable[[Operated], Operated]:
    """Says what a handler does.

    `errors`: statuses besides those that every operation has (401, 403, 429, 500, 503, and with a
    body 400, 408, 413, 415). `query` and `header`: models whose fields are the parameters; a header
    is named by its field's alias.
    """
    operation = Operation(
        summary, tag, answers, errors, body, query, header, details, is_open, media
    )

    def keep(handler: Operated) -> Operated:
        _OPERATIONS[handler] = operation
        return handler

    return keep


def operation_of(handler: object) -> Operation | None:
    """What the handler says of itself."""
    return _OPERATIONS.get(handler)
