"""An index in PostgreSQL: several workers at once, killed ones, and such without the files."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
from search_folder import counts, titles
from search_shelves import Shelf, postgres_url, run_sql
from sqlalchemy import TextClause, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from search import (
    DocumentIndex,
    IndexFolderError,
    Narrowing,
    Passage,
    SearchError,
    Source,
    shared_index,
)
from search.shared.place import Place
from search.shared.schema import schema_of
from search.shared.vectors import SharedVectors

ROOT = Path(__file__).parents[1]
WORKER = """
import asyncio, os, sys
from pathlib import Path
from sqlalchemy import make_url
from search import shared_index

url, name, folder, last = sys.argv[1:]

class Letters:
    name = "letters"

    async def embed(self, texts):
        return [[text.count(letter) + 1.0 for letter in "abcdefgh"] for text in texts]

def progress(done, total, path):
    if done == int(last):
        os.kill(os.getpid(), 9)

async def work():
    async with shared_index(make_url(url), name, embedder=Letters()) as index:
        await index.refresh([Path(folder)], on_progress=progress)
        await index.embed()

asyncio.run(work())
"""
TRUTH = """
SELECT coalesce(a.lexeme, b.word) FROM (SELECT * FROM {schema}.lexemes WHERE passages <> 0) a
FULL JOIN ts_stat('SELECT words FROM {schema}.passages') b ON b.word = a.lexeme
WHERE a.passages IS DISTINCT FROM b.ndoc"""
"""Words that are miscounted."""


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A folder of 60 documents."""
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(60):
        (folder / f"{i:02}.txt").write_text(
            f"Film {i}\n\nIt is number {i}, a film of {1950 + i}.\n"
        )
    return folder


def worker(shelf: Shelf, folder: Path, last: int = 0) -> "subprocess.Popen[bytes]":
    """A process of its own; `last`: the number of files after which it is killed."""
    url = postgres_url().render_as_string(hide_password=False)
    command = [sys.executable, "-c", WORKER, url, shelf.name, str(folder), str(last)]
    return subprocess.Popen(command, cwd=ROOT)


async def miscounted(shelf: Shelf) -> list[tuple[object, ...]]:
    return await run_sql(TRUTH.format(schema=schema_of(shelf.name)))


async def rows(shelf: Shelf, query: str) -> list[tuple[object, ...]]:
    return await run_sql(f"SET LOCAL search_path TO {schema_of(shelf.name)}", query)


# --- several workers ---


async def test_workers_that_begin_at_once_have_each_document_once(
    shared: Shelf, many: Path
) -> None:
    workers = [worker(shared, many) for _ in range(3)]
    assert [process.wait() for process in workers] == [0, 0, 0]
    index = await shared.open()
    assert await index.counts() == (60, 60)
    assert await rows(shared, "SELECT count(*), count(DISTINCT passage) FROM vectors_1") == [
        (60, 60)
    ]
    assert await rows(shared, "SELECT passages FROM state") == [(60,)]
    assert await miscounted(shared) == []
    assert counts(await index.refresh([many])) == (0, 0, 0, 60)


async def test_a_killed_worker_loses_one_file_at_most_and_blocks_nobody(
    shared: Shelf, many: Path
) -> None:
    assert worker(shared, many, last=30).wait() == -9
    index = await shared.open()
    assert await index.counts() == (30, 30)
    assert await miscounted(shared) == []
    assert counts(await index.refresh([many])) == (30, 0, 0, 30)
    assert len(await index.search("number", limit=100)) == 60


async def test_a_worker_goes_on_while_another_is_killed(shared: Shelf, many: Path) -> None:
    dying, living = worker(shared, many, last=20), worker(shared, many)
    assert (dying.wait(), living.wait()) == (-9, 0)
    index = await shared.open()
    assert await index.counts() == (60, 60)
    assert await rows(shared, "SELECT count(*) FROM vectors_1") == [(60,)]


async def test_a_document_that_two_index_stays_as_the_first_has_it(
    shared: Shelf, folder: Path
) -> None:
    one, two = await shared.open(), await shared.open()
    await asyncio.gather(one.refresh([folder]), two.refresh([folder]))
    before = await rows(shared, "SELECT id FROM passages ORDER BY id")
    assert len(before) == 3
    await two.add_passages([("New", "A new one.", "/new")])
    await one.add_passages([("New", "A new one.", "/new")])
    assert (await rows(shared, "SELECT id FROM passages ORDER BY id"))[:3] == before
    assert await titles(one, "new") == ["New"]
    assert await one.counts() == (4, 4)


