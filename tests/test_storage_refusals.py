"""Databases that cannot be used are told, and nothing is lost."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool
from trace_store import PASSAGE

from planner import Done, RunStarted, StepEnded
from storage import RunTaken, StorageError, TraceStore
from storage.engines import database_url

ROOT = Path(__file__).parent.parent


@pytest.fixture
def few_pages() -> Iterator[None]:
    """SQLite's own limit stands for a full disk."""

    def limit(connection: object, _: object) -> None:
        connection.cursor().execute("PRAGMA max_page_count = 120")  # type: ignore[attr-defined]

    event.listen(Pool, "connect", limit)
    yield
    event.remove(Pool, "connect", limit)


async def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path, few_pages: None) -> None:
    path = tmp_path / "runs.db"
    async with await TraceStore.open(path) as store:
        run = await store.create_run("Who?", {})
        trace = store.trace(run)
        await trace.record(StepEnded("a", Done("small")))
        with pytest.raises(StorageError, match=rf"{path}: the disk .* is full: make room"):
            await trace.record(StepEnded("b", Done("large" * 100_000, (PASSAGE,))))
        await trace.record(StepEnded("c", Done("small")))
        history = await store.history(run)
    assert set(history.outcomes) == {"a", "c"}


FULL = """
import asyncio, resource, sys
from planner import Done, StepEnded
from storage import StorageError, TraceStore

async def main(path):
    async with await TraceStore.open(path) as store:
        run = await store.create_run("Who?", {})
        print(run)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
        kept = 0
        try:
            for kept in range(1000):
                await store.trace(run).record(StepEnded(f"s{kept}", Done("x" * 3000)))
        except StorageError as error:
            print(kept)
            print(error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        await store.trace(run).record(StepEnded("last", Done("")))

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.skipif(os.name != "posix", reason="the system has no limits of files")
async def test_a_file_that_may_not_grow_is_told_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    command = [sys.executable, "-c", FULL, str(path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)  # noqa: ASYNC221
    assert ended.returncode == 0, ended.stderr
    run, kept, told = ended.stdout.splitlines()
    assert told.startswith(f"{path}: ")
    assert "full" in told or "cannot be" in told
    async with await TraceStore.open(path) as store:
        outcomes = (await store.history(run)).outcomes
    assert set(outcomes) == {*(f"s{n}" for n in range(int(kept))), "last"}


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are my notes. " * 100)
    with pytest.raises(StorageError, match=r"notes\.txt: this is not a SQLite database"):
        await TraceStore.open(path)
    assert path.read_text() == "These are my notes. " * 100


async def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file: this folder cannot be made"):
        await TraceStore.open(tmp_path / "file" / "runs.db")
    with pytest.raises(StorageError, match="it cannot be opened"):
        await TraceStore.open(tmp_path)


async def test_a_file_that_cannot_be_written_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    async with await TraceStore.open(path) as store:
        run = await store.create_run("Who?", {})
        async with await TraceStore.open(f"sqlite:///file:{path}?mode=ro&uri=true") as reader:
            assert (await reader.run(run)).question == "Who?"
            with pytest.raises(StorageError, match="it cannot be written to"):
                await reader.create_run("When?", {})


async def test_a_locked_file_is_told_after_the_patience_of_its_url(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    async with await TraceStore.open(f"sqlite:///{path}?timeout=0.05") as store:
        run = await store.create_run("Who?", {})
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="another process keeps it locked"):
            await store.trace(run).record(RunStarted("Who?"))
        assert (await store.run(run)).status == "queued"
        other.close()
        await store.trace(run).record(RunStarted("Who?"))


@pytest.mark.parametrize(
    ("named", "problem"),
    [
        ("mysql://localhost/breadth", "use sqlite or postgresql"),
        ("sqlite://", "name a file"),
        ("sqlite:///:memory:", "name a file"),
        ("nothing://", "use sqlite or postgresql"),
        ("://", "cannot be read"),
        ("postgresql://host:port/runs", "cannot be read"),
        ("postgresql://host/runs?ssl=maybe", "ssl=maybe, which is no option of postgresql"),
        ("postgresql://host/runs?password=secret", "URL has password, which is no option"),
        ("sqlite:///runs.db?timeout=long", "timeout=long, which is no option of sqlite"),
        ("sqlite:///runs.db?journal=off", "there are timeout, uri, mode, immutable"),
    ],
)
async def test_what_cannot_keep_traces_is_refused(named: str, problem: str) -> None:
    with pytest.raises(StorageError, match=problem):
        await TraceStore.open(named)


@pytest.mark.parametrize("password", ["pa@ss:word", "s3cret:x"])
def test_a_url_that_cannot_be_read_is_refused_without_a_piece_of_its_password(
    password: str,
) -> None:
    with pytest.raises(StorageError, match="%40") as refused:
        database_url(f"postgresql://ann:{password}@db:s3cret/runs")
    assert "word" not in str(refused.value).replace("PASSWORD", "").replace("the password", "")
    assert "s3cret" not in str(refused.value)


def test_a_url_may_say_sslmode_and_gets_the_driver() -> None:
    url = database_url("postgresql://me@db/runs?sslmode=require")
    assert url.drivername == "postgresql+asyncpg"
    assert url.query == {"ssl": "require"}


async def test_an_unreachable_server_is_told_without_its_password() -> None:
    pytest.importorskip("asyncpg")
    with pytest.raises(StorageError, match=r"127\.0\.0\.1:1/runs: it cannot be reached") as told:
        await TraceStore.open("postgresql://me:secret@127.0.0.1:1/runs")
    assert "secret" not in str(told.value)


async def test_a_run_that_another_living_process_has_is_not_taken(tmp_path: Path) -> None:
    sleeper = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        async with await TraceStore.open(tmp_path / "runs.db") as store:
            run = await store.create_run("?", {})
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("storage.owner.os.getpid", lambda: sleeper.pid)
                await store.trace(run).record(RunStarted("?"))
            with pytest.raises(RunTaken, match=run):
                await store.trace(run).record(RunStarted("?", resumed=True))
            assert (await store.run(run)).status == "running"
            sleeper.kill()
            await sleeper.wait()
            await store.trace(run).record(RunStarted("?", resumed=True))
    finally:
        if sleeper.returncode is None:
            sleeper.kill()
            await sleeper.wait()
