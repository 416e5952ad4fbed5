"""What may pass by itself is tried again, for a while: a pool of one endpoint."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from endpoint_server import ASKED, WHOLE, Answer, Clock, models, pooling, serving, status

from inference import Completion, ModelUnavailable, Patience, Persistence, Sample, complete


async def made_by(*answers: Answer, clock: Clock) -> Completion:
    """What one question to such a server gives."""
    persistence = clock.persistence()
    async with serving(*answers) as played, pooling(played.url, persistence=persistence) as model:
        return await complete(model, ASKED)


@pytest.mark.parametrize("code", [408, 409, 429, 500, 502, 503, 529])
async def test_what_may_pass_is_tried_again(code: int) -> None:
    clock = Clock()
    failure = status(code, {"error": {"message": "busy"}})
    made = await made_by(failure, failure, WHOLE, clock=clock)
    assert made.samples == (Sample("Cuarón"),)
    assert len(clock.slept) == 2


@pytest.mark.parametrize("code", [429, 500])
async def test_it_is_not_tried_for_ever(code: int) -> None:
    failure = status(code, {"error": {"message": "busy"}})
    async with serving(failure) as played, pooling(played.url) as model:
        with pytest.raises(ModelUnavailable, match=f"{code}: busy") as caught:
            await complete(model, ASKED)
    assert played.url in str(caught.value)
    assert len(played.bodies) == 3


async def test_the_server_may_say_how_long_to_wait() -> None:
    clock = Clock()
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=29), usegmt=True)
    answers = [status(429, **{"Retry-After": "17"}), status(503, **{"Retry-After": later}), WHOLE]
    await made_by(*answers, clock=clock)
    assert clock.slept[0] == 17
    assert 20 < clock.slept[1] <= 29


async def test_a_server_that_asks_for_an_hour_is_not_waited_for() -> None:
    clock = Clock()
    with pytest.raises(ModelUnavailable, match="429"):
        await made_by(status(429, **{"Retry-After": "3600"}), WHOLE, clock=clock)
    assert clock.slept == []


@pytest.mark.parametrize("told", ["soon", "-5", "nan", "Mon, 99 Foo 2026", "1e999", "٣"])
async def test_a_wait_that_makes_no_sense_does_no_harm(told: str) -> None:
    clock = Clock()
    answers = [status(429, **{"Retry-After": told}), WHOLE]
    try:
        await made_by(*answers, clock=clock)
    except ModelUnavailable:
        assert told == "1e999"
    assert all(0 <= seconds <= 30 for seconds in clock.slept)


async def test_the_search_for_the_engine_is_tried_again_too() -> None:
    answers = iter([status(503), models("m")])

    async def listing(request: web.Request) -> web.StreamResponse:
        return await next(answers)(request)

    async with serving(WHOLE, models=listing) as played, pooling(played.url, engine=None) as model:
        await complete(model, ASKED)
    assert played.listed == 2


async def test_a_server_that_is_not_there_is_named() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    clock = Clock()
    async with pooling(url, persistence=clock.persistence()) as model:
        with pytest.raises(ModelUnavailable, match=r"cannot reach .*is the server running"):
            await complete(model, ASKED)
        assert len(clock.slept) == 2
        with pytest.raises(ModelUnavailable, match=r"cannot reach .*is the server running"):
            await model.check()
    async with pooling(url, engine=None) as model:
        with pytest.raises(ModelUnavailable, match=url):
            await complete(model, ASKED)


async def test_a_server_that_speaks_no_http_is_told_so() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, pooling(f"http://127.0.0.1:{port}/v1") as model:
        with pytest.raises(ModelUnavailable, match=str(port)):
            await complete(model, ASKED)


@pytest.mark.parametrize("cut", [b"", b"HTTP/1.1 200 OK\r\nContent-Ty"])
async def test_a_server_that_hangs_up_is_asked_again(cut: bytes) -> None:
    calls = 0

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(cut)
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, pooling(f"http://127.0.0.1:{port}/v1") as model:
        with pytest.raises(ModelUnavailable, match="broke off"):
            await complete(model, ASKED)
    assert calls == 3


async def test_a_server_that_never_answers_is_given_up_once() -> None:
    async def never(_: web.Request) -> web.StreamResponse:
        return await asyncio.Event().wait()  # type: ignore[return-value]

    patience = Patience(idle_seconds=0.05)
    async with serving(never) as played, pooling(played.url, patience=patience) as model:
        with pytest.raises(ModelUnavailable, match="silent for too long"):
            await complete(model, ASKED)
    assert len(played.bodies) == 1


async def test_cancelling_between_two_tries_ends_them() -> None:
    waiting = asyncio.Event()

    async def sleep(_: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    persistence = Persistence(sleep=sleep)
    async with (
        serving(status(500)) as played,
        pooling(played.url, persistence=persistence) as model,
    ):
        reader = asyncio.create_task(complete(model, ASKED))
        await waiting.wait()
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
    assert len(played.bodies) == 1


async def test_a_server_that_refuses_everybody_is_given_up_once() -> None:
    """A used-up quota is a 429, too: each request of a run would wait for it anew."""
    clock = Clock()
    full = status(429, {"error": {"message": "quota exceeded"}}, **{"Retry-After": "1"})
    async with (
        serving(full) as played,
        pooling(played.url, persistence=clock.persistence()) as model,
    ):
        ended = await asyncio.gather(
            *(complete(model, ASKED) for _ in range(20)), return_exceptions=True
        )
        assert all(isinstance(error, ModelUnavailable) for error in ended)
        waited = clock.now
        with pytest.raises(ModelUnavailable, match="quota exceeded"):
            await complete(model, ASKED)
    assert len(played.bodies) <= 20 + 12
    assert waited - 1000.0 <= 120
    assert clock.now - waited <= 30
