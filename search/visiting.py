"""Visit: one page in the browser, whose every request is made by our own client, or not at all.

The browser itself reaches nothing. What a page asks for comes here, is looked at, and is fetched as
pages are: the address is checked, its name resolved once, redirects followed with the same checks,
bytes and time capped, robots.txt heeded.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, Request, Route
from playwright.async_api import Error as PlaywrightError

from search.browser_settings import BrowserSettings
from search.errors import HttpStatus, NotRendered, Refused, SearchError, TooLarge
from search.guard import Target, allows, target
from search.page_scripts import QUIET, READ
from search.pages import decode_page
from search.shells import is_bare, page_tree
from search.web import WebResponse
from search.web_pages import Fetch, charset_of

_log = logging.getLogger(__name__)
_FETCHED = frozenset({"document", "script", "xhr", "fetch"})
_ASKED_BY_CODE = frozenset({"xhr", "fetch"})
_PASSED = frozenset({"accept", "authorization", "apikey"})
"""Headers that go along where a script asks; and its own, that begin with x-, but for these."""
_KEPT_BACK = ("x-forwarded", "x-http-method", "x-method", "x-original", "x-real", "x-rewrite")
_MOST_HEADERS = 4096
"""Characters."""
_NOT_GIVEN = frozenset(
    {
        *("set-cookie", "content-encoding", "content-length", "transfer-encoding", "connection"),
        *("keep-alive", "content-disposition", "alt-svc", "link", "nel", "report-to", "refresh"),
        *("strict-transport-security", "clear-site-data", "location", "retry-after"),
    }
)
"""Headers of answers that a page does not get."""
_DOCUMENTS = 4
"""Pages that a page leads on to by its scripts."""
_QUIET_MS, _MOST_QUIET_MS = 300, 1500
"""Without a change of the page; waited for at most so long."""
_AT_ONCE = 6
"""Requests of a page."""
_NODES = 200_000
_FAILURES = 3
"""Of reading a page that becomes another one meanwhile."""
_CLOSING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Visit:
    """Of one page, once."""

    def __init__(self, page: WebResponse, fetch: Fetch, settings: BrowserSettings) -> None:
        """`page`: as it was fetched; it is not asked for again."""
        self._given = page
        self._fetch = fetch
        self._settings = settings
        self._location = page.url
        self._at_home = self._is_opened(self._target(page.url))
        self._requests = 0
        self._documents = 0
        self._bytes = 0
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._page: Page | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._crashed = False

    async def rendered(self, browser: Browser) -> WebResponse:
        """The page as it is after its scripts have run. Raises NotRendered."""
        html = b""
        failed: Exception | None = None
        async with asyncio.TaskGroup() as group:
            try:
                async with asyncio.timeout(self._settings.seconds) as limit:
                    html = await self._read_in(browser, group, limit)
            except (PlaywrightError, TimeoutError) as error:
                failed = error
            finally:
                for task in self._answering:
                    task.cancel()
        if failed is not None:
            raise NotRendered(f"{self._given.url}: {self._why(failed)}") from failed
        headers = {"content-type": "text/html; charset=utf-8"}
        return WebResponse(self._location, 200, headers, html)

    async def _read_in(
        self, browser: Browser, group: asyncio.TaskGroup, limit: asyncio.Timeout
    ) -> bytes:
        """In a context of its own, which is closed, whatever the page does."""
        context = await browser.new_context(
            accept_downloads=False,
            service_workers="block",
            locale="en-US",
            user_agent=_user_agent(browser, self._settings.user_agent),
        )
        try:
            await self._guard(context, group)
            self._page = page = await context.new_page()

            def crashed(_: Page) -> None:
                self._crashed = True
                with suppress(RuntimeError):  # it is over already
                    limit.reschedule(asyncio.get_running_loop().time())

            page.on("crash", crashed)
            context.on("page", lambda opened: group.create_task(_shut(opened)))
            await page.goto(self._given.url, wait_until="commit", timeout=0)
            return await self._read(context, page)
        finally:
            await _closed(context)

    async def _guard(self, context: BrowserContext, group: asyncio.TaskGroup) -> None:
        """Let nothing out but by us."""

        def routed(route: Route) -> None:
            task = group.create_task(self._answered(route))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

        await context.route("**/*", routed)
        await context.route_web_socket("**/*", lambda socket: socket.close())

    async def _read(self, context: BrowserContext, page: Page) -> bytes:
        """The page, once it is quiet; one that leads on while it is read is read again."""
        clock = asyncio.get_running_loop().time
        patience = self._settings.patience
        end = clock() + 2 * patience
        failures = 0
        while True:
            try:
                with suppress(PlaywrightError):  # it never stops asking
                    await page.wait_for_load_state("networkidle", timeout=patience * 1000)
                end = min(end, clock() + patience)
                html = await self._quiet(context, page)
                if clock() > end or not await asyncio.to_thread(is_bare, html, "utf-8"):
                    return html
            except PlaywrightError:
                failures += 1
                if failures > _FAILURES or page.is_closed():
                    raise

    async def _quiet(self, context: BrowserContext, page: Page) -> bytes:
        """The page when it has not changed for a while."""
        session = await context.new_cdp_session(page)
        await _evaluated(session, QUIET, _QUIET_MS, _MOST_QUIET_MS)
        html = await _evaluated(session, READ, self._settings.most_bytes, _NODES)
        await session.detach()
        if not page.url.startswith(("http://", "https://")):
            raise PlaywrightError(f"it became {page.url[:100]}")
        return str(html).encode("utf-8", "replace")[: self._settings.most_bytes]

    async def _answered(self, route: Route) -> None:
        """Answer one request of the page."""
        request = route.request
        try:
            answer = await self._answer(request)
        except SearchError as error:
            _log.info("refused to a page: %s", error)
            answer = None
        with suppress(PlaywrightError):  # the page is gone
            if answer is None:
                # A document that is "aborted" leaves the page where it is.
                await route.abort("aborted")
            else:
                await route.fulfill(status=answer.status, headers=answer.headers, body=answer.body)

    async def _answer(self, request: Request) -> _Answer | None:
        """None: it gets none. Raises SearchError."""
        kind = request.resource_type
        is_document = request.is_navigation_request()
        if is_document and not self._documents:
            self._documents = 1
            return _document(self._given)
        if kind == "stylesheet":
            return _Answer(headers={"content-type": "text/css"})  # code waits for its arrival
        if request.method != "GET" or kind not in _FETCHED:
            return None
        if is_document and not self._may_lead_on(request):
            return None
        self._require_open(request, request.url)
        async with self._places:
            if not self._may_ask_more():
                return None
            response = await self._fetched(request)
        self._require_open(request, response.url)
        if is_document:
            return self._next_document(response)
        kept = {n: v for n, v in response.headers.items() if n not in _NOT_GIVEN}
        return _Answer(response.body, response.status, kept)

    def _next_document(self, response: WebResponse) -> _Answer | None:
        if page_tree(response.body, charset_of(response)) is None:
            return None  # it would be a download
        self._location = response.url
        return _document(response)

    async def _fetched(self, request: Request) -> WebResponse:
        left = self._settings.most_bytes_together - self._bytes
        most = max(1, min(self._settings.most_bytes, left))
        try:
            response = await self._fetch(request.url, headers=_passed(request), most_bytes=most)
        except HttpStatus as error:
            return WebResponse(request.url, error.status, {"content-type": "text/plain"}, b"")
        except TooLarge:
            self._bytes += most
            raise
        self._bytes += len(response.body)
        return response

    def _may_ask_more(self) -> bool:
        self._requests += 1
        enough = self._bytes >= self._settings.most_bytes_together
        return self._requests <= self._settings.requests and not enough

    def _may_lead_on(self, request: Request) -> bool:
        """Whether the page may become another one; frames and windows show nothing that is read."""
        if not self._is_of_page(request):
            return False
        self._documents += 1
        return self._documents <= _DOCUMENTS

    def _is_of_page(self, request: Request) -> bool:
        """Whether the page itself asks, and no frame in it."""
        try:
            return self._page is not None and request.frame == self._page.main_frame
        except PlaywrightError:  # of what has no frame
            return False

    def _require_open(self, request: Request, url: str) -> None:
        """Raise Refused for what this page may not ask.

        A host that was opened by name is there for its own pages: those of others would read what
        is private, and pass it on. So its pages do not become others, either.
        """
        to = self._target(url)
        opened = self._is_opened(to)
        if opened and not (self._at_home and self._is_of_page(request)):
            raise Refused(f"{to.shown} is private, and asked for by a page that is not")
        if self._at_home and not opened and request.is_navigation_request():
            raise Refused(f"{self._given.url} leads on to {to.shown}, which is not private")

    def _target(self, url: str) -> Target:
        return target(url, allowed=self._settings.allow_hosts)

    def _is_opened(self, to: Target) -> bool:
        return allows(to.host, to.port, self._settings.allow_hosts)

    def _why(self, error: Exception) -> str:
        if self._crashed:
            return "it needs more memory than a page is given, or makes the browser fail"
        if isinstance(error, TimeoutError):
            return f"it was not done in {self._settings.seconds:g} s"
        return f"the browser fails ({str(error).splitlines()[0][:200]})"


def _document(page: WebResponse) -> _Answer:
    """In UTF-8, read as it is read without a browser."""
    kept = {n: v for n, v in page.headers.items() if n not in _NOT_GIVEN}
    html = decode_page(page.body, charset_of(page))
    return _Answer(
        html.encode("utf-8", "replace"),
        page.status,
        {**kept, "content-type": "text/html; charset=utf-8"},
    )


def _passed(request: Request) -> dict[str, str]:
    """Headers that a script may have sent along."""
    if request.resource_type not in _ASKED_BY_CODE:
        return {}
    passed = {
        name: value
        for name, value in request.headers.items()
        if name in _PASSED or (name.startswith("x-") and not name.startswith(_KEPT_BACK))
    }
    if passed.get("accept") == "*/*":
        del passed["accept"]
    return passed if sum(map(len, [*passed, *passed.values()])) <= _MOST_HEADERS else {}


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
