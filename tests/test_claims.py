"""A sentence as claims."""

import pytest

from planner.verification.claims import claims_of


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        (
            "Ann Lee was born in Rome and died in Paris.",
            ["Ann Lee was born in Rome.", "Ann Lee died in Paris."],
        ),
        (
            "The film was directed by Ann Lee and produced by Bob Ray.",
            ["The film was directed by Ann Lee.", "The film was produced by Bob Ray."],
        ),
        (
            "Ann Lee, who directed Roma, was born in 1961.",
            ["Ann Lee was born in 1961.", "Ann Lee directed Roma."],
        ),
        (
            "She studied in Rome, which is the capital of Italy.",
            ["She studied in Rome.", "Rome is the capital of Italy."],
        ),
        (
            "Bob is older: he was born on 1 May 1969, and Ann Lee on 30 July 1970.",
            [
                "Bob is older.",
                "Bob was born on 1 May 1969.",
                "Ann Lee was born on 30 July 1970.",
            ],
        ),
        (
            "The bridge was opened in 1932, but it was never finished.",
            ["The bridge was opened in 1932.", "The bridge was never finished."],
        ),
        (
            "It was made in Rome, and won two prizes.",
            ["It was made in Rome.", "It won two prizes."],
        ),
    ],
)
def test_each_clause_keeps_its_subject(text: str, claims: list[str]) -> None:
    assert [claim.text for claim in claims_of(text)] == claims


@pytest.mark.parametrize(
    "text",
    [
        "Ann Lee and Bob Ray were born in 1956 and 1954.",
        "APTIS was the Accountancy and Passenger Ticket System used until 2007.",
        "Who directed Roma? Ann Lee and Bob Ray.",
        "The war between Rome and Carthage was long.",
        "The museum, which holds the largest, most famous collection, was opened in 1932.",
        "Der Film wurde 1950 gedreht und gewann zwei Preise.",
        "東京タワーは高い、そして赤い。",
        "40.8.",
        "",
    ],
)
def test_what_is_in_doubt_stays_one_claim(text: str) -> None:
    assert [claim.text for claim in claims_of(text)] == [text]


def test_a_cell_speaks_of_the_head_of_its_row() -> None:
    assert [claim.subject for claim in claims_of("1,233 m", "Karlin Bridge")] == ["Karlin Bridge"]
