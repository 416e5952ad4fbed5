"""One connection to an MCP server, over the official library (the extra `mcp`)."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Any

import anyio
import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import (
    CONNECTION_CLOSED,
    CallToolResult,
    EmbeddedResource,
    Implementation,
    ResourceLink,
    TextContent,
    TextResourceContents,
)
from pydantic import JsonValue, ValidationError

from search import SearchError, WebClient
from tools.mcp_stdio import MOST_BYTES, Program, running
from tools.tool import ToolError

_FAULTS = (
    MCPError,
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    TypeError,
    SearchError,
    httpx2.HTTPError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
)
"""What the library raises where a server dies, lies, or says what cannot be read."""
_MOST_PAGES = 20
_LOOK = 3.0
"""Seconds for a sign of life."""
_HOP_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection"})

# Broken lines of a server are its own business, and told where a call fails.
logging.getLogger("mcp").addHandler(logging.NullHandler())
logging.getLogger("client").addHandler(logging.NullHandler())


class Link:
    """A connection, kept by a task of its own: its scopes have to end where they began."""

    def __init__(
        self,
        transport: AbstractAsyncContextManager[Any],
        program: Program | None = None,
    ) -> None:
        """`program`: what runs behind it, where that is ours."""
        self._transport = transport
        self._program = program
        self._stop = asyncio.Event()
        self._ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        """Open, until it is dropped."""
        info = Implementation(name="breadth", version=version("breadth"))
        async with Client(self._transport, client_info=info, cache=None) as client:
            self._ready.set_result(client)
            await self._stop.wait()

    async def open(self, seconds: float) -> None:
        """Wait until it can be used. Raises ToolError."""
        either: set[asyncio.Future[Any]] = {self._task, self._ready}
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._ready.done():
            return
        error = self._task.exception() if self._task.done() else None
        self.drop()
        said = f"it did not answer in {seconds:g} s" if error is None else _leaf(error)
        raise ToolError(f"cannot be started: {self._with_words(said)}")

    @property
    def alive(self) -> bool:
        """Whether a call may go through it."""
        ended = self._program is not None and self._program.ended
        return self._ready.done() and not (ended or self._stop.is_set() or self._task.done())

    def drop(self) -> None:
        """It is not to be used any more."""
        self._stop.set()
        if not self._ready.done():
            self._task.cancel()

    async def closed(self) -> None:
        """When it has ended, and its process with it."""
        self.drop()
        await asyncio.wait({self._task})
        if not self._task.cancelled():
            self._task.exception()  # looked at: whatever it is, nobody waits for it any more
        if not self._ready.done():
            self._ready.cancel()

    async def tools(self) -> list[dict[str, Any]]:
        """What it offers, as JSON. Raises ToolError."""
        client, cursor, found = self._ready.result(), None, []
        try:
            for _ in range(_MOST_PAGES):
                page = await client.list_tools(cursor=cursor)
                found += [tool.model_dump(mode="json", by_alias=True) for tool in page.tools]
                cursor = page.next_cursor
                if cursor is None:
                    break
        except _FAULTS as error:
            self.drop()
            raise ToolError(self._with_words(_leaf(error))) from None
        return found

    async def call(self, name: str, values: Mapping[str, JsonValue], seconds: float) -> JsonValue:
        """What the tool gives. Raises ToolError; a link that does not live is dropped."""
        client = self._ready.result()
        try:
            async with asyncio.timeout(seconds):
                result = await client.call_tool(name, dict(values))
        except TimeoutError:
            await self._look(client)
            raise ToolError(f"gave no result in {seconds:g} s") from None
        except _FAULTS as error:
            closed = isinstance(error, MCPError) and error.code == CONNECTION_CLOSED
            if closed or not isinstance(error, MCPError):
                await self._look(client)
            said = f"broke off: {self._with_words(_leaf(error))}" if closed else _leaf(error)
            raise ToolError(said, retryable=closed and not self._flooded) from None
        if result.is_error:
            raise ToolError(_text(result) or "failed, and does not say why")
        return _value(result)

    async def _look(self, client: Client) -> None:
        """Is it only this call? Else nothing more is sent there."""
        try:
            async with asyncio.timeout(_LOOK):
                await client.list_tools()
        except (TimeoutError, *_FAULTS):
            self.drop()

    @property
    def _flooded(self) -> bool:
        """Whether it did what it would do again."""
        return self._program is not None and bool(self._program.fault)

    def _with_words(self, said: str) -> str:
        """With what the program said last."""
        words = self._program.words if self._program is not None else ""
        return f"{said}: {words}" if words else said


def program_link(program: Program) -> Link:
    """To a program that is started for it."""
    return Link(running(program), program)


def web_link(url: str, headers: Mapping[str, str], web: WebClient, seconds: float) -> Link:
    """To a server elsewhere, by streamable HTTP. `seconds`: for an answer."""
    return Link(_streamed(url, headers, _Guarded(web, seconds)))


@asynccontextmanager
async def _streamed(
    url: str, headers: Mapping[str, str], guarded: "_Guarded"
) -> AsyncIterator[Any]:
    """The library's transport, over the guarded client."""
    async with (
        httpx2.AsyncClient(transport=guarded, headers=dict(headers)) as client,
        streamable_http_client(url, http_client=client) as streams,
    ):
        yield streams


class _Guarded(httpx2.AsyncBaseTransport):
    """Each answer is read whole, which bounds it. A stream of what nobody asked for is not."""

    def __init__(self, web: WebClient, seconds: float) -> None:
        self._web = web
        self._seconds = seconds

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request."""
        if request.method == "GET":
            return httpx2.Response(405, request=request)
        headers = {
            name: value
            for name, value in request.headers.items()
            if name not in {"host", "accept-encoding", *_HOP_HEADERS}
        }
        try:
            answer = await self._web.request(
                request.method,
                str(request.url),
                headers=headers,
                data=await request.aread(),
                most_bytes=MOST_BYTES,
                seconds=self._seconds,
                raise_for_status=False,
            )
        except SearchError as error:
            raise httpx2.ConnectError(str(error), request=request) from error
        kept = [(k, v) for k, v in answer.headers.items() if k.lower() not in _HOP_HEADERS]
        return httpx2.Response(answer.status, headers=kept, content=answer.body, request=request)


def _value(result: CallToolResult) -> JsonValue:
    """The structured value, where there is one; a text that is JSON is read; None: nothing."""
    value: JsonValue = result.structured_content
    if value is not None:
        # Servers wrap what is no object into one.
        return value["result"] if isinstance(value, dict) and [*value] == ["result"] else value
    text = _text(result)
    if text[:1] in ("{", "["):
        try:
            parsed: JsonValue = json.loads(text)
        except ValueError:
            return text
        return parsed
    return text or None


def _text(result: CallToolResult) -> str:
    """All that it says in words; of other things, that they are there."""
    parts: list[str] = []
    for block in result.content:
        match block:
            case TextContent(text=text):
                parts.append(text)
            case EmbeddedResource(resource=TextResourceContents(text=text)):
                parts.append(text)
            case ResourceLink(uri=uri):
                parts.append(str(uri))
            case _:
                parts.append(f"[{block.type}]")
    return "\n".join(parts).strip()


def _leaf(error: BaseException) -> str:
    """What went wrong, out of whatever it is wrapped in."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        return f"it sent what cannot be read: {place}: {first['msg']}"
    said = error.message if isinstance(error, MCPError) else str(error)
    return " ".join(said.split())[:500] or type(error).__name__
