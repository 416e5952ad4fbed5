"""What an older Breadth wrote survives every step up and down, and can be read and gone on with."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection
from test_migrations import tables

from planner import Done, RunEnded, RunStarted
from storage import Asked, Asker, TraceStore
from storage.database import Database
from storage.engines import database_url
from storage.migrating import known_versions, migrate
from storage.schema import HEAD, schema_version
from tests.transactions import reading, writing

VERSIONS = sorted(known_versions())
RUN, FORK = "0kf1aaaaaaaaaaaa", "0kf2aaaaaaaaaaaa"
AT = "2026-01-02 03:04:05.000000"
"""In SQL: PostgreSQL is told that it is UTC."""
ANSWER = (
    '{"value": "Nolan", "sentences": [{"text": "Nolan.", "cites": [1], "verdict": "supported"}],'
    ' "citations": [{"passage": "p", "source": {"location": "/films/up.md", "title": "Up",'
    ' "media_type": "text/markdown", "digest": "d"}, "start": 0, "end": 6, "text": "Nolan."}]}'
)
FIRST_ROWS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("run", {"id": RUN, "question": "Who?", "status": "completed", "options": "{}",
             "created_at": AT, "started_at": AT, "ended_at": AT, "seconds": 1.5, "last_event": 5,
             "owner_host": "h", "owner_pid": 2**40}),
    ("run", {"id": FORK, "question": "Who?", "status": "queued", "options": '{"a": [1, "é"]}',
             "created_at": AT, "seconds": 0.0, "last_event": 0, "parent": RUN}),
    ("event", {"run": RUN, "seq": 1, "at": AT, "kind": "run_started", "payload": "{}"}),
    ("event", {"run": RUN, "seq": 2, "at": AT, "kind": "model_called", "payload": "{}"}),
    ("event", {"run": RUN, "seq": 3, "at": AT, "kind": "step_started",
               "payload": '{"id": "a", "attempt": 1}'}),
    ("event", {"run": RUN, "seq": 4, "at": AT, "kind": "step_ended",
               "payload": '{"id": "a", "outcome": "done"}'}),
    ("event", {"run": RUN, "seq": 5, "at": AT, "kind": "run_ended",
               "payload": '{"status": "completed"}'}),
    ("step", {"run": RUN, "id": "a", "position": 1, "round": 1, "by": "planner", "tool": "lookup",
              "arguments": '{"question": "Who?"}', "needs": "[]", "optional": False}),
    ("call", {"run": RUN, "id": "a", "step": "a", "arguments": '{"question": "Who?"}',
              "attempt": 1, "started_at": AT, "ended_at": AT, "outcome": "done",
              "value": '"Nolan"', "reused": False}),
    ("source", {"run": RUN, "id": "s", "location": "/films/up.md", "title": "Up",
                "media_type": "text/markdown", "digest": "d"}),
    ("passage", {"run": RUN, "id": "p", "source": "s", "start": 0, "end": 6, "text": "Nolan."}),
    ("evidence", {"run": RUN, "call": "a", "kind": "proof", "rank": 0, "passage": "p"}),
    ("model_call", {"run": RUN, "seq": 2, "model": "base", "purpose": "read",
                    "request": '{"messages": []}', "samples": "[]", "prompt_tokens": 7,
                    "completion_tokens": 2, "cached_tokens": 0, "seconds": 0.5, "at": AT}),
)  # fmt: skip
"""A run and one that replays it, as 0001 had them."""


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """With the first schema, and rows of it."""
    opened = Database(database_url(url))
    await opened.prepare()
    async with writing(opened) as connection:
        await connection.run_sync(migrate, "0001")
        for table, row in FIRST_ROWS:
            await put(connection, table, row)
        answered = f"UPDATE run SET answer = '{ANSWER}' WHERE id = '{RUN}'"
        await connection.exec_driver_sql(answered)
    yield opened
    await opened.close()


async def put(connection: AsyncConnection, table: str, row: Mapping[str, Any]) -> None:
    """By SQL, without the tables of today."""
    names = ", ".join(f'"{name}"' for name in row)
    values = ", ".join(written(value, connection.dialect.name) for value in row.values())
    await connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({values})")


def written(value: Any, dialect: str) -> str:
    if value == AT and dialect == "postgresql":
        return f"'{AT}+00'"
    return f"'{value}'" if isinstance(value, str) else str(value)


Rows = dict[str, list[dict[str, Any]]]


def rows(connection: Connection) -> Rows:
    """Of all tables."""
    return {
        table: [dict(row._mapping) for row in connection.execute(text(f"SELECT * FROM {table}"))]
        for table in tables(connection)
    }


def shape(connection: Connection) -> dict[str, Any]:
    """Columns, indexes and keys of all tables."""
    seen = inspect(connection)
    return {
        table: (
            sorted((c["name"], str(c["type"]), c["nullable"]) for c in seen.get_columns(table)),
            sorted((i["name"] or "", i["column_names"]) for i in seen.get_indexes(table)),
            sorted(str(key["name"]) for key in seen.get_foreign_keys(table)),
            sorted(str(one["name"]) for one in seen.get_unique_constraints(table)),
        )
        for table in tables(connection)
    }


def common(rows: Rows, other: Rows) -> dict[str, list[str]]:
    """The rows, without the tables and columns that the others lack, in some fixed order."""
    return {
        table: sorted(
            str({name: value for name, value in sorted(row.items()) if name in other[table][0]})
            for row in found
        )
        for table, found in rows.items()
        if other.get(table)
    }


async def test_rows_of_the_first_schema_survive_every_step_up_and_down(
    database: Database,
) -> None:
    shapes: dict[str, Any] = {}
    async with reading(database) as connection:
        first = await connection.run_sync(rows)
        shapes["0001"] = await connection.run_sync(shape)
    assert {table for table, _ in FIRST_ROWS} == first.keys()
    for version in (*VERSIONS[1:], *VERSIONS[-2::-1]):
        async with writing(database) as connection:
            await connection.run_sync(migrate, version)
        async with reading(database) as connection:
            assert await connection.run_sync(schema_version) == version
            now = await connection.run_sync(rows)
            here = await connection.run_sync(shape)
        assert shapes.setdefault(version, here) == here, version
        assert common(first, now) == common(now, first), version
        assert common(first, now).keys() == first.keys(), version
    assert now == first


@pytest.mark.parametrize("version", VERSIONS[:-1])
async def test_an_older_database_opens_and_its_runs_are_read_and_gone_on_with(
    database: Database, url: str, version: str
) -> None:
    async with writing(database) as connection:
        await connection.run_sync(migrate, version)
    async with await TraceStore.open(url) as store:
        record = await store.run(RUN, "")
        assert (record.question, record.status, record.seconds) == ("Who?", "completed", 1.5)
        assert record.created_at.isoformat() == "2026-01-02T03:04:05+00:00"
        assert record.answer is not None
        assert record.answer.value == "Nolan"
        assert [one.id for one in await store.runs()] == [FORK, RUN]
        assert (await store.run(FORK)).parent == RUN
        document = await store.document(RUN)
        [call] = document["model_calls"]
        names = ("prompt_tokens", "drafted_tokens", "accepted_tokens", "queued_seconds", "cost")
        assert [call[name] for name in names] == [7, 0, 0, 0.0, None]
        assert [each["kind"] for each in document["events"]][-1] == "run_ended"
        [outcome] = (await store.history(RUN)).outcomes.values()
        assert isinstance(outcome, Done)
        assert (outcome.value, outcome.evidence[0].text) == ("Nolan", "Nolan.")
        await store.trace(FORK).record(RunStarted("Who?"))
        await store.trace(FORK).record(RunEnded("cancelled"))
        made, _ = await store.responses.create(Asked("response", "When?", {}, {}), Asker("ann"))
        assert (await store.run(made.run, "ann")).question == "When?"


async def test_a_run_of_the_service_goes_down_with_its_trace_and_up_again(url: str) -> None:
    async with await TraceStore.open(url) as store:
        made, _ = await store.responses.create(Asked("response", "Who?", {}, {}), Asker("ann"))
        await store.trace(made.run).record(RunStarted("Who?"))
    database = Database(database_url(url))
    async with writing(database) as connection:
        await connection.run_sync(migrate, "0006")
    await database.close()
    async with await TraceStore.open(url) as store:
        assert (await store.run(made.run)).last_event == 1
        assert await store.responses.of_run(made.run) is None
        async with reading(store) as connection:
            assert await connection.run_sync(schema_version) == HEAD
