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
    HttpStatus,
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
    (gzip.compress(TEXT), "gzip"),
    (gzip.compress(TEXT), "x-gzip"),
    (zlib.compress(TEXT), "deflate"),
    (RAW_DEFLATE.compress(TEXT) + RAW_DEFLATE.flush(), "deflate"),
    (gzip.compress(gzip.compress(TEXT)), "gzip, gzip"),
    (gzip.compress(zlib.compress(TEXT)), "deflate, gzip"),
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
        body = gzip.compress(body, 9)
    return body


@pytest.mark.parametrize(("layers", "coding"), [(1, "gzip"), (2, "gzip, gzip")])
async def test_a_bomb_is_not_unpacked(layers: int, coding: str) -> None:
    async with served(packed(bomb(layers), coding)) as url:
        assert "more than 0.0954 MiB" in await failed(url, TooLarge)


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"no gzip", "gzip"),
        (gzip.compress(TEXT)[:-20], "gzip"),
        (TEXT, "br"),
        (TEXT, "zstd"),
        (TEXT, "exi"),
        (TEXT, "gzip, gzip, gzip, gzip"),
        (gzip.compress(TEXT), "gzip, compress"),
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
        OK + b"Transfer-Encoding: gzip\r\n\r\n" + gzip.compress(b"text"),
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
    body = gzip.compress(gzip.compress(TEXT))
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


@pytest.mark.parametrize(("method", "tries"), [("GET", 2), ("POST", 1)])
async def test_what_breaks_off_is_asked_for_again_if_that_changes_nothing(
    method: str, tries: int
) -> None:
    asked = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        if asked > 1:
            return web.Response(text="whole")
        response = web.StreamResponse(headers={"Content-Length": "99"})
        await response.prepare(request)
        await response.write(b"a part")
        assert request.transport is not None
        request.transport.close()
        return response

    settings = WebSettings(allow_hosts=HERE, attempts=2)
    async with served(handle) as url, WebClient(settings) as client:
        asking = client.request(method, url)
        if tries == 1:
            with pytest.raises(Unreachable, match="broke off"):
                await asking
        else:
            assert (await asking).body == b"whole"
    assert asked == tries


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


class Counted:
    """A server that refuses so often, and then answers."""

    def __init__(self, status: int, times: int, **headers: str) -> None:
        self.status = status
        self.times = times
        self.headers = headers
        self.asked = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        if self.asked <= self.times:
            return web.Response(status=self.status, headers=self.headers, text="busy")
        return web.Response(text=f"{request.method} {await request.text()}")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_what_may_pass_is_asked_again(status: int) -> None:
    server = Counted(status, 2, **{"Retry-After": "0"})
    async with served(server.answer) as url:
        assert (await fetched(url, attempts=3)).body == b"GET "
    assert server.asked == 3


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (500, 1), (503, 2)])
async def test_a_status_that_stays_is_an_error_with_its_number(status: int, asked: int) -> None:
    server = Counted(status, 99, **{"Retry-After": "0"})
    async with served(server.answer) as url:
        with pytest.raises(HttpStatus, match=str(status)) as caught:
            await fetched(url, attempts=2)
        assert caught.value.status == status
        assert server.asked == asked
        async with WebClient(WebSettings(allow_hosts=HERE, attempts=1)) as client:
            found = await client.request("GET", url, raise_for_status=False)
    assert (found.status, found.body) == (status, b"busy")


async def test_what_changes_something_is_not_sent_twice() -> None:
    server = Counted(503, 99)
    async with served(server.answer) as url, WebClient(WebSettings(allow_hosts=HERE)) as client:
        with pytest.raises(HttpStatus):
            await client.request("POST", url, json={"a": 1})
    assert server.asked == 1
    server = Counted(429, 1, **{"Retry-After": "0"})
    async with served(server.answer) as url, WebClient(WebSettings(allow_hosts=HERE)) as client:
        found = await client.request("POST", url, json={"a": 1})
    assert found.body == b'POST {"a": 1}'


async def test_a_rest_that_was_asked_for_holds_for_the_others_at_the_host_too() -> None:
    server = Counted(429, 1, **{"Retry-After": "30"})
    async with served(server.answer) as url:
        settings = WebSettings(allow_hosts=HERE, attempts=1)
        async with WebClient(settings) as client:
            with pytest.raises(HttpStatus) as caught:
                await client.get(url)
            assert caught.value.retry_after == 30
            with pytest.raises(HttpStatus, match="wants a rest of 30 s more") as second:
                await client.get(url, seconds=9)
            assert second.value.retry_after == pytest.approx(30, abs=1)
    assert server.asked == 1


async def test_who_asks_for_more_time_than_there_is_is_not_waited_for() -> None:
    server = Counted(429, 99, **{"Retry-After": "3600"})
    async with served(server.answer) as url:
        with pytest.raises(HttpStatus, match="asked too often; ask again in 3600 s") as caught:
            await fetched(url, attempts=3)
    assert caught.value.retry_after == 3600
    assert server.asked == 1


async def test_a_rest_is_that_of_the_host_that_asked_for_it() -> None:
    """Not of the one that led there."""
    busy = Counted(429, 99, **{"Retry-After": "30"})

    async def leading(request: web.Request) -> web.StreamResponse:
        to = there if request.path == "/page" else None
        return web.Response(status=302, headers={"Location": to}) if to else web.Response(text="ok")

    async with served(leading) as url, served(busy.answer) as there:
        there = there.replace("127.0.0.1", "localhost")
        settings = WebSettings(allow_hosts=HERE | {"localhost"}, attempts=1)
        async with WebClient(settings) as client:
            with pytest.raises(HttpStatus, match="localhost"):
                await client.get(url)
            assert (await client.get(f"{url}/other")).body == b"ok"


async def test_few_requests_at_once_go_to_one_host() -> None:
    at_once = most = 0

    async def handle(_: web.Request) -> web.StreamResponse:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.01)
        at_once -= 1
        return web.Response(text="here")

    settings = WebSettings(allow_hosts=HERE, per_host=2)
    async with served(handle) as url, WebClient(settings) as client:
        await asyncio.gather(*(client.get(url) for _ in range(8)))
    assert most == 2


async def test_it_says_who_it_is_and_keeps_no_cookies() -> None:
    heads: list[dict[str, str]] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        heads.append(dict(request.headers))
        response = web.Response(text="here")
        response.set_cookie("a", "b")
        return response

    settings = WebSettings(allow_hosts=HERE, user_agent="Breadth/1 (us)")
    async with served(handle) as url, WebClient(settings) as client:
        for _ in range(2):
            await client.get(url)
    assert [head["User-Agent"] for head in heads] == ["Breadth/1 (us)"] * 2
    assert not any("Cookie" in head for head in heads)
