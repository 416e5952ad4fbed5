"""A small model writes the steps, a large one checks them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from method_tasks import SureModel, task

from inference import ModelUnavailable, Request
from reasoning import Crew, Trail, method_of
from reasoning.methods.speculative import STRATEGIES, Bar


@given(st.floats(0, 1), st.floats(0, 1), st.lists(st.floats(0, 1), max_size=5))
def test_the_bar_follows_what_the_large_model_is_worth(
    height: float, momentum: float, values: list[float]
) -> None:
    bar = Bar(height, momentum)
    bar.learn(values)
    if not values:
        assert bar.height == height
    else:
        mean = sum(values) / len(values)
        assert min(height, mean) - 1e-9 <= bar.height <= max(height, mean) + 1e-9
        assert bar.height == pytest.approx(momentum * height + (1 - momentum) * mean)


def drafting(small: str, large: str, *, steps: int = 2, gone: str = "") -> SureModel:
    """The small model's steps are small0, small1 ..., the large one's large0 ...; the last answers.

    The judge believes a step by the digit behind its last dot.
    """

    def say(request: Request) -> list[str] | Exception:
        if request.purpose == gone:
            return ModelUnavailable("gone")
        last = request.messages[-1]
        if last.role == "user":
            return ["4, 4, 99, 2"]
        before = re.findall(r"^Step \d+: (.*)$", last.content, re.MULTILINE)
        said = small if request.purpose == "explore" else large
        number = len(before)
        text = f"{said} after {' '.join(before) or 'nothing'}".replace(".", "")
        end = f"\nAnswer: {number}" if number + 1 == steps else ""
        worth = said[-1]
        return [f" {text} way {at} .{worth}{end}" for at in range(request.n)]

    def sure(asked: str) -> float:
        return int(re.findall(r"\.(\d)", asked)[-1]) / 10

    return SureModel(say, sure)


def purposes(model: SureModel) -> list[tuple[str, int]]:
    return [(one.purpose, one.n) for one in model.requests if one.messages[-1].role == "assistant"]


async def test_a_thought_below_the_bar_is_written_by_the_large_model() -> None:
    trail = Trail()
    model = drafting("small.3", "large.8")
    made = await method_of("speculative-search(k=2, b=1, depth=2)", Crew(model))(task(trail=trail))
    assert purposes(model) == [("explore", 2), ("think", 2)] * 2
    assert made.best.text.startswith("large8")
    dropped = [one.text.split()[0] for one in trail.candidates if one.state == "dropped"]
    assert dropped.count("small3") == 4


async def test_a_thought_above_the_bar_is_taken_as_it_is() -> None:
    model = drafting("small.6", "large.8")
    made = await method_of("specsearch(k=2, b=1, depth=2)", Crew(model))(task())
    assert purposes(model) == [("explore", 2)] * 2
    assert made.best.text.startswith("small6")


async def test_the_bar_rises_with_the_large_models_own_thoughts() -> None:
    """0.5 at first, then 0.5 x 0.5 + 0.5 x 0.9: above the 0.6 that the small model's have then."""
    model = drafting("small.6", "large.9")
    believed, first = model.sure, iter([0.3, 0.3])
    model.sure = lambda asked: next(first, None) or believed(asked)
    await method_of("specsearch(k=2, b=1, depth=2, momentum=0.5)", Crew(model))(task())
    assert purposes(model) == [("explore", 2), ("think", 2)] * 2
    model, first = drafting("small.6", "large.9"), iter([0.3, 0.3])
    model.sure = lambda asked: next(first, None) or believed(asked)
    await method_of("specsearch(k=2, b=1, depth=2, momentum=1)", Crew(model))(task())
    assert purposes(model) == [("explore", 2), ("think", 2), ("explore", 2)]


@pytest.mark.parametrize(("gone", "writer"), [("explore", "large"), ("think", "small")])
@pytest.mark.parametrize("method", ["specsearch(k=2, b=1, depth=2)", "ssr(n=2, depth=2)"])
async def test_where_one_of_both_is_gone_the_other_writes(
    method: str, gone: str, writer: str
) -> None:
    made = await method_of(method, Crew(drafting("small.1", "large.8", gone=gone)))(task())
    assert made.best.text.startswith(writer)
    assert made.best.text.endswith("Answer: 1")


async def test_lines_are_drafted_by_strategies_that_the_model_picks() -> None:
    trail = Trail()
    model = drafting("small.8", "large.9")
    made = await method_of("ssr(n=3, depth=2)", Crew(model))(task(trail=trail))
    told = [one.messages[0].content for one in model.requests if one.purpose == "explore"]
    for place in (3, 1, 0):  # named twice, out of range, and the first one that was not named
        assert sum(STRATEGIES[place] in one for one in told) == 2
    assert len(made.samples) == 3
    assert made.confidence == pytest.approx(1)
    assert {purpose for purpose, _ in purposes(model)} == {"explore"}


async def test_a_draft_that_is_not_believed_is_replaced_before_the_next_step() -> None:
    trail = Trail()
    model = drafting("small.6", "large.9")
    made = await method_of("ssr(n=1, depth=2)", Crew(model))(task(trail=trail))
    assert purposes(model) == [("explore", 1), ("think", 1)] * 2
    assert model.requests[4].messages[-1].content.startswith("Step 1: large9 after nothing")
    assert [one.state for one in trail.candidates] == ["dropped", "", "dropped", "", "chosen"]
    assert made.best.text.startswith("large9 after nothing")
    made = await method_of("ssr(n=1, depth=2, bar=0.5)", Crew(drafting("s.6", "l.9")))(task())
    assert made.best.text.startswith("s6")
