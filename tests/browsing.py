"""A browser for the tests, and pages of scripts on loopback for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from site_server import Site, site

from search import WebClient, WebPages, WebSettings
from search.browser import Browser
from search.browser_settings import BrowserSettings, browser_program
from search.rendering import browser_problem

PROGRAM = browser_program()
PROBLEM = browser_problem()
needs_browser = pytest.mark.skipif(PROBLEM is not None, reason=str(PROBLEM))
FERRY = "The ferry to Norvik leaves at seven, at noon and at five."


def shell(script: str, more: str = "") -> bytes:
    """A page with nothing but a script; `root` is the place for its content."""
    head = "<!doctype html><html><head><title>Shell</title></head>"
    return f"{head}<body>{more}<div id=root></div><script>{script}</script>".encode()


def writes(text: str = FERRY) -> str:
    """A script that puts a paragraph there."""
    return f"document.getElementById('root').innerHTML = `<p>{text}</p>`;"


@asynccontextmanager
async def browsing(
    *hosts: str, told: list[str] | None = None, **more: Any
) -> AsyncIterator[WebPages]:
    """Pages of these hosts, read by a browser that is ended afterwards."""
    opened = frozenset(hosts)
    settings = BrowserSettings(PROGRAM or "", allow_hosts=opened, **({"patience": 2.0} | more))
    tell = told.append if told is not None else not_here
    client = WebClient(WebSettings(allow_hosts=opened, attempts=1))
    async with client, Browser(settings, tell) as browser:
        yield WebPages(client, None, browser)


def not_here(reason: str) -> None:
    """Some machines keep from it what it needs to keep pages in; nothing else may be amiss."""
    if "sandbox" in reason:
        pytest.skip(reason)
    pytest.fail(reason)


class Victim:
    """Listens at a port of loopback, TCP and UDP, and keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append("a connection")
        first = (await reader.readline()).decode(errors="replace")
        self.heard[-1] = first.strip() or "a connection"
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nContent-Length: 14\r\n"
            b"Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\nstolen='HONEY'"
        )
        await writer.drain()
        writer.close()

    def connection_made(self, transport: object) -> None: ...

    def connection_lost(self, error: Exception | None) -> None: ...

    def datagram_received(self, data: bytes, address: object) -> None:
        self.heard.append(f"{len(data)} bytes of UDP")


@asynccontextmanager
async def victim() -> AsyncIterator[Victim]:
    """Nobody may ask it."""
    made = Victim()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    udp, _ = await loop.create_datagram_endpoint(
        lambda: made,  # type: ignore[arg-type,return-value]
        ("127.0.0.1", made.port),
    )
    try:
        async with server:
            yield made
    finally:
        udp.close()
        await asyncio.sleep(0)  # closes at the loop's next turn


def place(served: Site) -> str:
    """Host and port."""
    return served.url.removeprefix("http://")


__all__ = [
    "FERRY",
    "Site",
    "browsing",
    "needs_browser",
    "place",
    "shell",
    "site",
    "victim",
    "writes",
]
