"""Which of several sampled plans is run: checks in code."""

import pytest
from making import VOCABULARY

from planner import PlanReader, Step
from planner.choosing import best_plan, rival_of, settled


def plan(*lines: str) -> list[Step]:
    reader = PlanReader(VOCABULARY)
    return reader.feed("\n".join(lines)) + reader.close()


NESTED = "In which city was the author of Emma born?"
SPLIT = plan('{"id":"a","lookup":"Who is the author of Emma?"}',
             '{"id":"b","lookup":"In which city was {a} born?"}')  # fmt: skip
WHOLE = plan('{"id":"a","lookup":"In which city was the author of Emma born?"}')
FOREIGN = plan('{"id":"a","lookup":"Who is the author of Persuasion by Jane Austen?"}',
               '{"id":"b","lookup":"In which city was {a} born?"}')  # fmt: skip
DANGLING = plan('{"id":"a","lookup":"Who is the author of Emma?"}',
                '{"id":"b","lookup":"In which city was Emma born?"}')  # fmt: skip
AGAIN = plan('{"id":"a","lookup":"In which city was the author of Emma born?"}',
             '{"id":"b","lookup":"In which city is {a}?"}')  # fmt: skip

OLDER = "Who is older, the director of Up or the director of Cars?"
DATED = plan(
    '{"id":"a","lookup":"Who directed Up?"}',
    '{"id":"b","lookup":"Who directed Cars?"}',
    '{"id":"c","lookup":"When was {a} born?"}',
    '{"id":"d","lookup":"When was {b} born?"}',
    '{"id":"e","compare":"Who is older, the director of Up or of Cars?","facts":["{c}","{d}"]}',
)
NAMES = plan(
    '{"id":"a","lookup":"Who directed Up?"}',
    '{"id":"b","lookup":"Who directed Cars?"}',
    '{"id":"c","compare":"Who is older, the director of Up or of Cars?","facts":["{a}","{b}"]}',
)
UNCOMPARED = DATED[:4]


@pytest.mark.parametrize("other", [WHOLE, FOREIGN, DANGLING, AGAIN, []])
def test_a_plan_that_splits_the_question_and_adds_nothing_wins(other: list[Step]) -> None:
    assert best_plan([other, SPLIT], NESTED) == 1
    assert best_plan([SPLIT, other], NESTED) == 0


@pytest.mark.parametrize("other", [NAMES, UNCOMPARED])
def test_who_is_older_needs_dates_and_a_comparison(other: list[Step]) -> None:
    assert best_plan([other, other, DATED], OLDER) == 2


def test_of_equals_the_form_that_most_samples_have_wins_and_then_the_first() -> None:
    single = plan('{"id":"a","lookup":"Which author wrote Emma in which city born?"}')
    assert best_plan([single, SPLIT, SPLIT], NESTED) == 1
    assert best_plan([SPLIT, list(SPLIT)], NESTED) == 0


def test_plans_of_one_form_without_faults_settle_the_matter() -> None:
    assert settled([SPLIT, list(SPLIT)], NESTED)
    assert settled([DATED, DATED], OLDER)
    assert not settled([SPLIT, WHOLE], NESTED)
    assert not settled([NAMES, NAMES], OLDER)
    assert not settled([[], []], NESTED)
    assert not settled([], NESTED)


LONGER = "Which film is longer, Up or Cars?"
RELEASES = plan(
    '{"id":"a","lookup":"When was Up released?"}',
    '{"id":"b","lookup":"When was Cars released?"}',
    '{"id":"c","compare":"Which film is longer, Up or Cars?","facts":["{a}","{b}"]}',
)
LENGTHS = plan(
    '{"id":"a","lookup":"How long is Up?"}',
    '{"id":"b","lookup":"How long is Cars?"}',
    '{"id":"c","compare":"Which film is longer, Up or Cars?","facts":["{a}","{b}"]}',
)


def test_what_is_longer_needs_lengths_and_no_dates() -> None:
    assert best_plan([RELEASES, RELEASES, LENGTHS], LONGER) == 2
    assert not settled([RELEASES, RELEASES], LONGER)
    assert settled([LENGTHS, LENGTHS], LONGER)


def test_the_rival_is_the_next_best_plan_of_another_form_if_the_call_is_close() -> None:
    assert rival_of([SPLIT, list(SPLIT)], NESTED, 100.0) is None
    assert rival_of([[], SPLIT, WHOLE, list(SPLIT), AGAIN], NESTED, 100.0) in (2, 4)
    assert rival_of([SPLIT, WHOLE], NESTED, 0.0) is None
    assert rival_of([[]], NESTED, 100.0) is None
