"""Browser: pages that scripts write, read by the Chromium that is installed on the machine.

One process for all pages of a run, started when the first one needs it; each page has a context of
its own in it, so that no page knows of another. See `visiting` for what a page may do.
"""

import asyncio
import logging
import os
import shlex
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from playwright.async_api import Browser as Process
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import async_playwright

from search.browser_settings import BrowserSettings
from search.errors import NotRendered, SearchError
from search.shells import count_content, is_shell, page_tree
from search.visiting import Visit
from search.web import WebResponse
from search.web_pages import Fetch, charset_of

_log = logging.getLogger(__name__)
_KEEPER = Path(__file__).with_name("browser_main.py")
_STARTS = 3
"""Of a browser that ends by itself."""
_START_SECONDS = 30.0
_STOP_SECONDS = 5.0
_LONGEST_REASON = 300
_NO_SANDBOX = "No usable sandbox"
_OPTIONS = (
    # What did not come to us goes to a name that nobody has, by a proxy that is not there.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://nowhere.invalid:1",
    "--proxy-bypass-list=<-loopback>",
    "--disable-quic",
    "--dns-prefetch-disable",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-gpu",
    "--disable-webgl",
    "--disable-remote-fonts",
    "--disable-notifications",
    "--disable-domain-reliability",
    "--deny-permission-prompts",
    "--no-pings",
    "--mute-audio",
    "--blink-settings=imagesEnabled=false",
    "--js-flags=--max-old-space-size=512",
)


class Browser:
    """A Renderer and an async context: with it the browser ends."""

    def __init__(self, settings: BrowserSettings, tell: Callable[[str], None]) -> None:
        """Nothing is started. `tell`: hears, once, why no page can be rendered."""
        self._settings = settings
        self._tell = tell
        self._places = asyncio.Semaphore(settings.at_once)
        self._starting = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._process: Process | None = None
        self._starts = 0
        self._broken = False

    async def __aenter__(self) -> Self:
        """Nothing is started yet."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it."""
        await self._stack.aclose()

    async def rendered(self, page: WebResponse, fetch: Fetch) -> WebResponse:
        """See Renderer. What cannot be rendered stays as it is."""
        if self._broken or not await asyncio.to_thread(self._is_for_it, page):
            return page
        async with self._places:
            try:
                made = await self._visited(page, fetch)
            except SearchError as error:
                _log.info("a page is read without its scripts: %s", error)
                return page
        return made if await asyncio.to_thread(_says_more, made, page) else page

    async def _visited(self, page: WebResponse, fetch: Fetch) -> WebResponse:
        """See Visit. Where the browser is gone, though it did not say so, in another one."""
        while True:
            process = await self._running()
            visit = Visit(page, fetch, self._settings)
            try:
                return await visit.rendered(process)
            except NotRendered:
                if visit.begun:
                    raise
                if self._process is process:
                    self._process = None

    def _is_for_it(self, page: WebResponse) -> bool:
        charset = charset_of(page)
        if self._settings.always:
            return page_tree(page.body, charset) is not None
        return is_shell(page.body, charset)

    async def _running(self) -> Process:
        """The browser. Raises NotRendered where it does not start."""
        async with self._starting:
            if self._process is not None and self._process.is_connected():
                return self._process
            if self._broken or self._starts == _STARTS:
                raise self._given_up("it ended by itself each time that it was started")
            self._starts += 1
            await self._stack.aclose()
            try:
                self._process = await self._started()
            except (PlaywrightError, OSError) as error:
                raise self._given_up(_reason(error)) from error
            except asyncio.CancelledError:
                self._starts -= 1  # nothing is wrong with it
                raise
            return self._process

    async def _started(self) -> Process:
        """As a sandbox of its own has it; with a network of its own where that can be had."""
        driver = await self._stack.enter_async_context(_driver())
        if sys.platform != "linux":
            return await self._launched(driver, self._settings.program)
        for apart in (True, False) if self._settings.apart else (False,):
            with TemporaryDirectory() as folder:
                keeper = Path(folder) / "browser"
                words = [sys.executable, "-IS", str(_KEEPER), self._settings.program]
                words += [str(self._settings.memory), str(int(apart))]
                keeper.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
                keeper.chmod(0o700)
                try:
                    return await self._launched(driver, str(keeper))
                except PlaywrightError as error:
                    if not apart:
                        raise
                    _log.info("the browser has no network of its own: %s", _reason(error))
        raise AssertionError  # the last way raises

    async def _launched(self, driver: Any, program: str) -> Process:
        process: Process = await driver.chromium.launch(
            executable_path=program,
            args=_OPTIONS,
            chromium_sandbox=True,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
            timeout=_START_SECONDS * 1000,
        )
        self._stack.push_async_callback(_ended, process)
        return process

    def _given_up(self, reason: str) -> NotRendered:
        """Tell it, once."""
        if not self._broken:
            self._broken = True
            self._tell(f"pages that JavaScript writes are read without it: {reason}")
        return NotRendered(reason)


@asynccontextmanager
async def _driver() -> AsyncIterator[Any]:
    """Playwright's own process; one that does not end is left to end with us."""
    driver = await async_playwright().start()
    try:
        yield driver
    finally:
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                await driver.stop()


async def _ended(process: Process) -> None:
    with suppress(PlaywrightError, TimeoutError):
        async with asyncio.timeout(_STOP_SECONDS):
            await process.close()


def _says_more(made: WebResponse, page: WebResponse) -> bool:
    """Whether scripts have added to the text: one that fails takes it away."""
    before = count_content(page.body, charset_of(page))
    return count_content(made.body, charset_of(made)) > before


def _reason(error: Exception) -> str:
    """What the browser says, without the whole of its log."""
    text = str(error)
    if _NO_SANDBOX in text:
        return "Chromium's sandbox cannot be had here: it needs namespaces of users"
    lines = [line.partition("[err]")[2].strip() for line in text.splitlines() if "[err]" in line]
    said = next(filter(None, lines), "")[:_LONGEST_REASON]
    return f"the browser does not start{f' ({said})' if said else ''}"