async def test_writers_to_the_same_documents_do_not_deadlock(shared: Shelf) -> None:
    indexes = [await shared.open() for _ in range(3)]
    names = [f"/{i}" for i in range(30)]

    async def write(index: DocumentIndex, order: Sequence[str], said: str) -> None:
        for _ in range(3):
            await index.add_passages((name, f"{said} words of {name}.", name) for name in order)
            await index.forget(order[:10])

    orders = [names, names[::-1], names[10:] + names[:10]]
    async with asyncio.TaskGroup() as group:
        for number, (index, order) in enumerate(zip(indexes, orders, strict=True)):
            group.create_task(write(index, order, f"Number {number}"))
    assert await miscounted(shared) == []
    await indexes[0].add_passages((name, f"The words of {name}.", name) for name in names)
    assert await indexes[1].counts() == (30, 30)
    assert await miscounted(shared) == []


# --- workers without the files ---


async def test_a_worker_that_hangs_loses_its_transaction(shared: Shelf) -> None:
    """So the others do not wait for it without end."""
    index, going_on = await shared.open(), asyncio.Event()
    engine = create_async_engine(postgres_url())
    place = Place(engine, schema_of(shared.name), stalled="200ms")

    async def hang() -> None:
        async with place.writing(SearchError) as connection:
            going_on.set()
            await written.wait()
            await connection.exec_driver_sql("SELECT 1")

    written = asyncio.Event()
    hanging = asyncio.create_task(hang())
    await going_on.wait()
    await index.add_passages([("New", "A new one.", "/new")])
    written.set()
    with pytest.raises(SearchError, match="failed"):
        await hanging
    await engine.dispose()
    assert await index.counts() == (1, 1)


async def test_a_worker_without_the_files_finds_what_others_indexed(
    shared: Shelf, folder: Path
) -> None:
    await (await shared.open()).refresh([folder])
    shutil.move(folder, folder.with_name("elsewhere"))
    index = await shared.open()
    report = await index.refresh([folder])
    assert (report.documents, report.removed) == (3, 0)
    assert await titles(index, "strings") == ["Psycho"]
    assert [p.source.title for p in await index.read("psycho.txt")] == ["Psycho"]
    folder.mkdir()  # a disk that is not there is often an empty folder
    assert (await index.refresh([folder])).documents == 3


async def test_what_nobody_indexed_must_be_here(shared: Shelf, tmp_path: Path) -> None:
    index = await shared.open()
    with pytest.raises(IndexFolderError, match="nowhere does not exist"):
        await index.refresh([tmp_path / "nowhere"])


async def test_a_worker_that_lacks_a_root_adds_and_removes_nothing(
    shared: Shelf, folder: Path, many: Path
) -> None:
    index = await shared.open()
    await index.refresh([folder, many])
    shutil.move(folder, folder.with_name("elsewhere"))
    (many / "00.txt").unlink()
    (many / "60.txt").write_text("Film 60\n\nIt is new.\n")
    report = await index.refresh([folder, many])
    assert (report.added, report.removed, report.documents) == (1, 0, 64)
    shutil.move(folder.with_name("elsewhere"), folder)
    assert (await index.refresh([folder, many])).removed == 1


async def test_a_file_that_this_worker_cannot_read_stays(shared: Shelf, folder: Path) -> None:
    index = await shared.open()
    await index.refresh([folder])
    path = folder / "psycho.txt"
    path.unlink()
    with path.open("wb") as file:
        file.truncate(300 * 2**20)  # too large is judged by each worker
    assert (await index.refresh([folder])).documents == 3
    assert await titles(index, "strings") == ["Psycho"]


# --- the same as in a file ---


async def test_words_weigh_as_in_a_file(shared: Shelf) -> None:
    documents = [
        ("The Godfather", "Nino Rota composed the music; the composer was born in Milan.", "/a"),
        ("Psycho", "Bernard Herrmann's strings, strings and strings. It was shot in 1960.", "/b"),
        ("Milan", "Milan is a city in Italy with 1.35 million people; MILAN's café society.", "/c"),
        ("東京物語", "小津安二郎の映画で、東京が舞台。", "/d"),
        ("Nothing", "Nothing is said here of anybody at all, over and over and over.", "/e"),
    ]
    in_file, index = DocumentIndex.open(None), await shared.open()
    for each in (in_file, index):
        await each.add_passages(documents)
    queries = ("composer of Milan", "strings 1960", "cafés", "東京", "京", "Nino's 1.35", "over it")
    for query in queries:
        expected = await in_file.search(query)
        found = await index.search(query)
        assert [hit.passage for hit in found] == [hit.passage for hit in expected], query
        scores = [hit.score for hit in expected]
        assert [hit.score for hit in found] == pytest.approx(scores, rel=0.01), query
    in_file.close()


