"""Hypotheses whose words others have are dropped."""

from itertools import combinations
from math import log

from hypothesis import given
from hypothesis import strategies as st
from method_tasks import scripted, task

from inference import Request, TokenLogprob
from reasoning import Crew, Trail, method_of
from reasoning.chunks import Hypothesis
from reasoning.methods.covering import cover, tokens_of

sets = st.lists(st.frozensets(st.sampled_from("abcdef")), min_size=1, max_size=6)


def test_the_lightest_for_each_new_token_goes_first() -> None:
    given_sets = [frozenset("abc"), frozenset("ab"), frozenset("c"), frozenset("abc")]
    assert cover(given_sets, [0.9, 0.2, 0.3, 0.8]) == {1, 2}
    assert cover(given_sets, [0.3, 0.4, 0.3, 0.8]) == {0}
    assert cover([frozenset("a"), frozenset("a")], [0.5, 0.5]) == {0}


def test_what_the_others_cover_in_the_end_is_left_out() -> None:
    """The greedy rule takes ab first, and then needs the two others in any case."""
    assert cover([frozenset("ab"), frozenset("acd"), frozenset("bef")], [0.1, 1, 1]) == {1, 2}


@given(sets, st.data())
def test_a_cover_has_every_token_no_set_too_many_and_a_weight_within_the_bound(
    given_sets: list[frozenset[str]], data: st.DataObject
) -> None:
    """Chvatal's bound: the harmonic number of the largest set, times the lightest cover."""
    size = len(given_sets)
    weights = data.draw(st.lists(st.floats(0.01, 1), min_size=size, max_size=size))
    kept = cover(given_sets, weights)
    union = frozenset[str]().union(*given_sets)
    assert frozenset[str]().union(*(given_sets[place] for place in kept)) == union
    assert kept
    if union:
        for place in kept:
            rest = [given_sets[other] for other in kept - {place}]
            assert frozenset[str]().union(*rest) != union
        lightest = min(
            sum(weights[place] for place in chosen)
            for count in range(1, size + 1)
            for chosen in combinations(range(size), count)
            if frozenset[str]().union(*(given_sets[place] for place in chosen)) == union
        )
        bound = sum(1 / k for k in range(1, max(map(len, given_sets)) + 1))
        assert sum(weights[place] for place in kept) <= lightest * bound + 1e-6


def test_a_hypothesis_has_the_tokens_of_the_engine_or_else_its_words() -> None:
    one = Hypothesis(1, 64, text="so 2 x 4")
    assert tokens_of(one) == {"so", "2", "x", "4"}
    assert one.confidence == 1.0
    one.logprobs = [TokenLogprob(" so", log(0.5)), TokenLogprob(" so", log(0.125))]
    assert tokens_of(one) == {" so"}
    assert abs(one.confidence - 0.25) < 1e-9


async def test_chunk_by_chunk_only_what_covers_the_others_goes_on_and_all_that_ended_vote() -> None:
    texts = ["two cats sleep. ", "cats sleep two. ", "two dogs sleep. ", "Answer: 8"]
    trail = Trail()

    def say(request: Request) -> list[str]:
        if not request.begun:
            return [text * 2 if text != "Answer: 8" else text for text in texts]
        return ["\nAnswer: 9"] if "dogs" in request.begun else ["\nAnswer: 8"]

    model = scripted(say)
    made = await method_of("token-set-cover(4, chunk=4)", Crew(model))(task(trail=trail))
    assert [request.n for request in model.requests] == [4, 1, 1]
    assert sorted(request.begun[:8] for request in model.requests[1:]) == ["two cats", "two dogs"]
    assert made.best.text.endswith("Answer: 8")
    assert (made.confidence, len(made.samples)) == (2 / 3, 3)
    (dropped,) = (one for one in trail.candidates if one.state == "dropped")
    assert dropped.text == "cats sleep two. "
