"""An answer with sections and tables: its text, its changes, its way to the store and back."""

from dataclasses import replace

from planner import Answer, Section, Sentence, Table
from search import Passage, Source
from storage.answer_records import answer_data, answer_from

PASSAGE = Passage(Source("/a.md", "Rhine", "text/plain", "0" * 64), 0, 5, "Rhine", "page 3")
REPORT = Answer(
    "the Rhine",
    (Sentence("The Rhine is longer.", (1,), "supported"),),
    (PASSAGE, PASSAGE),
    "Two rivers",
    (
        Section("Length", (Sentence("It is long.", (2,), "partly"),)),
        Section(
            "Both",
            table=Table(
                ("River", "Length"),
                ((Sentence("Rhine"), Sentence("1,233 km", (1,), "supported")),),
            ),
        ),
    ),
)


def test_the_text_has_headings_and_tables() -> None:
    assert REPORT.text == (
        "Two rivers\n\nThe Rhine is longer. [1]\n\nLength\nIt is long. [2]\n\n"
        "Both\nRiver | Length\nRhine | 1,233 km [1]"
    )


def test_without_title_and_sections_it_is_one_paragraph() -> None:
    short = replace(REPORT, title="", sections=())
    assert short.text == "The Rhine is longer. [1]"


def test_every_sentence_in_the_order_of_reading() -> None:
    assert [s.text for s in REPORT.every_sentence] == [
        "The Rhine is longer.",
        "It is long.",
        "Rhine",
        "1,233 km",
    ]


def test_what_is_left_out_of_a_table_leaves_its_cell() -> None:
    left = REPORT.each(lambda sentence: sentence if sentence.cites else None)
    assert left.sections[0].sentences == REPORT.sections[0].sentences
    table = left.sections[1].table
    assert table is not None
    assert [[cell.text for cell in row] for row in table.rows] == [["", "1,233 km"]]


def test_what_is_stored_comes_back() -> None:
    assert answer_from(answer_data(REPORT)) == REPORT


def test_an_answer_of_an_older_version_is_read() -> None:
    old = {
        key: part for key, part in answer_data(REPORT).items() if key not in {"title", "sections"}
    }
    assert answer_from(old) == replace(REPORT, title="", sections=())
