"""The judge: asked once, in both orders, and a no where it cannot be heard."""

from typing import Any, cast

import pytest

from inference import ModelUnavailable, Request, ScriptedModel
from planner import Decided, MemoryTrace, Planner
from planner.judging import Judge
from tools import Calculate, Compare, Lookup

QUESTION = "I read it. In which city was the author of Emma born?"
SPLIT = (
    '{"id":"a","lookup":"Who is the author of Emma?"}\n'
    '{"id":"b","lookup":"In which city was {a} born?"}'
)
OTHER = '{"id":"a","lookup":"In which city was the author born?"}'
"""Worse by the checks in code."""


def judge_for(text: str) -> ScriptedModel:
    """Samples both plans, and says yes where the text stands in the plan that comes first."""

    def reply(request: Request) -> Any:
        if request.purpose == "plan":
            return [SPLIT, OTHER][: request.n]
        first = request.messages[-1].content.partition("Second:")[0].partition("First:")[2]
        return "yes" if text in first else "no"

    return ScriptedModel(reply)


async def chosen(model: ScriptedModel, close_call: float) -> list[str]:
    """The ids of the plan that was chosen."""
    trace, engine = MemoryTrace(), cast("Any", None)
    tools: Any = (Lookup(engine, model), Compare(), Calculate())
    judge = Judge(model, trace=trace, close_call=close_call)
    planner = Planner(model, tools, trace=trace, samples=3, judge=judge)
    return [step.id async for step in planner.plan(QUESTION)]


async def test_in_a_close_call_the_judge_decides_between_two_plans() -> None:
    assert await chosen(judge_for("In which city was the author born?"), 100.0) == ["a"]
    assert len(await chosen(judge_for("Who is the author"), 100.0)) == 2


@pytest.mark.parametrize("text", ["", "nothing of the kind"])
async def test_a_judge_that_says_the_same_in_both_orders_changes_nothing(text: str) -> None:
    assert len(await chosen(judge_for(text), 100.0)) == 2


async def test_a_clear_call_is_not_put_to_the_judge() -> None:
    for close_call in (0.0, 0.01):
        model = judge_for("In which city was the author born?")
        assert len(await chosen(model, close_call)) == 2
        assert {request.purpose for request in model.requests} == {"plan"}


async def test_a_judge_that_cannot_be_heard_has_said_no() -> None:
    trace, model = MemoryTrace(), ScriptedModel(lambda request: ModelUnavailable("gone"))
    judge = Judge(model, trace=trace, enough=0.5)
    assert not await judge.prefers("Who?", "a", "b")
    assert not await judge.is_enough("Who?", [("Who?", "Ann")], "Ann")
    assert Decided("judge not heard", "gone") in trace.events


async def test_the_same_value_is_put_to_the_judge_once() -> None:
    model = ScriptedModel(lambda request: "yes")
    judge = Judge(model, trace=MemoryTrace(), enough=0.5)
    assert await judge.is_enough("Who?", [("Who?", "Ann")], "Ann")
    asked = len(model.requests)
    assert not await judge.is_enough("Who?", [("Who?", "Ann")], "Ann")
    assert len(model.requests) == asked
