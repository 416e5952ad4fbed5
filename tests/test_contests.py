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
            "Which episode aired first, The Clash or To Pants?",
            ["a: When did The Clash air?", "b: When did To Pants air?"],
        ),
        (
            "Which river is shorter, the Rhine or the Elbe?",
            ["a: How long is the Rhine?", "b: How long is the Elbe?"],
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
        "Who is older, is it Ann Lee or Bob Ray?",
        "",
    ],
)
def test_what_is_not_as_plain_is_left_to_the_planner(question: str) -> None:
    assert contest_plan(question, VOCABULARY) == []


def test_braces_in_a_question_name_no_step() -> None:
    (a, b, _) = contest_plan("Which was built first, {x} or {y}?", VOCABULARY)
    assert not a.inputs
    assert not b.inputs


def test_without_a_tool_to_compare_there_is_no_contest() -> None:
    only = Vocabulary({"lookup": ("question",)}, default="lookup")
    assert contest_plan("Who is older, Ann or Bob?", only) == []
