"""A forked run begins with its parent's plan and with the outcomes that are to stay."""

import pytest
from trace_store import OTHER, PASSAGE, Clock, kinds, model_called

from planner import (
    Answer,
    AnswerWritten,
    Done,
    Failed,
    PlanEnded,
    RunEnded,
    RunStarted,
    Sentence,
    Spending,
    Step,
    StepAdded,
    StepCancelled,
    StepEnded,
    StepReplaced,
    StepStarted,
    Within,
)
from storage import TraceStore, UnknownRun

STEPS = (
    Step("a", "lookup", {"question": "Who directed Inception?"}),
    Step("b", "lookup", {"question": "When was {item} made?"}, (), "a", True),
    Step("c", "lookup", {"question": "Why?"}, ("b",)),
)


async def recorded(store: TraceStore) -> str:
    """A run that came to its end."""
    run = await store.create_run("Who?", {"seed": 3})
    for event in (
        RunStarted("Who?"),
        *(StepAdded(step, 1, "planner") for step in STEPS),
        PlanEnded(1),
        StepStarted("a", {"question": "Who directed Inception?"}),
        model_called(cost=0.75),
        StepEnded("a", Done(["Inception"], (PASSAGE,))),
        StepStarted("b[0]", {"question": "When was Inception made?"}),
        StepEnded("b[0]", Done("2010", (OTHER,), (PASSAGE,))),
        StepEnded("b", Done(["2010"], (OTHER,))),
        StepStarted("c", {"question": "Why?"}),
        StepEnded("c", Failed("no")),
        AnswerWritten(Answer("2010", (Sentence("2010.", (1,)),), (OTHER,))),
        RunEnded("completed"),
    ):
        await store.trace(run).record(event)
    return run


async def test_all_outcomes_are_taken_over_and_nothing_is_spent(
    store: TraceStore, clock: Clock
) -> None:
    old = await recorded(store)
    clock.forward(60)
    new = await store.fork(old, {"seed": 3})
    before, after = await store.history(old), await store.history(new)
    assert (after.steps, after.step_rounds) == (before.steps, before.step_rounds)
    assert (after.outcomes, after.arguments) == (before.outcomes, before.arguments)
    assert (after.planned_rounds, after.answer, after.tool_calls) == (1, None, 0)
    assert (after.spent, after.seconds) == (Spending(), 0.0)
    record = await store.run(new)
    assert (record.parent, record.status, record.question) == (old, "queued", "Who?")
    assert await kinds(store, new) == ["plan_ended", *["step_ended"] * 4]
    document = await store.document(new)
    assert {call["reused"] for call in document["calls"]} == {True}
    assert len(document["passages"]) == 2
    assert await store.history(old) == before


async def test_what_runs_anew_is_left_out_with_what_only_it_cites(store: TraceStore) -> None:
    old = await recorded(store)
    new = await store.fork(old[:12], {}, {"b", "c"})
    history = await store.history(new)
    assert set(history.outcomes) == {"a"}
    assert [step.id for step in history.steps] == ["a", "b", "c"]
    document = await store.document(new)
    assert [passage["id"] for passage in document["passages"]] == [PASSAGE.id]


async def test_a_fork_records_events_as_any_run(store: TraceStore) -> None:
    new = await store.fork(await recorded(store), {}, {"c"})
    trace = store.trace(new)
    await trace.record(RunStarted("Who?", resumed=True))
    await trace.record(StepAdded(STEPS[0], 1, "history"))
    await trace.record(StepEnded("c", Done("because")))
    history = await store.history(new)
    assert history.outcomes["c"] == Done("because")
    assert len(history.steps) == 3
    again = await store.fork(new, {})
    assert (await store.history(again)).outcomes == history.outcomes


async def test_what_was_given_up_or_changed_is_so_in_a_fork(store: TraceStore) -> None:
    old = await recorded(store)
    await store.trace(old).record(StepCancelled("b", "not needed any more"))
    await store.trace(old).record(StepCancelled("c", "not needed any more"))
    later = Step("a", "lookup", {"question": "Why?"})
    await store.trace(old).record(StepReplaced(STEPS[0], later, "better so"))
    history = await store.history(await store.fork(old, {}, {"c"}))
    assert (history.cancelled, history.replaced) == ({"b": "not needed any more"}, {"a"})
    assert (await store.history(await store.fork(old, {}))).cancelled.keys() == {"b", "c"}


async def test_a_sub_run_runs_anew_with_its_step(store: TraceStore) -> None:
    old = await recorded(store)
    trace = store.trace(old)
    for call in ("b[0]", "b[1]", "B", "c"):
        step = Step("a", "lookup", {"question": "Who?"})
        for event in (
            StepAdded(step, 1, "planner"),
            PlanEnded(1, ("a",)),
            StepEnded("a", Done("Nolan", (PASSAGE,))),
            StepCancelled("x", "not needed any more"),
        ):
            await trace.record(Within(call, event))
    history = await store.history(await store.fork(old, {}, {"b"}))
    assert set(history.nested) == {"B", "c"}
    inner = history.within("c")
    assert (inner.planned, set(inner.outcomes)) == ({1: ("a",)}, {"a"})
    assert inner.cancelled == {"x": "not needed any more"}


async def test_a_run_that_is_not_there_cannot_be_forked(store: TraceStore) -> None:
    with pytest.raises(UnknownRun):
        await store.fork("zzzz", {})
