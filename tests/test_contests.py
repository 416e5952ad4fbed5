"""Plain contests are planned by rule, without a model."""

import pytest

from planner import Vocabulary
from planner.contests import contest_plan

VOCABULARY = Vocabulary(
    {"lookup": ("question",), "compare": ("question", "facts")}, default="lookup"
)


def lookups(question: str) -> list[str]:
    plan = contest_plan(question, VOCABULARY)
    return [f"{step.id}: {step.arguments['question']}" for step in plan if step.tool == "lookup"]


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (
            "Which film was released first, Up or Cars?",
            ["a: When was Up released?", "b: When was Cars released?"],
        ),
        (
            "Which band was formed first The Ants or Odd Pair ?",
            ["a: When was The Ants formed?", "b: When was Odd Pair formed?"],
        ),
        (
            "Who is older, Ann Lee or Bob Ray?",
            ["a: When was Ann Lee born?", "b: When was Bob Ray born?"],
        ),
        (
            "Who was born later: the director of Up or Bob Ray?",
            [
                "a1: Who directed Up?",
                "a: When was {a1} born?",
                "b: When was Bob Ray born?",
            ],
        ),
        (
            "Who is older, the director of Up or of Cars?",
            [
                "a1: Who directed Up?",
                "a: When was {a1} born?",
                "b1: Who directed Cars?",
                "b: When was {b1} born?",
            ],
        ),
        (
            "Which was built first, the bridge in Rome or that in Milan?",
            ["a: When was the bridge in Rome built?", "b: When was the bridge in Milan built?"],
        ),
        (
            "Which episode aired first, The Clash or To Pants?",
            ["a: When did The Clash air?", "b: When did To Pants air?"],
        ),
        (
            "Which river is shorter, the Rhine or the Elbe?",
            ["a: How long is the Rhine?", "b: How long is the Elbe?"],
        ),
        (
            "Which band has more members, Up or Cars?",
            ["a: How many members does Up have?", "b: How many members does Cars have?"],
        ),
        (
            "Which genus contains the most species: Elm or Ash?",
            ["a: How many species does Elm have?", "b: How many species does Ash have?"],
        ),
        (
            "Who has won more Grammy Awards, Ann or Bob?",
            ["a: How many Grammy Awards has Ann won?", "b: How many Grammy Awards has Bob won?"],
        ),
        (
            "Who wrote more novels, Ann or Bob?",
            ["a: How many novels did Ann write?", "b: How many novels did Bob write?"],
        ),
        (
            "Which city has a larger population, Ulm or Bern?",
            ["a: What is the population of Ulm?", "b: What is the population of Bern?"],
        ),
        (
            'Which film was released first, "Eat, Drink" or "Now or Then"?',
            [
                'a: When was "Eat, Drink" released?',
                'b: When was "Now or Then" released?',
            ],
        ),
        (
            "What mountain is the highest, K2 or Mount Elbert?",
            ["a: How high is K2?", "b: How high is Mount Elbert?"],
        ),
    ],
)
def test_the_question_says_what_to_look_up(question: str, asked: list[str]) -> None:
    assert lookups(question) == asked
    last = contest_plan(question, VOCABULARY)[-1]
    assert (last.tool, last.arguments) == (
        "compare",
        {"question": question, "facts": ["{a}", "{b}"]},
    )


@pytest.mark.parametrize(
    "question",
    [
        "Who directed Up?",
        "Is Ann older than Bob?",
        "Which singer is American, Ann or Bob?",
        "Which was released first, Up, Cars or Coco?",
        "What author was more popular in the 70's, Ann Lee or Bob Ray?",
        "Which magazine's office is further north, Time or Life?",
        "Who is the oldest of them?",
        "Who is older, Ann Lee or of Cars?",
        "Who is older, is it Ann Lee or Bob Ray?",
        "",
    ],
)
def test_what_is_not_as_plain_is_left_to_the_planner(question: str) -> None:
    assert contest_plan(question, VOCABULARY) == []


def test_between_two_it_is_the_same() -> None:
    assert lookups("Between Up and Cars, which film was released first?") == [
        "a: When was Up released?",
        "b: When was Cars released?",
    ]


def test_braces_in_a_question_name_no_step() -> None:
    (a, b, _) = contest_plan("Which was built first, {x} or {y}?", VOCABULARY)
    assert not a.inputs
    assert not b.inputs


def test_without_a_tool_to_compare_there_is_no_contest() -> None:
    only = Vocabulary({"lookup": ("question",)}, default="lookup")
    assert contest_plan("Who is older, Ann or Bob?", only) == []


@pytest.mark.parametrize(
    ("question", "asked", "compared"),
    [
        (
            "By how much did the revenue of Acme grow from 2022 to 2024?",
            [
                "a: What was the revenue of Acme in 2022?",
                "b: What was the revenue of Acme in 2024?",
            ],
            "What is the difference of the revenue of Acme between 2022 and 2024?",
        ),
        (
            "How much has the population of Rome fallen between 1990 and 2000?",
            [
                "a: What was the population of Rome in 1990?",
                "b: What was the population of Rome in 2000?",
            ],
            "What is the difference of the population of Rome between 1990 and 2000?",
        ),
        (
            "By how much did Acme's revenue grow from 2022 to 2024?",
            ["a: What was Acme's revenue in 2022?", "b: What was Acme's revenue in 2024?"],
            "What is the difference of Acme's revenue between 2022 and 2024?",
        ),
        (
            "How old was the director of Up when he died?",
            ["a1: Who directed Up?", "a: When was {a1} born?", "b: When did {a1} die?"],
            "How many years lie between the director of Up's birth and death?",
        ),
        (
            "At what age did Ann Lee die?",
            ["a: When was Ann Lee born?", "b: When did Ann Lee die?"],
            "How many years lie between Ann Lee's birth and death?",
        ),
        (
            "How old was Ann Lee when Cars was released?",
            ["a: When was Ann Lee born?", "b: When was Cars released?"],
            "How many years lie between Ann Lee's birth and that of Cars?",
        ),
    ],
)
def test_two_values_of_one_thing(question: str, asked: list[str], compared: str) -> None:
    assert lookups(question) == asked
    assert contest_plan(question, VOCABULARY)[-1].arguments["question"] == compared


@pytest.mark.parametrize(
    "question",
    [
        "By how much did it grow?",
        "How much did London grow from 1801 to 1901?",
        "How much did the temperature fall from 20 to 10 degrees?",
        "How old was he when his father died?",
        "How old was Ann Lee when her son was born?",
        "How much did the ticket from Rome to Milan cost?",
        "How many people died from 1914 to 1918?",
    ],
)
def test_what_is_less_plain_stays_with_the_planner(question: str) -> None:
    assert contest_plan(question, VOCABULARY) == []
