"""Streams of server-sent events, which say now and then that they live."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from aiohttp import web

from service.api.errors import REQUEST_ID, STORAGE, ApiError, log
from storage import StorageError, UnknownRun

PING_SECONDS = 10.0
"""A stream is silent no longer: what stands between gives up silent connections."""
PING: web.AppKey[float] = web.AppKey("ping", float)
"""Another number of seconds."""
CLOSING: web.AppKey[asyncio.Event] = web.AppKey("closing", asyncio.Event)
"""Set when the service begins to end."""
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_END = object()

Item = TypeVar("Item")


class EventStream:
    """An answer that is written event by event."""

    def __init__(self, response: web.StreamResponse, silence: float) -> None:
        """Use `event_stream`. `silence`: seconds of it at most."""
        self.response = response
        self.left = False
        """Whether the client has gone before its end."""
        self._silence = silence

    async def send(self, data: Any, *, event: str | None = None, id_: int | None = None) -> None:
        """An event; data that is no text is sent as JSON."""
        text = data if isinstance(data, str) else json.dumps(data)
        head = (f"id: {id_}\n" if id_ is not None else "") + (f"event: {event}\n" if event else "")
        await self.response.write(f"{head}data: {text}\n\n".encode())

    async def comment(self, text: str) -> None:
        """What clients do not see."""
        await self.response.write(f": {text}\n\n".encode())

    async def pinged(self, items: AsyncIterator[Item]) -> AsyncGenerator[Item]:
        """The items as they come, with comments where none comes for long. To be closed."""
        while (item := await self._waited(items)) is not _END:
            yield item  # type: ignore[misc]

    async def _waited(self, items: AsyncIterator[Item]) -> object:
        """The next item, or _END."""
        coming = asyncio.ensure_future(anext(items, _END))
        try:
            while not (await asyncio.wait({coming}, timeout=self._silence))[0]:
                await self.comment("ping")
            return coming.result()
        finally:
            if not coming.done():
                coming.cancel()
                with suppress(asyncio.CancelledError):
                    await coming


@asynccontextmanager
async def event_stream(request: web.Request) -> AsyncIterator[EventStream]:
    """A stream that has begun, and ends here. Errors are told in it: its status is sent already.

    A client that leaves ends the block, and `left` says so.
    """
    response = web.StreamResponse(headers=_HEADERS)
    response.content_type, response.charset = "text/event-stream", "utf-8"
    response.headers["x-request-id"] = request.get(REQUEST_ID, "")
    await response.prepare(request)
    stream = EventStream(response, request.app.get(PING, PING_SECONDS))
    try:
        try:
            yield stream
        except ApiError as error:
            await stream.send(error.body)
        except UnknownRun as error:
            await stream.send(ApiError(404, str(error), code="not_found").body)
        except StorageError as error:
            log.warning("a stream: %s", error)
            await stream.send(ApiError(503, STORAGE, code="storage").body)
        await response.write_eof()
    except ConnectionError:
        stream.left = True


def has_left(request: web.Request) -> bool:
    """Whether the client is not there any more; where the service ends, it is not they who left."""
    if request.app[CLOSING].is_set():
        return False
    return request.transport is None or request.transport.is_closing()
