"""What tells the facts of a comparison apart is their names."""

import pytest
from compare_facts import DIRECTORS, of_works

from tools import Compare
from tools.compare import CompareArguments
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


async def test_who_leads_to_the_other_keeps_its_name() -> None:
    """ "... the designer or his wife": the designer stands in what is asked of the wife, too."""
    designed = "Who designed the lighthouse of Vellmark?"
    wife = "Who is the wife of Tomas Brandvold?"
    facts = [
        Fact(
            value="17 February 1868",
            question="When was Tomas Brandvold born?",
            chain=("When was Tomas Brandvold born?", designed),
            names=("Tomas Brandvold",),
        ),
        Fact(
            value="9 October 1871",
            question="When was Ingrid Solheim born?",
            chain=("When was Ingrid Solheim born?", wife, designed),
            names=("Ingrid Solheim",),
        ),
    ]
    assert [row[0] for row in labels(facts)] == ["Tomas Brandvold", "Ingrid Solheim"]
    question = "Who is older, the designer of the lighthouse of Vellmark or his wife?"
    arguments = CompareArguments(question=question, facts=tuple(facts))
    assert (await Compare().call(arguments)).value == "Tomas Brandvold"


def test_names_are_nearest_first_and_shared_ones_are_left_out() -> None:
    assert labels(DIRECTORS) == [("Christopher Nolan", "Inception"), ("Bong Joon-ho", "Parasite")]
    one_director = of_works("When was {} born?", "Who directed {}?", ("A", "X", 1), ("B", "X", 1))
    assert labels(one_director) == [("A",), ("B",)]
