"""WebPages: a Reader of the pages of the web."""

import asyncio
from collections.abc import Mapping, Sequence
from email.message import Message
from typing import Protocol

from search.page_cache import Fetches
from search.passages import Passage, Reader
from search.reading import read_bytes
from search.robots import Robots
from search.splitting import split
from search.web import WebResponse


class Fetch(Protocol):
    """Gets what is at an address, as far as programs may read it."""

    async def __call__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        most_bytes: int | None = None,
    ) -> WebResponse:
        """Raises a SearchError."""
        ...


class Renderer(Protocol):
    """Runs the scripts of pages."""

    async def rendered(self, page: WebResponse, fetch: Fetch) -> WebResponse:
        """The page as its scripts leave it, or as it is, where that is all there is to it.

        `fetch`: the only way in which the page gets anything.
        """
        ...


class WebPages:
    """Fetches a page and reads it as any document: its kind is told by its bytes."""

    def __init__(
        self, web: Fetches, robots: Robots | None = None, browser: Renderer | None = None
    ) -> None:
        """`web`: guards the addresses, and caps what comes. `robots`: None reads what is asked.

        `browser`: for pages that scripts write; without one they are read as they come.
        """
        self._web = web
        self._robots = robots
        self._browser = browser

    async def read(self, location: str) -> Sequence[Passage]:
        """See Reader. Raises ReadError for what is no document, WebError for what cannot be had."""
        return await asyncio.to_thread(passages_of, await self.fetch(location))

    async def fetch(self, url: str) -> WebResponse:
        """What is there to be read, as far as programs may."""
        page = await self._fetched(url)
        return page if self._browser is None else await self._browser.rendered(page, self._fetched)

    async def _fetched(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        most_bytes: int | None = None,
    ) -> WebResponse:
        """What is there."""
        if self._robots is not None:
            await self._robots.require(url)
        response = await self._web.get(url, headers=headers, most_bytes=most_bytes)
        if self._robots is not None and response.url != url:
            await self._robots.require(response.url)
        return response


class ByAddress:
    """A Reader of two: addresses of the web go to one, all else to the other."""

    def __init__(self, pages: Reader, documents: Reader) -> None:
        """`pages`: for http and https."""
        self._pages = pages
        self._documents = documents

    async def read(self, location: str) -> Sequence[Passage]:
        """See Reader."""
        return await (self._pages if is_address(location) else self._documents).read(location)


def passages_of(response: WebResponse) -> list[Passage]:
    """What was fetched, as a document. Raises ReadError where it is none."""
    return split(read_bytes(response.body, response.url, charset=charset_of(response)))


def is_address(location: str) -> bool:
    """Whether it is an address of the web, and no path."""
    return location.lower().startswith(("http://", "https://"))


def charset_of(response: WebResponse) -> str | None:
    """The charset that the server says."""
    said = Message()
    said["content-type"] = response.headers.get("content-type", "")
    return said.get_content_charset()
