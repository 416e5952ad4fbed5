"""What a model call is paid with: before it is made, when it ends, and when it is cut."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from inference import (
    ALL,
    Chunk,
    Halt,
    Message,
    ModelUnavailable,
    Price,
    Request,
    ScriptedModel,
    Usage,
    complete,
)
from planner import Budget, BudgetExceeded, Limits, MemoryTrace, ModelCalled, RecordedModel

LONG = Request((Message("user", "x" * 3000),), n=2, max_tokens=50)


class Breaking(ScriptedModel):
    """Tells of a few tokens of its first sample, and breaks off."""

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        yield Chunk(index=0, text="Once", usage=Usage(completion_tokens=1))
        yield Chunk(index=1, text="Twice upon a time")
        raise ModelUnavailable("gone")


async def test_a_call_that_breaks_off_costs_its_prompt_too() -> None:
    trace, budget = MemoryTrace(), Budget(Limits(tokens=10_000))
    model = RecordedModel(
        Breaking([], name="m"), budget=budget, trace=trace, prices={"m": Price(1000.0, 1000.0)}
    )
    with pytest.raises(ModelUnavailable):
        await complete(model, LONG)
    [called] = trace.events
    assert isinstance(called, ModelCalled)
    assert called.completion.usage == Usage(1000, 7)
    assert called.cost == pytest.approx(1.007)


async def test_what_the_trace_says_is_what_the_budget_counted() -> None:
    trace = MemoryTrace()
    model = RecordedModel(
        ScriptedModel([["Yes", "No"]], name="m"),
        budget=Budget(Limits(tokens=10_000)),
        trace=trace,
        prices={"m": Price(1000.0, 0.0)},
    )
    async with aclosing(model.stream(LONG)) as chunks:
        async for chunk in chunks:
            assert chunk.index in {ALL, 0, 1}
    [called] = trace.events
    assert isinstance(called, ModelCalled)
    assert called.cost == pytest.approx(called.completion.usage.prompt_tokens / 1000)


async def test_a_call_is_refused_that_could_cost_too_much() -> None:
    """Its samples may be requests of their own, each with the prompt."""
    budget = Budget(Limits(cost=1.9, reserve=0.0))
    scripted = ScriptedModel([["Yes", "No"]], name="m")
    prices = {"m": Price(1000.0, 0.0)}
    model = RecordedModel(scripted, budget=budget, trace=MemoryTrace(), prices=prices)
    with pytest.raises(BudgetExceeded, match=r"max-cost: 0 of 1.9 spent, and the next call may"):
        await complete(model, LONG)
    assert scripted.requests == []
