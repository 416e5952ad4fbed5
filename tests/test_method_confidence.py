"""Traces that are unsure do not vote, and are stopped."""

from collections.abc import AsyncGenerator, Sequence
from math import isclose, log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from method_tasks import solved, task

from inference import ALL, Chunk, Halt, Request, ScriptedModel, TokenLogprob, Unsupported, Usage
from reasoning import Crew, Trail, method_of
from reasoning.methods.confidence import (
    Groups,
    percentile,
    token_confidence,
    trace_score,
    windows,
)
from reasoning.workspace import UNMEASURED


def token(confidence: float, text: str = "t") -> TokenLogprob:
    """One whose likeliest tokens have this mean, negated."""
    return TokenLogprob(text, -0.1, top=((text, -confidence / 2), ("o", -confidence * 3 / 2)))


class Sure(ScriptedModel):
    """Each trace has confidences, token by token, and says its answer with the last one."""

    def __init__(self, *traces: tuple[str, Sequence[float]]) -> None:
        super().__init__([])
        self._traces = list(traces)
        self.written: list[int] = []
        """Tokens of each trace that were computed."""

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        self.requests.append(request)
        traces, self._traces = self._traces[: request.n], self._traces[request.n :]
        first = len(self.written)
        self.written += [0] * request.n
        for place in range(max(len(trace) for _, trace in traces)):
            for index, (answer, trace) in enumerate(traces):
                if place >= len(trace) or (halt is not None and index in halt):
                    continue
                self.written[first + index] += 1
                last = place == len(trace) - 1
                text = f"\nAnswer: {answer}" if last else "t"
                yield Chunk(index, text, logprobs=(token(trace[place]),))
                if last:
                    yield Chunk(index, finish_reason="stop")
        for index in range(request.n):
            if halt is not None and index in halt:
                yield Chunk(index, finish_reason="halted")
        yield Chunk(ALL, usage=Usage(1, 1))


def test_a_token_is_the_surer_the_less_likely_its_rivals_are() -> None:
    """Two of the likeliest tokens, with 0.9 and 0.1: -(ln 0.9 + ln 0.1) / 2 = 1.204."""
    one = TokenLogprob("a", log(0.9), top=(("a", log(0.9)), ("b", log(0.1))))
    assert isclose(token_confidence(one), 1.2039728, rel_tol=1e-6)
    assert token_confidence(TokenLogprob("a", -2.0)) == 2.0


@pytest.mark.parametrize(
    ("score", "window", "value"),
    [
        ("lowest", 2, 2.0),  # windows: 7, 5, 2, 3, 5.5
        ("tail", 2, 5.5),
        ("bottom", 2, 2.0),
        ("lowest", 100, 4.5),  # shorter than a window: over what there is
        ("tail", 100, 4.5),
    ],
)
def test_traces_are_scored_as_the_paper_says(score: str, window: int, value: float) -> None:
    tokens = [token(one) for one in (8, 6, 4, 0, 6, 5)]
    if window == 2:
        assert windows(tokens, 2) == [7, 5, 2, 3, 5.5]
    else:
        tokens = [token(one) for one in (8, 6, 4, 0)]
    assert isclose(trace_score(tokens, window, score), value)


def test_the_bottom_is_the_mean_of_the_lowest_tenth_of_the_windows() -> None:
    tokens = [token(float(one)) for one in range(30)]
    assert isclose(trace_score(tokens, 1, "bottom"), (0 + 1 + 2) / 3)


@given(st.lists(st.floats(0, 20), min_size=1, max_size=40), st.integers(1, 12))
def test_a_sliding_mean_is_the_mean_of_each_window(confidences: list[float], window: int) -> None:
    groups, lowest = Groups(window), list[float]()
    for place, one in enumerate(confidences):
        full = groups.add(one)
        inside = confidences[max(0, place + 1 - window) : place + 1]
        assert isclose(groups.mean, sum(inside) / len(inside), abs_tol=1e-9)
        assert full == (place + 1 >= window)
        if full:
            lowest.append(groups.mean)
    assert isclose(groups.lowest, min(lowest, default=groups.mean), abs_tol=1e-9)


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.1, 1.4), (0.5, 3), (0.9, 4.6), (1.0, 5)])
def test_percentiles_lie_between_neighbours_in_proportion(share: float, value: float) -> None:
    assert isclose(percentile([5, 3, 1, 4, 2], share), value)


