"""No query that pages and the service make reads a large table whole: as the databases plan them
with 20,000 runs."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection
from trace_store import START, Clock

from storage import Asked, Asker, KeyLimits, TraceStore
from storage.engines import is_sqlite
from storage.run_ids import new_run_id
from storage.service_tables import DeliveryRow, ResponseRow
from storage.tables import EvaluationRunRow, EventRow, ModelCallRow, RunRow
from tests.transactions import engines_of, writing

RUNS = 20_000
LARGE = ("run", "event", "model_call", "response", "delivery")
Rows = list[dict[str, Any]]
Statement = tuple[str, Any]


def generated(key: str, webhook: str) -> dict[type[Any], Rows]:
    """A run each minute, of fifty users; the newest have not ended."""
    chance = random.Random(0)
    ids = [new_run_id(START + timedelta(minutes=n)) for n in range(RUNS)]
    made: dict[type[Any], Rows] = {t: [] for t in (RunRow, EventRow, ModelCallRow, ResponseRow)}
    made[DeliveryRow] = []
    for n, run in enumerate(ids):
        at, user = START + timedelta(minutes=n), f"user{chance.randrange(50)}"
        status = "completed" if n < RUNS - 40 else ("running" if n % 2 else "queued")
        made[RunRow].append(
            {
                "id": run, "question": "Who?", "status": status, "options": {}, "created_at": at,
                "seconds": 1.0, "last_event": 2, "user": user, "priority": 1,
                "key": key if n % 50 == 0 else "other", "worker": "w1", "ticked_at": at,
            }
        )  # fmt: skip
        made[EventRow] += [
            {"run": run, "seq": seq, "at": at, "kind": "model_called", "payload": {}}
            for seq in (1, 2)
        ]
        made[ModelCallRow].append(
            {
                "run": run, "seq": 1, "model": "m", "purpose": "read", "samples": [],
                "request": {"messages": ["x" * 800]}, "prompt_tokens": 1, "completion_tokens": 1,
                "cached_tokens": 0, "seconds": 0.1, "at": at,
            }
        )  # fmt: skip
        made[ResponseRow].append(
            {
                "id": f"resp_{run}", "run": run, "user": user, "kind": "response", "request": {},
                "idempotency": None, "created_at": at,
            }
        )  # fmt: skip
        made[DeliveryRow].append(
            {
                "id": f"evt_{n}", "webhook": webhook, "run": run, "event": 2, "kind": "k",
                "body": "x" * 200, "created_at": at, "delivered_at": at if n < RUNS - 9 else None,
                "next_at": None if n < RUNS - 9 else at,
            }
        )  # fmt: skip
    return made


async def filled(store: TraceStore, clock: Clock) -> tuple[str, str]:
    """Gives the id of a run in the middle, of user1, and one of a key that has many."""
    key, _ = await store.keys.create("k", "user1", KeyLimits(1000, 1000, 10**9, 1e9))
    webhook, _ = await store.webhooks.create("https://example.org/", "user1")
    evaluation = await store.evaluations.begin("key", {})
    made = generated(key.id, webhook.id)
    async with writing(store) as connection:
        for table, rows in made.items():
            await connection.execute(insert(table), rows)
        asked = {"evaluation": evaluation.id, "system": "s", "question": "q"}
        runs = [asked | {"run": row["id"]} for row in made[RunRow][1000:1200]]
        await connection.execute(insert(EvaluationRunRow), runs)
    if not is_sqlite(store._database._url):  # whose daemon does so by itself
        await vacuumed(store)
    clock.forward(RUNS * 60)
    middle = made[RunRow][RUNS // 2 :]
    return next(row["id"] for row in middle if row["user"] == "user1"), key.id


async def vacuumed(store: TraceStore) -> None:
    """As the daemon leaves the tables in time. One vacuum is not enough where a transaction that is
    older than the rows is open, be it the daemon's own."""
    hidden = text("SELECT count(*) FROM pg_class WHERE relname = ANY(:large)"
                  " AND relallvisible < relpages")  # fmt: skip
    for _ in range(120):
        await store.vacuum()
        async with writing(store) as connection:
            await connection.execute(text("ANALYZE"))
            if not (await connection.execute(hidden, {"large": list(LARGE)})).scalar_one():
                return
        await asyncio.sleep(0.5)
    raise TimeoutError("an open transaction keeps rows from being vacuumed")


