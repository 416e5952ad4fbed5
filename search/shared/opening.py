"""Opening an index in PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from search.errors import IndexFolderError
from search.index import DocumentIndex
from search.passages import Embedder, Reranker
from search.shared.place import Place, explained
from search.shared.schema import make_pgvector, pgvector_schema, require_schema, schema_of
from search.shared.store import SharedStore
from search.shared.vectors import SharedVectors

_CONNECTIONS = 4
_LIMITS = {"timeout": 10.0, "command_timeout": 600.0}
"""Seconds for a connection and for a statement, which may wait for other writers."""
WITHOUT = (
    "the database of the document index has no pgvector, and none can be created: vectors are"
    " compared in the memory of this process"
)


@asynccontextmanager
async def shared_index(
    url: URL,
    name: str,
    *,
    about: str = "",
    embedder: Embedder | None = None,
    reranker: Reranker | None = None,
    notice: Callable[[str], None] = lambda _: None,
    pgvector: bool = True,
) -> AsyncIterator[DocumentIndex]:
    """The index of that name (a-z, 0-9 and _), made where it is missing.

    `url`: of asyncpg. `about`: kept beside the name, for people. `notice` is told what is done
    without. `pgvector`: used where it can be had. See `DocumentIndex.open`.

    Raises IndexFolderError when no index can be kept there.
    """
    engine = _engine(url)
    place = Place(engine, schema_of(name))
    try:
        with explained(IndexFolderError, url):
            async with engine.begin() as connection:
                await require_schema(connection, place.schema, about)
            wanted = pgvector and embedder is not None
            has_pgvector = wanted and await _has_pgvector(engine, place)
        vectors = None
        if embedder is not None:
            vectors = SharedVectors(embedder.name, has_pgvector=has_pgvector)
            if not has_pgvector:
                notice(WITHOUT)
        yield DocumentIndex(SharedStore(place, vectors), embedder, reranker)
    finally:
        await engine.dispose()


def _engine(url: URL) -> AsyncEngine:
    try:
        # Connections that died while they were idle are replaced.
        return create_async_engine(
            url, pool_size=_CONNECTIONS, pool_pre_ping=True, connect_args=_LIMITS
        )
    except ModuleNotFoundError as error:
        raise IndexFolderError(
            f"An index in PostgreSQL needs the package {error.name}: run pip install"
            " 'breadth[postgres]' (from a checkout: pip install '.[postgres]')"
        ) from error


async def _has_pgvector(engine: AsyncEngine, place: Place) -> bool:
    """Create the extension if need be and if it may be."""
    async with engine.connect() as connection:
        found = await pgvector_schema(connection)
    if found is None:
        with suppress(SQLAlchemyError):
            async with engine.begin() as connection:
                await make_pgvector(connection)
                found = await pgvector_schema(connection)
    if found is not None:
        place.look_into(found)
    return found is not None
