"""Which questions are for a comparison."""

import pytest

from tools.cues import asks_to_compare


@pytest.mark.parametrize(
    ("question", "compares"),
    [
        ("Who is older, Ann or Bob?", True),
        ("Which river is longer, the Rhine or the Elbe?", True),
        ("Were Ann and Bob born in the same country?", True),
        ("Is Ann older than Bob?", True),
        ("How many years after Up was Cars released?", True),
        ("How many years later than Up was Cars released?", True),
        ("How many days passed between the two landings?", True),
        ("How long after Up was Cars released?", True),
        ("How many years did Ann teach in Bonn?", False),
        ("How long is the Rhine?", False),
        ("Who directed Up?", False),
        ("Was Ann born in Bonn?", False),
    ],
)
def test_which_questions_are_for_a_comparison(question: str, compares: bool) -> None:
    assert asks_to_compare(question) is compares
