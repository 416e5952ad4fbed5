"""A service with its queue, worker and a model on loopback, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from postgres_server import WHY_NOT, postgres
from sqlalchemy import text

from service.settings import Settings
from storage.database import Database
from storage.engines import database_url
from storage.migrating import migrate
from storage.schema import VERSION_TABLE
from tests.transactions import writing

if TYPE_CHECKING:
    from conftest import ChatServer


@pytest.fixture(params=["sqlite", "postgresql"])
async def settings(
    request: pytest.FixtureRequest, tmp_path: Path, chat_server: "ChatServer"
) -> AsyncIterator[Settings]:
    """Of a service that nobody has used yet."""
    named = str(tmp_path / "runs.db") if request.param == "sqlite" else postgres()
    if named is None:
        pytest.skip(WHY_NOT)
    yield Settings(
        model="openai:test",
        base_url=chat_server.url,
        database=named,
        index="file",
        cache=tmp_path / "cache",
        data=tmp_path,
    )
    if request.param == "postgresql":
        await emptied(named)


async def emptied(url: str) -> None:
    """The traces and the queue are gone."""
    database = Database(database_url(url))
    async with writing(database) as connection:
        await connection.run_sync(migrate, "base")
        await connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
        await connection.execute(text("DROP SCHEMA IF EXISTS dbos CASCADE"))
    await database.close()
