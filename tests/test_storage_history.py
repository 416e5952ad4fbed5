"""The history that a run is resumed from is what was recorded."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from trace_store import OTHER, PASSAGE, START, Clock, model_called

from planner import (
    Answer,
    AnswerWritten,
    Done,
    Failed,
    History,
    Outcome,
    PlanEnded,
    RunEnded,
    RunStarted,
    Sentence,
    Skipped,
    Speculated,
    SpeculationStarted,
    Spending,
    Step,
    StepAdded,
    StepCancelled,
    StepEnded,
    StepReplaced,
    StepStarted,
    Within,
)
from planner.calling import call_key
from search import Passage, Source
from storage import TraceStore


async def test_history_gives_back_what_was_recorded(store: TraceStore) -> None:
    run = await store.create_run("Who?", {})
    trace = store.trace(run)
    steps = (
        Step("a", "lookup", {"question": "Who directed Inception?"}),
        Step("b", "lookup", {"question": "When was {item} made?"}, ("c",), "a", True, "not a"),
    )
    answer = Answer("Nolan", (Sentence("It was Nolan.", (1,), "supported"),), (OTHER,))
    for event_ in (
        RunStarted("Who?"),
        StepAdded(steps[0], 1, "planner"),
        StepAdded(steps[1], 2, "reflect"),
        PlanEnded(1, ("a",)),
        PlanEnded(2, ()),
        PlanEnded(2, ("b",)),
        StepStarted("a", {"question": "Who directed Inception?"}),
        StepStarted("a", {"question": "Who directed Inception?"}, attempt=2),
        model_called(cost=0.75),
        model_called(step=None),
        StepEnded("a", Done(["Inception"], (PASSAGE,), (OTHER, PASSAGE))),
        StepStarted("b[0]", {"question": "When was Inception made?"}),
        StepEnded("b[0]", Failed("no such page")),
        StepStarted("b[1]", {"question": "When?"}),
        StepEnded("b", Skipped("the run is stopped")),
        AnswerWritten(answer),
    ):
        await trace.record(event_)
    assert await store.history(run) == History(
        steps=steps,
        step_rounds={"a": 1, "b": 2},
        outcomes={
            "a": Done(["Inception"], (PASSAGE,), (OTHER, PASSAGE)),
            "b[0]": Failed("no such page"),
            "b": Skipped("the run is stopped"),
        },
        arguments={
            "a": call_key("lookup", {"question": "Who directed Inception?"}),
            "b[0]": call_key("lookup", {"question": "When was Inception made?"}),
        },
        planned={1: ("a",), 2: ("b",)},
        seconds=0.0,
        spent=Spending(70, 0.75),
        tool_calls=4,
        answer=answer,
    )
    assert (await store.run(run)).answer == answer


async def test_history_knows_what_was_cancelled_and_replaced(store: TraceStore) -> None:
    """A step that was put behind a later one comes behind it."""
    run = await store.create_run("Who?", {})
    trace = store.trace(run)
    first, second = Step("a", "lookup", {"question": "Who?"}), Step("c", "search", {"query": "x"})
    was = Step("b", "lookup", {"question": "{a}"}, when="a")
    behind = Step("d", "lookup", {"question": "{b}"})
    step = Step("b", "compare", {"question": "{c}"}, ("c",), "c", True, "not c")
    for each in (first, was, behind, second):
        await trace.record(StepAdded(each, 1, "planner"))
    await trace.record(StepReplaced(was, step, "better"))
    await trace.record(StepCancelled("a", "not wanted"))
    await trace.record(StepAdded(was, 1, "history"))
    history = await store.history(run)
    assert history.steps == (first, second, step, behind)
    assert (history.cancelled, history.replaced) == ({"a": "not wanted"}, frozenset({"b"}))
    log = (await store.document(run))["events"]
    assert log[4]["was"]["condition"] == "a"
    assert (log[4]["why"], log[5]["reason"]) == ("better", "not wanted")


async def test_a_guess_counts_once_whether_it_was_kept_or_not(store: TraceStore) -> None:
    run = await store.create_run("Who?", {})
    trace = store.trace(run)
    await trace.record(StepAdded(Step("b", "lookup", {"question": "{a}"}), 1, "planner"))
    await trace.record(SpeculationStarted("b", {"question": "Bob"}, {"a": "Bob"}))
    await trace.record(Speculated("b", False, 0.5))
    await trace.record(SpeculationStarted("b", {"question": "Ann"}, {"a": "Ann"}))
    await trace.record(model_called(step="b", guess=True))
    assert (await store.history(run)).outcomes == {}
    assert (await store.document(run))["calls"] == []
    await trace.record(StepStarted("b", {"question": "Ann"}, guessed=True))
    await trace.record(StepEnded("b", Done("x")))
    await trace.record(Speculated("b", True, 1.5))
    history, document = await store.history(run), await store.document(run)
    assert history.tool_calls == 2
    assert history.arguments == {"b": call_key("lookup", {"question": "Ann"})}
    assert document["model_calls"][0]["guess"] is True
    kinds = [event["kind"] for event in document["events"]]
    assert kinds.count("speculated") == 2
    assert document["events"][1]["drafts"] == {"a": "Bob"}
    assert document["events"][-1]["seconds"] == 1.5


async def test_what_a_resumed_run_repeats_changes_nothing(store: TraceStore, clock: Clock) -> None:
    run = await store.create_run("Who?", {})
    trace = store.trace(run)
    step = Step("a", "lookup", {"question": "Who?"})
    await trace.record(StepAdded(step, 1, "planner"))
    await trace.record(StepStarted("a", {"question": "Who?"}))
    await trace.record(StepEnded("a", Done("Nolan", (PASSAGE,))))
    before = await store.document(run)
    clock.forward(5)
    await trace.record(StepAdded(Step("a", "search", {}), 3, "reflect"))
    await trace.record(StepEnded("a", Done("Nolan", (PASSAGE,)), reused=True))
    after = await store.document(run)
    assert (after["steps"], after["calls"]) == (before["steps"], before["calls"])
    assert len(after["events"]) == 5


@pytest.mark.parametrize(
    "first",
    [
        Failed("HTTP 500"),
        Skipped("needs b: HTTP 500"),
        Done("No", (OTHER, PASSAGE), cut="max-tool-calls: 2 of 2 spent"),
        Done("Bong", (OTHER, PASSAGE)),
    ],
)
async def test_what_is_tried_again_has_the_outcome_of_the_last_time(
    store: TraceStore, first: Outcome
) -> None:
    run = await store.create_run("Who?", {})
    trace = store.trace(run)
    await trace.record(StepAdded(Step("a", "lookup", {"question": "Who?"}), 1, "planner"))
    await trace.record(StepEnded("a", first))
    await trace.record(StepEnded("a", Done("Nolan", (PASSAGE,))))
    assert (await store.history(run)).outcomes == {"a": Done("Nolan", (PASSAGE,))}


async def test_history_knows_which_limit_ended_a_run_until_it_goes_on(store: TraceStore) -> None:
    run = await store.create_run("Who?", {})
    trace, cut = store.trace(run), []
    for event in (
        RunStarted("Who?"),
        Within("b", RunEnded("incomplete", "max-tokens", cut_short=True)),
        RunEnded("incomplete", "HTTP 500"),
        RunStarted("Who?", resumed=True),
        RunEnded("incomplete", "stopped by the budget", cut_short=True),
        RunStarted("Who?", resumed=True),
    ):
        await trace.record(event)
        cut.append((await store.history(run)).cut)
    assert cut == [None, None, None, None, "stopped by the budget", None]


async def test_a_call_that_was_cut_off_begins_again(store: TraceStore, clock: Clock) -> None:
    run = await store.create_run("Who?", {})
    trace = store.trace(run)
    await trace.record(StepStarted("a", {"n": 1}))
    clock.forward(1)
    await trace.record(StepStarted("a", {"n": 1}, attempt=2))
    [call] = (await store.document(run))["calls"]
    assert (call["attempt"], call["started_at"]) == (2, START.isoformat())
    clock.forward(1)
    await trace.record(StepStarted("a", {"n": 2}))
    [call] = (await store.document(run))["calls"]
    assert (call["attempt"], call["arguments"]) == (1, {"n": 2})
    assert call["started_at"] == clock.now.isoformat()


words = st.text(st.characters(exclude_categories=[]) | st.sampled_from("\x00\x1a\ud800\udfff"))
plain = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
sources = st.builds(Source, plain, words, plain, plain)
passages = st.builds(Passage, sources, st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1), words)


@st.composite
def done(draw: st.DrawFn) -> Done:
    """One document has one title and one text: ids of passages count on it."""
    pool = {passage.id: passage for passage in draw(st.lists(passages, max_size=4))}
    known = {(p.source.location, p.source.digest): p.source for p in pool.values()}
    one_title = [p for p in pool.values() if known[p.source.location, p.source.digest] == p.source]
    chosen = st.lists(st.sampled_from(one_title), max_size=5) if one_title else st.just([])
    return Done(draw(values), tuple(draw(chosen)), tuple(draw(chosen)))


outcomes = done() | st.builds(Failed, words) | st.builds(Skipped, words)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(outcome=outcomes, question=words, option=values)
async def test_every_outcome_comes_back_as_it_was(
    store: TraceStore, outcome: Outcome, question: str, option: JsonValue
) -> None:
    run = await store.create_run(question, {"option": option})
    await store.trace(run).record(StepEnded("a", outcome))
    assert (await store.history(run)).outcomes == {"a": outcome}
    record = await store.run(run)
    assert (record.question, record.options) == (question, {"option": option})
    assert json.loads(json.dumps(await store.document(run)))["run"]["question"] == question


async def test_numbers_that_json_does_not_know_are_kept_by_name(store: TraceStore) -> None:
    run = await store.create_run("Who?", {})
    await store.trace(run).record(StepEnded("a", Done([float("nan"), {"b": float("inf")}, 1.5])))
    assert (await store.history(run)).outcomes == {"a": Done(["nan", {"b": "inf"}, 1.5])}
