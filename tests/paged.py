"""The web page of a service in a real browser, and what it complains of or asks others for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from browsing import PROGRAM
from playwright.async_api import Browser, Page, async_playwright, expect

SECONDS = 30_000
"""Milliseconds that anything on a page may take, on a machine that has other work."""
expect.set_options(timeout=SECONDS)  # its own limit is five seconds


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """That of the system."""
    async with async_playwright() as play:
        opened = await play.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield opened
        await opened.close()


@asynccontextmanager
async def opened(
    running: Browser,
    url: str,
    *,
    allowed: tuple[str, ...] = (),
    begins: bool = True,
    **looks: Any,
) -> AsyncIterator[Page]:
    """A page of a fresh visitor, which logs nothing and asks nobody but the service.

    `allowed`: beginnings of what the browser itself may log, as of an answer that is an error.
    `begins`: the address is gone to; else that is left to the test.
    """
    origin = "/".join(url.split("/")[:3])
    told: list[str] = []
    context = await running.new_context(**looks)
    context.set_default_timeout(SECONDS)
    page = await context.new_page()
    page.on("console", lambda said: told.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: told.append(f"error: {error}"))
    page.on("request", lambda asked: None if _own(asked.url, origin) else told.append(asked.url))
    if begins:
        await page.goto(url)
    yield page
    await context.close()
    amiss = [each for each in told if not each.startswith(allowed or "\0")]
    if amiss:
        pytest.fail("\n".join(amiss))


def _own(asked: str, origin: str) -> bool:
    return asked.startswith((f"{origin}/", f"blob:{origin}/"))