async def test_offline_only_the_surest_share_votes_each_with_its_confidence() -> None:
    model = Sure(("1", [2, 2]), ("1", [3, 1]), ("2", [9, 8]), ("3", [5, 5]), ("1", [2, 2]))
    trail = Trail()
    method = "deepconf(5, online=false, eta=0.4, window=1)"
    made = await method_of(method, Crew(model))(task(trail=trail))
    assert made.best.text.endswith("Answer: 2")
    assert isclose(made.confidence, 8 / 13)
    assert [one.score for one in trail.candidates] == [2, 1, 8, 5, 2]
    states = ["dropped", "dropped", "chosen", "", "dropped"]
    assert [one.state for one in trail.candidates] == states


async def test_online_a_trace_ends_as_soon_as_a_window_is_below_the_bar() -> None:
    """Warm-up 1, 2, 3: the bar of eta 0.5 is 2."""
    warm = ("1", [1.0] * 4), ("2", [2.0] * 4), ("3", [3.0] * 4)
    later = ("9", [5, 5, 1, 5, 5, 5]), ("2", [4.0] * 6), ("1", [2.5, 1.5, 2.5, 2.5])
    model = Sure(*warm, *later)
    trail = Trail()
    method = "deepconf(6, warmup=3, eta=0.5, window=2, consensus=2)"
    made = await method_of(method, Crew(model))(task(trail=trail))
    assert [request.n for request in model.requests] == [3, 3]
    assert model.written == [4, 4, 4, 6, 6, 4]  # a mean of 3 is not below, nor one of 2
    model = Sure(*warm, ("9", [5, 1, 1, 5, 5, 5]), *later[1:])
    trail = Trail()
    made = await method_of(method, Crew(model))(task(trail=trail))
    assert model.written == [4, 4, 4, 3, 6, 4]
    assert made.best.text.endswith("Answer: 2")
    assert isclose(made.confidence, (2 + 4) / (2 + 3 + 4 + 2))
    states = ["dropped", "chosen", "", "stopped", "", ""]
    assert [one.state for one in trail.candidates] == states


async def test_online_all_end_when_the_leading_answer_has_its_share() -> None:
    warm = ("1", [3.0] * 2), ("2", [3.0] * 2)
    later = ("1", [99.0] * 2), ("5", [4.0] * 50), ("6", [4.0] * 50)
    model = Sure(*warm, *later)
    made = await method_of("deepconf(5, warmup=2, window=1)", Crew(model))(task())
    assert model.written[:3] == [2, 2, 2]
    assert max(model.written[3:]) <= 3
    assert made.best.text.endswith("Answer: 1")


async def test_online_no_more_traces_are_begun_where_the_warm_up_agrees() -> None:
    model = Sure(*[("7", [3.0] * 2)] * 4)
    await method_of("deepconf(40, warmup=4, window=1)", Crew(model))(task())
    assert len(model.requests) == 1


async def test_without_log_probabilities_the_vote_counts_and_that_shows() -> None:
    trail = Trail()
    made, model = await solved("deepconf(5, warmup=3)", ["1", "2", "2"], ["1", "1"], trail=trail)
    assert (made.best.text, made.confidence) == ("Answer: 1", 3 / 5)
    assert [request.n for request in model.requests] == [3, 2]
    assert [one.by for one in trail.candidates[:3]] == [UNMEASURED] * 3

    def say(request: Request) -> list[str] | Exception:
        if request.top_logprobs:
            return Unsupported("none are told")
        return ["Answer: 4"] * request.n

    made = await method_of("deepconf(5, warmup=3)", Crew(ScriptedModel(say)))(task())
    assert (made.best.text, made.confidence, len(made.samples)) == ("Answer: 4", 1.0, 5)


async def test_windows_are_short_enough_for_the_room_of_a_sample() -> None:
    """64 tokens: windows of 8, so the second trace is known to be unsure before its end."""
    model = Sure(("1", [5.0] * 40), ("2", [5.0] * 10 + [1.0] * 30))
    method = "deepconf(2, warmup=1, eta=1.0, consensus=2.0, window=2048)"
    made = await method_of(method, Crew(model))(task())
    assert model.written[0] == 40
    assert model.written[1] < 20
    assert made.best.text.endswith("Answer: 1")
