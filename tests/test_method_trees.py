"""Trees of thoughts."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from math import exp, isclose, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from method_tasks import SureModel, scripted, task

from inference import ALL, Chunk, ModelUnavailable, Request, TokenLogprob, Usage
from reasoning import Answers, Crew, Trail, last_number, method_of
from reasoning.methods.trees import _seeking, drawn, step_score
from reasoning.thoughts import Line, finished, grown
from reasoning.workspace import Made, Workspace


def steps_before(request: Request) -> list[str]:
    """Of the partial solution that a request goes on with."""
    begun = request.messages[-1].content if request.messages[-1].role == "assistant" else ""
    return re.findall(r"^Step \d+: (.*)$", begun, re.MULTILINE)


def stepping(
    steps: Callable[[Sequence[str]], Sequence[str]], sure: Callable[[str], float]
) -> SureModel:
    """Proposes these steps by turns, and is so sure of a line, by its last step."""

    def say(request: Request) -> list[str]:
        proposed = steps(steps_before(request))
        return [f" {proposed[n % len(proposed)]}" for n in range(request.n)]

    def judge(asked: str) -> float:
        return sure(re.findall(r"<data>\n(.*?)\n</data>", asked, re.DOTALL)[-1].splitlines()[-1])

    return SureModel(say, judge)


def growths(model: SureModel) -> list[Request]:
    return [one for one in model.requests if one.messages[-1].role == "assistant"]


def of_24(numbers: Sequence[Fraction]) -> list[tuple[str, list[Fraction]]]:
    """Every way to take two of the numbers together."""
    ways = []
    for i, j in permutations(range(len(numbers)), 2):
        one, other = numbers[i], numbers[j]
        rest = [numbers[k] for k in range(len(numbers)) if k not in (i, j)]
        made = {"-": one - other} | ({"/": one / other} if other else {})
        made |= {"+": one + other, "*": one * other} if i < j else {}
        ways += [(f"{one} {sign} {other}", [value, *rest]) for sign, value in made.items()]
    return ways


def can_be_24(numbers: Sequence[Fraction]) -> bool:
    if len(numbers) == 1:
        return numbers[0] == 24
    return any(can_be_24(rest) for _, rest in of_24(numbers))


@pytest.mark.parametrize("search", ["bfs", "dfs"])
async def test_a_tree_solves_the_game_of_24_where_the_judge_tells_what_can_be(search: str) -> None:
    """4 9 10 13 is the paper's example; 36 ways to begin, of which few lead to 24."""

    def left(step: str) -> list[Fraction]:
        return [Fraction(one) for one in step.partition("left: ")[2].split()]

    def steps(before: Sequence[str]) -> list[str]:
        numbers = left(before[-1]) if before else [Fraction(n) for n in (4, 9, 10, 13)]
        made = [f"{way}, left: {' '.join(map(str, rest))}" for way, rest in of_24(numbers)]
        return [f"{one}\nAnswer: {left(one)[0]}" if len(left(one)) == 1 else one for one in made]

    def sure(last: str) -> float:
        if last.startswith("Answer"):
            return 0.95 if last == "Answer: 24" else 0.05
        return 0.9 if can_be_24(left(last)) else 0.1

    model = stepping(steps, sure)
    made = await method_of(f"tot(k=36, b=2, search={search})", Crew(model))(task())
    assert made.best.text.endswith("Answer: 24")
    assert len(made.best.text.splitlines()) == 4
    assert len(growths(model)) == (5 if search == "bfs" else 3)


def letters(before: Sequence[str]) -> list[str]:
    """a, b, c behind the last step; the fourth answers."""
    path = before[-1] if before else ""
    return [f"{path}{one}" if len(path) < 3 else f"Answer: {path}{one}" for one in "abc"]


async def test_breadth_first_keeps_the_b_best_of_each_depth() -> None:
    trail = Trail()
    model = stepping(letters, lambda last: {"a": 0.2, "b": 0.8, "c": 0.5}[last[-1]])
    made = await method_of("tot(k=3, b=2, depth=4)", Crew(model))(task(trail=trail))
    assert [steps_before(one)[-1:] for one in growths(model)] == [
        [],
        ["b"],
        ["c"],
        ["bb"],
        ["cb"],
        ["bbb"],
        ["cbb"],
    ]
    assert {request.stop[0] for request in growths(model)} == {"\nStep"}
    assert growths(model)[3].messages[-1].content == "Step 1: b\nStep 2: bb\nStep 3:"
    assert made.best.text == "b\nbb\nbbb\nAnswer: bbbb"
    dropped = {one.text.strip() for one in trail.candidates if one.state == "dropped"}
    assert {"a", "ba", "bc", "ca", "cc"} <= dropped
    assert not {"b", "c", "bb", "cb"} & dropped
    assert trail.candidates[-1].saw == ("2", "5", "11", "17")


