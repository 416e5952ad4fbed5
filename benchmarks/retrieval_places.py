"""Where an index is kept while it is measured: in a file, or in PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import create_async_engine

from search import DocumentIndex, Embedder, shared_index
from search.shared.schema import schema_of
from storage.engines import database_url

SHARED, PLAIN = "shared_", "plain_"
"""With pgvector, and without."""


class Place(Protocol):
    """Of one index."""

    def opened(self, embedder: Embedder | None) -> AbstractAsyncContextManager[DocumentIndex]:
        """As often as is wished."""
        ...

    async def size(self) -> int:
        """In bytes."""
        ...


Kept = Callable[[Path, str], AbstractAsyncContextManager[Place]]
"""Given a folder and a name, a place that is gone behind it."""


def places_of(database: str | None) -> dict[str, Kept]:
    """By what stands before the names of figures."""
    places: dict[str, Kept] = {"": in_file}
    if database is not None:
        places[SHARED] = partial(in_database, database_url(database), True)
        places[PLAIN] = partial(in_database, database_url(database), False)
    return places


@dataclass(frozen=True)
class _File:
    path: Path

    @asynccontextmanager
    async def opened(self, embedder: Embedder | None) -> AsyncIterator[DocumentIndex]:
        index = DocumentIndex.open(self.path, embedder=embedder)
        yield index
        index.close()

    async def size(self) -> int:
        """The log of what is not in it yet included."""
        files = (self.path.with_name(self.path.name + ending) for ending in ("", "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())


@dataclass(frozen=True)
class _Schema:
    url: URL
    name: str
    pgvector: bool

    def opened(self, embedder: Embedder | None) -> AbstractAsyncContextManager[DocumentIndex]:
        return shared_index(self.url, self.name, embedder=embedder, pgvector=self.pgvector)

    async def size(self) -> int:
        """Its tables with their indexes."""
        query = (
            "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            f" WHERE c.relkind = 'r' AND n.nspname = '{schema_of(self.name)}'"
        )
        return int((await self._asked(query))[0])

    async def drop(self) -> None:
        await self._asked(f"DROP SCHEMA IF EXISTS {schema_of(self.name)} CASCADE")

    async def _asked(self, query: str) -> list[int]:
        engine = create_async_engine(self.url)
        async with engine.begin() as connection:
            result = await connection.exec_driver_sql(query)
            rows = [int(row[0]) for row in result] if result.returns_rows else []
        await engine.dispose()
        return rows


@asynccontextmanager
async def in_file(folder: Path, name: str) -> AsyncIterator[Place]:
    """It goes with the folder."""
    yield _File(folder / f"{name}.db")


@asynccontextmanager
async def in_database(url: URL, pgvector: bool, _: Path, name: str) -> AsyncIterator[Place]:
    """It is taken away."""
    place = _Schema(url, f"benchmark_{name}", pgvector)
    await place.drop()
    yield place
    await place.drop()
