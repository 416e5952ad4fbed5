"""Postings: each is made with its run, is one courier's at a time, and never lost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from trace_store import Clock

from planner import RunEnded, RunStarted
from storage import Asked, Asker, NewPosting, TraceStore

TEAM = Asker("slack:T1", None, 1)
PLACE = {"team": "T1", "channel": "C1", "ts": "1.1"}
ASKED = Asked(
    "response",
    "Who?",
    {},
    {"input": "Who?"},
    idempotency="slack:T1:C1:1.1",
    posting=NewPosting("slack", PLACE, "T1:C1:1.1", {"part": 0}),
)


async def posted(store: TraceStore, number: int = 1) -> str:
    key = f"slack:T1:C1:1.{number}"
    made, _ = await store.responses.create(replace(ASKED, idempotency=key), TEAM)
    return made.run


async def test_a_posting_is_made_with_its_run_and_only_once(store: TraceStore) -> None:
    run = await posted(store)
    assert await posted(store) == run
    [one] = await store.postings.in_thread("slack", "T1:C1:1.1")
    assert one == await store.postings.of_run(run)
    assert (one.run, one.system, one.place, one.state) == (run, "slack", PLACE, {"part": 0})
    assert await store.postings.in_thread("discord", "T1:C1:1.1") == []
    assert await store.postings.in_thread("slack", "T2:C1:1.1") == []


async def test_what_is_claimed_is_nobody_elses_as_long_as_the_courier_says_that_it_lives(
    store: TraceStore, clock: Clock
) -> None:
    run = await posted(store)
    assert [one.run for one in await store.postings.due("slack", "one", 9)] == [run]
    clock.forward(20)
    assert await store.postings.due("slack", "two", 9) == []
    assert await store.postings.renew("one", [run]) == {run}
    clock.forward(20)
    assert await store.postings.due("slack", "two", 9) == []
    assert await store.postings.renew("two", [run]) == set()
    clock.forward(11)
    assert [one.run for one in await store.postings.due("slack", "two", 9)] == [run]
    assert await store.postings.renew("one", [run]) == set()


async def test_a_courier_that_lost_a_posting_changes_nothing_of_it(
    store: TraceStore, clock: Clock
) -> None:
    run = await posted(store)
    await store.postings.due("slack", "one", 9)
    assert await store.postings.note(run, "one", {"message": "2.2"}, "T1:C1:9.9")
    clock.forward(31)
    [taken] = await store.postings.due("slack", "two", 9)
    assert (taken.state, taken.thread) == ({"message": "2.2"}, "T1:C1:9.9")
    assert not await store.postings.note(run, "one", {"message": "3.3"})
    await store.postings.delivered(run, "one")
    await store.postings.failed(run, "one", "no")
    after = await store.postings.of_run(run)
    assert after is not None
    assert (after.state, after.delivered_at, after.attempts) == ({"message": "2.2"}, None, 0)
    await store.postings.delivered(run, "two")
    clock.forward(3600)
    assert await store.postings.due("slack", "one", 9) == []
    assert not await store.postings.note(run, "two", {})


async def test_what_a_courier_releases_another_takes_at_once(store: TraceStore) -> None:
    run = await posted(store)
    await store.postings.due("slack", "one", 9)
    await store.postings.release("one")
    assert [one.run for one in await store.postings.due("slack", "two", 9)] == [run]
    await store.postings.delivered(run, "two")
    await store.postings.release("two")
    assert await store.postings.due("slack", "three", 9) == []


async def test_what_fails_is_tried_again_for_a_day_and_then_given_up(
    store: TraceStore, clock: Clock
) -> None:
    run = await posted(store)
    began, times = clock.now, 0
    while (one := await store.postings.of_run(run)) and one.next_at is not None:
        clock.now = max(clock.now, one.next_at)
        assert await store.postings.due("slack", "one", 9)
        await store.postings.failed(run, "one", "no answer")
        times += 1
    assert one is not None
    assert (one.attempts, one.error, one.dead_at) == (times, "no answer", clock.now)
    assert timedelta(hours=23) < clock.now - began < timedelta(hours=30)


@pytest.mark.parametrize("for_good", [False, True])
async def test_a_rest_that_is_asked_for_is_kept_and_what_never_will_do_is_given_up(
    store: TraceStore, clock: Clock, for_good: bool
) -> None:
    run = await posted(store)
    await store.postings.due("slack", "one", 9)
    await store.postings.failed(run, "one", "not now", after=100, for_good=for_good)
    one = await store.postings.of_run(run)
    assert one is not None
    if for_good:
        assert (one.next_at, one.dead_at) == (None, clock.now)
    else:
        assert one.next_at == clock.now + timedelta(seconds=100)


async def test_who_stopped_a_run_first_is_kept(store: TraceStore) -> None:
    run = await posted(store)
    await store.postings.stopped(run, "discord", "U0")
    await store.postings.stopped(run, "slack", "U1")
    await store.postings.stopped(run, "slack", "U2")
    one = await store.postings.of_run(run)
    assert one is not None
    assert one.stopped_by == "U1"


async def test_a_pruned_run_takes_its_posting_with_it(store: TraceStore, clock: Clock) -> None:
    run = await posted(store)
    await store.trace(run).record(RunStarted("Who?"))
    await store.trace(run).record(RunEnded("completed"))
    clock.forward(3 * 86_400)
    assert (await store.prune(timedelta(days=1))).runs == 1
    assert await store.postings.of_run(run) is None


async def test_runs_that_were_asked_for_elsewhere_have_no_posting(store: TraceStore) -> None:
    asked = replace(ASKED, idempotency=None, posting=None)
    made, _ = await store.responses.create(asked, TEAM)
    assert await store.postings.of_run(made.run) is None
