"""What of the service waits, runs and works, as the store tells it."""

from datetime import timedelta

from sqlalchemy import insert
from trace_store import Clock

from planner import RunEnded, RunStarted
from storage import Asker, Standing, TraceStore
from storage.database import Database
from storage.engines import database_url
from storage.service_tables import DeliveryRow, WebhookRow
from tests.transactions import writing

QUEUED = Asker(priority=1)
NOTHING = {"waiting": 0, "delivered": 0, "dead": 0}


async def test_an_empty_store_has_nothing_that_waits(store: TraceStore) -> None:
    assert await store.standing() == Standing(0, 0, 0.0, 0, NOTHING)


async def test_runs_are_counted_by_how_they_stand(store: TraceStore, clock: Clock) -> None:
    ids = []
    for _ in range(4):
        ids.append(await store.create_run("Who?", {}, QUEUED))
        clock.forward(10)
    await store.create_run("Of the command line.", {})
    await store.trace(ids[0]).record(RunStarted("Who?"))
    await store.trace(ids[1]).record(RunStarted("Who?"))
    await store.trace(ids[1]).record(RunEnded("completed"))
    standing = await store.standing()
    assert (standing.queued, standing.running, standing.queue_seconds) == (2, 1, 20.0)


async def test_workers_that_were_not_heard_of_are_none(store: TraceStore, clock: Clock) -> None:
    await store.workers.join("w1")
    clock.forward(10)
    await store.workers.join("w2")
    assert (await store.standing()).workers == 2
    clock.forward(5)
    assert (await store.standing()).workers == 1


async def test_deliveries_are_counted_by_what_became_of_them(
    store: TraceStore, url: str, clock: Clock
) -> None:
    run = await store.create_run("Who?", {}, QUEUED)
    hook = {"id": "h", "url": "https://e.example", "secret": "s", "kinds": [], "user": ""}
    one = {"webhook": "h", "run": run, "kind": "k", "body": "{}", "created_at": clock.now}
    later = clock.now + timedelta(seconds=1)
    ends = [(later, None), (later, None), (None, later), (None, None)]
    database = Database(database_url(url))
    async with writing(database) as connection:
        await connection.execute(insert(WebhookRow).values(**hook, created_at=clock.now))
        for event, (delivered, dead) in enumerate(ends):
            row = {"id": f"d{event}", "event": event, "delivered_at": delivered, "dead_at": dead}
            await connection.execute(insert(DeliveryRow).values(**one, **row))
    await database.close()
    assert (await store.standing()).deliveries == {"waiting": 1, "delivered": 2, "dead": 1}
