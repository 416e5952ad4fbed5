"""PageRequests: what one page in the browser asks for, and gets from our own client, or not at all.

Each address is checked and fetched as pages are: its name resolved once, redirects followed with
the same checks, bytes and time capped, robots.txt heeded.
"""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame, Request

from search.browser_settings import BrowserSettings
from search.errors import HttpStatus, Refused, TooLarge
from search.guard import Target, allows, target
from search.pages import decode_page
from search.shells import page_tree
from search.web import WebResponse
from search.web_pages import Fetch, charset_of

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
"""Pages, one of which leads on to the next by its scripts."""
_AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """What a request of a page gets."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class PageRequests:
    """Of one page."""

    def __init__(self, page: WebResponse, fetch: Fetch, settings: BrowserSettings) -> None:
        """`page`: as it was fetched; it is not asked for again."""
        self._answered = [(page.url, page.url)]
        """The addresses of pages as they were asked for, and of what was there."""
        self.main: Frame | None = None
        """The page itself, once it is there: what else asks is a frame in it, or a window."""
        self._given = page
        self._fetch = fetch
        self._settings = settings
        self._at_home = self._is_opened(self._target(page.url))
        self._requests = 0
        self._documents = 0
        self._bytes = 0
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def answer(self, request: Request) -> PageAnswer | None:
        """None: it gets none. Raises SearchError, for the same."""
        kind = request.resource_type
        is_document = request.is_navigation_request()
        if is_document and not self._documents:
            self._documents = 1
            return _document(self._given)
        if kind == "stylesheet":
            return PageAnswer(headers={"content-type": "text/css"})  # code waits for its arrival
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
            return self._next_document(request.url, response)
        return PageAnswer(response.body, response.status, _given(response))

    def location_of(self, shown: str) -> str | None:
        """Where that comes from which the browser shows at this address; None: not from here.

        A page that asks to become another one may stay, so what was answered last need not be what
        is shown; and scripts can change all of an address but its origin.
        """
        by_origin = {_origin(asked): there for asked, there in self._answered}
        return dict(self._answered).get(shown, by_origin.get(_origin(shown)))

    def _next_document(self, asked: str, response: WebResponse) -> PageAnswer | None:
        if page_tree(response.body, charset_of(response)) is None:
            return None  # it would be a download
        self._answered.append((asked, response.url))
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
        """Whether the page itself asks."""
        try:
            return self.main is not None and request.frame == self.main
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


def _origin(url: str) -> tuple[str, str]:
    """Of an address as the browser writes it."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _document(page: WebResponse) -> PageAnswer:
    """In UTF-8, read as it is read without a browser."""
    html = decode_page(page.body, charset_of(page)).encode("utf-8", "replace")
    return PageAnswer(
        html, page.status, {**_given(page), "content-type": "text/html; charset=utf-8"}
    )


def _given(response: WebResponse) -> dict[str, str]:
    """The headers that a page gets."""
    return {name: value for name, value in response.headers.items() if name not in _NOT_GIVEN}


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
