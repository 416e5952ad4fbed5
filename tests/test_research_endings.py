"""A run that is out of time, tokens, calls, engine or model ends, and tells what there is."""

import asyncio
from typing import Any

import pytest
from research_films import Fixed, outcomes, run, scripted

from inference import ModelUnavailable, Price, Request, ScriptedModel
from planner import AnswerWritten, Limits, MemoryTrace, ModelCalled, RunEnded, StepStarted
from search import DocumentIndex


def no_dates(request: Request) -> "asyncio.Future[None] | None":
    """The model never tells when somebody was born."""
    late = "When was" in request.messages[-1].content and request.purpose == "read"
    return asyncio.get_running_loop().create_future() if late else None


class SlowTrace(MemoryTrace):
    """Takes a moment for each event, as a database does."""

    async def record(self, event: Any) -> None:
        await asyncio.sleep(0.001)
        await super().record(event)


@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.3, 1.0])
async def test_a_run_out_of_time_ends_whatever_it_was_doing(
    film_index: DocumentIndex, seconds: float
) -> None:
    async with asyncio.timeout(20):
        model = ScriptedModel(scripted, pause=no_dates)
        result = await run(film_index, model, SlowTrace(), limits=Limits(seconds=seconds))
    assert result.status == "incomplete"
    assert "seconds" in (result.reason or "")


async def test_reported_fault_r5_a_failing_engine_ends_within_its_limit() -> None:
    engine, trace = Fixed(error="the engine answered HTTP 401"), MemoryTrace()
    async with asyncio.timeout(30):
        result = await run(engine, ScriptedModel(scripted), trace, limits=Limits(tool_calls=5))
    assert engine.calls <= 5
    assert len([e for e in trace.events if isinstance(e, StepStarted)]) <= 5
    assert result.status == "incomplete"
    assert "HTTP 401" in str(outcomes(trace)["start"])
    assert "HTTP 401" in result.answer.text
    assert result.answer.citations == ()


async def test_a_model_that_cannot_be_reached_ends_the_run_in_words(
    film_index: DocumentIndex,
) -> None:
    model = ScriptedModel(lambda request: ModelUnavailable("cannot reach http://x/v1"))
    result = await run(film_index, model, MemoryTrace())
    assert result.status == "incomplete"
    assert (result.reason or "").endswith("cannot reach http://x/v1")
    assert result.answer.value is None


async def test_a_spent_budget_of_tool_calls_delivers_what_there_is(
    film_index: DocumentIndex,
) -> None:
    result = await run(
        film_index, ScriptedModel(scripted), MemoryTrace(), limits=Limits(tool_calls=4)
    )
    assert result.status == "incomplete"
    assert result.reason == "stopped by the budget: max-tool-calls: 4 of 4 spent"
    assert result.answer.value is None
    assert "Found so far: Who directed Inception? Christopher Nolan. [1]" in result.answer.text


async def test_a_spent_budget_of_tokens_is_never_overdrawn(film_index: DocumentIndex) -> None:
    trace = MemoryTrace()
    result = await run(film_index, ScriptedModel(scripted), trace, limits=Limits(tokens=2000))
    spent = sum(e.completion.usage.total_tokens for e in trace.events if isinstance(e, ModelCalled))
    assert 0 < spent <= 2000
    assert result.status == "incomplete"


async def test_a_spent_budget_of_money_is_never_overdrawn(film_index: DocumentIndex) -> None:
    trace = MemoryTrace()
    prices = {"scripted": Price(prompt=2.0, completion=8.0)}
    result = await run(
        film_index,
        ScriptedModel(scripted),
        trace,
        limits=Limits(cost=0.004, reserve=0.0),
        prices=prices,
    )
    costs = [e.cost for e in trace.events if isinstance(e, ModelCalled)]
    assert 0 < sum(cost or 0.0 for cost in costs) <= 0.004
    assert (result.status, (result.reason or "").split(": ")[:2]) == (
        "incomplete",
        ["stopped by the budget", "max-cost"],
    )


async def test_when_the_seconds_are_over_the_reader_gets_what_there_is(
    film_index: DocumentIndex,
) -> None:
    trace = MemoryTrace()
    async with asyncio.timeout(20):
        model = ScriptedModel(scripted, pause=no_dates)
        result = await run(film_index, model, trace, limits=Limits(seconds=2.0))
    assert result.status == "incomplete"
    assert "seconds" in (result.reason or "")
    assert "Who directed Parasite? Bong Joon-ho. [2]" in result.answer.text


async def test_cancelling_stops_the_model_and_keeps_the_trace(film_index: DocumentIndex) -> None:
    reading = asyncio.Event()

    def pause(request: Request) -> "asyncio.Future[None] | None":
        if request.purpose != "read":
            return None
        reading.set()
        return asyncio.get_running_loop().create_future()

    model, trace = ScriptedModel(scripted, pause=pause), MemoryTrace()
    running = asyncio.create_task(run(film_index, model, trace))
    await reading.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert model.closed_early >= 1
    assert trace.events[-1] == RunEnded("cancelled", "stopped")
    assert not any(isinstance(event, AnswerWritten) for event in trace.events)


async def test_a_bug_ends_the_run_as_failed_and_is_raised(film_index: DocumentIndex) -> None:
    def broken(request: Request) -> Any:
        if request.purpose == "read":
            raise RuntimeError("a bug")
        return scripted(request)

    trace = MemoryTrace()
    with pytest.raises(ExceptionGroup):
        await run(film_index, ScriptedModel(broken), trace)
    assert trace.events[-1] == RunEnded("failed", "RuntimeError: a bug")
