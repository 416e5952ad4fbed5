"""Documents found by meaning: vectors beside the words, kept in step with the files."""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from search_folder import titles
from search_shelves import Shelf

from inference import MiniLM
from search import DocumentIndex, EngineError, Narrowing, SearchError
from search.schema import open_database
from search.vectors import VectorTable

CARS = ("The automobile was driven from Turin to Milan.", "Bread is baked from flour and water.")


class Counting:
    """Vectors from the letters of a text, and an account of the texts."""

    def __init__(self, name: str = "letters", size: int = 26) -> None:
        self.name = name
        self.size = size
        self.texts: list[str] = []
        self.failing = False

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        if self.failing:
            raise EngineError("the embedder is gone")
        self.texts += texts
        return [[text.lower().count(chr(97 + i)) + 1.0 for i in range(self.size)] for text in texts]


async def filled(shelf: Shelf, embedder: Counting, folder: Path) -> DocumentIndex:
    index = await shelf.open(embedder)
    await index.refresh([folder])
    await index.embed()
    return index


async def test_a_passage_is_found_that_shares_no_word_with_the_query(shelf: Shelf) -> None:
    index = await shelf.open(MiniLM())
    await index.add_passages((f"{i}", text, f"/{i}") for i, text in enumerate(CARS))
    assert await index.search("a trip by car") == []
    await index.embed()
    assert (await index.search("a trip by car"))[0].passage.text == CARS[0]


async def test_vectors_are_made_once_and_those_of_changed_files_anew(
    shelf: Shelf, folder: Path
) -> None:
    embedder = Counting()
    await filled(shelf, embedder, folder)
    assert len(embedder.texts) == 3
    (folder / "psycho.txt").write_text("Psycho\n\nIt has a shower.\n")
    (folder / "godfather.md").unlink()
    index = await filled(shelf, embedder, folder)
    assert embedder.texts[3:] == ["Psycho. Psycho\n\nIt has a shower."]
    assert sorted(await titles(index, "a b c")) == ["Inception", "Psycho"]


async def test_vectors_of_another_embedder_are_made_anew(shelf: Shelf, folder: Path) -> None:
    other = Counting("other", size=7)
    await filled(shelf, Counting(), folder)
    index = await filled(shelf, other, folder)
    assert len(other.texts) == 3
    assert await index.search("strings")


async def test_without_an_answer_from_the_embedder_the_words_stand(
    shelf: Shelf, folder: Path
) -> None:
    embedder = Counting()
    index = await filled(shelf, embedder, folder)
    embedder.failing = True
    assert (await index.search("Herrmann"))[0].passage.source.title == "Psycho"
    await index.add_passages([("New", "Not embedded.", "/new")])
    with pytest.raises(SearchError, match="gone"):
        await index.embed()


async def test_cancelling_loses_one_batch_at_most(shelf: Shelf) -> None:
    class Stopping(Counting):
        async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
            if self.texts:
                started.set()
                await asyncio.Event().wait()
            return await super().embed(texts)

    started, embedder = asyncio.Event(), Stopping()
    index = await shelf.open(embedder)
    await index.add_passages((f"{i}", f"Text {i}.", f"/{i}") for i in range(100))
    task = asyncio.create_task(index.embed())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    done = len(embedder.texts)
    assert 0 < done < 100
    other = Counting()
    index = await shelf.open(other)
    await index.embed()
    assert len(other.texts) == 100 - done


async def test_a_passage_without_a_vector_is_found_by_its_words(shelf: Shelf, folder: Path) -> None:
    index = await filled(shelf, Counting(), folder)
    await index.add_passages([("Vertigo", "Vertigo was filmed in San Francisco.", "/vertigo")])
    assert (await index.search("San Francisco"))[0].passage.source.title == "Vertigo"


async def test_a_search_by_meaning_is_narrowed(shelf: Shelf, folder: Path) -> None:
    index = await filled(shelf, Counting(), folder)
    found = await index.search("a b c", within=Narrowing(path="psy"))
    assert [hit.passage.source.title for hit in found] == ["Psycho"]


