"""WebSearch: several web engines and the pages that they name, as one SearchEngine."""

import asyncio
import logging
from collections.abc import Sequence
from hashlib import sha256

from search.engines import WebEngine, WebResult, canonical, merged
from search.errors import SearchError
from search.index import DocumentIndex
from search.narrowing import Narrowing
from search.passages import Hit, Passage, Reader, Source
from search.several import answers_of

_log = logging.getLogger(__name__)
_PAGES = 5


class WebSearch:
    """Asks all its engines at once, reads the best pages, and ranks their passages.

    What was read stays for the searches that follow. A page that cannot be read is there with what
    the engine said of it. Close it when done.
    """

    name = "web"

    def __init__(
        self, engines: Sequence[WebEngine], reader: Reader, *, pages: int = _PAGES
    ) -> None:
        """`reader`: of pages, by their address; `pages`: so many are read for a query at most."""
        self._engines = engines
        self._reader = reader
        self._pages = pages
        self._index = DocumentIndex.open(None)
        self._known: dict[str, asyncio.Task[None]] = {}
        """The reading of each page, by its canonical address."""

    def close(self) -> None:
        """Forget what was read."""
        for reading in self._known.values():
            reading.cancel()
        self._index.close()

    async def search(
        self, query: str, *, limit: int = 10, within: Narrowing | None = None
    ) -> list[Hit]:
        """Passages of the pages, best first. Raises EngineError where no engine answers."""
        most = max(limit, self._pages)
        asking = [(engine.name, engine.results(query, limit=most)) for engine in self._engines]
        found = merged(await answers_of(asking), limit)
        readings = []
        for result in found[: self._pages]:
            key = canonical(result.url)
            if key not in self._known:
                self._known[key] = asyncio.create_task(self._read(result), name=f"read {key}")
            readings.append(self._known[key])
        # Shielded: another search may wait for the same page.
        await asyncio.gather(*map(asyncio.shield, readings))
        return await self._index.search(query, limit=limit, within=within)

    async def _read(self, result: WebResult) -> None:
        """Put a page into the index, or what is said of it where it cannot be read."""
        passages: Sequence[Passage] = ()
        try:
            passages = await self._reader.read(result.url)
        except SearchError as error:
            _log.info("a page is known by its summary only: %s", error)
        if not passages and result.text:
            passages = [_summary(result)]
        if passages:
            await self._index.keep(passages)


def _summary(result: WebResult) -> Passage:
    """What an engine says of a page, as the only passage of it that was read."""
    digest = sha256(result.text.encode("utf-8", "surrogatepass")).hexdigest()
    source = Source(result.url, result.title, "text/plain", digest)
    return Passage(source, 0, len(result.text), result.text)
