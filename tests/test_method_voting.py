"""The answer that most samples give, and when enough have voted."""

from math import isclose, log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from method_tasks import scripted, solved, task

from inference import Chunk, TokenLogprob, Usage
from reasoning import Trail
from reasoning.methods.voting import beta_ahead, likeliness
from reasoning.registry import METHODS, Crew

ALL = -1


async def test_self_consistency_gives_what_most_samples_give() -> None:
    made, model = await solved("vote(5)", ["2", "1", "1", "3", "2"])
    assert made.best.text == "Answer: 2"
    assert (made.chosen, made.confidence) == (0, 2 / 5)
    assert [request.n for request in model.requests] == [5]


async def test_samples_end_when_the_rest_can_change_nothing() -> None:
    trail = Trail()
    made, model = await solved("vote(5)", ["1", "1.0", "1", "2", "2"], trail=trail)
    assert [sample.text for sample in made.samples] == ["Answer: 1", "Answer: 1.0", "Answer: 1"]
    assert (made.best.text, made.confidence) == ("Answer: 1", 1.0)
    assert [request.n for request in model.requests] == [5]
    assert [one.state for one in trail.candidates] == ["chosen", "", "", "stopped", "stopped"]
    assert made.usage.completion_tokens > 0
    assert made.usage.prompt_tokens > 0


async def test_a_tie_that_can_still_come_is_waited_for() -> None:
    made, _ = await solved("vote(4)", ["1", "1", "2", "2"])
    assert (len(made.samples), made.confidence) == (4, 0.5)


@given(st.lists(st.sampled_from(["1", "2", "3"]), min_size=1, max_size=9))
async def test_what_is_ended_early_is_the_vote_of_all(said: list[str]) -> None:
    whole = max(dict.fromkeys(said), key=said.count)
    made, _ = await solved(f"vote({len(said)})", said)
    assert made.best.text == f"Answer: {whole}"


async def test_without_an_answer_the_first_stands_and_nobody_is_sure() -> None:
    model = scripted([["Hm.", "Well."]])
    made = await METHODS["self-consistency"].build(Crew(model), n=2)(task())
    assert (made.best.text, made.confidence) == ("Hm.", 0.0)


@pytest.mark.parametrize(("most", "asked"), [(40, 4), (3, 3)])
async def test_adaptive_consistency_stops_when_the_vote_is_settled(most: int, asked: int) -> None:
    """Four of four: P(p1 > p2) = 1 - 1/32 is the first above 0.95."""
    made, model = await solved(f"adaptive-consistency(most={most})", *[["7"]] * 40)
    assert len(model.requests) == len(made.samples) == asked
    assert made.best.text == "Answer: 7"


async def test_adaptive_consistency_goes_on_while_two_answers_are_close() -> None:
    """Seven to two is 0.945, eight to two 0.967."""
    said = ["1", "2", "1", "2", *"1" * 30]
    made, model = await solved("adaptive-consistency", *[[one] for one in said])
    assert len(model.requests) == 10
    assert (made.best.text, made.confidence) == ("Answer: 1", 0.8)


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_posterior_is_that_of_the_beta_distribution(first: int, second: int) -> None:
    """Against the integral of the density, by Simpson's rule."""
    steps = 2000
    width = 0.5 / steps
    at = [0.5 + width * step for step in range(steps + 1)]
    density = [p**first * (1 - p) ** second for p in at]
    above = sum((1, 4, 1)[k] * density[step + k] for step in range(0, steps, 2) for k in range(3))
    whole = sum(
        (1, 4, 1)[k] * p**first * (1 - p) ** second
        for step in range(0, 2 * steps, 2)
        for k in range(3)
        for p in [width * (step + k)]
    )
    assert isclose(beta_ahead(first, second), above / whole, rel_tol=1e-6, abs_tol=1e-9)


async def test_universal_self_consistency_follows_the_model_and_falls_back_to_the_vote() -> None:
    made, model = await solved("usc(3)", ["1", "2", "1"], "Response 2 is it.")
    assert made.best.text == "Answer: 2"
    shown = model.requests[-1].messages[-1].content
    assert "Response 1:" in shown
    assert "Response 3:" in shown
    made, _ = await solved("usc(3)", ["1", "2", "1"], "all of them")
    assert made.best.text == "Answer: 1"


@pytest.mark.parametrize(("score", "best"), [("min", 1), ("mean", 0), ("product", 0)])
def test_soft_self_consistency_scores_as_the_paper_says(score: str, best: int) -> None:
    candidates = [[0.99, 0.99, 0.3], [0.5, 0.5, 0.5]]
    tokens = [[TokenLogprob("t", log(p)) for p in one] for one in candidates]
    scores = [likeliness(one, score) for one in tokens]
    assert scores.index(max(scores)) == best


async def test_soft_self_consistency_reads_the_tokens_of_the_answer_alone() -> None:
    model = scripted([])

    async def stream(request, halt=None):  # type: ignore[no-untyped-def]
        for index, sure in enumerate((0.4, 0.9)):
            for token, p in (("Answer", 0.01), (": ", 0.02), (str(index), sure)):
                yield Chunk(index, token, logprobs=(TokenLogprob(token, log(p)),))
            yield Chunk(index, finish_reason="stop")
        yield Chunk(ALL, usage=Usage(1, 6))

    model.stream = stream  # type: ignore[method-assign]
    made = await METHODS["soft-self-consistency"].build(Crew(model), n=2)(task())
    assert made.best.text == "Answer: 1"


async def test_an_attempt_inside_is_made_n_times_each_from_its_own_seed() -> None:
    made, model = await solved("vote(2, vote(3))", ["1", "1", "2"], ["3", "3", "1"])
    assert len({request.seed for request in model.requests} - {0}) == 2
    assert {sample.text for sample in made.samples} == {"Answer: 1", "Answer: 3"}
