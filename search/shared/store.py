"""A Store in PostgreSQL, for workers on any number of machines."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from search.columns import PASSAGE, passage_of
from search.errors import IndexFolderError, ReadError, SearchError
from search.naming import suffix_of, the_one
from search.narrowing import Narrowing
from search.passages import Passage
from search.shared.place import Place
from search.shared.rows import REMOVE, add_documents, key_of
from search.shared.vectors import SharedVectors
from search.shared.words import by_words
from search.store import Entry, Known, day_written
from search.walking import FoundFile

_AT_ONCE = 500
"""Documents a statement."""
_OF_DOCUMENT = f"""
SELECT {PASSAGE} FROM documents d JOIN passages p ON p.document = d.id
WHERE d.key = :key ORDER BY p.start"""  # noqa: S608
_OF_ROWS = f"""
SELECT p.id, {PASSAGE} FROM passages p JOIN documents d ON d.id = p.document
WHERE p.id = ANY(CAST(:rows AS bigint[]))"""  # noqa: S608
_ENDING = r"""
SELECT location FROM documents WHERE refused IS NULL
AND right(replace(location, '\', '/'), length(:suffix)) = :suffix"""
_TOUCH = """
UPDATE documents SET size = :size, mtime_ns = :mtime_ns,
day = CASE published WHEN '' THEN :day ELSE day END WHERE key = :key"""
_COUNTS = """
SELECT (SELECT count(*) FROM documents WHERE refused IS NULL), passages FROM state"""


class SharedStore:
    """See `Store`. It holds a pool of connections, which `shared_index` closes."""

    is_shared: bool = True

    def __init__(self, place: Place, vectors: SharedVectors | None) -> None:
        """`vectors`: None: found by words alone."""
        self.own_files: Collection[str] = ()
        self._place = place
        self._vectors = vectors

    async def known_files(self) -> dict[str, Known]:
        """See `Store.known_files`."""
        query = "SELECT location, size, mtime_ns, digest, refused FROM documents WHERE is_file"
        async with self._place.reading(IndexFolderError) as connection:
            rows = await connection.exec_driver_sql(query)
            return {location: _known(rest) for location, *rest in map(tuple, rows)}

    async def known(self, location: str) -> Known | None:
        """See `Store.known`."""
        query = "SELECT size, mtime_ns, digest, refused FROM documents WHERE key = :key AND is_file"
        async with self._place.reading(IndexFolderError) as connection:
            row = (await connection.execute(text(query), {"key": key_of(location)})).first()
            return _known(tuple(row)) if row is not None else None

    async def digests_of_others(self) -> dict[str, str]:
        """See `Store.digests_of_others`."""
        query = "SELECT location, digest FROM documents WHERE NOT is_file"
        async with self._place.reading(IndexFolderError) as connection:
            rows = await connection.exec_driver_sql(query)
            return {str(location): str(digest) for location, digest in map(tuple, rows)}

    async def put(self, entries: Iterable[Entry]) -> None:
        """See `Store.put`. What is there already, by another worker, stays, with its vectors."""
        by_location = list({entry.source.location: entry for entry in entries}.values())
        async with self._place.writing(IndexFolderError) as connection:
            for start in range(0, len(by_location), _AT_ONCE):
                await add_documents(connection, by_location[start : start + _AT_ONCE])

    async def touch(self, file: FoundFile) -> None:
        """See `Store.touch`."""
        values = {
            "size": file.size,
            "mtime_ns": file.mtime_ns,
            "day": day_written(file.mtime_ns),
            "key": key_of(file.location),
        }
        async with self._place.writing(IndexFolderError) as connection:
            await connection.execute(text(_TOUCH), values)

    async def remove(self, locations: Sequence[str]) -> None:
        """See `Store.remove`."""
        if locations:
            keys = [key_of(location) for location in locations]
            async with self._place.writing(IndexFolderError) as connection:
                await connection.execute(text(REMOVE), {"keys": keys})

    async def counts(self) -> tuple[int, int]:
        """See `Store.counts`."""
        async with self._place.reading(IndexFolderError) as connection:
            documents, passages = map(int, (await connection.exec_driver_sql(_COUNTS)).one())
            return documents, passages

    async def passages_of(self, location: str) -> list[Passage]:
        """See `Store.passages_of`."""
        async with self._place.reading(SearchError) as connection:
            key = key_of(await _resolved(connection, location))
            rows = await connection.execute(text(_OF_DOCUMENT), {"key": key})
            return [passage_of(row) for row in rows]

    async def by_words(
        self, query: str, limit: int, within: Narrowing | None = None
    ) -> Mapping[int, float]:
        """See `Store.by_words`."""
        async with self._place.reading(SearchError) as connection:
            return await by_words(connection, query, limit, within)

    async def by_meaning(
        self,
        vector: Sequence[float],
        also: Sequence[int],
        limit: int,
        within: Narrowing | None = None,
    ) -> Mapping[int, float]:
        """See `Store.by_meaning`."""
        if self._vectors is None:
            return {}
        async with self._place.reading(SearchError) as connection:
            return await self._vectors.near(connection, vector, also, limit, within)

    async def passages(self, rows: Sequence[int]) -> Mapping[int, Passage]:
        """See `Store.passages`."""
        async with self._place.reading(SearchError) as connection:
            found = await connection.execute(text(_OF_ROWS), {"rows": list(rows)})
            by_row = {int(row[0]): passage_of(row[1:]) for row in found}
        return {row: by_row[row] for row in rows if row in by_row}

    async def lacking(self) -> int:
        """See `Store.lacking`."""
        if self._vectors is None:
            return 0
        async with self._place.reading(SearchError) as connection:
            return await self._vectors.lacking(connection)

    async def missing(self, limit: int) -> list[tuple[int, str]]:
        """See `Store.missing`. Any of them, so that workers share the work."""
        if self._vectors is None:
            return []
        async with self._place.reading(SearchError) as connection:
            return await self._vectors.missing(connection, limit)

    async def put_vectors(
        self, passages: Sequence[int], vectors: Sequence[Sequence[float]]
    ) -> None:
        """See `Store.put_vectors`."""
        if self._vectors is not None:
            async with self._place.writing(SearchError) as connection:
                await self._vectors.put(connection, passages, vectors)


async def _resolved(connection: AsyncConnection, location: str) -> str:
    query = "SELECT refused FROM documents WHERE key = :key"
    row = (await connection.execute(text(query), {"key": key_of(location)})).first()
    if row is not None and row[0] is not None:
        raise ReadError(f"{location} {row[0]}")
    if row is not None:
        return location
    found = await connection.execute(text(_ENDING), {"suffix": suffix_of(location)})
    matches, known = [str(name) for (name,) in found], []
    if not matches:
        query = "SELECT location FROM documents WHERE refused IS NULL"
        known = [str(name) for (name,) in await connection.exec_driver_sql(query)]
    return the_one(location, matches, lambda: known)


def _known(row: Sequence[Any]) -> Known:
    size, mtime_ns, digest, refused = row
    return Known(size, mtime_ns, digest, refused)
