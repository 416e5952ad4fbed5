"""What two named things have in common is asked of each, by rule, and found by code."""

import asyncio

import pytest

from planner import Vocabulary
from planner.commons import common_of
from planner.contests import contest_plan
from tools import Compare, ToolError

VOCABULARY = Vocabulary(
    {"lookup": ("question",), "compare": ("question", "facts")}, default="lookup"
)


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("What nationality were Ann Lee and Bob Ray?", "What is the nationality of Bob Ray?"),
        ("What nationality are both Ann Lee and Bob Ray?", "What is the nationality of Bob Ray?"),
        ("What occupation do Ann Lee and Bob Ray share?", "What is the occupation of Bob Ray?"),
        (
            "What occupations do both Ann Lee and Bob Ray have in common?",
            "What is the occupation of Bob Ray?",
        ),
        (
            "What profession did Ann Lee and Bob Ray both have?",
            "What is the profession of Bob Ray?",
        ),
        ("Which profession does Ann Lee and Bob Ray share?", "What is the profession of Bob Ray?"),
        (
            "What nationality is shared by Ann Lee and Bob Ray?",
            "What is the nationality of Bob Ray?",
        ),
        (
            "What is the shared profession of Ann Lee and Bob Ray?",
            "What is the profession of Bob Ray?",
        ),
        (
            "What is the nationality of both Ann Lee and Bob Ray?",
            "What is the nationality of Bob Ray?",
        ),
        ("What type of plants are Ixia and Oona?", "What type of plant is Oona?"),
        (
            "What kind of animal are the Ox Hound and the Elm Cat?",
            "What kind of animal is the Elm Cat?",
        ),
        (
            "What type of music do The Ants and Odd Pair play?",
            "What type of music does Odd Pair play?",
        ),
        ("In which country are Doxan and Hrus located?", "In which country is Hrus located?"),
        ("In what city did Ann Lee and Bob Ray both live?", "In which city did Bob Ray live?"),
        ("What country are both Doxan and Hrus located in?", "What country is Hrus located in?"),
        (
            "What league do the Elm Bulls and the Ash Bears play in?",
            "What league does the Ash Bears play in?",
        ),
        ("Doxan and Hrus are both located in which country?", "In which country is Hrus located?"),
        ("Ann Lee and Bob Ray are both what nationality?", "What is the nationality of Bob Ray?"),
        ("Ann Lee and Bob Ray, are of which nationality?", "What is the nationality of Bob Ray?"),
        ("Both Ann Lee and Bob Ray share what occupation?", "What is the occupation of Bob Ray?"),
        ("Ann Lee and Bob Ray have what job in common?", "What is the job of Bob Ray?"),
        (
            "Ann Lee and Bob Ray are both poets from which country?",
            "What is the nationality of Bob Ray?",
        ),
        (
            '"Up" and "War and Ice" are both what type of film?',
            'What type of film is "War and Ice"?',
        ),
        (
            "The Ox Hound and the Elm Cat are both breeds developed during which century?",
            "During which century was the Elm Cat developed?",
        ),
    ],
)
def test_each_is_asked_for_its_own(question: str, asked: str) -> None:
    common = common_of(question)
    assert common is not None
    assert common.asked[1] == asked
    assert common.asked[0] == asked.replace(common.sides.second, common.sides.first)
    steps = contest_plan(question, VOCABULARY)
    assert [step.tool for step in steps] == ["lookup", "lookup", "compare"]


@pytest.mark.parametrize(
    "question",
    [
        "What film did Ann Lee and Bob Ray star in?",
        "What year did Ann Lee and Bob Ray marry?",
        "In which country did Ann Lee and Bob Ray meet?",
        "What city did Ann Lee and Bob Ray live in together?",
        "What role did Ann Lee and Bob Ray have in their respective bands?",
        "What nationality is Ann Lee?",
        "What nationality is Ann Lee or Bob Ray?",
        "What is the nationality of the director of Up?",
        "What country was the director of Crime and Punishment from?",
        "What is the population of Salem and Paris?",
        "What is the difference between Elm and Ash?",
        "In which city was the battle between Elm and Ash?",
        "Ann Lee and Bob Ray, are they from the same country?",
        "Which country do Ann Lee, Bob Ray and Kim Ox come from?",
    ],
)
def test_what_is_of_no_such_kind_is_left_alone(question: str) -> None:
    assert common_of(question) is None


@pytest.mark.parametrize(
    ("values", "both"),
    [
        (("novelist and poet", "poet, critic"), "poet"),
        (("American film director", "director and screenwriter"), "director"),
        (("lead singer", "pianist and singer"), "singer"),
        (("director, producer, and writer", "film director, writer and producer"),
         "director, producer and writer"),
        (("a novelist", "Novelist"), "Novelist"),
    ],
)  # fmt: skip
def test_what_two_values_share_is_found_by_code(values: tuple[str, str], both: str) -> None:
    asked = "What occupation do Ann Lee and Bob Ray share?"
    assert _compared(asked, "What is the occupation of {}?", values) == both


def test_a_nationality_is_said_as_one() -> None:
    asked = "What nationality were Ann Lee and Bob Ray?"
    values = ("United States", "American")
    assert _compared(asked, "What is the nationality of {}?", values) == "American"


def test_a_country_is_said_as_one() -> None:
    asked = "Ann Lee and Bob Ray are both poets from which country?"
    assert _compared(asked, "What is the nationality of {}?", ("Danish", "Danish")) == "Denmark"


def test_unlike_values_have_nothing_in_common() -> None:
    asked = "What occupation do Ann Lee and Bob Ray share?"
    with pytest.raises(ToolError, match="cannot decide"):
        _compared(asked, "What is the occupation of {}?", ("novelist", "painter"))


def test_of_unlike_values_one_is_chosen_and_no_name() -> None:
    asked = "What occupation do Ann Lee and Bob Ray share?"
    offered: list[tuple[str, str]] = []

    async def choose(question: str, facts: object) -> str:
        offered.extend(facts)  # type: ignore[arg-type]
        return "novelist"

    values = ("novelist", "writer of books")
    assert _compared(asked, "What is the occupation of {}?", values, choose) == "novelist"
    assert offered == [("novelist", "Ann Lee"), ("writer of books", "Bob Ray")]


def _compared(question: str, asked: str, values: tuple[str, str], choose: object = None) -> object:
    facts = [
        {"value": value, "question": asked.format(name)}
        for name, value in zip(("Ann Lee", "Bob Ray"), values, strict=True)
    ]
    tool = Compare(choose)  # type: ignore[arg-type]
    arguments = tool.arguments.model_validate({"question": question, "facts": facts})
    return asyncio.run(tool.call(arguments)).value  # type: ignore[arg-type]
