"""Searching and reading the user's documents."""

import os
import sqlite3
from pathlib import Path
from typing import get_args

import pytest
from document_makers import make_pdf
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from search_folder import titles

from search import KINDS, DocumentIndex, Narrowing, ReadError
from search.catalogue import LARGE
from search.terms import match_expression, segmented
from tools.find import Search, SearchArguments, Within

# --- searching ---


async def test_a_search_finds_passages_best_first(index: DocumentIndex, folder: Path) -> None:
    await index.refresh([folder])
    hits = await index.search("Who composed the music of The Godfather?")
    assert hits[0].passage.source.title == "The Godfather"
    assert hits[0].passage.source.location == str(folder / "godfather.md")
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


async def test_words_are_stemmed_and_accents_do_not_matter(index: DocumentIndex) -> None:
    await index.add_passages([("A", "Stanisław composes a café waltz.", "a"), ("B", "Else.", "b")])
    assert await titles(index, "COMPOSED") == ["A"]
    assert await titles(index, "cafe") == ["A"]


async def test_a_title_weighs_more_than_the_text(index: DocumentIndex) -> None:
    filler = [(f"T{i}", f"Filler number {i} here.", f"f{i}") for i in range(10)]
    items = [("Text", "Solaris is named here.", "a"), ("Solaris", "Something is said here.", "b")]
    await index.add_passages([*filler, *items])
    assert await titles(index, "solaris") == ["Solaris", "Text"]


@pytest.mark.parametrize("query", ["", "  ", "?!", '"', "*", "()", "_"])
async def test_a_query_without_words_finds_nothing(index: DocumentIndex, query: str) -> None:
    await index.add_passages([("A", "Some text.", "a")])
    assert await index.search(query) == []


async def test_a_query_of_stop_words_is_asked_as_it_is(index: DocumentIndex) -> None:
    await index.add_passages([("A", "To be or not to be.", "a"), ("B", "Nothing else.", "b")])
    assert await titles(index, "to be or") == ["A"]


async def test_words_of_the_query_language_are_only_words(index: DocumentIndex) -> None:
    await index.add_passages([("A", "Romeo AND Juliet NEAR Verona.", "a"), ("B", "Else.", "b")])
    for query in ("AND", "NOT juliet", "NEAR(verona", "title:juliet", "romeo* OR", '"juliet'):
        assert await titles(index, query) == ["A"], query


async def test_no_more_hits_than_asked_for(index: DocumentIndex) -> None:
    await index.add_passages([("T", f"Film number {i}.", f"{i}") for i in range(20)])
    assert len(await index.search("film", limit=7)) == 7
    assert await index.search("film", limit=0) == []


async def test_the_same_text_in_two_files_is_found_once(index: DocumentIndex) -> None:
    same = [("Copy", "The very same words.", f"copy{i}") for i in range(50)]
    await index.add_passages([*same, ("Other", "Other words about the same.", "other")])
    assert sorted(await titles(index, "same words", limit=2)) == ["Copy", "Other"]


@pytest.mark.parametrize(
    ("text", "found", "missed"),
    [
        (
            "千と千尋の神隠しは宮崎駿が監督した。",
            ["宮崎駿", "神隠し", "千尋は誰", "監"],
            ["黒澤", "駿宮"],
        ),
        ("北京是中国的首都。", ["北京", "中国首都", "京"], ["上海", "国中"]),
        ("봉준호는 기생충을 감독했다.", ["기생충", "봉준호"], ["서울"]),
        ("2004年の映画NANAを見た", ["2004年", "NANA", "映画"], ["2005"]),
    ],
)
async def test_text_without_spaces_is_found_by_its_parts(
    index: DocumentIndex, text: str, found: list[str], missed: list[str]
) -> None:
    await index.add_passages([("A", text, "a"), ("B", "Plain English.", "b")])
    assert [query for query in found + missed if await index.search(query)] == found
    assert [passage.text for passage in await index.read("a")] == [text]


@given(st.text(max_size=40))
def test_any_query_is_a_valid_expression(query: str) -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(body)")
        expression = match_expression(query)
        if expression is not None:
            connection.execute("SELECT * FROM t WHERE t MATCH ?", (expression,)).fetchall()
    connection.close()


@given(st.text(alphabet="千尋神a 。", min_size=1, max_size=12), st.data())
@settings(deadline=None)
def test_each_part_of_a_text_finds_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    part = text[start : data.draw(st.integers(start + 1, len(text)))]
    expression = match_expression(part)
    if expression is not None and "a" not in part:
        connection = sqlite3.connect(":memory:")
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(body)")
        connection.execute("INSERT INTO t VALUES (?)", (segmented(text),))
        assert connection.execute("SELECT * FROM t WHERE t MATCH ?", (expression,)).fetchone()
        connection.close()


