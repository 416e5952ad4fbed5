"""Which step's value is the answer, and how sure that is."""

import pytest
from making import lookup

from planner import Done, Plan, Step
from planner.answering import WHOLE, answer_value, answering_steps, sure_value

QUESTION = "In which city was a copy of Metropolis found in 2008?"


FOUND = lookup("a", "In which city was a copy of Metropolis found in 2008?")
ASIDE = lookup("b", "What is Metropolis?")
VALUES = {"a": Done("Buenos Aires"), "b": Done("a film")}


def test_a_look_up_beside_the_point_is_not_the_answer() -> None:
    assert answer_value(Plan((FOUND, ASIDE)), VALUES, None, QUESTION) == "Buenos Aires"
    assert answer_value(Plan((ASIDE, FOUND)), VALUES, None, QUESTION) == "Buenos Aires"


def test_what_a_step_builds_on_counts_as_said() -> None:
    steps = (
        lookup("a", "Who directed Up?"),
        lookup("b", "In which town was {a} born?"),
        lookup("c", "When was Up shown in town?"),
    )
    question = "In which town was the man who directed Up born?"
    assert [s.id for s in answering_steps(Plan(steps), {}, question, {})] == ["b"]


def test_of_equals_the_last_one_answers() -> None:
    steps = (lookup("a", "Who directed Up?"), lookup("b", "Who directed Up?"))
    assert [s.id for s in answering_steps(Plan(steps), {}, "Who directed Up?", {})] == ["b"]


def test_the_newest_plan_answers_before_the_whole_question() -> None:
    steps = (FOUND, lookup(WHOLE, QUESTION), lookup("a_2", "Where was the copy found?"))
    rounds = {"a": 1, WHOLE: 2, "a_2": 2}
    assert [s.id for s in answering_steps(Plan(steps), rounds, QUESTION, {})] == ["a_2", WHOLE, "a"]
    values = {"a": Done(None), WHOLE: Done("Buenos Aires"), "a_2": Done(None)}
    assert answer_value(Plan(steps), values, rounds, QUESTION) == "Buenos Aires"


TEAM = "What team was led to victory in 1939 by a basketball player nicknamed Scat?"
LED = (
    lookup("a", "Who was the basketball player nicknamed Scat?"),
    lookup("b", "Which team was led to victory in 1939?"),
)


@pytest.mark.parametrize(
    ("steps", "values", "question"),
    [
        (LED[:1], ["Jimmy McNatt"], TEAM),  # a person, where a team is asked for
        (LED, ["Jimmy McNatt", "Buffaloes"], TEAM),  # two ends, and neither says it all
        ((lookup("a", "Who was released?"),), ["Up"], "When was Up released?"),  # no date
    ],
)
def test_what_was_not_asked_for_is_not_sure(
    steps: tuple[Step, ...], values: list[str], question: str
) -> None:
    outcomes = {step.id: Done(value) for step, value in zip(steps, values, strict=True)}
    assert sure_value(Plan(steps), outcomes, None, question) is None


def test_a_sure_value_goes_before_a_newer_doubtful_one() -> None:
    steps = (lookup(WHOLE, TEAM), lookup("a_2", LED[0].spoken))
    outcomes = {WHOLE: Done("Oklahoma Sooners"), "a_2": Done("Jimmy McNatt")}
    assert answer_value(Plan(steps), outcomes, {"a_2": 2}, TEAM) == "Oklahoma Sooners"
    assert answer_value(Plan(steps[1:]), outcomes, {"a_2": 2}, TEAM) == "Jimmy McNatt"


def test_a_value_of_the_wrong_kind_is_no_answer() -> None:
    plan, asked = Plan((lookup("a", "Who was released?"),)), "When was Up released?"
    assert answer_value(plan, {"a": Done("Up")}, None, asked) is None
    assert answer_value(plan, {"a": Done("2009")}, None, asked) == "2009"


def test_a_chain_that_hangs_together_is_sure() -> None:
    steps = (lookup("a", "Who directed Up?"), lookup("b", "When was {a} born?"))
    outcomes = {"a": Done("Pete Docter"), "b": Done("9 October 1968")}
    question = "When was the director of Up born?"
    assert sure_value(Plan(steps), outcomes, None, question) == "9 October 1968"
