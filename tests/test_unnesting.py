"""Descriptions inside of questions are taken out and asked first, by the question's words alone."""

import pytest
from making import lookup

from planner import Step
from planner.unnesting import parts, unnested


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (
            "When was the director of Up born?",
            ["Who directed Up?", "When was {1} born?"],
        ),
        (
            "In which city was the father of the director of The Third Man born?",
            [
                "Who directed The Third Man?",
                "Who is the father of {1}?",
                "In which city was {2} born?",
            ],
        ),
        (
            "What is the name of the lake in the country where Mount Elgon is located?",
            [
                "What is the country where Mount Elgon is located?",
                "What is the name of the lake in {1}?",
            ],
        ),
        (
            "Who was the first president of the society which published Brain Letters?",
            [
                "What is the society which published Brain Letters?",
                "Who was the first president of {1}?",
            ],
        ),
        (
            "When did the country where the city where Ada Lenz was born is located join the UN?",
            [
                "What is the city where Ada Lenz was born?",
                "What is the country where {1} is located?",
                "When did {2} join the UN?",
            ],
        ),
        (
            "What river crosses Nora Bell's home town?",
            ["What is Nora Bell's home town?", "What river crosses {1}?"],
        ),
        (
            "What currency was used in the country Silja Ost is from?",
            ["What is the country Silja Ost is from?", "What currency was used in {1}?"],
        ),
        (
            "Where is the company that made the Atari 2600 based?",
            ["What is the company that made the Atari 2600?", "Where is {1} based?"],
        ),
        (
            "Did the author of Emma meet the author of Waverley?",
            [
                "Who wrote Waverley?",
                "Who wrote Emma?",
                "Did {2} meet {1}?",
            ],
        ),
        (
            'The creator of "Odd Pair" also made what series?',
            ['Who created "Odd Pair"?', "{1} also made what series?"],
        ),
        (
            "Who founded the film school attended by the director of Up?",
            [
                "Who directed Up?",
                "What is the film school attended by {1}?",
                "Who founded {2}?",
            ],
        ),
        (
            "What genre are the performers of Brother known for?",
            ["Who are the performers of Brother?", "What genre are {1} known for?"],
        ),
    ],
)
def test_what_is_described_is_asked_first(question: str, asked: list[str]) -> None:
    assert parts(question) == asked


@pytest.mark.parametrize(
    "question",
    [
        "Who directed Up?",
        "What is the name of the director of Up?",
        "Who is the person who wrote Emma?",
        "When was {a} born?",
        "Who is the father of {a}?",
        "How many days did the shooting of Up take?",
        "What was the number of the members of Abba?",
        "In which town was Pete Docter, the director of Up, born?",
        "Name the mother of Ann Moor, who was a painter?",
        "She starred in the series that began in what year?",
        "When was the country that produced Up taken by the British?",
        "Wann wurde der Regisseur von Up geboren?",
        "How old is the {1} of the director of Up?",
        "the director of Up and " * 40,
        "",
    ],
)
def test_what_is_named_or_unclear_stays_as_it_is(question: str) -> None:
    assert parts(question) == [question.strip()]


def test_a_nested_look_up_becomes_a_chain() -> None:
    step = lookup("b", "Where was the father of the director of Up born?")
    assert unnested(step, "question", []) == [
        lookup("b1", "Who directed Up?"),
        lookup("b2", "Who is the father of {b1}?"),
        lookup("b", "Where was {b2} born?"),
    ]


def test_what_an_earlier_step_asks_is_not_asked_again() -> None:
    first = lookup("a", "Who directed Up?")
    step = lookup("b", "When was the director of Up born?")
    assert unnested(step, "question", [first]) == [lookup("b", "When was {a} born?")]


def test_a_comparison_and_a_plain_look_up_are_left_alone() -> None:
    for text in ("Who is older, the director of Up or the director of Cars?", "Who made {a}?"):
        step = lookup("a", text)
        assert unnested(step, "question", []) == [step]
    other = Step("a", "lookup", {"question": ["the director of Up"]})
    assert unnested(other, "question", []) == [other]


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (
            "Ed Ox plays Tyler in a film directed by which famous director?",
            ["Ed Ox plays Tyler in which film?", "{1} was directed by which famous director?"],
        ),
        (
            "Kam Hesk plays Paige in a 2004 film directed by who?",
            ["Kam Hesk plays Paige in which 2004 film?", "Who directed {1}?"],
        ),
        (
            "Ada Lenz is married to the leader of a band that disbanded in what year?",
            ["Ada Lenz is married to the leader of which band?", "{1} disbanded in what year?"],
        ),
        (
            "The sonata is in the hand of a German musician whose godfather is whom?",
            ["The sonata is in the hand of which German musician?", "Who is {1}'s godfather?"],
        ),
        (
            "Wend is the third album by a singer from what state?",
            ["Wend is the third album by which singer?", "{1} is from what state?"],
        ),
        (
            "Up was used for the campaign of the candidate who was a senator from what state?",
            [
                "Up was used for the campaign of which candidate?",
                "{1} was a senator from what state?",
            ],
        ),
        (
            "Jon L. Lenz was the head of a holding company headquartered in what city?",
            [
                "Jon L. Lenz was the head of which holding company?",
                "{1} was headquartered in what city?",
            ],
        ),
        ("Ora is a dance that is a change of what dance?", ["Ora is a change of what dance?"]),
        ("The mill is in what county?", ["The mill is in what county?"]),
        ("Who met a man who was born in what year?", ["Who met a man who was born in what year?"]),
        (
            "List the women who won a prize and where.",
            ["List the women who won a prize and where."],
        ),
    ],
)
def test_a_question_that_asks_at_its_end_is_made_into_two(question: str, asked: list[str]) -> None:
    assert parts(question) == asked
