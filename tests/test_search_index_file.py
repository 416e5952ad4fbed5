"""The index's file: kept, damaged, killed, shared."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from search_folder import counts, titles

from search import DocumentIndex, IndexFolderError, SearchError

ROOT = Path(__file__).parents[1]


# --- the file of the index ---


async def test_the_index_is_kept(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "deep" / "er" / "index.db"
    index = DocumentIndex.open(path)
    await index.refresh([folder])
    index.close()
    index.close()
    again = DocumentIndex.open(path)
    assert await titles(again, "strings") == ["Psycho"]
    assert counts(await again.refresh([folder])) == (0, 0, 0, 3)
    again.close()


async def test_an_index_inside_the_folder_does_not_index_itself(folder: Path) -> None:
    index = DocumentIndex.open(folder / "index.db")
    report = await index.refresh([folder])
    assert (report.documents, report.unreadable) == (3, ())
    index.close()


@pytest.mark.parametrize("damage", ["garbage", "truncated", "scrambled", "older"])
async def test_a_damaged_or_older_index_is_made_anew(
    tmp_path: Path, folder: Path, damage: str
) -> None:
    path = tmp_path / "index.db"
    index = DocumentIndex.open(path)
    await index.refresh([folder])
    index.close()
    _damage(path, damage)
    again = DocumentIndex.open(path)
    assert counts(await again.refresh([folder])) == (3, 0, 0, 0)
    assert await titles(again, "strings") == ["Psycho"]
    again.close()


def _damage(path: Path, damage: str) -> None:
    data = path.read_bytes()
    match damage:
        case "garbage":
            path.write_bytes(b"this is no database at all, is it" * 100)
        case "truncated":
            path.write_bytes(data[: len(data) // 2])
        case "scrambled":
            path.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))
        case "older":
            connection = sqlite3.connect(path)
            connection.execute("PRAGMA user_version = 0")
            connection.close()


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE precious (x)")
    connection.close()
    with pytest.raises(IndexFolderError, match="database of another program"):
        DocumentIndex.open(path)
    assert path.exists()


def test_a_place_where_no_index_can_be_kept_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexFolderError, match="index"):
        DocumentIndex.open(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(IndexFolderError, match="cannot be kept"):
        DocumentIndex.open(tmp_path / "file" / "index.db")


async def test_an_error_of_sqlite_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    index = DocumentIndex.open(path)
    other = sqlite3.connect(path)
    other.execute("DROP TABLE passages")
    other.close()
    with pytest.raises(SearchError, match=r"document index .*index\.db failed in SQLite"):
        await index.search("anything")
    with pytest.raises(IndexFolderError, match=r"document index .*index\.db failed in SQLite"):
        await index.add_passages([("A", "Words.", "a")])
    index.close()


# --- interruptions ---

KILLED = """
import asyncio, os, sys
from pathlib import Path
from search import DocumentIndex

def progress(done, total, path):
    if done == 30:
        os._exit(9)

index = DocumentIndex.open(Path(sys.argv[1]))
asyncio.run(index.refresh([Path(sys.argv[2])], on_progress=progress))
"""


@pytest.fixture
def killed(tmp_path: Path) -> tuple[Path, Path]:
    """An index whose process died after 30 of 60 files, and the folder."""
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(60):
        (folder / f"{i:02}.txt").write_text(f"Film {i}\n\nIt is number {i}.\n")
    path = tmp_path / "index.db"
    command = [sys.executable, "-c", KILLED, str(path), str(folder)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 9
    return path, folder


async def test_a_kill_loses_at_most_one_file(killed: tuple[Path, Path]) -> None:
    path, folder = killed
    index = DocumentIndex.open(path)
    assert counts(await index.refresh([folder])) == (30, 0, 0, 30)
    assert len(await index.search("number", limit=100)) == 60
    index.close()


async def test_a_cancelled_refresh_keeps_what_it_did(index: DocumentIndex, tmp_path: Path) -> None:
    for i in range(40):
        (tmp_path / f"{i:02}.txt").write_text(f"Film {i}\n\nIt is number {i}.\n")
    reached = asyncio.Event()

    def progress(done: int, total: int, path: str) -> None:
        if done == 10:
            reached.set()

    refresh = asyncio.create_task(index.refresh([tmp_path], on_progress=progress))
    await reached.wait()
    refresh.cancel()
    with pytest.raises(asyncio.CancelledError):
        await refresh
    report = await index.refresh([tmp_path])
    assert report.unchanged >= 10
    assert report.added == 40 - report.unchanged > 0
    assert report.documents == 40


async def test_searches_go_on_while_the_index_is_refreshed(
    index: DocumentIndex, tmp_path: Path
) -> None:
    for i in range(40):
        (tmp_path / f"{i:02}.txt").write_text(f"Film {i}\n\nIt is number {i}.\n")
    halfway = asyncio.Event()
    refresh = asyncio.create_task(
        index.refresh([tmp_path], on_progress=lambda done, *_: done == 20 and halfway.set())
    )
    await halfway.wait()
    found = await index.search("number", limit=100)
    assert not refresh.done()
    assert len(found) >= 20
    assert (await refresh).documents == 40
