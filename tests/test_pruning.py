"""Runs that ended long ago go, with everything of them; nothing else does."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from trace_store import PASSAGE, Clock, model_called

from planner import (
    Answer,
    AnswerWritten,
    Done,
    RunEnded,
    RunStarted,
    Sentence,
    Step,
    StepAdded,
    StepEnded,
    StepStarted,
)
from storage import Asked, Asker, TraceStore, UnknownRun
from storage.pruning import Ages, next_lot, remove_runs
from storage.tables import Base, RunRow
from tests.transactions import reading, writing

ANN = Asker("ann", None, 1)
WEEK = timedelta(days=7)


async def ended(store: TraceStore) -> str:
    """A response whose run left something in every table."""
    await store.webhooks.create("https://example.org/hook", "ann")
    made, _ = await store.responses.create(Asked("response", "Who?", {}, {}), ANN)
    trace = store.trace(made.run)
    answer = Answer("Nolan", (Sentence("Nolan.", (1,), "supported"),), (PASSAGE,))
    for event in (
        RunStarted("Who?"),
        StepAdded(Step("a", "lookup", {}), 1, "planner"),
        StepStarted("a", {}),
        model_called(),
        StepEnded("a", Done("Nolan", (PASSAGE,))),
        AnswerWritten(answer),
        RunEnded("completed"),
    ):
        await trace.record(event)
    return made.run


async def rows(store: TraceStore) -> dict[str, int]:
    """How many each table has."""
    async with reading(store) as connection:
        return {
            name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for name, table in Base.metadata.tables.items()
        }


async def test_an_old_run_goes_with_everything_of_it(store: TraceStore, clock: Clock) -> None:
    empty = await rows(store)
    old = await ended(store)
    full = {name for name, count in (await rows(store)).items() if count > empty[name]}
    assert {"run", "event", "step", "call", "evidence", "passage", "source"} <= full
    assert {"model_call", "response", "delivery"} <= full
    clock.forward(8 * 86_400)
    would = await store.prune(WEEK, dry_run=True)
    assert would.runs == 1
    assert await store.run(old)
    assert await store.prune(WEEK) == would
    with pytest.raises(UnknownRun):
        await store.run(old)
    left = await rows(store)
    assert left.pop("webhook") == 1
    assert left == {name: count for name, count in empty.items() if name != "webhook"}


async def test_what_is_young_or_has_not_ended_or_belongs_to_an_evaluation_stays(
    store: TraceStore, clock: Clock
) -> None:
    queued = await store.create_run("Who?", {}, ANN)
    running = await store.create_run("Who?", {})
    await store.trace(running).record(RunStarted("Who?"))
    evaluation = await store.evaluations.begin("key", {})
    asked = await store.evaluations.create_run(evaluation.id, "ours", "q", "Who?")
    await store.trace(asked).record(RunStarted("Who?"))
    await store.trace(asked).record(RunEnded("completed"))
    clock.forward(8 * 86_400)
    young = await ended(store)
    assert (await store.prune(WEEK)).runs == 0
    for run in (queued, running, asked, young):
        assert await store.run(run)


async def test_what_was_deleted_over_the_service_goes_however_young(store: TraceStore) -> None:
    run, other = await ended(store), await ended(store)
    await store.responses.delete(f"resp_{run}", "ann")
    assert (await store.prune(WEEK)).runs == 1
    with pytest.raises(UnknownRun):
        await store.run(run)
    assert await store.run(other)


async def test_a_run_that_goes_on_meanwhile_stays(store: TraceStore, clock: Clock) -> None:
    run = await ended(store)
    clock.forward(8 * 86_400)
    async with reading(store) as connection:
        lot, _ = await next_lot(connection, Ages(clock.now - WEEK, clock.now))
    assert [id_ for id_, _ in lot] == [run]
    await store.trace(run).record(RunStarted("Who?", resumed=True))
    async with writing(store) as connection:
        assert await remove_runs(connection, Ages(clock.now - WEEK, clock.now), [run]) == []
    assert (await store.run(run)).answer is not None


async def test_a_run_that_replays_a_pruned_one_stays(store: TraceStore, clock: Clock) -> None:
    old = await ended(store)
    clock.forward(8 * 86_400)
    replay = await store.fork(old, {})
    await store.prune(WEEK)
    assert (await store.run(replay)).parent is None


async def test_more_than_a_lot_goes_and_room_is_given_back(
    store: TraceStore, clock: Clock, url: str
) -> None:
    for _ in range(120):
        run = await store.create_run("x" * 2000, {})
        await store.trace(run).record(RunEnded("cancelled"))
    clock.forward(8 * 86_400)
    pruned = await store.prune(WEEK)
    assert pruned.runs == 120
    assert pruned.oldest is not None
    await store.vacuum()
    async with reading(store) as connection:
        count = select(func.count()).select_from(RunRow)
        assert (await connection.execute(count)).scalar_one() == 0
        if not url.startswith("postgresql"):
            pages = (await connection.execute(text("PRAGMA freelist_count"))).scalar_one()
            assert pages == 0


async def test_an_export_has_everything_and_no_secret(store: TraceStore, tmp_path: Path) -> None:
    made, _ = await store.responses.create(
        Asked("response", "Who?", {}, {}, secrets={"mcp": {"x": "top secret"}}), ANN
    )
    await store.keys.create("k", "ann")
    told = json.dumps(await store.document(made.run))
    assert "Who?" in told
    assert "top secret" not in told
    assert "bk_" not in told
