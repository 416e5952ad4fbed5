"""A copy that is taken while runs are recorded is whole: it has all that was kept before it was
begun, and its runs go on."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from postgres_server import WHY_NOT, postgres, programs
from sqlalchemy import make_url, text
from trace_store import PASSAGE, dropped

from planner import Done, RunEnded, RunStarted, Step, StepAdded, StepEnded, StepStarted
from storage import TraceStore
from storage.engines import database_url, server_engine


class Recorder:
    """Records steps, one after the other, as long as it is let."""

    def __init__(self, store: TraceStore, run: str) -> None:
        self._trace = store.trace(run)
        self.run = run
        self.recorded = 0
        self.reached = asyncio.Condition()

    async def record(self) -> None:
        await self._trace.record(RunStarted("Who?"))
        while True:
            step = f"s{self.recorded}"
            await self._trace.record(StepAdded(Step(step, "lookup", {}), 1, "planner"))
            await self._trace.record(StepStarted(step, {}))
            await self._trace.record(StepEnded(step, Done(step, (PASSAGE,))))
            async with self.reached:
                self.recorded += 1
                self.reached.notify_all()

    async def reach(self, count: int) -> None:
        async with self.reached:
            await self.reached.wait_for(lambda: self.recorded >= count)


@asynccontextmanager
async def recording(store: TraceStore) -> AsyncIterator[Recorder]:
    """Meanwhile a run is recorded; it has some steps already."""
    recorder = Recorder(store, await store.create_run("Who?", {}))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(recorder.record())
        await recorder.reach(20)
        yield recorder
        task.cancel()


async def require_whole(url: str, run: str, least: int) -> None:
    """The copy has this many steps of the run or more, whole ones, and goes on."""
    async with await TraceStore.open(url, create=False) as store:
        document = await store.document(run)
        seqs = [each["seq"] for each in document["events"]]
        assert seqs == list(range(1, len(seqs) + 1))
        outcomes = (await store.history(run)).outcomes
        assert len(outcomes) >= least
        assert set(outcomes) == {f"s{n}" for n in range(len(outcomes))}
        ended = [each["id"] for each in document["events"] if each["kind"] == "step_ended"]
        assert len(ended) == len(outcomes)
        await store.trace(run).record(RunEnded("cancelled"))
        assert (await store.run(run)).status == "cancelled"


def backed_up(path: Path, copy: Path) -> None:
    """As `sqlite3 FILE ".backup COPY"` does it."""
    with closing(sqlite3.connect(path)) as here, closing(sqlite3.connect(copy)) as there:
        here.backup(there, pages=5, sleep=0.001)


def vacuumed(path: Path, copy: Path) -> None:
    with closing(sqlite3.connect(path)) as here:
        here.execute("VACUUM INTO ?", (str(copy),))


@pytest.mark.parametrize("way", [backed_up, vacuumed])
async def test_a_copy_of_a_file_is_whole(tmp_path: Path, way: object) -> None:
    path, copy = tmp_path / "runs.db", tmp_path / "copy.db"
    assert callable(way)
    async with await TraceStore.open(path) as store, recording(store) as recorder:
        before = recorder.recorded
        await asyncio.to_thread(way, path, copy)
        await recorder.reach(before + 1)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    await require_whole(str(copy), recorder.run, before)


async def test_a_copied_file_is_whole_when_nobody_has_it_open(tmp_path: Path) -> None:
    path, copy = tmp_path / "runs.db", tmp_path / "copy.db"
    async with await TraceStore.open(path) as store, recording(store) as recorder:
        pass
    assert {file.name for file in tmp_path.iterdir()} == {"runs.db"}
    shutil.copy(path, copy)
    await require_whole(str(copy), recorder.run, recorder.recorded)


@pytest.fixture
async def servers() -> AsyncIterator[tuple[str, str]]:
    """Two databases of one server, the second for the copy."""
    named = postgres()
    if named is None:
        pytest.skip(WHY_NOT)
    if programs() is None:
        pytest.skip("there is no pg_dump on this machine")
    other = make_url(named).set(database="breadth_copy").render_as_string(hide_password=False)
    await outside(named, "DROP DATABASE IF EXISTS breadth_copy", "CREATE DATABASE breadth_copy")
    yield named, other
    await outside(named, "DROP DATABASE breadth_copy")
    await dropped(named)


async def outside(named: str, *statements: str) -> None:
    """Of any transaction."""
    engine = server_engine(database_url(named))
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


async def told(program: str, *arguments: str) -> None:
    """A program of PostgreSQL, run to its end."""
    folder = programs()
    assert folder is not None
    process = await asyncio.create_subprocess_exec(
        folder / program, *arguments, stderr=asyncio.subprocess.PIPE
    )
    _, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()


async def test_a_dump_is_whole(servers: tuple[str, str], tmp_path: Path) -> None:
    named, other = servers
    copy = str(tmp_path / "copy.dump")
    async with await TraceStore.open(named) as store, recording(store) as recorder:
        before = recorder.recorded
        await told("pg_dump", "--format=custom", f"--file={copy}", named)
        await recorder.reach(before + 1)
    await told("pg_restore", "--no-owner", f"--dbname={other}", copy)
    await require_whole(other, recorder.run, before)
