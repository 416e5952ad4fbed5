"""Visit: one page in the browser, until it is quiet.

The browser itself reaches nothing: what a page asks for comes here and is answered by
`page_requests`. Whatever a page does, the visit ends.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, Route
from playwright.async_api import Error as PlaywrightError

from search.browser_settings import BrowserSettings
from search.errors import NotRendered, SearchError
from search.page_requests import PageRequests
from search.page_scripts import QUIET, READ
from search.shells import is_bare
from search.web import WebResponse
from search.web_pages import Fetch, is_address

_log = logging.getLogger(__name__)
_QUIET_MS, _MOST_QUIET_MS = 300, 1500
"""Without a change of the page; waited for at most so long."""
_NODES = 200_000
_FAILURES = 3
"""Of reading a page that becomes another one meanwhile."""
_CLOSING_SECONDS = 5.0


class Visit:
    """Of one page, once."""

    def __init__(self, page: WebResponse, fetch: Fetch, settings: BrowserSettings) -> None:
        """`page`: as it was fetched; raises Refused for one of a place that is not open."""
        self.begun = False
        """Whether the browser was there."""
        self._url = page.url
        self._requests = PageRequests(page, fetch, settings)
        self._settings = settings
        self._answering: set[asyncio.Task[None]] = set()
        self._over = False
        self._crashed = False

    async def rendered(self, browser: Browser) -> WebResponse:
        """The page as it is after its scripts have run. Raises NotRendered."""
        location, html = self._url, b""
        failed: Exception | None = None
        async with asyncio.TaskGroup() as group:
            try:
                async with asyncio.timeout(self._settings.seconds) as limit:
                    location, html = await self._in_context(browser, group, limit)
            except (PlaywrightError, TimeoutError) as error:
                failed = error
            finally:
                self._over = True
                for task in self._answering:
                    task.cancel()
        if failed is not None:
            raise NotRendered(f"{self._url}: {self._why(failed)}") from failed
        headers = {"content-type": "text/html; charset=utf-8"}
        return WebResponse(location, 200, headers, html)

    async def _in_context(
        self, browser: Browser, group: asyncio.TaskGroup, limit: asyncio.Timeout
    ) -> tuple[str, bytes]:
        """In a context of its own, which is closed, whatever the page does."""
        context = await browser.new_context(
            accept_downloads=False,
            service_workers="block",
            locale="en-US",
            user_agent=_user_agent(browser, self._settings.user_agent),
        )
        self.begun = True
        try:
            await self._guard(context, group)
            page = await context.new_page()
            self._watch(context, page, group, limit)
            await page.goto(self._url, wait_until="commit", timeout=0)
            return await self._read(context, page)
        finally:
            await _closed(context)

    async def _guard(self, context: BrowserContext, group: asyncio.TaskGroup) -> None:
        """Let nothing out but by us."""

        def routed(route: Route) -> None:
            if not self._over:
                task = group.create_task(self._answer(route))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)

        await context.route("**/*", routed)
        await context.route_web_socket("**/*", lambda socket: socket.close())

    def _watch(
        self,
        context: BrowserContext,
        page: Page,
        group: asyncio.TaskGroup,
        limit: asyncio.Timeout,
    ) -> None:
        """Shut windows that the page opens, and end the visit where it crashes."""

        def opened(window: Page) -> None:
            if not self._over:
                group.create_task(_shut(window))

        def crashed(_: Page) -> None:
            self._crashed = True
            with suppress(RuntimeError):  # it is over already
                limit.reschedule(asyncio.get_running_loop().time())

        self._requests.main = page.main_frame
        context.on("page", opened)
        page.on("crash", crashed)

    async def _read(self, context: BrowserContext, page: Page) -> tuple[str, bytes]:
        """Where the page is from, and the page, once it is quiet.

        One that leads on while it is read is read again.
        """
        clock = asyncio.get_running_loop().time
        patience = self._settings.patience
        end = clock() + 2 * patience
        failures = 0
        while True:
            try:
                with suppress(PlaywrightError):  # it never stops asking
                    await page.wait_for_load_state("networkidle", timeout=patience * 1000)
                end = min(end, clock() + patience)
                location, html = await self._quiet(context, page)
                if clock() > end or not await asyncio.to_thread(is_bare, html, "utf-8"):
                    return location, html
            except PlaywrightError:
                failures += 1
                if failures > _FAILURES or page.is_closed():
                    raise

    async def _quiet(self, context: BrowserContext, page: Page) -> tuple[str, bytes]:
        """The same, when it has not changed for a while."""
        session = await context.new_cdp_session(page)
        await _evaluated(session, QUIET, _QUIET_MS, _MOST_QUIET_MS)
        shown, html = await _evaluated(session, READ, self._settings.most_bytes, _NODES)
        await session.detach()
        location = is_address(shown) and self._requests.location_of(shown.partition("#")[0])
        if not location:
            raise PlaywrightError(f"it became {shown[:100]}")
        return location, str(html).encode("utf-8", "replace")[: self._settings.most_bytes]

    async def _answer(self, route: Route) -> None:
        """Answer one request of the page."""
        try:
            answer = await self._requests.answer(route.request)
        except SearchError as error:
            _log.info("refused to a page: %s", error)
            answer = None
        with suppress(PlaywrightError):  # the page is gone
            if answer is None:
                # A document that is "aborted" leaves the page where it is.
                await route.abort("aborted")
            else:
                await route.fulfill(status=answer.status, headers=answer.headers, body=answer.body)

    def _why(self, error: Exception) -> str:
        if self._crashed:
            return "it needs more memory than a page is given, or makes the browser fail"
        if isinstance(error, TimeoutError):
            return f"it was not done in {self._settings.seconds:g} s"
        return f"the browser fails ({str(error).splitlines()[0][:200]})"


def _user_agent(browser: Browser, own: str) -> str:
    """What a browser calls itself to scripts, so that they do not ask for another one, and we."""
    major = browser.version.partition(".")[0]
    return (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
        f" Chrome/{major}.0.0.0 Safari/537.36 {own}"
    )


async def _evaluated(session: Any, function: str, *arguments: int) -> Any:
    """What a function gives, in a world of its own. Raises playwright's Error."""
    frame = (await session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
    world = await session.send("Page.createIsolatedWorld", {"frameId": frame})
    call = f"({function})({', '.join(map(str, arguments))})"
    asked = {"expression": call, "contextId": world["executionContextId"]}
    asked |= {"returnByValue": True, "awaitPromise": True}
    given = await session.send("Runtime.evaluate", asked)
    if "exceptionDetails" in given:
        raise PlaywrightError(given["exceptionDetails"].get("text", "it cannot be read"))
    return given["result"].get("value", "")


async def _shut(page: Page) -> None:
    """A window that a page opens."""
    with suppress(PlaywrightError):
        await page.close()


async def _closed(context: BrowserContext) -> None:
    """Close it, also where its page hangs; the browser ends with the run at last."""
    with suppress(PlaywrightError, TimeoutError):
        async with asyncio.timeout(_CLOSING_SECONDS):
            await context.close()
