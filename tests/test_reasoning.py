"""The methods: what they choose, and how sure they are."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import Message, Request, Sample, ScriptedModel, Usage
from reasoning import Attempt, Samples, Task, best_of, sampled, vote

TASK = Task(Request((Message("user", "Which?"),), temperature=0.1, seed=3))
ANSWERS = st.lists(st.sampled_from(["a", "b", "c", "-"]), min_size=1, max_size=12)


def attempt_of(texts: Sequence[str]) -> Attempt:
    """An attempt that makes these."""

    async def attempt(_: Task) -> Samples:
        return Samples(tuple(map(Sample, texts)), usage=Usage(1, 2, 3))

    return attempt


def said(sample: Sample) -> str | None:
    """The text; "-" takes no part."""
    return None if sample.text == "-" else sample.text


def voted(texts: Sequence[str]) -> Samples:
    """What the vote makes of them."""
    return asyncio.run(vote(attempt_of(texts), by=said)(TASK))


def scored(texts: Sequence[str], scores: Sequence[float]) -> Samples:
    """What the best of them is."""
    given = iter(scores)
    return asyncio.run(best_of(attempt_of(texts), score=lambda _: next(given))(TASK))


# Samples


@pytest.mark.parametrize(
    ("texts", "chosen", "confidence"),
    [("", 0, 1.0), ("a", 1, 1.0), ("a", -1, 1.0), ("a", 0, 1.1), ("a", 0, -0.1), ("a", 0, nan)],
)
def test_samples_that_exist_have_a_best_one(texts: str, chosen: int, confidence: float) -> None:
    with pytest.raises(ValueError, match=r"chosen|between"):
        Samples(tuple(map(Sample, texts)), chosen, confidence)


# sampled


async def test_samples_come_from_one_request() -> None:
    model = ScriptedModel([("a", "b", "c")])
    made = await sampled(model, 3, temperature=0.7)(TASK)
    assert [sample.text for sample in made.samples] == ["a", "b", "c"]
    assert made.best.text == "a"
    assert made.usage.completion_tokens == 3
    assert model.requests == [replace(TASK.request, n=3, temperature=0.7)]


async def test_the_temperature_is_the_task_s_own_unless_told() -> None:
    model = ScriptedModel(["a", "b"])
    await sampled(model)(TASK)
    await sampled(model, temperature=0.0)(TASK)
    assert [request.temperature for request in model.requests] == [0.1, 0.0]


# vote


@pytest.mark.parametrize(
    ("texts", "best", "confidence"),
    [
        ("abb", "b", 2 / 3),
        ("ab", "a", 1 / 2),
        ("baab", "b", 1 / 2),
        ("-ab-b", "b", 2 / 5),
        ("--a", "a", 1 / 3),
        ("a", "a", 1.0),
        ("--", "-", 0.0),
    ],
)
def test_the_most_given_answer_wins(texts: str, best: str, confidence: float) -> None:
    made = voted(texts)
    assert made.best.text == best
    assert made.confidence == pytest.approx(confidence)


def test_with_no_vote_the_first_sample_stands() -> None:
    assert voted("--").chosen == 0


@given(ANSWERS)
def test_no_answer_has_more_votes_and_none_with_as_many_came_earlier(texts: list[str]) -> None:
    made = voted(texts)
    votes = [text for text in texts if text != "-"]
    if not votes:
        assert (made.chosen, made.confidence) == (0, 0.0)
        return
    won = votes.count(made.best.text)
    assert made.chosen == texts.index(made.best.text)
    assert made.confidence == won / len(texts)
    for other in set(votes) - {made.best.text}:
        assert (votes.count(other), -texts.index(other)) < (won, -made.chosen)


@given(ANSWERS)
def test_a_vote_leaves_the_samples_and_the_usage_alone(texts: list[str]) -> None:
    made = voted(texts)
    assert [sample.text for sample in made.samples] == texts
    assert made.usage == Usage(1, 2, 3)


# best_of


@pytest.mark.parametrize(
    ("scores", "chosen"),
    [
        ([1.0, 3.0, 2.0], 1),
        ([2.0, 3.0, 3.0], 1),
        ([-inf, -inf, -inf], 0),
        ([nan, 1.0, 2.0], 2),
        ([nan, -1.0, nan], 1),
        ([nan, nan, nan], 0),
        ([0.0, inf, nan], 1),
    ],
)
def test_the_first_of_the_highest_is_best(scores: list[float], chosen: int) -> None:
    assert scored("abc", scores).chosen == chosen


@given(st.lists(st.floats(), min_size=1, max_size=9))
def test_nothing_scores_higher_than_the_best(scores: list[float]) -> None:
    made = scored(["a"] * len(scores), scores)
    best = scores[made.chosen]
    assert all(not score > best for score in scores)
    assert all(not score >= best for score in scores[: made.chosen])
    assert made.confidence == 1.0


# Composing


async def test_methods_compose() -> None:
    both = best_of(vote(attempt_of("aab"), by=said), score=lambda sample: sample.text == "b")
    made = await both(TASK)
    assert (made.best.text, made.confidence) == ("b", 1.0)


async def test_an_error_of_the_model_goes_through() -> None:
    model = ScriptedModel([RuntimeError("bug")])
    with pytest.raises(RuntimeError, match="bug"):
        await best_of(vote(sampled(model), by=said), score=len)(TASK)  # type: ignore[arg-type]
