"""Where an index is kept: in memory or a file, and in PostgreSQL, with pgvector if it has it, and
without.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from postgres_server import WHY_NOT, postgres
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from search import DocumentIndex, Embedder, Reranker, shared_index
from search.shared.schema import schema_of


def postgres_url() -> URL:
    """Skips where there is none."""
    named = postgres()
    if named is None:
        pytest.skip(WHY_NOT)
    return make_url(named).set(drivername="postgresql+asyncpg")


class Shelf:
    """One index, to be opened as often as is wished; all are closed when the test is over."""

    def __init__(self, kind: str, path: Path, stack: AsyncExitStack) -> None:
        self.kind = kind
        self.name = f"test_{uuid4().hex[:20]}"
        self.path = path
        self.notices: list[str] = []
        self._stack = stack

    async def open(
        self, embedder: Embedder | None = None, reranker: Reranker | None = None
    ) -> DocumentIndex:
        if self.kind == "file":
            index = DocumentIndex.open(self.path, embedder=embedder, reranker=reranker)
            self._stack.callback(index.close)
            return index
        opened = shared_index(
            postgres_url(),
            self.name,
            embedder=embedder,
            reranker=reranker,
            notice=self.notices.append,
            pgvector=self.kind == "shared",
        )
        return await self._stack.enter_async_context(opened)


async def shelf_of(kind: str, path: Path) -> AsyncIterator[Shelf]:
    """Empty at first, and gone afterwards."""
    if kind != "file":
        postgres_url()
    async with AsyncExitStack() as stack:
        made = Shelf(kind, path, stack)
        yield made
    if kind != "file":
        await run_sql(f"DROP SCHEMA IF EXISTS {schema_of(made.name)} CASCADE")


async def run_sql(*statements: str) -> list[tuple[object, ...]]:
    """By a connection of its own; the rows of the last one."""
    engine = create_async_engine(postgres_url())
    async with engine.begin() as connection:
        for statement in statements:
            result = await connection.exec_driver_sql(statement)
        rows = [tuple(row) for row in result] if result.returns_rows else []
    await engine.dispose()
    return rows


@pytest.fixture(params=["file", "shared", "shared, without pgvector"])
async def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shelf]:
    """Everywhere where an index can be kept."""
    async for made in shelf_of(request.param, tmp_path / "kept" / "index.db"):
        yield made


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[Shelf]:
    """In PostgreSQL."""
    async for made in shelf_of("shared", tmp_path):
        yield made
