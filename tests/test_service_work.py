"""The service's queue and worker, on a real DBOS, with a model on loopback."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import QUESTION, ChatServer
from sqlalchemy import text

from planner import RunStarted, Step, StepAdded
from service.asking import resume
from service.errors import UsageProblem
from service.saved import options_of
from service.serving import warn_of_keys
from service.settings import Settings
from service.work import Notices
from service.work.ending import handed_over
from service.work.queue import Queue, QueueSettings
from service.work.service import Service, service
from service.work.worker import Worker
from storage import Asked, Asker, KeyLimits, RunRecord, TraceStore, UnknownRun
from storage.database import Database
from storage.engines import database_url
from tests.transactions import writing

ASKER = Asker(user="ann", priority=1)


def asked(settings: Settings, films: Path, **changes: object) -> Asked:
    options = options_of([films], settings)
    fields = {"kind": "response", "question": QUESTION, "options": options, "request": {}}
    return Asked(**(fields | changes))  # type: ignore[arg-type]


@asynccontextmanager
async def running(
    settings: Settings, films: Path, most: int = 2
) -> AsyncIterator[tuple[Service, Worker | None]]:
    async with service(settings, [films], most=most) as both:
        yield both


async def test_a_question_is_answered_and_every_event_is_followed_once(
    settings: Settings, films: Path
) -> None:
    async with running(settings, films) as (front, _):
        made = await front.create(asked(settings, films), ASKER)
        seqs = [logged.seq async for logged in front.follow(made.run)]
        record = await front.ended(made.run)
    assert record.status == "completed"
    assert record.answer is not None
    assert record.answer.value == "Bong Joon-ho"
    assert seqs == list(range(1, record.last_event + 1))


async def test_the_same_idempotency_key_makes_one_run(settings: Settings, films: Path) -> None:
    async with running(settings, films, most=0) as (front, _):
        same = [asked(settings, films, idempotency="k") for _ in range(5)]
        made = await asyncio.gather(*(front.create(each, ASKER) for each in same))
        other = await front.create(same[0], Asker(user="bob", priority=1))
        assert len({response.id for response in made}) == 1
        assert other.id != made[0].id
        assert len(await front.store.runs()) == 2


async def test_a_run_that_waits_is_stopped_at_once(settings: Settings, films: Path) -> None:
    async with running(settings, films, most=0) as (front, _):
        made = await front.create(asked(settings, films), ASKER)
        stopped = await front.stop(made.run, "ann")
        with pytest.raises(UnknownRun):
            await front.stop(made.run, "bob")
    assert (stopped.status, stopped.reason) == ("cancelled", "stopped before it began")
    async with running(settings, films) as (front, _):  # it is still in the queue
        after = await front.create(asked(settings, films), ASKER)
        assert (await front.ended(after.run)).status == "completed"
        assert (await front.store.run(made.run)).status == "cancelled"


async def test_stopping_a_run_ends_its_call_of_the_model(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    chat_server.hold("Who directed")
    async with running(settings, films) as (front, _):
        made = await front.create(asked(settings, films), ASKER)
        await chat_server.held.wait()
        stopped = await front.stop(made.run, "ann")
        again = await front.stop(made.run, "ann")
        async with asyncio.timeout(10):
            await chat_server.dropped.wait()
    assert (stopped.status, stopped.reason) == ("cancelled", "stopped")
    assert again.status == "cancelled"


async def test_what_failed_before_it_began_says_why(settings: Settings, films: Path) -> None:
    async with running(settings, films) as (front, _):
        bad = options_of([films], settings) | {"prices": {"test": {"prompt": -1}}}
        made = await front.create(asked(settings, films, options=bad), ASKER)
        record = await front.ended(made.run)
        good = await front.create(asked(settings, films), ASKER)
        assert (await front.ended(good.run)).status == "completed"
    assert record.status == "failed"
    assert "prompt" in str(record.reason)


async def test_a_run_whose_events_can_never_be_kept_fails_and_says_why(
    settings: Settings,
) -> None:
    async with await TraceStore.open(settings.store) as store:
        made = await store.create_run("Who?", {}, ASKER)

        async def unkept(record: RunRecord) -> None:
            trace = store.trace(record.id, "w")
            await trace.record(RunStarted("Who?"))
            await trace.record(StepAdded(Step("a", "lookup", {}), 2**70, "planner"))

        await store.workers.join("w")
        async with asyncio.timeout(20):
            await Worker("w", store, unkept, lambda: None).do(made)
        record = await store.run(made)
    assert record.status == "failed"
    assert str(record.reason).startswith("this cannot be kept: ")
    assert "postgresql" not in str(record.reason)


async def test_a_server_that_counts_to_the_stars_does_no_harm(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    chat_server.tokens = 2**70
    rich = settings.model_copy(update={"max_tokens": 10**12})
    async with running(rich, films) as (front, _):
        made = await front.create(asked(rich, films), ASKER)
        async with asyncio.timeout(60):
            record = await front.ended(made.run)
        spent = await front.store.spent(made.run)
    assert (record.status, spent.completion > 10**8) == ("completed", True)


async def test_a_user_has_no_more_runs_at_once_than_allowed(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    chat_server.hold("Who directed Inception")
    one_each = settings.model_copy(update={"user_runs": 1})
    async with running(one_each, films, most=4) as (front, worker):
        assert worker is not None
        mine = [await front.create(asked(settings, films), ASKER) for _ in range(3)]
        await chat_server.held.wait()
        theirs = await front.create(asked(settings, films), Asker(user="bob", priority=1))
        async for logged in front.follow(theirs.run):
            if logged.kind == "step_started":
                break
        assert worker.busy == 2
        chat_server.release.set()
        ends = [(await front.ended(each.run)).status for each in (*mine, theirs)]
    assert ends == ["completed"] * 4


async def test_a_run_that_never_came_into_the_queue_is_found(
    settings: Settings, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.work.worker._FORGOTTEN", timedelta(0))
    monkeypatch.setattr("service.work.worker.BEAT_SECONDS", 0.1)
    monkeypatch.setattr("service.work.worker.MISS_SECONDS", 0.1)
    async with await TraceStore.open(settings.store) as store:
        made, _ = await store.responses.create(asked(settings, films), ASKER)
    async with running(settings, films) as (front, _):
        assert (await front.ended(made.run)).status == "completed"


async def test_a_run_that_never_came_into_the_queue_is_found_behind_any_number_that_did(
    settings: Settings, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.work.worker._FORGOTTEN", timedelta(0))
    monkeypatch.setattr("service.work.worker._LOOKED_AT", 2)
    async with running(settings, films, most=0) as (front, _):
        for _ in range(5):
            await front.create(asked(settings, films), ASKER)
        await front._queue._new.join()
        lost, _ = await front.store.responses.create(asked(settings, films), ASKER)
        worker = Worker("w", front.store, unwanted, lambda: None)
        for _ in range(6):
            await worker._find_missing(front._queue)
        assert await front._queue.missing([lost.run]) == []


async def unwanted(record: RunRecord) -> None:
    """Does no run."""
    raise AssertionError(record)


async def test_a_worker_that_has_left_says_no_more_that_it_lives(
    settings: Settings, films: Path
) -> None:
    async with running(settings, films) as (front, worker):
        assert worker is not None
        assert await handed_over(worker, front.store, 5)
        async with asyncio.timeout(10):
            # It would not be known, and be taken for one that others have the runs of.
            await worker._beat()
        assert await front.store.workers.alive() == []


async def test_a_run_that_cannot_be_queued_is_taken_and_done_when_it_can(
    settings: Settings,
    films: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("service.work.worker._FORGOTTEN", timedelta(0))
    monkeypatch.setattr("service.work.worker.BEAT_SECONDS", 0.1)
    async with running(settings, films, most=0) as (front, _), queue_hidden(settings):
        made = await front.create(asked(settings, films), ASKER)
        await front._queue._new.join()
    assert f"run {made.run} waits until it is missed" in caplog.text
    async with running(settings, films) as (front, _):
        assert (await front.ended(made.run)).status == "completed"


async def test_a_run_whose_end_the_queue_could_not_keep_takes_no_room_of_its_users(
    settings: Settings, films: Path, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.work.worker.MISS_SECONDS", 0.2)
    chat_server.hold("When was Bong Joon-ho born?")
    one_each = settings.model_copy(update={"user_runs": 1})
    async with running(one_each, films) as (front, worker):
        assert worker is not None
        first = await front.create(asked(settings, films), ASKER)
        await chat_server.held.wait()
        async with queue_hidden(settings), asyncio.timeout(30):
            chat_server.release.set()
            await front.ended(first.run)
            await worker._idle.wait()
        second = await front.create(asked(settings, films), ASKER)
        async with asyncio.timeout(30):
            assert (await front.ended(second.run)).status == "completed"


@asynccontextmanager
async def queue_hidden(settings: Settings) -> AsyncIterator[None]:
    """Meanwhile the queue has no table of workflows."""
    is_file = settings.store.endswith("runs.db")
    place = settings.store.replace("runs.db", "runs-queue.db") if is_file else settings.store
    schema = "" if is_file else "dbos."
    database = Database(database_url(place))
    for old, new in (("workflow_status", "hidden"), ("hidden", "workflow_status")):
        async with writing(database) as connection:
            await connection.execute(text(f"ALTER TABLE {schema}{old} RENAME TO {new}"))
        if new == "hidden":
            yield
    await database.close()


@pytest.mark.parametrize("how", ["the queue is gone", "its workflow ended too early"])
async def test_a_run_that_was_begun_and_is_nobodys_is_gone_on_with(
    settings: Settings, films: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("service.work.worker.BEAT_SECONDS", 0.1)
    monkeypatch.setattr("service.work.worker.MISS_SECONDS", 0.1)
    async with running(settings, films, most=0) as (front, _):
        made = await front.create(asked(settings, films), ASKER)
    past = datetime.now(UTC) - timedelta(minutes=5)
    async with await TraceStore.open(settings.store, now=lambda: past) as store:
        await store.trace(made.run, "gone").record(RunStarted(QUESTION))
    if how == "the queue is gone" and settings.store.endswith("runs.db"):
        for file in Path(settings.store).parent.glob("runs-queue.db*"):
            file.unlink()
    else:
        monkeypatch.setattr(Worker, "do", nothing)
        async with running(settings, films) as (front, _):
            await asyncio.sleep(1)
        monkeypatch.undo()
        monkeypatch.setattr("service.work.worker.BEAT_SECONDS", 0.1)
        monkeypatch.setattr("service.work.worker.MISS_SECONDS", 0.1)
    async with running(settings, films) as (front, _):
        async with asyncio.timeout(60):
            assert (await front.ended(made.run)).status == "completed"


async def nothing(worker: Worker, run: str) -> None:
    """A workflow that ends without its run."""


async def test_a_run_that_waits_for_a_worker_is_not_gone_on_with_at_the_command_line(
    settings: Settings, films: Path
) -> None:
    async with running(settings, films, most=0) as (front, _):
        made = await front.create(asked(settings, films), ASKER)
    with pytest.raises(UsageProblem, match=f"{made.run} waits in the queue of the service"):
        await resume(made.run, settings, Notices(print))


async def test_a_service_that_wants_keys_says_that_nobody_has_one(
    settings: Settings, films: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(settings, films, most=0) as (front, _):
        await warn_of_keys(front, "127.0.0.1")
        assert "breadth keys create" not in caplog.text
        await warn_of_keys(front, "0.0.0.0")
        assert "breadth keys create" in caplog.text
        caplog.clear()
        await front.store.keys.create("laptop", "ann", KeyLimits())
        await warn_of_keys(front, "0.0.0.0")
        assert "breadth keys create" not in caplog.text


async def test_what_is_taken_while_a_process_ends_is_let_go(tmp_path: Path) -> None:
    """DBOS may have looked for room before, and taken a run after that."""
    given: asyncio.Queue[str] = asyncio.Queue()

    async def body(run: str) -> None:
        given.put_nowait(run)
        await asyncio.Event().wait()

    def takes() -> bool:  # the queue is looked into by another thread
        return threading.current_thread() is not threading.main_thread()

    settings = QueueSettings(tmp_path / "runs.db", most=4)
    async with Queue(settings, "worker", body, takes=takes) as queue, asyncio.timeout(60):
        await queue.put("1m8e19grhbztnme0", "", 2)
        assert await given.get() == "1m8e19grhbztnme0"
        await queue.let_go()
        assert given.empty()
        await queue.let_go()
        assert await given.get() == "1m8e19grhbztnme0"


async def test_what_the_queue_keeps_of_runs_that_ended_is_removed(tmp_path: Path) -> None:
    done = asyncio.Event()

    async def body(run: str) -> None:
        done.set()

    later = datetime.now(UTC) + timedelta(hours=1)
    async with Queue(QueueSettings(tmp_path / "runs.db", most=1), "worker", body) as queue:
        await queue.put("1m8e19grhbztnme0", "", 2)
        await done.wait()
        assert await queue.tidy(later - timedelta(hours=2)) == 0
        async with asyncio.timeout(30):
            while not await queue.tidy(later):  # noqa: ASYNC110 - its end is kept a moment after
                await asyncio.sleep(0.05)
        assert await queue.tidy(later) == 0
        assert await queue.missing(["1m8e19grhbztnme0"]) == ["1m8e19grhbztnme0"]