@contextmanager
def statements(store: TraceStore) -> Iterator[list[Statement]]:
    """What is asked of the database meanwhile."""
    asked: list[Statement] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *rest: Any) -> None:
        asked.append((statement, parameters))

    engines = engines_of(store)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield asked
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


async def scanned(connection: AsyncConnection, statement: str, parameters: Any) -> set[str]:
    """The large tables that are read whole."""
    if not statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
        return set()
    if connection.dialect.name == "sqlite":
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps = [row.detail for row in rows]
        small = "SCAN delivery USING COVERING INDEX"  # counting reads all of it
        scans = [step for step in steps if step.startswith("SCAN") and small not in step]
        if "ORDER BY run.created_at DESC" in statement and "WHERE NOT (EXISTS" in statement:
            scans = [step for step in scans if "ix_run_created_at_id" not in step]
        return {t for t in LARGE if any(f"SCAN {t}" in step for step in scans)}
    rows = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
    lines = [row[0] for row in rows]
    return {t for t in LARGE if any(f"Seq Scan on {t} " in line for line in lines)}


def operations(store: TraceStore, run: str, key: str) -> dict[str, Callable[[], Awaitable[object]]]:
    """By name."""
    user, asker = "user1", Asker("user1", key, 1)
    return {
        "a user's newest runs": lambda: store.runs(20, user=user),
        "a user's older runs": lambda: store.runs(20, user=user, before=run),
        "everybody's newest runs": lambda: store.runs(20),
        "everybody's older runs": lambda: store.runs(20, before=run),
        "queued runs": lambda: store.runs(20, "queued"),
        "running runs": lambda: store.runs(20, "running"),
        "a run by its id": lambda: store.run(run),
        "a run by a beginning of its id": lambda: store.run(run[:15]),
        "a user's run": lambda: store.run(run, user),
        "events behind one": lambda: store.log(run, 1),
        "heads": lambda: store.heads([run, "none"]),
        "what a run cost": lambda: store.spent(run),
        "its document": lambda: store.document(run),
        "its history": lambda: store.history(run),
        "a response": lambda: store.responses.named(f"resp_{run}", None),
        "a run's response": lambda: store.responses.of_run(run),
        "runs to be queued": lambda: store.workers.waiting(timedelta(seconds=30)),
        "runs of nobody": store.workers.orphans,
        "runs to be stopped": lambda: store.workers.cancelled("w1"),
        "what a key took": lambda: store.keys.spent(key, START + timedelta(minutes=RUNS - 1440)),
        "a new run of a key": lambda: store.responses.create(
            Asked("response", "Who?", {}, {}, idempotency="once"), asker
        ),
        "due deliveries": store.webhooks.due,
        "how the service stands": lambda: store.standing(),
        "pruning": lambda: store.prune(timedelta(minutes=RUNS - 20)),
        "a replay": lambda: store.fork(run, {}),
    }


async def test_no_query_of_the_service_reads_a_large_table_whole(
    store: TraceStore, clock: Clock
) -> None:
    run, key = await filled(store, clock)
    found: list[str] = []
    for name, operation in operations(store, run, key).items():
        with statements(store) as asked:
            await operation()
        assert asked, name
        async with writing(store) as connection:
            for statement, parameters in asked:
                tables = await scanned(connection, statement, parameters)
                found += [f"{name} reads {table} whole: {statement}" for table in tables]
    assert found == []
