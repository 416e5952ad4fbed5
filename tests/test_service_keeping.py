"""What the service does by itself: it reads changed documents, and removes old runs."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from planner import RunEnded, RunStarted
from service.settings import Settings
from service.sources import Sources, sources
from service.work.bench import Notices
from service.work.keeping import prune_regularly, read_anew
from storage import TraceStore, UnknownRun


@asynccontextmanager
async def at_work(work: Awaitable[None]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        assert not task.done(), task.result()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await holds():  # noqa: ASYNC110 - of a file, which tells nobody
            await asyncio.sleep(0.02)


@pytest.fixture
async def found(settings: Settings, films: Path) -> AsyncIterator[Sources]:
    async with sources([films], settings, Notices(lambda line: None)) as opened:
        await opened.ready()
        yield opened


async def test_documents_that_come_and_go_are_found_and_lost(found: Sources, films: Path) -> None:
    async def knows(word: str) -> bool:
        hits = await found.engine.search(word)
        return any(word in hit.passage.text for hit in hits)

    new = films / "zephyr.md"
    async with at_work(read_anew(found, 0.02)):
        assert not await knows("zephyranthes")
        new.write_text("# Plants\n\nThe zephyranthes is a plant.\n", encoding="utf-8")
        await until(lambda: knows("zephyranthes"))
        new.unlink()
        await until(lambda: _not(knows("zephyranthes")))


async def _not(answer: Awaitable[bool]) -> bool:
    return not await answer


async def test_a_folder_that_is_gone_for_a_while_is_told_once_and_stays_searched(
    found: Sources, films: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away = films.rename(films.with_name("away"))
    told = asyncio.Event()

    class Hearing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.set()

    logger, hearing = logging.getLogger("breadth.service"), Hearing()
    logger.addHandler(hearing)
    async with at_work(read_anew(found, 0.01)):
        async with asyncio.timeout(20):
            await told.wait()
        await asyncio.sleep(0.1)  # it looks again, and has nothing new to tell
        assert await found.engine.search("Inception")
    logger.removeHandler(hearing)
    away.rename(films)
    warned = [each for each in caplog.messages if "documents stay as they were" in each]
    assert len(warned) == 1


async def test_runs_that_ended_long_ago_are_removed_and_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.work.keeping.PRUNE_SECONDS", 0.02)
    file = tmp_path / "runs.db"
    past = datetime.now(UTC) - timedelta(days=8)
    async with await TraceStore.open(file, now=lambda: past) as store:
        old, waiting = [await store.create_run("Who?", {}) for _ in range(2)]
        for event in (RunStarted("Who?"), RunEnded("completed")):
            await store.trace(old).record(event)
    async with await TraceStore.open(file) as store:
        young = await store.create_run("Who?", {})
        for event in (RunStarted("Who?"), RunEnded("completed")):
            await store.trace(young).record(event)

        async def is_gone() -> bool:
            try:
                await store.run(old)
            except UnknownRun:
                return True
            return False

        async with at_work(prune_regularly(store, 7)):
            await until(is_gone)
        assert {run.id for run in await store.runs()} == {young, waiting}
