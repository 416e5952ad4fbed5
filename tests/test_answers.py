"""How a citation names its place."""

import json

from planner import Answer, Sentence
from search import Passage, Source
from service.formats import Publication, as_json, as_text

SAID = Source("/a/score.pdf", "The Score", "application/pdf", "0", "Ann Author", "2020-01-31")
PLAIN = Source("/a/notes.txt", "Notes", "text/plain", "1")
CITED = (Passage(SAID, 10, 40, "It was written in May.", "pages 3-4"), Passage(PLAIN, 0, 5, "May."))


def finished() -> Publication:
    answer = Answer("May", (Sentence("It was in May.", (1, 2), "supported"),), CITED)
    return Publication("r1", "When?", "completed", answer)


def test_a_source_is_shown_with_author_day_and_page() -> None:
    lines = as_text(finished()).splitlines()
    assert lines[-2:] == [
        "[1] The Score (Ann Author, 2020-01-31, /a/score.pdf, pages 3-4)",
        "[2] Notes (/a/notes.txt, characters 0-5)",
    ]


def test_json_has_author_day_and_page() -> None:
    given = json.loads(as_json(finished()))
    assert [cited["passage"]["part"] for cited in given["citations"]] == ["pages 3-4", ""]
    assert (given["sources"][0]["author"], given["sources"][0]["published"]) == (
        "Ann Author",
        "2020-01-31",
    )
