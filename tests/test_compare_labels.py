"""What tells the facts of a comparison apart is their names."""

import pytest
from compare_facts import DIRECTORS, of_works

from tools.facts import Fact, labels


@pytest.mark.parametrize(
    ("questions", "names"),
    [
        (
            ("When was Inception released?", "When was Parasite released?"),
            ("Inception", "Parasite"),
        ),
        (
            ("Who made Dark Knight?", "Who made Dark Knight Rises?"),
            ("Dark Knight", "Dark Knight Rises"),
        ),
        (
            ("When was Oxford University founded?", "When was Yale University founded?"),
            ("Oxford University", "Yale University"),
        ),
        (
            ("When was Inception released?", "What year is Parasite from?"),
            ("Inception", "Parasite"),
        ),
        (("when was inception made?", "when was parasite made?"), ("inception", "parasite")),
    ],
)
def test_a_fact_is_named_by_what_sets_its_question_apart(
    questions: tuple[str, str], names: tuple[str, str]
) -> None:
    facts = [Fact(value=1, question=question) for question in questions]
    assert labels(facts) == [(name,) for name in names]


def test_names_are_nearest_first_and_shared_ones_are_left_out() -> None:
    assert labels(DIRECTORS) == [("Christopher Nolan", "Inception"), ("Bong Joon-ho", "Parasite")]
    one_director = of_works("When was {} born?", "Who directed {}?", ("A", "X", 1), ("B", "X", 1))
    assert labels(one_director) == [("A",), ("B",)]
