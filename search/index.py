"""The user's documents, searched by words: BM25 by SQLite's FTS5.

Porter stemming, titles weighing three times. It is incremental, survives a kill, and is in the
standard library; benchmarks/questions.py prints how much it finds.

SQLite is spoken to in one thread, and files are read in others, so the event loop stays free.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import ParamSpec, Self, TypeVar, assert_never

from search.catalogue import Catalogue, Entry, Known
from search.charset import normalise
from search.errors import IndexFolderError, SearchError
from search.passages import Hit, Passage, Source
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
from search.walking import FoundFile, Walk, walk

__all__ = ["DocumentIndex", "IndexReport"]

P = ParamSpec("P")
T = TypeVar("T")

Progress = Callable[[int, int, str], None]
"""Told the number of files done, of files in all, and the path just done."""


class DocumentIndex:
    """A SearchEngine and Reader over files that it keeps up with. Close it when done."""

    name: str = "documents"

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="document-index")
        self._is_open = True
        try:
            self._catalogue = self._thread.submit(self._opened).result()
        except IndexFolderError:
            self._thread.shutdown()
            raise

    @classmethod
    def open(cls, path: Path | None) -> Self:
        """The index kept in that file, or one in memory. A stale or damaged file is made anew.

        Raises IndexFolderError when no index can be kept there.
        """
        return cls(path)

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
            outcome = await self._examined(file, known.get(location))
            await self._keep(file, outcome)
            tally.count(location, known.get(location), outcome)
            if on_progress is not None:
                on_progress(number, len(found.files), location)
        gone = [location for location in known if location not in found.files]
        await self._run(IndexFolderError, self._catalogue.remove, gone)
        tally.removed += sum(known[location].refused is None for location in gone)
        return tally.report(found, await self._run(IndexFolderError, self._catalogue.counts))

    async def search(self, query: str, *, limit: int = 10) -> list[Hit]:
        """Passages with any of the query's words, best first, each text once."""
        expression = match_expression(query)
        if expression is None:
            return []
        return await self._run(SearchError, self._catalogue.find, expression, limit)

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

    def _opened(self) -> Catalogue:
        with self._explained(IndexFolderError):
            return Catalogue(open_database(self._path))

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
        # Lets others run, and a cancellation in, between files that need no work.
        await asyncio.sleep(0)
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