@pytest.mark.parametrize("vectors", [[[1.0, 2.0]] * 9, [[1.0, 2.0], [1.0]]], ids=["many", "uneven"])
async def test_an_embedder_that_gives_no_vectors_is_told_so(
    shelf: Shelf, folder: Path, vectors: list[list[float]]
) -> None:
    class Wrong(Counting):
        async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
            return vectors

    with pytest.raises(EngineError):
        await filled(shelf, Wrong(), folder)


async def test_the_reranker_has_the_last_word_and_need_not_answer(
    shelf: Shelf, folder: Path
) -> None:
    class Backwards:
        failing = False

        async def rerank(self, query: str, texts: Sequence[str]) -> Sequence[float]:
            if self.failing:
                raise EngineError("gone")
            return [float(place) for place in range(len(texts))]

    reranker = Backwards()
    plain, index = await shelf.open(), await shelf.open(reranker=reranker)
    await plain.refresh([folder])
    expected = await titles(plain, "scored music strings")
    assert await titles(index, "scored music strings") == expected[::-1]
    assert len(expected) == 3
    reranker.failing = True
    assert await titles(index, "scored music strings") == expected


@pytest.fixture
def tables(tmp_path: Path) -> tuple[VectorTable, VectorTable, sqlite3.Connection]:
    """Two processes' views of one file with 300 passages."""
    connections = [open_database(tmp_path / "index.db") for _ in range(2)]
    connections[0].execute(
        "INSERT INTO documents (id, location, title, media_type, digest, author, published, day,"
        " is_file, size, mtime_ns) VALUES (1, '/a', 'A', 'text/plain', '', '', '', '', 0, 0, 0)"
    )
    connections[0].executemany(
        'INSERT INTO passages (id, document, start, "end", text, part)'
        " VALUES (?, 1, 0, 1, ?, '')",
        [(i, str(i)) for i in range(300)],
    )
    one, two = (VectorTable(connection, "random") for connection in connections)
    return one, two, connections[0]


def test_the_search_over_vectors_is_exact(
    tables: tuple[VectorTable, VectorTable, sqlite3.Connection],
) -> None:
    one, two, connection = tables
    vectors = np.random.default_rng(1).standard_normal((300, 32))
    query = np.random.default_rng(2).standard_normal(32)
    assert one.near(list(query)).nearest(5) == {}
    for start in (0, 100, 200):
        one.put(range(start, start + 100), vectors[start : start + 100].tolist())
        one.near(list(query))
    cosines = vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)
    for table in (one, two):  # as it was added, and as it was read
        near = table.near(list(query))
        assert np.abs(near.cosines - cosines).max() < 0.01
        assert list(near.nearest(5)) == list(np.argsort(-cosines)[:5])
        assert near.of([7, 999]) == {7: pytest.approx(near.nearest(300)[7])}
    best = int(np.argmax(cosines))
    connection.execute("DELETE FROM passages WHERE id = ?", (best,))
    for table in (one, two):
        assert best not in table.near(list(query)).nearest(300)


@pytest.mark.parametrize(
    "vectors",
    [[[1.0, 2.0]], [[1.0], [1.0, 2.0]], [[float("nan")], [1.0]], [[], []], [1.0, 2.0]],
    ids=["too few", "of two lengths", "not numbers", "empty", "flat"],
)
def test_what_is_no_vectors_is_refused(
    tables: tuple[VectorTable, VectorTable, sqlite3.Connection], vectors: list[list[float]]
) -> None:
    with pytest.raises(EngineError):
        tables[0].put([1, 2], vectors)


def test_vectors_of_another_length_are_refused(
    tables: tuple[VectorTable, VectorTable, sqlite3.Connection],
) -> None:
    tables[0].put([1], [[1.0, 2.0]])
    with pytest.raises(EngineError, match="3 numbers came, and before of 2"):
        tables[1].put([2], [[1.0, 2.0, 3.0]])
    with pytest.raises(EngineError, match="3 numbers came, and before of 2"):
        tables[0].near([1.0, 2.0, 3.0])
