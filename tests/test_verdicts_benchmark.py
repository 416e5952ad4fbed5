"""How the benchmark of verdicts tells answers apart."""

import pytest

from benchmarks.verdicts import kind_of
from planner import Answer, Sentence
from planner.outcomes import Verdict
from search import Passage, Source

CITED = (Passage(Source("/p", "Page", "text/plain", "0"), 0, 5, "Rome."),)


@pytest.mark.parametrize(
    ("value", "verdicts", "kind"),
    [
        (None, [], "abstained"),
        ("Rome", [("It is Rome.", "supported")], "supported"),
        ("Rome", [("It is Rome.", "unsupported"), ("It is old.", "supported")], "doubted"),
        ("Rome", [("It is Rome.", "partly"), ("Rome.", "supported")], "supported"),
        ("yes", [("They are towns.", "supported")], "supported"),
        ("yes", [("They are towns.", "unsupported")], "doubted"),
    ],
)
def test_an_answer_is_told_by_the_sentences_of_its_value(
    value: str | None, verdicts: list[tuple[str, Verdict]], kind: str
) -> None:
    sentences = tuple(Sentence(text, (1,), verdict) for text, verdict in verdicts)
    assert kind_of(Answer(value, sentences, CITED)) == kind
