"""Workers that are silent or slow, and others that look after them; on real databases."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from trace_store import Clock

from planner import RunEnded
from service.settings import Settings
from service.work.queue import Queue
from service.work.service import service
from service.work.worker import BEAT_SECONDS, Worker
from storage import Asker, RunRecord, TraceStore
from tests.transactions import writing


@pytest.fixture
async def queue(settings: Settings, films: Path) -> AsyncIterator[Queue]:
    """Of a process that does no runs."""
    async with service(settings, [films], most=0) as (front, _):
        yield front._queue


@pytest.fixture
async def shared(settings: Settings, queue: Queue, clock: Clock) -> AsyncIterator[TraceStore]:
    """The same database, by a clock of the test."""
    async with await TraceStore.open(settings.store, now=clock) as store:
        yield store


async def nothing(record: RunRecord) -> None:
    """Does no run."""


class Heard:
    """A worker, and whether it was taken for dead."""

    def __init__(self, id_: str, store: TraceStore, clock: Clock) -> None:
        self.is_fenced = False
        self.worker = Worker(id_, store, nothing, self.fence, now=lambda: clock.now.timestamp())

    def fence(self) -> None:
        self.is_fenced = True


async def speak(clock: Clock, seconds: float, *workers: Heard) -> None:
    """They say that they live, for so long."""
    for _ in range(int(seconds / BEAT_SECONDS)):
        clock.forward(BEAT_SECONDS)
        for each in workers:
            await each.worker._say_that_it_lives()


async def test_who_was_silenced_together_is_let_speak_before_it_is_taken_for_dead(
    shared: TraceStore, queue: Queue, clock: Clock
) -> None:
    one, two = (Heard(id_, shared, clock) for id_ in ("w1", "w2"))
    for id_ in ("w1", "w2"):
        await shared.workers.join(id_)
    await speak(clock, 20, one, two)
    clock.forward(15)  # the database was away
    await one.worker._say_that_it_lives()
    await one.worker._take_over(queue)
    await two.worker._say_that_it_lives()
    await two.worker._take_over(queue)
    assert [each.id for each in await shared.workers.alive()] == ["w1", "w2"]
    await speak(clock, 10, one)
    await one.worker._take_over(queue)
    await speak(clock, 2, one, two)
    assert not one.is_fenced
    assert not two.is_fenced


async def test_who_stays_silent_is_taken_for_dead_by_who_does_not(
    shared: TraceStore, queue: Queue, clock: Clock
) -> None:
    one, two = (Heard(id_, shared, clock) for id_ in ("w1", "w2"))
    for id_ in ("w1", "w2"):
        await shared.workers.join(id_)
    await speak(clock, 20, one, two)
    await speak(clock, 14, one)
    await one.worker._take_over(queue)
    await two.worker._say_that_it_lives()
    assert (one.is_fenced, two.is_fenced) == (False, True)


async def test_a_machine_that_was_asleep_takes_nobody_for_dead_when_it_wakes(
    shared: TraceStore, queue: Queue, clock: Clock
) -> None:
    one, two = (Heard(id_, shared, clock) for id_ in ("w1", "w2"))
    for id_ in ("w1", "w2"):
        await shared.workers.join(id_)
    await speak(clock, 20, one, two)
    clock.forward(3600)
    await one.worker._take_over(queue)  # before either could say a word
    await speak(clock, 2, one, two)
    assert not two.is_fenced


async def test_who_gave_up_is_not_waited_for(
    shared: TraceStore, queue: Queue, clock: Clock
) -> None:
    one, two = (Heard(id_, shared, clock) for id_ in ("w1", "w2"))
    for id_ in ("w1", "w2"):
        await shared.workers.join(id_)
    await speak(clock, 2, one, two)
    await shared.workers.give_up("w2")
    await one.worker._take_over(queue)
    assert await shared.workers.known() == {"w1"}


async def test_an_end_is_not_recorded_in_a_run_that_was_taken_over_meanwhile(
    shared: TraceStore, settings: Settings, clock: Clock
) -> None:
    run = await shared.create_run("Who?", {}, Asker(priority=1))
    await shared.workers.join("w1")
    assert await shared.workers.take(run, "w1")
    worker = Worker("w1", shared, nothing, lambda: None)
    async with await TraceStore.open(settings.store) as other, writing(other) as connection:
        # Its row is locked, so that the end is found to be due, and waits.
        await connection.execute(text("UPDATE run SET status = 'running'"))
        ending = asyncio.create_task(worker._end(run, RunEnded("failed", "the disk")))
        done, _ = await asyncio.wait([ending], timeout=0.5)
        assert not done
        await connection.execute(text("UPDATE run SET worker = 'w2'"))
    await ending
    record = await shared.run(run)
    assert (record.status, record.worker, record.last_event) == ("running", "w2", 0)
