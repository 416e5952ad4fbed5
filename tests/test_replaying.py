"""Replaying: stored replies are given again, and only steps behind the chosen one run anew."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from research_films import outcomes, run, scripted
from trace_store import model_called

from inference import (
    Completion,
    Halt,
    Message,
    Model,
    Request,
    Sample,
    ScriptedModel,
    TokenLogprob,
    complete,
)
from planner import (
    Decided,
    History,
    MemoryTrace,
    ModelCalled,
    NotStored,
    PlanError,
    RefusingModel,
    ReplayedModel,
    Reply,
    RunStarted,
    Step,
    StepAdded,
    StepStarted,
    steps_anew,
)
from search import DocumentIndex
from storage import TraceStore

ASKED = Request((Message("system", "Answer."), Message("user", "Who?")), seed=3, purpose="read")


def replayed(*replies: Reply, model: Model | None = None) -> tuple[ReplayedModel, MemoryTrace]:
    trace = MemoryTrace()
    return ReplayedModel(model or RefusingModel(), replies, trace=trace), trace


async def test_the_same_request_gets_the_stored_samples_and_the_trace_says_so() -> None:
    logprobs = (TokenLogprob("No", -0.1, (("No", -0.1), ("Yes", -2.0))),)
    samples = (Sample("No", "length", "Hm.", logprobs), Sample("Yes"))
    asked = replace(ASKED, n=2, schema={"type": "object"})
    model, trace = replayed(Reply(asked, samples, "small"))
    again = replace(asked, session="other", head=1, schema={"type": "object"})
    made = await complete(model, again)
    assert made.samples == samples
    assert made.usage.total_tokens == 0
    [called] = trace.events
    assert isinstance(called, ModelCalled)
    assert (called.reused, called.model, called.completion.samples) == (True, "small", samples)


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 4},
        {"n": 2},
        {"temperature": 0.5},
        {"max_tokens": 9},
        {"grammar": 'root ::= "x"'},
        {"messages": (Message("user", "Who?"),)},
    ],
)
async def test_another_request_is_passed_on_or_refused(other: dict[str, object]) -> None:
    stored = Reply(ASKED, (Sample("Nolan"),), "small")
    request = replace(ASKED, **other)  # type: ignore[arg-type]
    model, trace = replayed(stored, model=ScriptedModel(lambda asked: "Bong"))
    assert (await complete(model, request)).samples[0].text == "Bong"
    assert trace.events == []
    strict, _ = replayed(stored)
    with pytest.raises(NotStored, match="a reply to 'read'"):
        await complete(strict, request)


async def test_what_was_asked_again_is_answered_in_turn_and_the_last_reply_stays() -> None:
    replies = [Reply(ASKED, (Sample(text),), "small") for text in ("one", "two")]
    model, _ = replayed(*replies)
    said = [(await complete(model, ASKED)).samples[0].text for _ in range(3)]
    assert said == ["one", "two", "two"]


async def test_a_sample_that_is_halted_before_it_comes_is_empty() -> None:
    asked = replace(ASKED, n=2)
    model, _ = replayed(Reply(asked, (Sample("one"), Sample("two")), "small"))
    halt = Halt()
    halt(1)
    chunks = [chunk async for chunk in model.stream(asked, halt)]
    assert [(chunk.text, chunk.finish_reason) for chunk in chunks[:2]] == [
        ("one", "stop"),
        ("", "halted"),
    ]


async def test_a_whole_run_is_replayed_without_a_model(film_index: DocumentIndex) -> None:
    first = MemoryTrace()
    result = await run(film_index, ScriptedModel(scripted), first)
    added = tuple(event.step for event in first.events if isinstance(event, StepAdded))
    past = History(
        steps=added,
        step_rounds={step.id: 1 for step in added},
        outcomes=outcomes(first),
        planned={1: tuple(step.id for step in added)},
        replies=tuple(
            Reply(event.request, event.completion.samples, event.model, event.step)
            for event in first.events
            if isinstance(event, ModelCalled)
        ),
    )
    second = MemoryTrace()
    assert await run(film_index, RefusingModel(), second, history=past) == result
    assert not [event for event in second.events if isinstance(event, StepStarted)]
    decided = [event for event in first.events if isinstance(event, Decided)]
    assert [e for e in second.events if isinstance(e, Decided)] == decided[-2:]


async def test_replies_come_back_from_the_store_as_they_were(store: TraceStore) -> None:
    run_id = await store.create_run("Who?", {})
    trace = store.trace(run_id)
    request = replace(ASKED, stop=("\n",), schema={"type": "string"}, top_logprobs=2)
    logprobs = (TokenLogprob("No", float("-inf"), (("No", -0.1), ("Yes", -2.0))),)
    samples = (Sample("No", "length", "Hm.", logprobs),)
    for event in (
        RunStarted("Who?"),
        model_called(request=request, completion=Completion(samples), step="b[0]"),
        model_called(error="stopped"),
        model_called(request=replace(ASKED, regex="a+"), step=None, reused=True),
    ):
        await trace.record(event)
    first, second = await store.replies(run_id)
    assert first == Reply(request, samples, "small", "b[0]")
    assert (second.request, second.step) == (replace(ASKED, regex="a+"), None)
    called = (await store.document(run_id))["model_calls"]
    assert [call["reused"] for call in called] == [False, False, True]


def plan_of(data: st.DataObject) -> list[Step]:
    steps: list[Step] = []
    for number in range(8):
        needs = data.draw(st.sets(st.integers(0, number - 1), max_size=2)) if number else set()
        steps.append(Step(f"s{number}", "lookup", {}, tuple(f"s{need}" for need in needs)))
    return steps


@given(st.data(), st.integers(0, 7))
def test_what_runs_anew_is_the_step_and_whatever_waits_for_it(
    data: st.DataObject, start: int
) -> None:
    steps = plan_of(data)
    anew = steps_anew(steps, f"s{start}")
    for step in steps:
        waits = any(name in anew for name in step.inputs)
        assert (step.id in anew) == (waits or step.id == f"s{start}")


def test_an_unknown_step_is_named_with_those_that_there_are() -> None:
    with pytest.raises(PlanError, match="there is no step 'z'; there are: a"):
        steps_anew([Step("a", "lookup", {})], "z")
