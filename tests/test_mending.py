"""Comparisons that a small model got half right are mended in code."""

from dataclasses import replace

from making import lookup

from planner import Done, Plan, PlanReader, Step, Vocabulary
from planner.answering import answer_value
from planner.descriptions import left_descriptions
from planner.mending import asked_already, missing_comparison, with_open_facts

OLDER = "Which was released first, Alien or Up?"


A, B = lookup("a", "When was Alien released?"), lookup("b", "When was Up released?")


def test_a_comparison_of_steps_that_are_not_there_compares_the_open_ones() -> None:
    wrong = Step("c", "compare", {"question": OLDER, "facts": ["{c}", "{d}"]})
    mended = with_open_facts(wrong, [A, B])
    assert mended == Step("c", "compare", {"question": OLDER, "facts": ["{a}", "{b}"]})
    assert with_open_facts(wrong, [A]) is None
    assert with_open_facts(lookup("c", "{z}"), [A, B]) is None


def test_a_comparison_that_only_asks_again_is_found_out() -> None:
    again = Step("c", "compare", {"question": "when was alien released", "facts": ["{a}", "{b}"]})
    assert asked_already(again, [B, A]) == "a"
    assert asked_already(replace(again, arguments={"question": OLDER}), [A, B]) is None
    assert asked_already(lookup("c", "When was Up released?"), [A, B]) is None
    silent = Step("c", "compare", {"facts": ["{a}", "{b}"]})
    assert asked_already(silent, [Step("z", "calculate", {"expression": "1"}), A]) is None


def test_a_comparison_that_was_forgotten_is_added() -> None:
    added = missing_comparison([A, B], OLDER)
    assert added is not None
    assert added.arguments == {"question": OLDER, "facts": ["{a}", "{b}"]}
    assert missing_comparison([A, B, added], OLDER) is None
    assert missing_comparison([A], OLDER) is None
    assert missing_comparison([A, B], "Who made Alien?") is None


def test_a_plan_that_comes_back_to_where_it_was_went_one_step_too_far() -> None:
    steps = (
        lookup("a", "Who composed it?"),
        lookup("b", "Where did {a} teach?"),
        lookup("c", "Who was the director of {b}?"),
    )
    values = {"a": Done("Nino Rota"), "b": Done("Bari"), "c": Done("Nino Rota")}
    assert answer_value(Plan(steps), values) == "Bari"
    assert answer_value(Plan(steps), {**values, "c": Done("Somebody")}) == "Somebody"
    assert answer_value(Plan(steps[:1]), values) == "Nino Rota"


def test_a_description_inside_a_question_is_counted() -> None:
    assert left_descriptions("Who is the author of Emma?") == 0
    assert left_descriptions("Who is the father of the director of Up?") == 1
    assert left_descriptions("In which country was the composer of Tosca a citizen?") == 1
    assert left_descriptions("When was {a} born?") == 0


def test_the_reader_keeps_a_step_that_names_itself_for_the_mender() -> None:
    reader = PlanReader(Vocabulary({"compare": ("question", "facts")}, default="compare"))
    (step,) = reader.feed('{"id":"c","compare":"x","facts":["{c}","{d}"]}\n')
    assert step.inputs == ("c", "d")
