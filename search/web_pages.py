"""WebPages: a Reader of the pages of the web."""

import asyncio
from collections.abc import Sequence
from email.message import Message

from search.page_cache import Fetches
from search.passages import Passage, Reader
from search.reading import read_bytes
from search.robots import Robots
from search.splitting import split
from search.web import WebResponse


class WebPages:
    """Fetches a page and reads it as any document: its kind is told by its bytes."""

    def __init__(self, web: Fetches, robots: Robots | None = None) -> None:
        """`web`: guards the addresses, and caps what comes. `robots`: None reads what is asked."""
        self._web = web
        self._robots = robots

    async def read(self, location: str) -> Sequence[Passage]:
        """See Reader. Raises ReadError for what is no document, WebError for what cannot be had."""
        return await asyncio.to_thread(passages_of, await self.fetch(location))

    async def fetch(self, url: str) -> WebResponse:
        """What is there, as far as programs may read it."""
        if self._robots is not None:
            await self._robots.require(url)
        response = await self._web.get(url)
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
