"""The web client's limits: each is a typed error that names the address and not its secrets."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from search.errors import HttpStatus, TooLarge, TooSlow, Unreachable, WebError
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
        assert "0.2 s" in await failed(url, TooSlow, seconds=0.2)


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
    ],
    ids=["nothing", "ssh", "broken off", "bad chunk", "long header", "many headers", "status"],
)
async def test_what_speaks_no_http_is_an_error(answer: bytes) -> None:
    async with raw(answer) as url:
        await failed(url, Unreachable)


async def test_nobody_there_is_an_error() -> None:
    async with raw(b"") as url:
        pass
    await failed(url, Unreachable)


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
            with pytest.raises(TooSlow):
                await client.get(url, seconds=0.1)
    assert server.asked == 1


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


async def test_a_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.append(str(request.url))
        return web.Response(text="by proxy")

    async with served(handle) as url:
        monkeypatch.setenv("http_proxy", url.removesuffix("/page"))
        monkeypatch.setenv("no_proxy", "direct.example")
        async with WebClient(WebSettings(attempts=1)) as client:
            found = await client.get("http://a.example/page")
            with pytest.raises(WebError):
                await client.get("http://direct.example/", seconds=1)
    assert found.body == b"by proxy"
    assert len(seen) == 1
