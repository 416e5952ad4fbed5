"""Who writes to a SQLite file: those who wait together, in one transaction."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection
from trace_store import Clock

from planner import RunStarted
from storage import StorageError, TraceStore, UnknownRun
from tests.transactions import database_of, engines_of


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[TraceStore]:
    async with await TraceStore.open(tmp_path / "runs.db") as opened:
        yield opened


async def test_what_waits_together_is_one_transaction(store: TraceStore) -> None:
    commits = []
    event.listen(engines_of(store)[1], "commit", commits.append)
    runs = await asyncio.gather(*(store.create_run(str(number), {}) for number in range(20)))
    assert len(set(runs)) == 20
    assert len(commits) == 2  # the first begins alone
    assert [(await store.run(run)).question for run in runs] == [str(each) for each in range(20)]


async def test_who_fails_is_told_and_the_others_are_written_once(store: TraceStore) -> None:
    run = await store.create_run("Who?", {})
    told = await asyncio.gather(
        *(store.trace(each).record(RunStarted("Who?")) for each in (run, "none", run, "neither")),
        return_exceptions=True,
    )
    assert [type(each) for each in told] == [type(None), UnknownRun, type(None), UnknownRun]
    assert [each.seq for each in await store.log(run)] == [1, 2]


async def test_a_file_that_others_keep_locked_is_waited_for_in_turns(
    store: TraceStore, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "runs.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(store.create_run("Who?", {}))
    await asyncio.to_thread(threading.Event().wait, 0.05)
    assert not waiting.done()
    other.execute("COMMIT")
    other.close()
    async with asyncio.timeout(10):
        assert (await store.run(await waiting)).question == "Who?"


async def test_who_had_to_wait_to_say_that_it_lives_says_it_of_the_moment_when_it_is_heard(
    tmp_path: Path, clock: Clock
) -> None:
    async with await TraceStore.open(tmp_path / "runs.db", now=clock) as store:
        await store.workers.join("w")
        other = sqlite3.connect(tmp_path / "runs.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        saying = asyncio.create_task(store.workers.beat("w"))
        await asyncio.sleep(0)
        clock.forward(15)
        other.execute("COMMIT")
        other.close()
        assert await saying
        assert [each.beat_at for each in await store.workers.alive()] == [clock.now]


async def test_who_waits_together_waits_no_longer_than_one_would(tmp_path: Path) -> None:
    file = tmp_path / "runs.db"
    async with await TraceStore.open(f"sqlite:///{file}?timeout=0.3") as store:
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(20):
            told = await asyncio.gather(
                *(store.create_run("Who?", {}) for _ in range(100)), return_exceptions=True
            )
        other.close()
    assert {type(each) for each in told} == {StorageError}
    assert "another process keeps it locked" in str(told[0])


async def test_a_transaction_waits_for_nothing_but_its_connection(store: TraceStore) -> None:
    async def asleep(connection: AsyncConnection) -> None:
        await connection.execute(text("UPDATE run SET question = 'When?'"))
        await asyncio.sleep(0)

    run = await store.create_run("Who?", {})
    with pytest.raises(AssertionError, match="nothing but its connection"):
        await database_of(store).write(asleep)
    assert (await store.run(run)).question == "Who?"


async def test_one_that_is_cancelled_keeps_nobody_waiting(store: TraceStore) -> None:
    creating = [asyncio.create_task(store.create_run(str(each), {})) for each in range(5)]
    await asyncio.sleep(0)
    for task in creating:
        task.cancel()
    async with asyncio.timeout(10):
        await asyncio.wait(creating)
        run = await store.create_run("Who?", {})
    assert (await store.run(run)).question == "Who?"
    assert len(await store.runs(limit=10)) == 6  # what was begun is there


async def test_one_that_was_closed_is_told(tmp_path: Path) -> None:
    store = await TraceStore.open(tmp_path / "runs.db")
    await store.close()
    for use in (store.create_run("Who?", {}), store.runs()):
        with pytest.raises(StorageError, match="it was closed"):
            await use