# --- reading ---


async def test_a_document_is_read_by_path_name_or_end_of_path(
    index: DocumentIndex, folder: Path
) -> None:
    await index.refresh([folder])
    for location in (str(folder / "psycho.txt"), "psycho.txt", "films/psycho.txt", "./psycho.txt"):
        (passage,) = await index.read(location)
        assert passage.text.startswith("Psycho\n\nBernard")


async def test_an_unknown_document_is_refused_with_those_called_nearly_so(
    index: DocumentIndex, folder: Path
) -> None:
    await index.refresh([folder])
    with pytest.raises(ReadError, match=r"pyscho.txt is not among .*films/psycho\.txt"):
        await index.read("pyscho.txt")
    with pytest.raises(ReadError, match="zzz is not among the documents"):
        await index.read("zzz")
    with pytest.raises(ReadError, match=r"sycho\.txt is not among"):
        await index.read("sycho.txt")


async def test_a_name_that_two_documents_have_is_refused(
    index: DocumentIndex, folder: Path
) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "psycho.txt").write_text("The other one of 1998.")
    await index.refresh([folder])
    with pytest.raises(ReadError, match="names several documents"):
        await index.read("psycho.txt")
    assert len(await index.read("more/psycho.txt")) == 1


async def test_a_refused_file_says_why_when_read(index: DocumentIndex, folder: Path) -> None:
    (folder / "pic.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    await index.refresh([folder])
    with pytest.raises(ReadError, match=r"pic\.txt looks like a PNG image"):
        await index.read(str(folder / "pic.txt"))


async def test_passages_come_in_order(index: DocumentIndex) -> None:
    text = " ".join(f"Sentence number {i} has exactly seven words." for i in range(100))
    await index.add_passages([("Long", text, "long")])
    passages = await index.read("long")
    assert len(passages) > 3
    assert all(text[p.start : p.end] == p.text for p in passages)
    assert [p.start for p in passages] == sorted(p.start for p in passages)


# --- narrowed ---


@pytest.fixture
async def dated(index: DocumentIndex, tmp_path: Path) -> DocumentIndex:
    """Documents of several kinds and days; those that say none have it from their file."""
    made = {
        "reports/a.html": b'<meta name="date" content="2023-05-17"><title>A</title><p>A waltz.',
        "reports/b.pdf": make_pdf("Another waltz.", title="B", made="D:20240301"),
        "notes/c.txt": b"C\n\nA waltz, too.\n",
    }
    for name, data in made.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (1_700_000_000, 1_700_000_000))  # 14 November 2023
    await index.refresh([tmp_path])
    return index


@pytest.mark.parametrize(
    ("within", "found"),
    [
        (Narrowing(), "ABC"),
        (Narrowing(path="Reports/"), "AB"),
        (Narrowing(path="notes/*.txt"), "C"),
        (Narrowing(path="no such"), ""),
        (Narrowing(since="2023-11-14"), "BC"),
        (Narrowing(since="2024"), "B"),
        (Narrowing(until="2023"), "AC"),
        (Narrowing(until="2023-05"), "A"),
        (Narrowing(since="2023-06", until="2023-12"), "C"),
        (Narrowing(kind="pdf"), "B"),
        (Narrowing(kind="page", since="2024"), ""),
    ],
)
async def test_a_search_can_be_narrowed(
    dated: DocumentIndex, within: Narrowing, found: str
) -> None:
    hits = await dated.search("waltz", within=within)
    assert "".join(sorted(hit.passage.source.title for hit in hits)) == found


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ValueError, match="is no day"):
        Narrowing(since="May 2023")
    with pytest.raises(ValueError, match="is no kind of document: use book"):
        Narrowing(kind="film")


async def test_a_tool_narrows_its_search(dated: DocumentIndex) -> None:
    search = Search(dated)
    arguments = SearchArguments.model_validate(
        {"query": "waltz", "within": {"kind": "text", "path": "notes"}}
    )
    assert (await search.call(arguments)).value == ["C"]
    with pytest.raises(ValidationError, match="is no day"):
        SearchArguments.model_validate({"query": "waltz", "within": {"since": "soon"}})
    assert set(get_args(Within.model_fields["kind"].annotation)) == {"", *KINDS}


# --- many documents ---


async def test_words_of_most_passages_are_left_out_of_a_large_index(index: DocumentIndex) -> None:
    texts = [f"Common words and number{i % 9000}." for i in range(LARGE + 10)]
    await index.add_passages([(f"T{i}", text, f"{i}") for i, text in enumerate(texts)])
    hits = await index.search("common number77", limit=50)
    assert {hit.passage.text for hit in hits} == {"Common words and number77."}
    assert len(await index.search("common", limit=50)) == 50
