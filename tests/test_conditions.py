"""Conditions of steps: what can be written, and when it is so."""

import pytest
from executor_bench import Bench, ask
from hypothesis import given
from hypothesis import strategies as st
from making import lookup
from pydantic import JsonValue

from planner import Done, Failed, Outcome, PlanError, Skipped, Step
from planner.condition import Condition
from tools import ToolError

YES, NO, NOTHING = Done("Yes"), Done("no"), Done(None)
FAILED, SKIPPED = Failed("x"), Skipped("x")


@pytest.mark.parametrize(
    ("text", "true", "false"),
    [
        ("a", [YES, NO, Done(0), Done(False)], [NOTHING, Done([]), Done(""), FAILED, SKIPPED]),
        ("not a", [NOTHING, Done([]), FAILED, SKIPPED], [YES, NO, Done(0)]),
        ("a = yes", [YES, Done(" YES ")], [NO, NOTHING, FAILED, SKIPPED]),
        ("{a} == 'yes'", [YES], [NO, NOTHING]),
        ("a != yes", [NO, Done(3)], [YES, NOTHING, FAILED, SKIPPED]),
        ("not a = yes", [NO, NOTHING, FAILED, SKIPPED], [YES]),
        ("a = 3", [Done(3), Done("3.0"), Done("3")], [Done(4), Done("three"), Done([3, 3])]),
        ("a failed", [FAILED], [YES, NOTHING, SKIPPED]),
        ("not a failed", [YES, NOTHING, SKIPPED], [FAILED]),
        ("a skipped", [SKIPPED], [YES, NOTHING, FAILED]),
        ("a.0.won", [Done([{"won": "x"}])], [Done([{"won": None}]), Done([]), Done("x"), FAILED]),
        ("a.n = 1", [Done({"n": 1})], [Done({"m": 1}), Done({"n": 2})]),
    ],
)
def test_when_a_condition_is_so(text: str, true: list[Outcome], false: list[Outcome]) -> None:
    condition = Condition.parsed(text)
    assert condition.step == "a"
    assert [condition.holds(outcome) for outcome in true] == [True] * len(true)
    assert [condition.holds(outcome) for outcome in false] == [False] * len(false)


@pytest.mark.parametrize(
    "text",
    ["", " ", "a b", "a =", "= yes", "a or b", "not", "item", "a > 3", "a. = x", "1", "x" * 201],
)
def test_what_is_no_condition_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(PlanError, match=r"when: .* is no condition"):
        lookup("b", "x", when=text)


def test_a_condition_is_an_edge_and_follows_a_renaming() -> None:
    step = lookup("c", "x", when="not a.b = yes")
    assert (step.inputs, step.required) == (("a",), ())
    assert step.renamed("_2").when == "not a_2.b = yes"


@given(st.text(max_size=30))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    try:
        condition = Condition.parsed(text)
    except PlanError:
        return
    assert Condition.parsed(str(condition)) == condition


async def outcomes(*steps: Step) -> dict[str, Outcome]:
    async def work(question: str) -> JsonValue:
        if question == "bad":
            raise ToolError("it broke")
        return None if question == "nothing" else question

    return dict((await Bench(work).run(steps)).outcomes)


async def test_a_step_whose_condition_is_not_so_is_skipped_and_says_why() -> None:
    ended = await outcomes(
        ask("a", "no"),
        ask("b", "x", when="a = yes"),
        ask("c", "y", when="a != yes"),
        ask("d", "{b}"),
    )
    assert ended["b"] == Skipped("'a = yes' is not so: a is 'no'")
    assert ended["c"] == Done("y")
    assert ended["d"] == Skipped("needs b: 'a = yes' is not so: a is 'no'")


async def test_a_way_out_runs_when_a_step_failed_or_was_skipped() -> None:
    ended = await outcomes(
        ask("a", "bad"),
        ask("b", "{a}"),
        ask("c", "instead", when="a failed"),
        ask("d", "instead", when="b skipped"),
        ask("e", "instead", when="not b"),
        ask("f", "{a}", when="a failed"),
        ask("g", "x", when="a"),
    )
    assert [ended[name] for name in "cde"] == [Done("instead")] * 3
    assert ended["f"] == Skipped("needs a: it broke")
    assert ended["g"] == Skipped("'a' is not so: a failed")


async def test_what_needs_an_optional_step_runs_although_its_condition_was_not_so() -> None:
    ended = await outcomes(
        ask("a", "nothing"), ask("b", "x", when="a", optional=True), ask("c", "so {b}")
    )
    assert ended["b"] == Skipped("'a' is not so: a found nothing")
    assert ended["c"] == Done("so unknown")
