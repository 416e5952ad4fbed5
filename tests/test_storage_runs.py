"""Runs in the trace store: their ids, their status, their time."""

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trace_store import START, Clock, model_called

import storage
from planner import History, PhaseStarted, RunEnded, RunStarted
from storage import TraceStore, UnknownRun
from storage.run_ids import made_by, new_run_id


def test_front_door() -> None:
    assert storage.__all__ == [
        "ASKED",
        "BATCH_OVER",
        "CLAIM_SECONDS",
        "KEY_PREFIX",
        "ApiBatchRecord",
        "ApiBatches",
        "ApiLine",
        "Asked",
        "Asker",
        "BatchLine",
        "BatchRecord",
        "BatchStatus",
        "BatchTaken",
        "Batches",
        "Delivery",
        "DisabledWebhook",
        "Due",
        "EvaluationRecord",
        "EvaluationResult",
        "EvaluationTaken",
        "Evaluations",
        "FileRecord",
        "Files",
        "Head",
        "KeyLimits",
        "KeyRecord",
        "KeySpent",
        "Keys",
        "LineCounts",
        "LineState",
        "Logged",
        "NewLine",
        "NewPosting",
        "NoStore",
        "OverLimit",
        "Posting",
        "Postings",
        "Pruned",
        "ResponseRecord",
        "Responses",
        "RunRecord",
        "RunState",
        "RunTaken",
        "ShareRecord",
        "Shares",
        "Spent",
        "Standing",
        "StepRecord",
        "StorageError",
        "TooManyBatches",
        "TooManyWebhooks",
        "TraceStore",
        "UnknownBatch",
        "UnknownEvaluation",
        "UnknownFile",
        "UnknownKey",
        "UnknownResponse",
        "UnknownRun",
        "UnknownWebhook",
        "Unstorable",
        "WebhookRecord",
        "Webhooks",
        "WorkerRecord",
        "Workers",
        "database_url",
        "is_there",
        "require_kinds",
    ]


async def test_a_new_run_is_queued(store: TraceStore) -> None:
    run = await store.create_run("Who?", {"model": "small", "limits": {"seconds": 60}, "seed": 1})
    record = await store.run(run)
    assert (record.question, record.status, record.seconds) == ("Who?", "queued", 0.0)
    assert record.options == {"model": "small", "limits": {"seconds": 60}, "seed": 1}
    assert record.created_at == START
    assert record.created_at.tzinfo == UTC
    assert record.started_at is record.ended_at is record.answer is record.reason is None
    assert await store.history(run) == History()


async def test_run_ids_are_short_and_sort_by_time(store: TraceStore, clock: Clock) -> None:
    runs = []
    for _ in range(5):
        runs.append(await store.create_run("Who?", {}))
        clock.forward(0.002)
    assert runs == sorted(runs)
    assert all(
        len(run) == 16 and set(run) <= set(string.ascii_lowercase + "0123456789") for run in runs
    )
    assert [record.id for record in await store.runs(3)] == runs[:1:-1]


@pytest.mark.parametrize("seconds", [0.0, 0.0001])
async def test_runs_of_one_millisecond_are_paged_without_gaps(
    store: TraceStore, clock: Clock, seconds: float
) -> None:
    for _ in range(9):
        await store.create_run("Who?", {})
        clock.forward(seconds)
    paged: list[str] = []
    for _ in range(5):
        before = paged[-1] if paged else None
        paged.extend(record.id for record in await store.runs(2, before=before))
    assert len(paged) == 9
    assert paged == [record.id for record in await store.runs()]


async def test_a_beginning_of_an_id_names_a_run(store: TraceStore, clock: Clock) -> None:
    first = await store.create_run("Who?", {})
    clock.forward(3600)
    second = await store.create_run("When?", {})
    assert (await store.run(second[:12])).id == second
    with pytest.raises(UnknownRun, match="several runs begin with") as several:
        await store.run(second[:2])
    assert set(several.value.close) == {first, second}


@pytest.mark.parametrize("named", ["", "%", "_" * 16, "\udcff", "a\x00", "UNION SELECT"])
async def test_nonsense_names_no_run(store: TraceStore, named: str) -> None:
    await store.create_run("Who?", {})
    with pytest.raises(UnknownRun):
        await store.history(named)


async def test_a_misspelt_run_is_told_the_close_ones(store: TraceStore) -> None:
    run = await store.create_run("Who?", {})
    misspelt = run[:-1] + ("0" if run[-1] != "0" else "1")
    with pytest.raises(UnknownRun, match=run):
        await store.document(misspelt)
    with pytest.raises(UnknownRun):
        await store.trace(misspelt).record(RunStarted("Who?"))


async def test_runs_are_listed_by_status(store: TraceStore) -> None:
    done, queued, running = [await store.create_run(text, {}) for text in ("a", "b", "c")]
    for run in (done, running):
        await store.trace(run).record(RunStarted("?"))
    await store.trace(done).record(RunEnded("incomplete", "the budget is spent"))
    listed = {
        status: [record.id for record in await store.runs(status=status)]
        for status in ("incomplete", "queued", "running", "interrupted", "failed")
    }
    assert listed == {
        "incomplete": [done],
        "queued": [queued],
        "running": [running],
        "interrupted": [],
        "failed": [],
    }
    assert (await store.run(done)).reason == "the budget is spent"


async def test_seconds_leave_out_the_time_between_crash_and_resumption(
    store: TraceStore, clock: Clock
) -> None:
    run = await store.create_run("Who?", {})
    trace = store.trace(run)
    clock.forward(100)
    await trace.record(RunStarted("Who?"))
    clock.forward(3)
    await trace.record(PhaseStarted("plan", 1))
    clock.forward(1000)  # Nobody was there to see these.
    await store.trace(run).record(RunStarted("Who?", resumed=True))
    assert (await store.history(run)).seconds == 3
    clock.forward(2)
    await trace.record(RunEnded("completed"))
    clock.forward(7)
    await trace.record(model_called())  # Late: a call that was stopped by the end.
    record = await store.run(run)
    assert record.seconds == 5
    assert record.status == "completed"
    assert record.started_at == START + timedelta(seconds=100)
    assert record.ended_at == START + timedelta(seconds=1105)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2500, 1, 1)))
def test_an_id_says_when_its_run_was_made(naive: datetime) -> None:
    at = naive.replace(tzinfo=UTC)
    run = new_run_id(at)
    made = made_by(run)
    assert made is not None
    assert at <= made <= at + timedelta(milliseconds=3)
    assert made_by(run[:9]) == made
    assert made_by(run[:8]) is None
    assert made_by("not an id, " + run) is None
