"""The schema's history: up, down, the same as the tables. On PostgreSQL too, as in trace_store."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from postgres_server import WHY_NOT, postgres
from sqlalchemy import Connection, inspect, text

from storage import StorageError, TraceStore
from storage.database import Database
from storage.engines import database_url
from storage.migrating import known_versions, migrate
from storage.schema import HEAD, VERSION_TABLE, schema_version
from storage.tables import Base
from tests.transactions import writing


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """Empty."""
    named = tmp_path / "runs.db" if request.param == "sqlite" else postgres()
    if named is None:
        pytest.skip(WHY_NOT)
    opened = Database(database_url(named))
    await opened.prepare()
    yield opened
    async with writing(opened) as connection:
        if await connection.run_sync(schema_version) is not None:
            await connection.run_sync(migrate, "base")
        await connection.execute(text(f"DROP TABLE IF EXISTS {VERSION_TABLE}"))
    await opened.close()


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {VERSION_TABLE}


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return list(compare_metadata(context, Base.metadata))


async def test_up_gives_the_tables_and_down_takes_them_away(database: Database) -> None:
    async with writing(database) as connection:
        assert await connection.run_sync(schema_version) is None
        await connection.run_sync(migrate)
        assert await connection.run_sync(tables) == set(Base.metadata.tables)
        assert await connection.run_sync(schema_version) == HEAD
    async with writing(database) as connection:
        await connection.run_sync(migrate, "base")
        assert await connection.run_sync(tables) == set()
        assert await connection.run_sync(schema_version) is None


async def test_the_migrated_schema_is_that_of_the_tables(database: Database) -> None:
    async with writing(database) as connection:
        await connection.run_sync(migrate)
        assert await connection.run_sync(differences) == []
        names = await connection.run_sync(_constraint_names)
    assert names == {
        constraint.name
        for table in Base.metadata.tables.values()
        for constraint in (*table.foreign_key_constraints, table.primary_key)
    }


def _constraint_names(connection: Connection) -> set[str | None]:
    """Alembic compares no names, but a later migration needs them."""
    names: set[str | None] = set()
    for table in tables(connection):
        names.add(inspect(connection).get_pk_constraint(table)["name"])
        names.update(key["name"] for key in inspect(connection).get_foreign_keys(table))
    return names


def test_the_newest_migration_is_the_one_written_down() -> None:
    assert max(known_versions()) == HEAD


async def test_a_failed_migration_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE source (id)")
    with pytest.raises(StorageError, match=r"other\.db: table source already exists"):
        await TraceStore.open(path)
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("source",)]
    other.close()


async def test_a_current_database_is_opened_without_writing(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    await (await TraceStore.open(path)).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with await TraceStore.open(f"sqlite:///{path}?timeout=0") as store:
        assert await store.runs() == []
    other.close()


async def test_a_database_of_a_newer_breadth_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    await (await TraceStore.open(path)).close()
    other = sqlite3.connect(path)
    other.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    other.commit()
    other.close()
    with pytest.raises(StorageError, match=r"runs\.db: a newer Breadth has written it"):
        await TraceStore.open(path)


async def test_several_may_create_one_database_at_once(database: Database, tmp_path: Path) -> None:
    url = postgres() if database.name != str(tmp_path / "runs.db") else database.name
    stores = await asyncio.gather(*(TraceStore.open(url) for _ in range(4)))
    assert [await store.runs() for store in stores] == [[]] * 4
    for store in stores:
        await store.close()
