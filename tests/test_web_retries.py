"""Asking again, and the pace at one host: what may pass is asked again, and rests are kept."""

import asyncio

import pytest
from aiohttp import web
from test_web import HERE, fetched, served

from search.errors import HttpStatus, Unreachable
from search.web import WebClient, WebSettings


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