async def test_depth_first_goes_back_to_where_it_left_a_better_one() -> None:
    sure = {"a": 0.9, "b": 0.8, "c": 0.1, "aa": 0.1, "ab": 0.1, "ac": 0.2}
    model = stepping(letters, lambda last: sure.get(last, 0.7))
    made = await method_of("tot(k=3, b=5, depth=4, search=dfs)", Crew(model))(task())
    assert [steps_before(one)[-1:] for one in growths(model)] == [[], ["a"], ["b"], ["ba"], ["baa"]]
    assert made.best.text.endswith("Answer: baaa")


async def test_voters_say_which_thoughts_go_on() -> None:
    def say(request: Request) -> list[str]:
        if request.purpose == "judge":
            assert request.regex == "1|2|3"
            assert "Choice 3:\n<data>\nc\n</data>" in request.messages[-1].content
            return ["3", "1", "3", "3", "none"]
        return [f"Answer: {one}" if steps_before(request) else one for one in "abc"]

    trail = Trail()
    model = scripted(lambda request: say(request)[: request.n])
    method = "tot(k=3, b=1, depth=1, evaluate=votes)"
    await method_of(method, Crew(model))(task(trail=trail))
    assert [one.score for one in trail.candidates[:3]] == [0.2, 0.0, 0.6]
    assert growths(model)[-1].messages[-1].content == "Step 1: c\nStep 2:"


async def test_the_same_step_counts_once_and_nothing_to_add_is_an_end() -> None:
    workspace = Workspace(task(), scripted([["Two cats.", " Two  cats.", ""], ["", ""]]))
    (first,) = await grown(workspace, [Line()], 3, at_round=1)
    assert [line.text for line in first] == ["Two cats."]
    (second,) = await grown(workspace, first, 2, at_round=2)
    assert [(line.text, line.ended) for line in second] == [("Two cats.", True)]


async def test_a_line_that_has_not_ended_is_written_to_its_end() -> None:
    trail = Trail()
    model = scripted(["Two cats.", "Each has 4.\nAnswer: 8"])
    workspace = Workspace(task(trail=trail), model)
    ((line,),) = await grown(workspace, [Line()], 1, at_round=1)
    (made,) = await finished(workspace, [line], at_round=2)
    assert (made.text, made.answer) == ("Two cats.\nEach has 4.\nAnswer: 8", "8")
    assert model.requests[-1].stop == ()
    assert trail.candidates[-1].saw == ("1",)


async def test_an_answer_of_a_form_is_asked_for_behind_the_steps() -> None:
    formed = replace(task(), request=replace(task().request, regex="[0-9]+"))
    model = scripted([["Two cats."], "yes", "yes", "8"])
    made = await method_of("tot(k=1, depth=1)", Crew(model))(formed)
    assert made.best.text == "8"
    assert [request.regex for request in model.requests if request.purpose == "think"] == [
        None,
        "[0-9]+",
    ]


@pytest.mark.parametrize("method", ["tot(k=2)", "self-eval-beam(n=2, k=2)", "dpts(k=2)"])
async def test_what_fails_on_the_way_leaves_what_there_is(method: str) -> None:
    def say(request: Request) -> list[str] | Exception:
        if steps_before(request):
            return ModelUnavailable("gone")
        return ["Answer: 8", "Two cats."][: request.n]

    model = SureModel(say, lambda _: 0.5)
    made = await method_of(method, Crew(model))(task())
    assert made.best.text == "Answer: 8"


async def test_without_any_step_the_error_is_told() -> None:
    model = scripted(lambda _: ModelUnavailable("gone"))
    with pytest.raises(ModelUnavailable):
        await method_of("tot", Crew(model))(task())


