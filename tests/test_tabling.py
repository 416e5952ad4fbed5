"""Questions over the rows of a table: worked out where they are plain, left alone where not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from document_makers import make_xlsx

from inference import ScriptedModel
from search import DocumentIndex
from tools import Lookup
from tools.lookup import LookupArguments
from tools.tabling import worked_out

FERRIES = """name,capacity,home port,built
Alda,250,Vellmark,1998
Bo,310,Vellmark,2004
Cy,120,Tarn,2011
Dora,90,Tarn,2011
Eddy,,Vellmark,2020
Total,770,,
"""
TOWNS = """# Towns

| Town | Inhabitants | Area | Mayor |
|---|---|---|---|
| Tarn | 7,905 | 12 km² | Ann Lee |
| Osterhavn | 18,420 | 31 km² | Bo Ek |
| Vik | 300 | 4 km² | Cy Lund |
"""
SALES = {
    "2023": [["shop", "revenue"], ["North", 100], ["South", 50]],
    "2024": [["shop", "revenue"], ["North", 70], ["South", 90]],
}


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[DocumentIndex]:
    (tmp_path / "ferries.csv").write_text(FERRIES)
    (tmp_path / "towns.md").write_text(TOWNS)
    (tmp_path / "sales.xlsx").write_bytes(make_xlsx(SALES))
    opened = DocumentIndex.open(None)
    await opened.refresh([tmp_path])
    yield opened
    opened.close()


async def asked(question: str, index: DocumentIndex, document: str) -> str | None:
    return await worked_out(question, (await index.read(document))[0], index)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many ferries have the home port Vellmark?", "3"),
        ("How many ferries are there?", "5"),
        ("How many ferries were built in 2011?", "2"),
        ("What is the total capacity of all ferries?", "770"),
        ("What is the total capacity of the ferries in Tarn?", "210"),
        ("What is the average capacity of the ferries?", "192.5"),
        ("Which ferry has the largest capacity?", "Bo"),
        ("What ferry has the smallest capacity?", "Dora"),
        ("What is the largest capacity of a ferry?", "310"),
        ("Which of the ferries was built most recently?", "Eddy"),
        ("Which ferry with the home port Tarn has the largest capacity?", "Cy"),
    ],
)
async def test_rows_are_counted_and_summed_up(
    question: str, answer: str, index: DocumentIndex
) -> None:
    assert await asked(question, index, "ferries.csv") == answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many inhabitants does Vik have?", "300"),
        ("How many inhabitants do Tarn and Vik have together?", "8205"),
        ("How many towns are listed?", "3"),
        ("Which town has the fewest inhabitants?", "Vik"),
        ("What is the total area of the towns?", "47 km²"),
    ],
)
async def test_tables_of_markdown_too(question: str, answer: str, index: DocumentIndex) -> None:
    assert await asked(question, index, "towns.md") == answer


async def test_each_sheet_is_a_table_of_its_own(index: DocumentIndex) -> None:
    sheets = await index.read("sales.xlsx")
    question = "What is the total revenue of the sales in {}?"
    for sheet, year, total in zip(sheets, ("2023", "2024"), ("150", "160"), strict=True):
        assert await worked_out(question.format(year), sheet, index) == total
    assert await worked_out(question.format(2024), sheets[0], index) is None


@pytest.mark.parametrize(
    "question",
    [
        "What is the capacity of Alda?",  # a cell is read
        "How many ferries does Osterhavn have?",  # no row speaks of it
        "How many people died on the ferry Alda?",
        "How many days did the journey of Alda take?",
        "Who is the captain of the largest ferry?",
        "Which ferry was built in the most expensive shipyard of the country?",
        "Which ferry built in 2011 is the longest?",
        "Who owns most of the ferries?",
    ],
)
async def test_what_is_not_plain_is_left_to_reading(question: str, index: DocumentIndex) -> None:
    assert await asked(question, index, "ferries.csv") is None


async def test_two_that_are_the_best_are_not_one(index: DocumentIndex, tmp_path: Path) -> None:
    (tmp_path / "ferries.csv").write_text(FERRIES.replace("120", "310"))
    await index.refresh([tmp_path])
    assert await asked("Which ferry has the largest capacity?", index, "ferries.csv") is None


async def test_a_look_up_works_tables_out_and_asks_no_model(index: DocumentIndex) -> None:
    model = ScriptedModel([])
    found = await Lookup(index, model, reader=index).call(
        LookupArguments(question="How many ferries have the home port Vellmark?")
    )
    assert (found.value, found.evidence[0].source.title) == ("3", "Ferries")
    assert model.requests == []
