"""What a model call is paid with: before it is made, when it ends, and when it is cut."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest
from endpoint_server import count, line, piece, pooling, sent, serving, stream

from inference import (
    ALL,
    Chunk,
    Halt,
    Message,
    ModelUnavailable,
    Price,
    Request,
    ScriptedModel,
    Unsupported,
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


class Thinking(ScriptedModel):
    """Thinks, each sample in a request of its own if it can be halted, and breaks off."""

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        for index in range(request.n):
            yield Chunk(index=index, reasoning="hmm " * 75)
        raise ModelUnavailable("gone")


@pytest.mark.parametrize(("halt", "prompts"), [(None, 1), (Halt(), 2)], ids=["together", "apart"])
async def test_what_a_cut_call_has_thought_and_read_is_paid(
    halt: Halt | None, prompts: int
) -> None:
    trace = MemoryTrace()
    model = RecordedModel(Thinking([]), budget=Budget(Limits()), trace=trace)
    with pytest.raises(ModelUnavailable):
        async for _ in model.stream(LONG, halt):
            pass
    [called] = trace.events
    assert isinstance(called, ModelCalled)
    assert called.completion.usage == Usage(prompts * 1000, 200)


async def test_halted_samples_of_a_server_cost_their_prompts() -> None:
    """It counts at the end of each request: of those that are halted it never does."""
    texts = stream(piece("Once"), piece(" upon", reason="stop"), count(900, 2))
    silent = sent(line(piece("Once")), then="silence")
    trace, halt = MemoryTrace(), Halt()
    async with serving(texts, *[silent] * 3) as played, pooling(played.url) as pool:
        model = RecordedModel(pool, budget=Budget(Limits()), trace=trace)
        async for chunk in model.stream(replace(LONG, n=4), halt):
            if chunk.index and chunk.text:
                halt(chunk.index)
    [called] = trace.events
    assert isinstance(called, ModelCalled)
    assert len(played.bodies) == 4
    assert called.completion.usage == Usage(900 + 3 * 1000, 2 + 3)


async def test_halted_samples_that_the_engine_has_counted_are_not_counted_again() -> None:
    counted = {"prompt_tokens": 900, "completion_tokens": 1}
    whole = stream(piece("Once") | {"usage": counted}, piece(reason="stop"), count(900, 1))
    silent = sent(line(piece("Once") | {"usage": counted}), then="silence")
    trace, halt = MemoryTrace(), Halt()
    async with serving(whole, silent) as played, pooling(played.url, engine="vllm") as pool:
        model = RecordedModel(pool, budget=Budget(Limits()), trace=trace)
        async for chunk in model.stream(LONG, halt):
            if chunk.index and chunk.text:
                halt(chunk.index)
    [called] = trace.events
    assert isinstance(called, ModelCalled)
    assert called.completion.usage == Usage(1800, 2)


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


class Vectors(ScriptedModel):
    """Makes embeddings, and does not rerank."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[1.0]] * len(texts)


async def test_embeddings_are_paid_and_told_of_without_their_texts() -> None:
    trace, budget = MemoryTrace(), Budget(Limits(tokens=1000, reserve=0.0))
    model = RecordedModel(
        Vectors([], name="m"), budget=budget, trace=trace, prices={"m": Price(1000.0, 1000.0)}
    )
    assert await model.embed(["x" * 1200, "y" * 1200]) == [[1.0], [1.0]]
    [called] = trace.events
    assert isinstance(called, ModelCalled)
    assert called.completion.usage == Usage(800)
    assert called.cost == 0.8
    assert "xx" not in str(called.request)
    with pytest.raises(BudgetExceeded):
        await model.embed(["x" * 1200])
    assert len(trace.events) == 1


async def test_what_a_model_is_not_able_to_do_costs_nothing() -> None:
    trace, budget = MemoryTrace(), Budget(Limits(tokens=100, reserve=0.0))
    model = RecordedModel(Vectors([], name="m"), budget=budget, trace=trace)
    for _ in range(3):
        with pytest.raises(Unsupported):
            await model.rerank("who?", ["x" * 200])
    assert trace.events == []
