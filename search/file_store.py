"""A Store in one SQLite file, or in memory, that is spoken to in a thread of its own."""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

from search.catalogue import Catalogue
from search.columns import NARROWED
from search.errors import IndexFolderError, SearchError
from search.narrowing import Narrowing
from search.passages import Passage
from search.reading import location_of
from search.schema import explain, open_database
from search.store import Entry, Known
from search.terms import match_expression
from search.vectors import VectorTable
from search.walking import FoundFile

P = ParamSpec("P")
T = TypeVar("T")


class FileStore:
    """See `Store`. Close it when done."""

    is_shared: bool = False

    def __init__(self, path: Path | None, embedder: str | None = None) -> None:
        """A stale or damaged file is made anew; None is memory. `embedder`: whose vectors.

        Raises IndexFolderError when nothing can be kept there.
        """
        self.own_files: Collection[str] = ()
        if path is not None:
            endings = ("", "-wal", "-shm", "-journal")
            self.own_files = [location_of(path) + ending for ending in endings]
        self._path = path
        self._embedder = embedder
        self._table: VectorTable | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="document-index")
        self._is_open = True
        try:
            self._catalogue = self._thread.submit(self._opened).result()
        except IndexFolderError:
            self._thread.shutdown()
            raise

    def close(self) -> None:
        """Waits for what is under way. Closing twice is allowed."""
        if self._is_open:
            self._is_open = False
            self._thread.submit(self._catalogue.close).result()
            self._thread.shutdown()

    async def known_files(self) -> dict[str, Known]:
        """See `Store.known_files`."""
        return await self._run(IndexFolderError, self._catalogue.known_files)

    async def known(self, location: str) -> Known | None:
        """See `Store.known`."""
        return await self._run(IndexFolderError, self._catalogue.known, location)

    async def digests_of_others(self) -> dict[str, str]:
        """See `Store.digests_of_others`."""
        return await self._run(IndexFolderError, self._catalogue.digests_of_others)

    async def put(self, entries: Iterable[Entry]) -> None:
        """See `Store.put`."""
        await self._run(IndexFolderError, self._catalogue.put, entries)

    async def touch(self, file: FoundFile) -> None:
        """See `Store.touch`."""
        await self._run(IndexFolderError, self._catalogue.touch, file)

    async def remove(self, locations: Sequence[str]) -> None:
        """See `Store.remove`."""
        await self._run(IndexFolderError, self._catalogue.remove, locations)

    async def counts(self) -> tuple[int, int]:
        """See `Store.counts`."""
        return await self._run(IndexFolderError, self._catalogue.counts)

    async def passages_of(self, location: str) -> list[Passage]:
        """See `Store.passages_of`."""
        return await self._run(SearchError, self._catalogue.passages_of, location)

    async def by_words(
        self, query: str, limit: int, within: Narrowing | None = None
    ) -> Mapping[int, float]:
        """See `Store.by_words`."""
        expression = match_expression(query)
        if expression is None:
            return {}
        hits = await self._run(SearchError, self._catalogue.find, expression, limit, within)
        return {row: hit.score for row, hit in hits.items()}

    async def by_meaning(
        self,
        vector: Sequence[float],
        also: Sequence[int],
        limit: int,
        within: Narrowing | None = None,
    ) -> Mapping[int, float]:
        """See `Store.by_meaning`."""
        return await self._run(SearchError, self._near, vector, also, limit, within)

    async def passages(self, rows: Sequence[int]) -> Mapping[int, Passage]:
        """See `Store.passages`."""
        return await self._run(SearchError, self._catalogue.passages, rows)

    async def lacking(self) -> int:
        """See `Store.lacking`."""
        table = self._table
        return 0 if table is None else await self._run(SearchError, table.lacking)

    async def missing(self, limit: int) -> list[tuple[int, str]]:
        """See `Store.missing`."""
        table = self._table
        return [] if table is None else await self._run(SearchError, table.missing, limit)

    async def put_vectors(
        self, passages: Sequence[int], vectors: Sequence[Sequence[float]]
    ) -> None:
        """See `Store.put_vectors`."""
        if self._table is not None:
            await self._run(SearchError, self._table.put, passages, vectors)

    def _opened(self) -> Catalogue:
        with self._explained(IndexFolderError):
            connection = open_database(self._path)
            if self._embedder is not None:
                self._table = VectorTable(connection, self._embedder)
            return Catalogue(connection)

    def _near(
        self, vector: Sequence[float], also: Sequence[int], limit: int, within: Narrowing | None
    ) -> dict[int, float]:
        if self._table is None:
            return {}
        near = self._table.near(vector)
        if within is None:
            return near.nearest(limit) | near.of(also)
        nearest = near.nearest(NARROWED)
        inside = self._catalogue.inside(nearest, within)
        kept = [row for row in nearest if row in inside][:limit]
        return {row: nearest[row] for row in kept} | near.of(also)

    async def _run(
        self, failure: type[Exception], work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run work in the thread; what SQLite reports becomes `failure`."""

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
