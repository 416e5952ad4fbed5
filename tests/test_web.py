"""The web client's limits: each is a typed error that names the address and not its secrets."""

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from search.errors import (
    Refused,
    TooLarge,
    TooManyRedirects,
    TooSlow,
    Unreachable,
    WebError,
)
from search.web import WebClient, WebResponse, WebSettings

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]
HERE = frozenset({"127.0.0.1"})
SECRET = {"key": "hunter2"}


@asynccontextmanager
async def served(handle: Handle) -> AsyncIterator[str]:
    """The address of a server that handles every request so."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/page"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw(answer: bytes) -> AsyncIterator[str]:
    """A server that sends these bytes and closes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/page"


async def fetched(url: str, **settings: Any) -> WebResponse:
    options = {"allow_hosts": HERE, "attempts": 1, "most_bytes": 100_000} | settings
    async with WebClient(WebSettings(**options)) as client:
        return await client.get(url, params=SECRET)


async def failed(url: str, kind: type[WebError], **settings: Any) -> str:
    """The words of the error that comes."""
    with pytest.raises(kind) as caught:
        await fetched(url, **settings)
    assert type(caught.value) is kind
    assert "hunter2" not in str(caught.value)
    assert url in str(caught.value)
    return str(caught.value)


def packed(body: bytes, coding: str) -> Handle:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, headers={"Content-Encoding": coding})

    return handle


RAW_DEFLATE = zlib.compressobj(wbits=-15)
TEXT = b"Gr\xc3\xbc\xc3\x9fe " * 100
PACKED = [
    (gzip.compress(TEXT, mtime=0), "gzip"),
    (gzip.compress(TEXT, mtime=0), "x-gzip"),
    (zlib.compress(TEXT), "deflate"),
    (RAW_DEFLATE.compress(TEXT) + RAW_DEFLATE.flush(), "deflate"),
    (gzip.compress(gzip.compress(TEXT, mtime=0), mtime=0), "gzip, gzip"),
    (gzip.compress(zlib.compress(TEXT), mtime=0), "deflate, gzip"),
    (TEXT, "identity"),
]


@pytest.mark.parametrize(("body", "coding"), PACKED)
async def test_what_is_packed_is_unpacked(body: bytes, coding: str) -> None:
    async with served(packed(body, coding)) as url:
        found = await fetched(url)
    assert found.body == TEXT
    assert found.status == 200


def bomb(layers: int) -> bytes:
    body = b"\0" * 50_000_000
    for _ in range(layers):
        body = gzip.compress(body, 9, mtime=0)
    return body


@pytest.mark.parametrize(("layers", "coding"), [(1, "gzip"), (2, "gzip, gzip")])
async def test_a_bomb_is_not_unpacked(layers: int, coding: str) -> None:
    async with served(packed(bomb(layers), coding)) as url:
        assert "more than 0.0954 MiB" in await failed(url, TooLarge)


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"no gzip", "gzip"),
        (gzip.compress(TEXT, mtime=0)[:-20], "gzip"),
        (TEXT, "br"),
        (TEXT, "zstd"),
        (TEXT, "exi"),
        (TEXT, "gzip, gzip, gzip, gzip"),
        (gzip.compress(TEXT, mtime=0), "gzip, compress"),
    ],
)
async def test_what_cannot_be_unpacked_is_an_error(body: bytes, coding: str) -> None:
    async with served(packed(body, coding)) as url:
        await failed(url, Unreachable)


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 10_000)


async def dripping(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x")
        await asyncio.sleep(0.02)


async def silent(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def test_an_endless_answer_is_cut() -> None:
    async with served(endless) as url:
        await failed(url, TooLarge)


@pytest.mark.parametrize("handle", [dripping, silent])
async def test_who_is_slow_is_given_up(handle: Handle) -> None:
    async with served(handle) as url:
        told = await failed(url, TooSlow, seconds=0.2)
        assert "0.2 s (BREADTH_WEB_SECONDS gives it more)" in told


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        OK + b"Content-Length: 99\r\n\r\nshort",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        OK + b"X: y\r\n" * 50_000 + b"\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        OK + b"Transfer-Encoding: gzip\r\n\r\n" + gzip.compress(b"text", mtime=0),
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ],
    ids=[
        *("nothing", "ssh", "broken off", "bad chunk", "long header", "many headers", "status"),
        *("packed on the way", "two lengths", "length and chunks", "long trailer", "no last chunk"),
    ],
)
async def test_what_speaks_no_http_is_an_error(answer: bytes) -> None:
    async with raw(answer) as url:
        await failed(url, Unreachable)


async def test_a_large_answer_that_says_so_is_not_read() -> None:
    async with raw(OK + b"Content-Length: 999999999\r\n\r\n") as url:
        await failed(url, TooLarge)


async def test_headers_that_come_in_several_lines_are_one_list() -> None:
    body = gzip.compress(gzip.compress(TEXT, mtime=0), mtime=0)
    twice = b"Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n"
    more = b"Cache-Control: private\r\nCache-Control: no-store\r\nETag: a\r\nETag: b\r\n"
    async with raw(OK + twice + more + b"Connection: close\r\n\r\n" + body) as url:
        found = await fetched(url)
    assert found.body == TEXT
    assert found.headers["cache-control"] == "private, no-store"
    assert found.headers["etag"] == "a"


@pytest.mark.parametrize("location", [b"/\xff", "/\u00e4".encode(), b"/%zz?\xfe"])
async def test_a_redirect_in_odd_bytes_leads_to_an_address_in_ascii(location: bytes) -> None:
    async with raw(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\n\r\n") as url:
        with pytest.raises(TooManyRedirects) as caught:
            await fetched(url, redirects=1)
    assert str(caught.value).isascii()


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "G ET", "GET\r\nX: y", ""])
async def test_only_methods_that_are_known_are_sent(method: str) -> None:
    async with WebClient() as client:
        with pytest.raises(Refused, match="no method"):
            await client.request(method, "http://a.example/")


async def test_who_asks_says_nothing_of_the_connection() -> None:
    """Such headers would let one request be read as two, or another host answer."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return web.json_response(dict(request.headers))

    told = {"Host": "evil", "Content-Length": "9", "transfer-encoding": "chunked", "X-Own": "1"}
    async with served(handle) as url, WebClient(WebSettings(allow_hosts=HERE)) as client:
        found = await client.request("POST", url, headers=told, data=b"abc")
        headers = json.loads(found.body)
        assert headers["Content-Length"] == "3"
        assert headers["X-Own"] == "1"
        assert headers["Host"] in url
        assert "Transfer-Encoding" not in headers
        with pytest.raises(Refused, match="'X'"):
            await client.get(url, headers={"X": "a\r\nHost: b"})


async def test_nobody_there_is_an_error() -> None:
    async with raw(b"") as url:
        pass
    await failed(url, Unreachable)


async def test_who_gives_up_leaves_nothing_behind() -> None:
    """A request that is cancelled ends at the server, and its place is free again."""
    came, gone = asyncio.Event(), asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.path != "/page":
            return web.Response(text="here")
        came.set()
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()
        raise AssertionError

    settings = WebSettings(allow_hosts=HERE, per_host=1)
    async with served(handle) as url, WebClient(settings) as client:
        asking = asyncio.create_task(client.get(url))
        await came.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.wait_for(gone.wait(), 5)
        assert (await client.get(f"{url}/other")).body == b"here"
