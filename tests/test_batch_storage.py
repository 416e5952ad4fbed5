"""Batches in the trace store: gone on with, taken over, compared; files and batches of clients."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from trace_store import Clock

from planner import RunEnded, RunStarted
from storage import (
    ApiLine,
    BatchTaken,
    LineCounts,
    NewLine,
    TooManyBatches,
    TraceStore,
    UnknownBatch,
    UnknownFile,
)
from storage.api_batches import MOST_BATCHES
from tests.transactions import writing

LINES = [NewLine("ka", "Who?", "a"), NewLine("kb", "When?", "b"), NewLine("ka", "Who?", "c")]
DONE = {"status": "completed", "value": "Ann \ud800"}


async def test_rows_that_are_the_same_share_a_run_and_are_there_when_it_goes_on(
    store: TraceStore,
) -> None:
    begun = await store.batches.begin("/out", "key", {"file": "q.csv"}, LINES)
    assert [(line.position, line.name, line.run) for line in begun.lines] == [
        (0, "a", None),
        (1, "b", None),
        (2, "c", None),
    ]
    run = await store.batches.start(begun.id, "ka", "Who?", {"seed": 1})
    await store.batches.keep(begun.id, "ka", DONE)
    await store.batches.wrote(begun.id, 2, {"run": run})
    await store.batches.spent(begun.id, 12.5)
    await store.batches.leave(begun.id, ended=False)
    again = await store.batches.begin("/out", "key", {"file": "q.csv"}, LINES)
    assert (again.id, again.seconds, again.configuration) == (begun.id, 12.5, {"file": "q.csv"})
    assert [(line.run, line.result) for line in again.lines] == [
        (run, DONE),
        (None, None),
        (run, DONE),
    ]
    assert again.lines[2].files == {"run": run}
    assert (await store.run(run)).options == {"seed": 1}


async def test_a_later_batch_takes_over_what_earlier_ones_answered(
    store: TraceStore, clock: Clock
) -> None:
    first = await store.batches.begin("/out", "1", {}, LINES)
    run = await store.batches.start(first.id, "ka", "Who?", {})
    await store.batches.keep(first.id, "ka", DONE)
    begun = await store.batches.start(first.id, "kb", "When?", {})
    await store.batches.wrote(first.id, 0, {"run": run})
    await store.batches.leave(first.id, ended=True)
    clock.forward(1)
    lines = [NewLine("kc", "What?", "new"), *LINES]
    second = await store.batches.begin("/out", "2", {}, lines)
    assert [(line.run, line.taken) for line in second.lines] == [
        (None, False),
        (run, True),
        (begun, False),
        (run, True),
    ]
    assert second.lines[1].files == {"run": run}
    assert {line.spent_before for line in second.lines} == {None}
    await store.batches.take_up(second.id, "kb", {"tokens": 7})
    taken_up = (await store.batches.get(second.id)).lines[2]
    assert (taken_up.taken, taken_up.spent_before) == (False, {"tokens": 7})
    before = await store.batches.before(second.id)
    assert before is not None
    assert (before.id, len(before.lines)) == (first.id, 3)
    await store.batches.leave(second.id, ended=True)
    clock.forward(1)
    fresh = await store.batches.begin("/out", "2", {}, lines, fresh=True)
    assert {line.run for line in fresh.lines} == {None}
    elsewhere = await store.batches.begin("/other", "2", {}, lines)
    assert {line.run for line in elsewhere.lines} == {None}
    assert await store.batches.before(elsewhere.id) is None


async def test_a_living_process_keeps_it_and_a_dead_one_does_not(store: TraceStore) -> None:
    begun = await store.batches.begin("/out", "1", {}, LINES)
    for fresh in (False, True):
        with pytest.raises(BatchTaken, match=begun.id):
            await store.batches.begin("/out", "1", {}, LINES, fresh=fresh)
    async with writing(store) as connection:
        await connection.execute(text("UPDATE batch SET owner_birth = 'an earlier one'"))
    assert (await store.batches.begin("/out", "1", {}, LINES)).id == begun.id


async def test_of_those_that_begin_at_once_one_has_it(store: TraceStore) -> None:
    made = await asyncio.gather(
        *(store.batches.begin("/out", "1", {}, LINES) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, BatchTaken) for one in made) == 4


async def test_what_came_of_a_row_outlives_its_run(store: TraceStore, clock: Clock) -> None:
    begun = await store.batches.begin("/out", "1", {}, LINES)
    run = await store.batches.start(begun.id, "ka", "Who?", {})
    await store.trace(run).record(RunStarted("Who?"))
    await store.trace(run).record(RunEnded("completed"))
    await store.batches.keep(begun.id, "ka", DONE)
    await store.batches.leave(begun.id, ended=True)
    clock.forward(86_400)
    assert (await store.prune(timedelta(hours=1))).runs == 1
    line = (await store.batches.get(begun.id)).lines[0]
    assert (line.run, line.result) == (None, DONE)
    later = await store.batches.begin("/out", "1", {}, LINES)
    assert later.lines[0].run is None


async def test_a_file_is_its_users_until_it_expires(store: TraceStore, clock: Clock) -> None:
    whole = "é\n" * 300_000
    kept = await store.files.create(
        "ann", "in.jsonl", [whole, "\x00end"], expires_at=clock.now + timedelta(seconds=60)
    )
    assert kept.size == 300_000 * 3 + 4
    assert "".join([part async for part in store.files.text(kept.id)]) == whole + "\x00end"
    assert await store.files.named(kept.id, "ann") == kept
    assert await store.files.all("bob") == []
    with pytest.raises(UnknownFile):
        await store.files.named(kept.id, "bob")
    with pytest.raises(UnknownFile):
        await store.files.delete(kept.id, "bob")
    assert await store.files.sweep() == 0
    clock.forward(61)
    with pytest.raises(UnknownFile):
        await store.files.named(kept.id)
    assert await store.files.sweep() == 1
    assert [part async for part in store.files.text(kept.id)] == []


async def test_files_are_listed_page_by_page_in_either_order(
    store: TraceStore, clock: Clock
) -> None:
    made = []
    for number in range(5):
        made.append((await store.files.create("ann", f"{number}", ["x"])).id)
        clock.forward(number % 2)
    newest = await store.files.all("ann", limit=2)
    rest = await store.files.all("ann", after=newest[-1].id)
    assert {file.id for file in (*newest, *rest)} == set(made)
    upwards = await store.files.all("ann", oldest_first=True)
    assert [file.id for file in upwards] == [file.id for file in (*newest, *rest)][::-1]
    assert await store.files.all("ann", purpose="batch_output") == []
    with pytest.raises(UnknownFile):
        await store.files.all("bob", after=made[0])


async def test_a_batch_is_claimed_by_one_and_by_another_when_that_one_dies(
    store: TraceStore, clock: Clock
) -> None:
    batches = store.api_batches
    made = await batches.create("ann", None, "/v1/responses", "file-1", {}, lasts=timedelta(days=1))
    claims = await asyncio.gather(*(batches.claim() for _ in range(4)))
    assert [claim.id for claim in claims if claim] == [made.id]
    clock.forward(61)
    assert await batches.claim() is not None
    await batches.rest(made.id, 5)
    assert await batches.claim() is None
    clock.forward(6)
    assert await batches.claim() is not None
    assert await batches.move(made.id, "in_progress", only_from=("validating",))
    assert not await batches.move(made.id, "in_progress", only_from=("validating",))
    assert await batches.move(made.id, "completed", only_from=("in_progress",), output_file="f")
    ended = await batches.named(made.id, "ann")
    assert (ended.status, ended.output_file) == ("completed", "f")
    assert set(ended.moments) == {"in_progress_at", "completed_at"}
    await batches.rest(made.id, 0)
    assert await batches.claim() is None
    with pytest.raises(UnknownBatch):
        await batches.named(made.id, "bob")


async def test_requests_are_counted_by_how_far_they_have_come(store: TraceStore) -> None:
    batches = store.api_batches
    made = await batches.create("ann", "k", "/v1/responses", "f", {}, lasts=timedelta(days=1))
    lines = [ApiLine(number, f"c{number}", {"input": "x"}) for number in range(4)]
    await batches.begin(made.id, lines)
    await batches.begin(made.id, lines[:1])  # by one who was taken for dead
    assert (await batches.named(made.id)).status == "in_progress"
    await batches.asked(made.id, 0, "resp_0")
    await batches.ended(made.id, 1, "completed", {"a": 1})
    await batches.ended(made.id, 2, "failed", {"b": 1})
    assert (await batches.named(made.id)).counts == LineCounts(4, 1, 1)
    assert (await batches.all("ann"))[0].counts == LineCounts(4, 1, 1)
    assert [one.position for one in await batches.lines(made.id, "waiting", "asked")] == [0, 3]
    [asked] = await batches.lines(made.id, "asked")
    assert (asked.response, asked.body) == ("resp_0", {"input": "x"})
    assert await batches.lines(made.id, "waiting", after=3) == []
    await batches.forget_bodies(made.id)
    assert (await batches.lines(made.id, "completed"))[0].told is None


async def test_a_user_has_so_many_batches_under_way_at_most(store: TraceStore) -> None:
    batches, day = store.api_batches, timedelta(days=1)
    for _ in range(MOST_BATCHES):
        last = await batches.create("ann", None, "/v1/responses", "f", {}, lasts=day)
    with pytest.raises(TooManyBatches, match=str(MOST_BATCHES)):
        await batches.create("ann", None, "/v1/responses", "f", {}, lasts=day)
    await batches.create("bob", None, "/v1/responses", "f", {}, lasts=day)
    await batches.move(last.id, "failed", only_from=("validating",))
    await batches.create("ann", None, "/v1/responses", "f", {}, lasts=day)
    pages = await batches.all("ann", limit=30)
    pages += await batches.all("ann", after=pages[-1].id, limit=30)
    assert len({batch.id for batch in pages}) == len(pages) == MOST_BATCHES + 1