@pytest.mark.parametrize("path", ["psy", "PSY*txt", "f?lms", "[op]sycho", "films/psycho.txt", "["])
async def test_paths_are_narrowed_as_in_a_file(shared: Shelf, folder: Path, path: str) -> None:
    in_file, index = DocumentIndex.open(None), await shared.open()
    narrowing = Narrowing(path=path)
    found = []
    for each in (in_file, index):
        await each.refresh([folder])
        hits = await each.search("scored music strings", within=narrowing)
        found.append([hit.passage.source.title for hit in hits])
    assert found[0] == found[1]
    in_file.close()


# --- what is told ---


async def test_of_a_giant_title_the_beginning_is_searched(shared: Shelf) -> None:
    index = await shared.open()
    await index.add_passages([(" ".join(f"word{i}x{i}" for i in range(200_000)), "A body.", "/t")])
    assert len(await index.search("word7x7")) == 1


class Letters:
    name = "letters"

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[text.count(letter) + 1.0 for letter in "abcdefgh"] for text in texts]


class Meeting:
    """A connection whose users have all read before any of them goes on."""

    def __init__(self, connection: AsyncConnection, barrier: asyncio.Barrier) -> None:
        self._connection, self._barrier = connection, barrier

    async def execute(self, statement: TextClause, values: object) -> object:
        found = await self._connection.execute(statement, values)  # type: ignore[call-overload]
        if "steps" in str(statement):
            await self._barrier.wait()
        return found


async def test_searches_at_once_keep_each_vector_once(shared: Shelf) -> None:
    embedder = Letters()
    url = postgres_url()
    async with shared_index(url, shared.name, embedder=embedder, pgvector=False) as index:
        await index.add_passages([(f"T{i}", "abc"[i] * 9, f"/{i}") for i in range(3)])
        await index.embed()
    vectors, barrier = SharedVectors(embedder.name, has_pgvector=False), asyncio.Barrier(2)
    engine = create_async_engine(url)
    place = Place(engine, schema_of(shared.name))

    async def near() -> dict[int, float]:
        async with place.reading(SearchError) as connection:
            meeting = cast("AsyncConnection", Meeting(connection, barrier))
            return await vectors.near(meeting, [1.0] * 8, [], 3, None)

    found = await asyncio.gather(near(), near())
    await engine.dispose()
    assert [len(one) for one in found] == [3, 3]


async def test_characters_that_the_database_cannot_hold_are_replaced(shared: Shelf) -> None:
    index = await shared.open()
    source = Source("/a\x00", "A\x00", "text/plain", "0", "Ann \ud800")
    await index.keep([Passage(source, 0, 9, "a\x00b \ud800 c\udfff", "sheet \x00")])
    (passage,) = await index.read("/a\x00")
    assert passage.text == "a\ufffdb \ufffd c\ufffd"
    assert await titles(index, "b") == ["A\ufffd"]


async def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    url = make_url("postgresql+asyncpg://me:secret@127.0.0.1:9/nothing")
    with pytest.raises(
        IndexFolderError, match=r"127\.0\.0\.1:9/nothing cannot be reached"
    ) as raised:
        async with shared_index(url, "x"):
            pass
    assert "secret" not in str(raised.value)


async def test_an_index_that_is_taken_away_is_explained(shared: Shelf, folder: Path) -> None:
    index = await shared.open()
    await run_sql(f"DROP SCHEMA {schema_of(shared.name)} CASCADE")
    with pytest.raises(SearchError, match=r"document index in .* failed"):
        await index.search("anything")
    with pytest.raises(IndexFolderError, match=r"document index in .* failed"):
        await index.refresh([folder])


async def test_without_pgvector_that_is_told(shared: Shelf) -> None:
    shared.kind = "shared, without pgvector"
    embedder = type("Letters", (), {"name": "letters"})()
    await shared.open(embedder)
    assert len(shared.notices) == 1
    assert "no pgvector" in shared.notices[0]


def test_a_name_is_checked() -> None:
    assert schema_of("films_1").endswith("_films_1")
    for name in ("", "Films", "a b", 'a"', "x" * 33):
        with pytest.raises(ValueError, match="no name for an index"):
            schema_of(name)
