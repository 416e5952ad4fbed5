"""Monte Carlo tree search."""

import re
from math import isclose, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from method_tasks import SureModel, scripted, task

from inference import ModelUnavailable, Request
from reasoning import Crew, Trail, method_of
from reasoning.methods.rollouts import uct


def test_the_bound_is_that_of_uct() -> None:
    assert isclose(uct(0.5, 4, 20, 1.0), 0.5 + sqrt(log(20) / 4))
    assert uct(0.5, 0, 0, 1.0) == 0.5


@given(st.floats(0, 1), st.integers(1, 50), st.integers(1, 50), st.floats(0, 2))
def test_what_was_visited_less_is_bounded_higher(
    quality: float, visits: int, more: int, w: float
) -> None:
    of = visits + more
    assert uct(quality, visits, of, w) >= uct(quality, visits + more, of, w)


def begun(request: Request) -> str:
    return request.messages[-1].content if request.messages[-1].role == "assistant" else ""


def asking(
    questions: dict[int, list[str]], answers: list[str], useful: dict[str, float]
) -> SureModel:
    """Proposes these sub-questions at their places; four is what everything is; ends so."""
    rest = iter(answers)

    def say(request: Request) -> list[str]:
        if found := re.search(r"Sub-question (\d+):$", begun(request)):
            return [f" {one}" for one in questions[int(found[1])]]
        if begun(request):
            return [" It is 4.", " I think 4.", " 5."][: request.n]
        return [f"Answer: {next(rest)}" for _ in range(request.n)]

    def sure(asked: str) -> float:
        return useful[re.findall(r"New sub-question: +(.*)", asked)[-1]]

    return SureModel(say, sure)


async def test_a_walk_asks_answers_and_ends() -> None:
    trail = Trail()
    questions = {1: ["Legs of one?", "Why?", "Legs of one?"], 2: ["Now we can answer it."] * 3}
    useful = {"Legs of one?": 0.81, "Why?": 0.1, "Now we can answer it.": 0.64}
    model = asking(questions, ["8", "8", "6"], useful)
    made = await method_of("rap(iterations=1, k=3, m=3)", Crew(model))(task(trail=trail))
    assert made.best.text == "Answer: 8"
    said = [one.messages[-1].content for one in model.requests if one.purpose == "think"]
    assert said[0] == "Sub-question 1:"
    assert said[1] == "Sub-question 1: Legs of one?\nAnswer 1:"
    assert said[2] == "Sub-question 1: Legs of one?\nAnswer 1: It is 4.\nSub-question 2:"
    assert "Sub-question 1: Legs of one?\nAnswer 1: It is 4." in said[3]
    state = next(one for one in trail.candidates if one.text == " It is 4.")
    assert state.saw == ("1",)
    assert state.score is not None
    assert isclose(state.score, 0.9 * sqrt(2 / 3))
    chosen = next(one for one in trail.candidates if one.state == "chosen")
    assert chosen.saw == ("1", state.id, "7")


async def test_what_turns_out_worse_than_another_seems_is_left() -> None:
    """A seems 0.7 and turns out (1/2 + 1/2) / 2; B seems 0.6, turns out 1, and stays."""

    def say(request: Request) -> list[str]:
        asked = request.messages[-1].content
        if begun(request):
            unsure = "A?" in asked
            return ["A?", "B?"] if asked == "Sub-question 1:" else ["4", "5" if unsure else "4"]
        return ["Answer: 1", "Answer: 2"] if "A?" in asked else ["Answer: 3", "Answer: 3"]

    model = SureModel(say, lambda asked: 0.7 if "New sub-question: A?" in asked else 0.6)
    made = await method_of("rap(3, k=2, m=2, depth=2, w=0, alpha=0)", Crew(model))(task())
    visited = [begun(one) for one in model.requests if begun(one).endswith("Answer 1:")]
    assert [one.partition("\n")[0] for one in visited] == [
        "Sub-question 1: A?",
        "Sub-question 1: B?",
    ]
    assert [sample.text for sample in made.samples] == ["Answer: 1", "Answer: 3"]
    assert (made.best.text, made.confidence) == ("Answer: 3", 1 / 1.5)


async def test_deep_enough_is_the_end() -> None:
    model = asking({}, ["8", "7", "8"], {})
    made = await method_of("rap(iterations=1, m=3, depth=1)", Crew(model))(task())
    assert (made.best.text, len(model.requests)) == ("Answer: 8", 1)


def climbing(right: str) -> SureModel:
    """Steps are a, b or c; the third ends, and whether it was right is known then."""

    def say(request: Request) -> list[str]:
        path = re.findall(r"^Step \d+: (.*)$", begun(request), re.MULTILINE)
        if request.stop and len(path) < 2:
            return list("abc")[: request.n]
        rest = "c" * (3 - len(path))
        return [f"Answer: {''.join(path)}{rest}"] * request.n

    return SureModel(say, lambda asked: 0.9 if f"Answer: {right}" in asked else 0.1)


async def test_what_is_rolled_out_well_is_searched_further() -> None:
    trail = Trail()
    model = climbing("b")
    made = await method_of("mcts(iterations=6, w=0.3)", Crew(model))(task(trail=trail))
    assert made.best.text.splitlines()[-1] == "Answer: bcc"
    grown = [begun(one) for one in model.requests if one.stop]
    assert grown[0] == "Step 1:"
    assert sum("Step 1: b" in one for one in grown) > len(grown) / 2
    rolled = next(one for one in trail.candidates if one.text == "b\nAnswer: bcc")
    assert rolled.saw == ("2",)


async def test_an_end_is_not_judged_twice() -> None:
    model = scripted(lambda request: ["Answer: 8"] * request.n)
    made = await method_of("mcts(iterations=5, k=2)", Crew(model))(task())
    assert made.best.text == "Answer: 8"
    assert len([one for one in model.requests if one.purpose == "think"]) == 1


@pytest.mark.parametrize("method", ["mcts(k=3)", "rap(k=2, m=2, depth=1)"])
async def test_an_iteration_that_fails_ends_them(method: str) -> None:
    count = iter(range(100))

    def say(request: Request) -> list[str] | Exception:
        if next(count) > 1:
            return ModelUnavailable("gone")
        return ["Answer: 8", "One.", "Two."][: request.n]

    made = await method_of(method, Crew(SureModel(say, lambda _: 0.5)))(task())
    assert made.best.text == "Answer: 8"
    with pytest.raises(ModelUnavailable):
        await method_of(method, Crew(scripted(lambda _: ModelUnavailable("gone"))))(task())
