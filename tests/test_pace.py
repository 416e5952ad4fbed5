"""Clients that are slow, or send too much: written to a socket, byte by byte."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from asked_front import Service, ending, serving_api, working

from service.api.app import exposed
from service.api.pace import MOST_BYTES
from service.settings import Settings

PATIENCE = 20.0
"""Seconds that a test waits for what has to come."""


@asynccontextmanager
async def spoken_to(service: Service) -> AsyncIterator["Spoken"]:
    host, _, port = service.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Spoken(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):  # the service was first
            await writer.wait_closed()


class Spoken:
    """A connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, *pieces: bytes) -> None:
        """Stops where nobody listens any more."""
        for piece in pieces:
            try:
                self.writer.write(piece)
                await self.writer.drain()
            except ConnectionError:
                return

    async def status(self) -> int:
        """Of the answer, whose body says it in the form of the interface."""
        async with asyncio.timeout(PATIENCE):
            head = await self.reader.readuntil(b"\r\n\r\n")
        return int(head.split(b" ", 2)[1])

    async def end(self) -> bytes:
        """What comes until the service closes the connection."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""


def head(*fields: str, method: str = "POST") -> bytes:
    lines = (f"{method} /v1/responses HTTP/1.1", "Host: localhost", *fields)
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


JSON = "Content-Type: application/json"
ASKED = json.dumps({"model": "breadth", "input": "Who?"}).encode()


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with serving_api(tmp_path, body_seconds=0.3, idle_seconds=0.3) as running:
        running.front.script = (*working(), *ending())
        yield running


async def test_a_head_that_does_not_come_ends_with_its_connection(service: Service) -> None:
    async with spoken_to(service) as spoken:
        await spoken.say(b"POST /v1/responses HTTP/1.1\r\nHost: local")
        assert await spoken.end() == b""


async def test_a_connection_that_says_nothing_ends(service: Service) -> None:
    async with spoken_to(service) as spoken:
        assert await spoken.end() == b""


@pytest.mark.parametrize("framed", ["Content-Length: 100", "Transfer-Encoding: chunked"])
async def test_a_body_that_does_not_come_is_ended_with_408(service: Service, framed: str) -> None:
    begun = b"1\r\n{\r\n" if "chunked" in framed else b"{"
    async with spoken_to(service) as spoken:
        await spoken.say(head(JSON, framed), begun)
        assert await spoken.status() == 408
        assert b"BREADTH_BODY_SECONDS" in await spoken.end()
    assert not service.front.asked


async def test_a_body_that_nobody_wants_is_not_waited_for(service: Service) -> None:
    async with spoken_to(service) as spoken:
        await spoken.say(
            b"GET /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
        )
        assert await spoken.status() == 200


async def test_a_body_that_trickles_in_time_is_taken(tmp_path: Path) -> None:
    async with serving_api(tmp_path) as service:
        service.front.script = (*working(), *ending())
        async with spoken_to(service) as spoken:
            await spoken.say(head(JSON, f"Content-Length: {len(ASKED)}"))
            await spoken.say(*(bytes([byte]) for byte in ASKED))
            assert await spoken.status() == 200
        assert [asked.question for asked, _ in service.front.asked] == ["Who?"]


async def test_what_is_no_http_is_refused_and_no_error_of_the_service(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    for wrong in (head("Authorization: Bearer k\0ey"), b"GET\r\n\r\n", b"\xff\xfe\r\n\r\n"):
        async with spoken_to(service) as spoken:
            await spoken.say(wrong)
            assert await spoken.status() == 400
    assert caplog.records == []


@pytest.mark.parametrize(
    "field", ["X: " + "y" * 20_000, "\r\n".join(f"X-{n}: y" for n in range(500))]
)
async def test_a_huge_head_is_refused(service: Service, field: str) -> None:
    async with spoken_to(service) as spoken:
        await spoken.say(head(field, method="GET"))
        assert await spoken.status() in (400, 431)


async def test_a_body_that_is_too_long_by_its_own_account_is_not_read(service: Service) -> None:
    async with spoken_to(service) as spoken:
        await spoken.say(head(JSON, f"Content-Length: {MOST_BYTES + 1}"))
        assert await spoken.status() == 413


async def test_a_chunked_body_is_read_up_to_the_limit(service: Service) -> None:
    chunk = b"10000\r\n" + b"x" * 2**16 + b"\r\n"
    async with spoken_to(service) as spoken:
        await spoken.say(head(JSON, "Transfer-Encoding: chunked"), *[chunk] * 70, b"0\r\n\r\n")
        assert await spoken.status() == 413


async def test_what_is_huge_once_unpacked_is_refused(service: Service) -> None:
    packed = gzip.compress(b" " * (16 * MOST_BYTES))
    fields = (JSON, "Content-Encoding: gzip", f"Content-Length: {len(packed)}")
    async with spoken_to(service) as spoken:
        await spoken.say(head(*fields), packed)
        assert await spoken.status() == 413


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ((JSON, "Content-Encoding: gzip", "Content-Length: 9"), b"no gzip!!"),
        ((JSON, "Transfer-Encoding: chunked"), b"zz\r\n"),
    ],
    ids=["packing", "chunks"],
)
async def test_a_body_that_is_not_as_its_head_says_is_refused(
    service: Service, fields: tuple[str, ...], body: bytes
) -> None:
    async with spoken_to(service) as spoken:
        await spoken.say(head(*fields), body)
        assert await spoken.status() == 400


async def test_the_body_of_somebody_without_a_key_is_not_waited_for(tmp_path: Path) -> None:
    async with serving_api(tmp_path, access="keys") as service, spoken_to(service) as spoken:
        await spoken.say(head(JSON, "Content-Length: 100"), b"{")
        assert await spoken.status() == 401


def test_a_service_that_others_can_reach_without_a_key_warns() -> None:
    is_open = Settings(access="open")
    assert "0.0.0.0" in (exposed(is_open, "0.0.0.0") or "")
    assert exposed(is_open, "127.0.0.1") is None
    assert exposed(Settings(access="auto"), "0.0.0.0") is None