@pytest.mark.parametrize(("weight", "best"), [(0.0, "Answer: 1"), (0.5, "Answer: 2")])
async def test_a_beam_goes_by_likeliness_and_by_its_own_judgement(weight: float, best: str) -> None:
    """0.9 x 0.5 against 0.4 x 0.8."""

    class Telling(SureModel):
        async def stream(self, request, halt=None):  # type: ignore[no-untyped-def]
            if request.purpose == "judge":
                async for chunk in super().stream(request, halt):
                    yield chunk
                return
            for index, sure in enumerate((0.4, 0.9)):
                said = TokenLogprob("x", log(sure))
                yield Chunk(index, f"Answer: {index + 1}", logprobs=(said,), finish_reason="stop")
            yield Chunk(ALL, usage=Usage(1, 1))

    trail = Trail()
    model = Telling(lambda _: "", lambda asked: 0.8 if "Answer: 1" in asked else 0.5)
    method = f"self-eval-beam(n=2, k=1, weight={weight})"
    made = await method_of(method, Crew(model))(task(trail=trail))
    assert made.best.text == best
    for one, likely, sure in zip(trail.candidates, (0.4, 0.9), (0.8, 0.5), strict=True):
        assert one.score is not None
        assert isclose(one.score, likely**weight * sure ** (1 - weight))


@given(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0, 1))
def test_a_steps_score_is_a_geometric_mean(likely: float, sure: float, weight: float) -> None:
    score = step_score(likely, sure, weight)
    assert min(likely, sure) - 1e-9 <= score <= max(likely, sure) + 1e-9
    assert isclose(log(score), weight * log(likely) + (1 - weight) * log(sure), abs_tol=1e-9)


async def test_the_beams_lines_vote() -> None:
    model = stepping(letters, lambda last: 0.9 if last[-1] in "ab" else 0.1)
    made = await method_of("self-eval-beam(n=3, k=3, depth=4)", Crew(model))(task())
    assert len(made.samples) == 3
    assert made.confidence == 1 / 3


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.integers(1, 9), st.integers(0, 99))
def test_what_is_drawn_is_drawn_once(values: list[float], k: int, seed: int) -> None:
    lines = [Line(value=value) for value in values]
    some = drawn(lines, k, 0.5, Random(seed))
    assert len(some) == len({id(one) for one in some}) == min(k, len(lines))


def test_lines_are_drawn_by_the_exponential_of_their_values() -> None:
    lines, draws = [Line(value=value) for value in (0.0, 0.5, 1.0)], Random(1)
    first = [drawn(lines, 1, 0.5, draws)[0].value for _ in range(4000)]
    whole = sum(exp(value / 0.5) for value in (0.0, 0.5, 1.0))
    for value in (0.0, 0.5, 1.0):
        assert abs(first.count(value) / 4000 - exp(value / 0.5) / whole) < 0.03


def test_sure_paths_go_deep_and_unsure_ones_wait() -> None:
    """The mean is 0.6."""
    step = Made("1", None, None)  # type: ignore[arg-type]

    def line(depth: int, value: float, *, ended: bool = False) -> Line:
        return Line((step,) * depth, value, ended)

    lines = [line(1, 0.9), line(3, 0.2), line(2, 0.7), line(1, 0.6), line(4, 0.99, ended=True)]
    assert [one.value for one in _seeking(lines, 3, 2, 9)] == [0.7, 0.9, 0.6]
    assert [one.value for one in _seeking(lines, 9, 2, 9)] == [0.7, 0.9, 0.6, 0.2]
    assert _seeking(lines, 3, 1, 9) == []
    assert [one.value for one in _seeking(lines, 3, 2, 2)] == [0.9, 0.6]


async def test_nodes_of_different_depths_are_grown_together_until_enough_have_ended() -> None:
    sure = {"a": 0.3, "b": 0.9, "ba": 0.2, "bb": 0.95}
    model = stepping(letters, lambda last: sure.get(last, 0.4))
    made = await method_of("dpts(p=2, k=2, enough=1)", Crew(model))(task())
    asked = [steps_before(one)[-1:] for one in growths(model)]
    assert asked[:5] == [[], ["b"], ["a"], ["bb"], ["aa"]]
    assert made.best.text.startswith("b\nbb\n")


@pytest.mark.parametrize("method", ["tree-of-thoughts(k=1, b=1)", "self-eval-beam(n=1, k=1)"])
async def test_a_step_with_a_number_in_it_is_not_yet_the_answer(method: str) -> None:
    """Though a whole text's last number may be taken for its answer."""
    ways = ["a cat has 4 legs", "2 x 4 = 8", "Answer: 8"]
    model = stepping(lambda before: [ways[min(len(before), 2)]], lambda _: 0.9)
    of_it = task(answers=Answers(guessed=last_number))
    made = await method_of(method, Crew(model))(of_it)
    assert len(growths(model)) == 3
    assert made.best.text.strip().endswith("Answer: 8")
