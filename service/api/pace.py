"""How long a client may take, and how much it may send: slow ones and huge ones hold nothing.

A head that does not arrive ends with its connection (`server_options`), a body that does not arrive
with 408 (`body_came`). Bodies are JSON of a few MiB, so they are read as a whole before the handler
is called; what is too long by its own account is not read at all. Files are read by `uploads`.
"""

import asyncio
import logging
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from service.api.describing import JSON, operation_of
from service.api.errors import ApiError, Handler
from service.settings import Settings

MOST_BYTES = 4 * 2**20
"""Of a request's body, unpacked."""
_LINE_BYTES, _FIELD_BYTES, _FIELDS = 8190, 8190, 64
_LINGERING_SECONDS = 2.0
_CLOSING = {"Connection": "close"}
log = logging.getLogger("breadth.http")

BODY_SECONDS: web.AppKey[float] = web.AppKey("body_seconds", float)
"""In which a body has to have arrived."""


def server_options(settings: Settings) -> dict[str, Any]:
    """For web.AppRunner. A connection on which no request's head is complete in `idle_seconds` is
    closed, be it idle or slow; what is left of a body that is not wanted is read for a moment, so
    that the client sees its answer. What is no HTTP gets its 400, and is no error of ours."""
    log.addFilter(_ours)
    return {
        "keepalive_timeout": settings.idle_seconds,
        "lingering_time": _LINGERING_SECONDS,
        "max_line_size": _LINE_BYTES,
        "max_field_size": _FIELD_BYTES,
        "max_headers": _FIELDS,
        "logger": log,
    }


def _ours(record: logging.LogRecord) -> bool:
    """Whether a record is of more than a request that nobody can read."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


@web.middleware
async def body_came(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The handler is called when the whole body is there, where it takes one."""
    operation = operation_of(request.match_info.handler)
    if operation is not None and (operation.body is None or operation.media != JSON):
        return await handler(request)
    if (request.content_length or 0) > MOST_BYTES:
        told = f"the body is longer than {MOST_BYTES} bytes"
        raise ApiError(413, told, headers=_CLOSING)
    if request.body_exists:
        await read_in_time(request, request.app[BODY_SECONDS])
    return await handler(request)


async def read_in_time(request: web.Request, seconds: float) -> bytes:
    """The body, which is kept in the request. Raises ApiError."""
    try:
        async with asyncio.timeout(seconds):
            return await request.read()
    except TimeoutError as error:
        told = f"the body did not arrive in {seconds:g} seconds (BREADTH_BODY_SECONDS)"
        raise ApiError(408, told, headers=_CLOSING) from error
    except (web.RequestPayloadError, HttpProcessingError) as error:
        raise ApiError(400, "the body is not packed as its head says", headers=_CLOSING) from error
