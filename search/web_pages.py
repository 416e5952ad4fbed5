"""WebPages: a Reader of the pages of the web."""

from collections.abc import Sequence

from search.passages import Passage, Reader
from search.reading import read_bytes
from search.splitting import split
from search.web import WebClient


class WebPages:
    """Fetches a page and reads it as any document: its kind is told by its bytes."""

    def __init__(self, web: WebClient) -> None:
        """`web`: guards the addresses, and caps what comes."""
        self._web = web

    async def read(self, location: str) -> Sequence[Passage]:
        """See Reader. Raises ReadError for what is no document, WebError for what cannot be had."""
        response = await self._web.get(location)
        document = read_bytes(response.body, response.url)
        return split(document)


class ByAddress:
    """A Reader of two: addresses of the web go to one, all else to the other."""

    def __init__(self, pages: Reader, documents: Reader) -> None:
        """`pages`: for http and https."""
        self._pages = pages
        self._documents = documents

    async def read(self, location: str) -> Sequence[Passage]:
        """See Reader."""
        remote = location.lower().startswith(("http://", "https://"))
        return await (self._pages if remote else self._documents).read(location)
