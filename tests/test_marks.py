"""Marks of citations in what a model wrote: where sentences end, and what is left without them."""

import pytest

from inference import Sample
from planner.draft_checks import fault_of
from planner.grounds import Ground, Grounds
from planner.marks import cited_sentences
from search import Passage, Source

TEXT = "Ann Lee was most known for Rome."
PLACE = Passage(Source("Lee", "Lee", "text/plain", "0"), 0, len(TEXT), TEXT)
FOUND = Grounds((Ground("What was Ann Lee known for?", "Rome", PLACE),), "Rome", (), (), (PLACE,))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            "Both Ulm [1] and Bonn [2] are towns [1] and [2].",
            [("Both Ulm and Bonn are towns.", (1, 2))],
        ),
        ("Ulm is old [1], [2] & [3].", [("Ulm is old.", (1, 2, 3))]),
        (
            "Ulm ist alt [1] und [2]. Bonn auch [3].",
            [("Ulm ist alt.", (1, 2)), ("Bonn auch.", (3,))],
        ),
        ("She sang for Ulm [1] and Bonn [2] and.", [("She sang for Ulm and Bonn.", (1, 2))]),
        ("東京[1]と[2]は都市。", [("東京は都市。", (1, 2))]),
        ("東京[1]です[2]。", [("東京です。", (1, 2))]),
        ("It has [1] 870 [2] seats.", [("It has 870 seats.", (1, 2))]),
        ("It is old, [1].", [("It is old.", (1,))]),
        ("It is in Andover [1].", [("It is in Andover.", (1,))]),
        ("Ulm [1] and Bonn [2] met.", [("Ulm and Bonn met.", (1, 2))]),
    ],
)
def test_what_joins_marks_goes_with_them(
    written: str, told: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert [(one.text, one.cites) for one in cited_sentences(written)] == told


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("Ann Lee was most known for. is not told of Rome [1].", "has a sentence that breaks off"),
        ("Rome is worth $1.18 trillion. is not relevant [1].", "has a sentence that breaks off"),
        ("Rome was what Ann Lee called the [1].", "has a sentence that breaks off"),
        ("Ann Lee was most known for Rome, etc. and so on [1].", None),
    ],
)
def test_a_draft_that_breaks_off_is_none(written: str, fault: str | None) -> None:
    assert fault_of(Sample(written, finish_reason="stop"), "What?", FOUND) == fault


def test_other_languages_end_their_sentences_otherwise() -> None:
    said = Sample("Ann Lee, il y en a [1] Rome a.")
    assert fault_of(said, "What?", FOUND) == "has a sentence that breaks off"
    assert fault_of(said, "What?", FOUND, names_too=False) is None


def test_a_number_is_one_word_however_its_digits_are_grouped() -> None:
    place = Passage(Source("Kansas", "Kansas", "text/plain", "0"), 0, 9, "2,913,123")
    fact = Ground("What is the population of Kansas?", "2,913,123", place)
    found = Grounds((fact,), "2,913,123", (), (), (place,))
    assert fault_of(Sample("Kansas has 2,913,123 people [1]."), "How many?", found) is None
    assert fault_of(Sample("Of 2,913,123 there are 2,913 [1]."), "How many?", found) == (
        "brings in 2,913"
    )
