"""The documents, searched by words (BM25 by SQLite's FTS5) and, with an Embedder, by meaning.

Porter stemming, titles weighing three times. It is incremental, survives a kill, and is in the
standard library; benchmarks/retrieval.py prints how much it finds, and what else was tried.

SQLite is spoken to in one thread, and files are read in others, so the event loop stays free.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import ParamSpec, Self, TypeVar, assert_never

from search.catalogue import Catalogue, Entry, Known
from search.charset import normalise
from search.errors import IndexFolderError, SearchError
from search.finding import Finder
from search.narrowing import Narrowing
from search.passages import Embedder, Hit, Passage, Reranker, Source
from search.ranking import linked, reranked
from search.reading import Document, location_of
from search.refreshing import (
    Examined,
    Fresh,
    IndexReport,
    Same,
    Tally,
    Unavailable,
    examine,
    seen_before,
)
from search.schema import explain, open_database
from search.splitting import split
from search.terms import match_expression
from search.vectors import VectorTable
from search.walking import FoundFile, Walk, walk

__all__ = ["DocumentIndex", "IndexReport"]

P = ParamSpec("P")
T = TypeVar("T")

_READ = 60
"""Passages that are looked at for what they say of each other."""
_BATCH = 64
"""Passages that are embedded, and kept, at once."""
_TURN = 100

Progress = Callable[[int, int, str], None]
"""Told the number of files done, of files in all, and the path just done."""


class DocumentIndex:
    """A SearchEngine and Reader over files that it keeps up with. Close it when done."""

    name: str = "documents"

    def __init__(
        self,
        path: Path | None,
        embedder: Embedder | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self._path = path
        self._embedder = embedder
        self._reranker = reranker
        self._table: VectorTable | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="document-index")
        self._is_open = True
        try:
            self._catalogue = self._thread.submit(self._opened).result()
        except IndexFolderError:
            self._thread.shutdown()
            raise

    @classmethod
    def open(
        cls,
        path: Path | None,
        *,
        embedder: Embedder | None = None,
        reranker: Reranker | None = None,
    ) -> Self:
        """The index kept in that file, or one in memory. A stale or damaged file is made anew.

        `embedder`: it is searched by meaning, too, as far as `embed` has come. `reranker`: it puts
        the first hits in order. Raises IndexFolderError when no index can be kept there.
        """
        return cls(path, embedder, reranker)

    def close(self) -> None:
        """Waits for what is under way. Closing twice is allowed."""
        if self._is_open:
            self._is_open = False
            self._thread.submit(self._catalogue.close).result()
            self._thread.shutdown()

    async def refresh(
        self, roots: Sequence[Path], *, on_progress: Progress | None = None
    ) -> IndexReport:
        """Make the index hold exactly the documents under the roots, and those added by hand.

        A file of the same size and time is not read again. Each file is one transaction: who
        cancels or kills this loses at most one. Raises IndexFolderError for a root that does
        not exist, cannot be opened, or holds nothing readable.
        """
        found = await asyncio.to_thread(walk, roots)
        self._leave_out_itself(found)
        known = await self._run(IndexFolderError, self._catalogue.known_files)
        tally = Tally()
        for number, (location, file) in enumerate(found.files.items(), 1):
            if number % _TURN == 0:
                # Lets others run, and a cancellation in, between files that need no work.
                await asyncio.sleep(0)
            outcome = await self._examined(file, known.get(location))
            await self._keep(file, outcome)
            tally.count(location, known.get(location), outcome)
            if on_progress is not None:
                on_progress(number, len(found.files), location)
        gone = [location for location in known if location not in found.files]
        await self._run(IndexFolderError, self._catalogue.remove, gone)
        tally.removed += sum(known[location].refused is None for location in gone)
        return tally.report(found, await self.counts())

    async def embed(self, on_progress: Callable[[int, int], None] | None = None) -> None:
        """Make the vectors that passages lack, a batch at a time: who cancels this loses one.

        `on_progress` is told the number of passages done, and of all that lacked one. Raises
        SearchError when the embedder cannot.
        """
        if self._embedder is None or self._table is None:
            return
        total, done = await self._run(SearchError, self._table.lacking), 0
        while rows := await self._run(SearchError, self._table.missing, _BATCH):
            vectors = await self._embedder.embed([text for _, text in rows])
            await self._run(SearchError, self._table.put, [row for row, _ in rows], vectors)
            done += len(rows)
            if on_progress is not None:
                on_progress(done, max(done, total))

    async def search(
        self, query: str, *, limit: int = 10, within: Narrowing | None = None
    ) -> list[Hit]:
        """Passages with any of the query's words, or near its meaning, best first, each text once.

        Without an answer from the embedder, or the reranker, what the words say stands.
        """
        if match_expression(query) is None:
            return []
        vector = await self._vector(query)
        found = await self._run(SearchError, self._found, query, vector, max(limit, _READ), within)
        ranked = linked(found)
        if self._reranker is not None:
            with suppress(SearchError):
                ranked = await reranked(query, ranked, self._reranker)
        return [Hit(passage, score) for passage, score in ranked[:limit]]

    async def read(self, location: str) -> list[Passage]:
        """All passages of a document, by its location or by the end of its path if that is unique.

        Raises ReadError, which names documents that are called nearly so.
        """
        return await self._run(SearchError, self._catalogue.passages_of, location)

    async def add_passages(self, items: Iterable[tuple[str, str, str]]) -> None:
        """Add documents that are not files: (title, text, location), in one transaction."""
        entries = await asyncio.to_thread(lambda: [_given(*item) for item in items])
        await self._run(IndexFolderError, self._catalogue.put, entries)

    async def keep(self, passages: Sequence[Passage]) -> None:
        """Add a document that was read elsewhere, by all its passages."""
        entry = Entry(passages[0].source, passages)
        await self._run(IndexFolderError, self._catalogue.put, [entry])

    async def pages(self) -> dict[str, str]:
        """The documents that are not files: their digests by location."""
        return await self._run(IndexFolderError, self._catalogue.digests_of_others)

    async def forget(self, locations: Sequence[str]) -> None:
        """Take documents out."""
        await self._run(IndexFolderError, self._catalogue.remove, locations)

    async def counts(self) -> tuple[int, int]:
        """How many documents and passages there are."""
        return await self._run(IndexFolderError, self._catalogue.counts)

    def _opened(self) -> Catalogue:
        with self._explained(IndexFolderError):
            connection = open_database(self._path)
            if self._embedder is not None:
                self._table = VectorTable(connection, self._embedder.name)
            return Catalogue(connection)

    async def _vector(self, query: str) -> Sequence[float] | None:
        if self._embedder is not None:
            with suppress(SearchError):
                return (await self._embedder.embed([query]))[0]
        return None

    def _found(
        self, query: str, vector: Sequence[float] | None, limit: int, within: Narrowing | None
    ) -> list[tuple[Passage, float]]:
        """By words and by meaning."""
        finder = Finder(self._catalogue, self._table, within)
        return finder.passages(finder.fused(query, vector, limit), limit)

    async def _run(
        self, failure: type[Exception], work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run work on the catalogue in its thread; what SQLite reports becomes `failure`."""

        def explained() -> T:
            with self._explained(failure):
                return work(*args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._thread, explained)

    @contextmanager
    def _explained(self, failure: type[Exception]) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise failure(explain(error, self._path)) from error
        except OSError as error:
            raise failure(f"The document index {self._path} cannot be kept ({error}).") from error

    async def _examined(self, file: FoundFile, known: Known | None) -> Examined:
        outcome = seen_before(file, known)
        if outcome is None:
            return await asyncio.to_thread(examine, file, known)
        return outcome

    async def _keep(self, file: FoundFile, outcome: Examined) -> None:
        match outcome:
            case Fresh(entry):
                await self._run(IndexFolderError, self._catalogue.put, [entry])
            case Same(moved_on=True):
                await self._run(IndexFolderError, self._catalogue.touch, file)
            case Unavailable():
                await self._run(IndexFolderError, self._catalogue.remove, [file.location])
            case Same():
                pass
            case _:
                assert_never(outcome)

    def _leave_out_itself(self, found: Walk) -> None:
        """The index may lie in a folder that it indexes."""
        if self._path is not None:
            for ending in ("", "-wal", "-shm", "-journal"):
                found.leave_out(location_of(self._path) + ending)


def _given(title: str, text: str, location: str) -> Entry:
    text = normalise(text)
    source = Source(location, title, "text/plain", sha256(text.encode()).hexdigest())
    return Entry(source, split(Document(source, text)))
