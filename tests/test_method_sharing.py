"""Traces that tell one another how far they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from method_tasks import scripted, task

from inference import ModelUnavailable, Request
from reasoning import Crew, Trail, method_of
from reasoning.methods.sharing import routed


def say(request: Request) -> list[str] | str | Exception:
    """Traces of a letter each, which tell their letter, and end when they have heard."""
    if request.messages[-1].content.startswith("Stop here"):
        return f"I am {request.messages[-2].content[0]}."
    if not request.begun:
        return [chr(97 + place) * 40 for place in range(request.n)]
    return "\nAnswer: 8" if "heard" in request.begun else "-" * 40


async def test_traces_stop_hear_the_others_and_go_on() -> None:
    model, trail = scripted(say), Trail()
    method = "leap(3, every=5, rounds=1)"
    made = await method_of(method, Crew(model))(task(trail=trail))
    summaries = model.requests[1:4]
    assert all(one.max_tokens == 64 or one.max_tokens == 256 for one in summaries)
    assert [one.messages[-2].role for one in summaries] == ["assistant"] * 3
    first = model.requests[4]
    assert first.begun.startswith("a" * 20 + "\n\nI have heard")
    assert "- I am b.\n- I am c.\n" in first.begun
    assert "I am a." not in first.begun
    told = trail.candidates[:3]
    assert [one.by for one in told] == [f"summary of {number}" for number in (1, 2, 3)]
    assert [one.saw for one in trail.candidates[3:]] == [("2", "3"), ("1", "3"), ("1", "2")]
    assert made.confidence == 1.0
    assert len(made.samples) == 3


async def test_traces_stop_often_enough_for_the_room_that_they_have() -> None:
    """64 tokens of a trace, and one exchange: in the middle, whatever the paper's traces have."""
    model = scripted(say)
    await method_of("leap(3, every=4096, rounds=1)", Crew(model))(task())
    assert model.requests[0].max_tokens == 32


async def test_summaries_that_fail_leave_the_traces_alone() -> None:
    def failing(request: Request) -> list[str] | str | Exception:
        if request.messages[-1].content.startswith("Stop here"):
            return ModelUnavailable("gone")
        return say(request) if not request.begun else "\nAnswer: 5"

    made = await method_of("leap(2, every=5)", Crew(scripted(failing)))(task())
    assert made.best.text.endswith("a\nAnswer: 5")


async def test_traces_that_end_before_the_first_exchange_need_none() -> None:
    model = scripted(lambda request: ["Answer: 8"] * request.n)
    await method_of("leap", Crew(model))(task())
    assert [one.n for one in model.requests] == [4]


async def test_a_trace_that_is_alone_is_asked_for_no_summary() -> None:
    model = scripted(lambda request: ["-" * 40] * request.n)
    await method_of("leap(1, every=5, rounds=2)", Crew(model))(task())
    assert not [one for one in model.requests if one.messages[-1].content.startswith("Stop here")]


@pytest.mark.parametrize(
    ("routing", "places"), [("dispersed", [2, 3]), ("clustered", [0, 1]), ("hybrid", [0, 3])]
)
def test_routes_go_to_those_unlike_it_to_those_like_it_or_to_both(
    routing: str, places: list[int]
) -> None:
    others = ["two cats have legs", "two cats have paws", "two dogs bark at", "zzzzz"]
    assert routed("two cats have legs", others, 2, routing) == places


@given(
    st.text(max_size=8),
    st.lists(st.text(max_size=8), max_size=6),
    st.integers(1, 5),
    st.sampled_from(["dispersed", "clustered", "hybrid"]),
)
def test_as_many_as_there_may_be_are_read_and_none_twice(
    own: str, others: list[str], peers: int, routing: str
) -> None:
    places = routed(own, others, peers, routing)
    assert len(set(places)) == len(places) == min(peers, len(others))
