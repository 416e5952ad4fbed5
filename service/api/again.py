"""Requests that are sent again with the same `Idempotency-Key`: one run for all of them.

It goes on as long as one of their clients waits, and a response that is not to be stored is still
given to whoever asks for it once more with its key.
"""

import asyncio
from contextlib import suppress
from typing import Annotated

from aiohttp import web
from pydantic import Field

from service.api.access import asker_of
from service.api.bodies import Query
from service.api.errors import ApiError
from service.api.front import FRONT, Front
from service.api.server_events import has_left
from storage import Asked, ResponseRecord, UnknownResponse

_LONGEST_KEY = 255
_NOT_AGAIN = {"x-should-retry": "false"}


class Again(Query):
    """How a client asks for the same again."""

    idempotency_key: Annotated[
        str | None, Field(min_length=1, max_length=_LONGEST_KEY, alias="Idempotency-Key")
    ] = None


def key_of(request: web.Request) -> str | None:
    """By which the client would ask for the same again. Raises ApiError."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= _LONGEST_KEY:
        told = f"Idempotency-Key: 1 to {_LONGEST_KEY} characters"
        raise ApiError(400, told, param="Idempotency-Key")
    return key


async def created(request: web.Request, asked: Asked, *, needs_client: bool) -> ResponseRecord:
    """The response, made now or before. Raises ApiError where its key was another request's, or
    its response was deleted. `needs_client`: its run is stopped where nobody waits for it."""
    front = request.app[FRONT]
    making = asyncio.create_task(front.create(asked, asker_of(request)))
    try:
        record = await asyncio.shield(making)
    except asyncio.CancelledError:
        await asyncio.wait([making])  # what has begun to be kept will be
        if needs_client and has_left(request) and making.exception() is None:
            await left(front, making.result())
        raise
    return same(record, asked)


def same(record: ResponseRecord, asked: Asked) -> ResponseRecord:
    """The response that was made for this, now or before. Raises ApiError, as `created`."""
    if record.kind == "deleted":
        told = "Idempotency-Key: the response that was made with it was deleted"
        raise ApiError(409, told, code="response_deleted", headers=_NOT_AGAIN)
    if record.kind not in (asked.kind, "given") or record.request != asked.request:
        told = "Idempotency-Key: another request was made with this one"
        raise ApiError(409, told, headers=_NOT_AGAIN)
    return record


async def left(front: Front, record: ResponseRecord) -> None:
    """A client that waited has gone; the run is stopped where nobody waits for it any more."""
    if await front.leave(record):
        await forget(front, record)


async def forget(front: Front, record: ResponseRecord) -> None:
    """What was not to be stored, once it was given."""
    if record.request.get("store") is False and record.kind == "response":
        with suppress(UnknownResponse):  # another request with the same key was faster
            await front.store.responses.forget(record.id, record.user)
