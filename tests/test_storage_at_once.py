"""Many who record and read at once, and some of them cancelled."""

import asyncio

import pytest
from trace_store import OTHER, PASSAGE, Clock, kinds, model_called

from planner import Decided, Done, RunStarted, StepEnded
from storage import TraceStore


async def test_events_are_kept_in_the_order_of_the_calls(store: TraceStore) -> None:
    run = await store.create_run("Who?", {})
    trace = store.trace(run)
    await asyncio.gather(*(trace.record(Decided(str(n), "")) for n in range(30)))
    events = (await store.document(run))["events"]
    assert [logged["what"] for logged in events] == [str(n) for n in range(30)]


async def test_two_stores_write_to_one_database_at_once(url: str, store: TraceStore) -> None:
    async with await TraceStore.open(url) as second:
        run = await store.create_run("Who?", {})
        own = await second.create_run("When?", {})
        await asyncio.gather(
            *(store.trace(run).record(Decided(f"a{n}", "")) for n in range(15)),
            *(second.trace(run).record(Decided(f"b{n}", "")) for n in range(15)),
            *(second.trace(own).record(Decided(f"c{n}", "")) for n in range(15)),
        )
        shared, alone = await store.document(run), await store.document(own)
    assert [logged["seq"] for logged in shared["events"]] == list(range(1, 31))
    expected = {f"{who}{n}" for who in "ab" for n in range(15)}
    assert {logged["what"] for logged in shared["events"]} == expected
    assert [logged["seq"] for logged in alone["events"]] == list(range(1, 16))


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 21])
async def test_what_a_cancelled_caller_recorded_is_there_whole(
    store: TraceStore, turns: int
) -> None:
    run = await store.create_run("Who?", {})
    trace = store.trace(run)
    ended = StepEnded("a", Done("Nolan", (PASSAGE,), (OTHER,)))
    caller = asyncio.create_task(trace.record(ended))
    for _ in range(turns + 1):
        await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert (await store.history(run)).outcomes == {"a": ended.outcome}
    await trace.record(Decided("go on", "the database is as good as before"))
    assert await kinds(store, run) == ["step_ended", "decided"]


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 21])
async def test_a_cancelled_reader_does_no_harm(store: TraceStore, turns: int) -> None:
    run = await store.create_run("Who?", {})
    reader = asyncio.create_task(store.document(run))
    for _ in range(turns + 1):
        await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await store.trace(run).record(RunStarted("Who?"))
    assert (await store.run(run)).status == "running"


async def test_closing_waits_for_records_that_nobody_waits_for(url: str, clock: Clock) -> None:
    store = await TraceStore.open(url, now=clock)
    run = await store.create_run("Who?", {})
    left = asyncio.create_task(store.trace(run).record(model_called()))
    await asyncio.sleep(0)
    await store.close()
    await left
    async with await TraceStore.open(url) as again:
        assert await kinds(again, run) == ["model_called"]
