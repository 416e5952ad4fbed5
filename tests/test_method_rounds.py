"""Rounds of parallel samples, each of which reads the last."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from method_tasks import QUESTION, scripted, solved, task

from inference import ModelUnavailable, Request, ScriptedModel
from reasoning import Answers, Crew, Trail, method_of, tallied
from reasoning.methods.rounds import semantic_entropy


@given(st.lists(st.sampled_from(["1", "2", "3", None]), min_size=1, max_size=9))
async def test_entropy_is_that_of_the_shares_and_silence_agrees_with_nobody(
    said: list[str | None],
) -> None:
    sizes = [said.count(one) for one in {*said} - {None}] + [1] * said.count(None)
    expected = math.log(len(said)) - sum(size * math.log(size) for size in sizes) / len(said)
    tally = await tallied(Answers(), said)
    assert math.isclose(semantic_entropy(tally), expected, abs_tol=1e-9)
    assert -1e-9 <= semantic_entropy(tally) <= math.log(len(said)) + 1e-9


async def test_seat_stops_at_the_first_round_of_one_mind() -> None:
    """3 to 1 is 0.56 nats, 4 to 0 is 0."""
    rounds = [["1", "2", "3", "1"], ["1", "1", "1", "3"], ["1", "1", "1", "1"]]
    made, model = await solved("seat(4)", *rounds)
    assert (len(model.requests), made.confidence) == (3, 1.0)
    made, model = await solved("seat(4, threshold=0.6)", *rounds)
    assert (len(model.requests), made.confidence) == (2, 0.75)
    assert model.requests[1].n == 4
    shown = model.requests[1].messages[-1].content
    assert re.findall(r"Answer: (\d)", shown) == ["1", "2", "3", "1"]


@pytest.mark.parametrize(
    ("sizes", "asked"),
    [
        ([1, 2, 2, 3, 4, 4], 4),  # 1/e of 6 rounds are three that are watched
        ([3, 2, 2, 1, 3, 4], 5),
        ([3, 2, 2, 1, 2, 2], 6),  # none is as sure again: the last one counts
        ([2, 4, 4, 4, 4, 4], 2),  # nothing is surer than one answer
    ],
)
async def test_the_secretary_takes_the_first_as_sure_as_the_surest(
    sizes: list[int], asked: int
) -> None:
    rounds = [["1"] * size + ["2", "3", "4"][: 4 - size] for size in sizes]
    made, model = await solved("seat(4, rule=secretary)", *rounds)
    assert len(model.requests) == asked
    assert made.confidence == sizes[asked - 1] / 4


def numbering() -> ScriptedModel:
    """Each sample has a number of its own, and repeats those that it has read."""
    count = iter(range(1000))

    def say(request: Request) -> list[str]:
        read = re.findall(r"<(\d+)>", request.messages[-1].content)
        return [f"<{next(count)}> of {' '.join(read)}" for _ in range(request.n)]

    return ScriptedModel(say)


async def test_rsa_writes_each_anew_from_k_of_the_last_round_drawn_without_replacement() -> None:
    trail = Trail()
    made = await method_of("rsa(n=5, k=3, t=4)", Crew(numbering()))(task(trail=trail))
    assert len(made.samples) == 5
    for at_round in range(1, 5):
        those = [one for one in trail.candidates if one.round == at_round]
        last = {one.id for one in trail.candidates if one.round == at_round - 1}
        assert len(those) == 5
        for one in those:
            assert len(one.saw) == len(set(one.saw)) == (0 if at_round == 1 else 3)
            assert set(one.saw) <= last
            assert len(re.findall(r"\d+", one.text)) == 1 + len(one.saw)


async def test_rsa_draws_by_the_seed() -> None:
    model, again = numbering(), numbering()
    await method_of("rsa(n=6, k=2, t=3)", Crew(model))(task())
    await method_of("rsa(n=6, k=2, t=3)", Crew(again))(task())
    assert [one.messages for one in model.requests] == [one.messages for one in again.requests]


async def test_rsa_gives_the_vote_of_the_last_round() -> None:
    made, model = await solved("rsa(n=3, k=2, t=2)", ["1", "1", "2"], ["2"], ["2"], ["1"])
    assert (made.best.text, made.confidence) == ("Answer: 2", 2 / 3)
    assert [request.n for request in model.requests] == [3, 1, 1, 1]


@pytest.mark.parametrize("method", ["rsa(n=2, k=1, t=3)", "seat(n=2)", "pdr(m=2)"])
async def test_a_round_that_fails_ends_the_rounds_and_the_last_whole_one_counts(
    method: str,
) -> None:
    def say(request: Request) -> list[str] | Exception:
        if "attempt" in request.messages[-1].content:
            return ModelUnavailable("gone")
        return ["Answer: 7", "Answer: 8"]

    made = await method_of(method, Crew(ScriptedModel(say)))(task())
    assert (made.best.text, made.confidence) == ("Answer: 7", 0.5)


async def test_pdr_carries_on_nothing_but_a_bounded_note() -> None:
    trail = Trail()
    said = [
        ["Long one. Answer: 1", "Answer: 2"],
        "They disagree: 1 or 2.",
        ["Answer: 1", "Answer: 1"],
        "Now they agree: 1. " + "x" * 999,
        "Answer: 1",
    ]
    model = scripted(said)
    made = await method_of("pdr(m=2, rounds=2, kappa=64)", Crew(model))(task(trail=trail))
    assert (made.best.text, made.confidence) == ("Answer: 1", 1.0)
    asked = [request.messages[-1].content for request in model.requests]
    assert [request.purpose for request in model.requests] == [*["think", "merge"] * 2, "think"]
    assert model.requests[1].max_tokens == 64
    assert "Long one" in asked[1]
    assert "Long one" not in asked[2]
    assert "They disagree" in asked[2]
    assert "They disagree" not in asked[3]
    assert asked[4].startswith(QUESTION)
    assert len(asked[4]) < len(QUESTION) + 64 * 4 + 250
    assert [one.saw for one in trail.candidates] == [
        *[()] * 2,
        ("1", "2"),
        *[("3",)] * 2,
        ("4", "5"),
        ("6",),
    ]
