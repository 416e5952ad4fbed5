"""Which step's value is the answer."""

from making import lookup

from planner import Done, Plan
from planner.grounds import WHOLE, answer_value, answering_steps

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
    assert [s.id for s in answering_steps(Plan(steps), {}, question)] == ["b"]


def test_of_equals_the_last_one_answers() -> None:
    steps = (lookup("a", "Who directed Up?"), lookup("b", "Who directed Up?"))
    assert [s.id for s in answering_steps(Plan(steps), {}, "Who directed Up?")] == ["b"]


def test_the_newest_plan_answers_before_the_whole_question() -> None:
    steps = (FOUND, lookup(WHOLE, QUESTION), lookup("a_2", "Where was the copy found?"))
    rounds = {"a": 1, WHOLE: 2, "a_2": 2}
    assert [s.id for s in answering_steps(Plan(steps), rounds, QUESTION)] == ["a_2", WHOLE, "a"]
    values = {"a": Done(None), WHOLE: Done("Buenos Aires"), "a_2": Done(None)}
    assert answer_value(Plan(steps), values, rounds, QUESTION) == "Buenos Aires"
