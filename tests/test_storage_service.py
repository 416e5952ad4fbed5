"""What the service keeps: responses, workers, users, the log as it is followed."""

import asyncio
import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from trace_store import PASSAGE, Clock, model_called

from inference import Completion, Sample, Usage
from planner import Done, RunEnded, RunStarted, Step, StepAdded, StepEnded, StepStarted
from storage import (
    Asked,
    Asker,
    RunTaken,
    Spent,
    TraceStore,
    UnknownResponse,
    UnknownRun,
    Unstorable,
)
from tests.transactions import writing

ANN, BOB = Asker("ann", "k1", 1), Asker("bob", "k2", 1)


def asked(**changes: object) -> Asked:
    fields = {"kind": "response", "question": "Who?", "options": {"effort": "low"}, "request": {}}
    return Asked(**(fields | changes))  # type: ignore[arg-type]


async def test_a_response_and_its_run_are_made_together(store: TraceStore) -> None:
    made, is_new = await store.responses.create(asked(request={"model": "breadth"}), ANN)
    record = await store.run(made.run, "ann")
    assert is_new
    assert made.id == f"resp_{made.run}"
    assert (record.user, record.key, record.priority, record.status) == ("ann", "k1", 1, "queued")
    assert await store.responses.named(made.id, "ann") == made
    assert await store.responses.of_run(made.run) == made


async def test_what_is_asked_again_with_the_same_key_is_not_made_again(store: TraceStore) -> None:
    both = await asyncio.gather(
        *(store.responses.create(asked(idempotency="once"), ANN) for _ in range(4))
    )
    assert len({made.run for made, _ in both}) == 1
    assert sum(is_new for _, is_new in both) == 1
    other, is_new = await store.responses.create(asked(idempotency="once"), BOB)
    assert is_new
    assert other.user == "bob"


async def test_what_is_another_users_is_not_there(store: TraceStore) -> None:
    made, _ = await store.responses.create(asked(), ANN)
    for call in (store.run, store.document, store.ask_to_stop):
        with pytest.raises(UnknownRun):
            await call(made.run, "bob")
    for change in (store.responses.named, store.responses.delete):
        with pytest.raises(UnknownResponse):
            await change(made.id, "bob")
    assert await store.runs(user="bob") == []
    assert [each.id for each in await store.runs(user="ann")] == [made.run]


@pytest.mark.parametrize("status", ["completed", "failed"])
async def test_secrets_are_forgotten_when_the_run_ends(store: TraceStore, status: Any) -> None:
    made, _ = await store.responses.create(asked(secrets={"token": "s"}), ANN)
    await store.trace(made.run).record(RunStarted("Who?"))
    assert (await store.responses.named(made.id)).secrets == {"token": "s"}
    await store.trace(made.run).record(RunEnded(status))
    assert (await store.responses.named(made.id)).secrets is None


async def test_what_is_stopped_before_it_began_has_no_secrets(store: TraceStore) -> None:
    made, _ = await store.responses.create(asked(secrets={"token": "s"}), ANN)
    await store.ask_to_stop(made.run)
    assert (await store.responses.named(made.id)).secrets is None


async def test_a_run_costs_what_its_model_calls_cost(store: TraceStore) -> None:
    run = await store.create_run("Who?", {})
    assert await store.spent(run) == Spent()
    for call in (model_called(cost=0.5), model_called(), model_called(reused=True)):
        await store.trace(run).record(call)
    assert await store.spent(run) == Spent(2, 60, 40, 10, 0.5)


async def test_counts_that_no_column_holds_are_the_most_that_it_does(store: TraceStore) -> None:
    made, _ = await store.responses.create(asked(), ANN)
    completion = Completion((Sample("Nolan", "stop"),), Usage(2**70, 2**40))
    await store.trace(made.run).record(model_called(completion=completion))
    spent = await store.spent(made.run)
    assert (spent.prompt, spent.completion) == (2**31 - 1, 2**31 - 1)


@pytest.mark.parametrize(
    "event",
    [
        StepAdded(Step("a", "lookup", {}), 2**70, "planner"),
        StepAdded(Step("a", "lookup", {"what": object()}), 1, "planner"),
        StepAdded(Step("a", None, {}), 1, "planner"),  # type: ignore[arg-type]
    ],
)
async def test_what_no_database_keeps_is_told_apart_from_a_database_that_is_not_there(
    store: TraceStore, event: StepAdded
) -> None:
    made, _ = await store.responses.create(asked(), ANN)
    with pytest.raises(Unstorable, match="this cannot be kept: "):
        await store.trace(made.run).record(event)
    assert await store.log(made.run) == []


async def test_a_deleted_response_is_gone(store: TraceStore) -> None:
    made, _ = await store.responses.create(asked(), ANN)
    await store.responses.delete(made.id, "ann")
    with pytest.raises(UnknownResponse):
        await store.responses.named(made.id)


async def test_runs_are_listed_from_a_place_on(store: TraceStore, clock: Clock) -> None:
    made = []
    for _ in range(5):
        clock.forward(1)
        made.append((await store.responses.create(asked(), ANN))[0].run)
    newest = await store.runs(2, user="ann")
    older = await store.runs(2, user="ann", before=newest[-1].id)
    assert [each.id for each in (*newest, *older)] == [made[4], made[3], made[2], made[1]]


async def test_the_log_tells_what_a_step_is_what_it_was_given_and_what_came_of_it(
    store: TraceStore,
) -> None:
    made, _ = await store.responses.create(asked(), ANN)
    trace = store.trace(made.run, "w1")
    step = Step(id="a", tool="lookup", arguments={})
    await trace.record(RunStarted("Who?"))
    await trace.record(StepAdded(step, 1, "planner"))
    await trace.record(StepStarted("a", {"question": "Who?"}))
    await trace.record(StepEnded("a", Done("Nolan", (PASSAGE,))))
    log = await store.log(made.run)
    assert [each.seq for each in log] == [1, 2, 3, 4]
    assert log[1].data["tool"] == "lookup"
    assert log[2].data["arguments"] == {"question": "Who?"}
    assert "value" not in log[2].data
    assert log[3].data["value"] == "Nolan"
    assert log[3].data["sources"] == [{"location": "/films/inception.md", "title": "Inception"}]
    assert [each.seq for each in await store.log(made.run, after=3)] == [4]
    head = (await store.heads([made.run, "none"]))[made.run]
    assert (head.status, head.last_event, head.is_over) == ("running", 4, False)


async def test_a_run_that_has_not_begun_is_stopped_at_once_and_another_is_marked(
    store: TraceStore, clock: Clock
) -> None:
    waiting, _ = await store.responses.create(asked(), ANN)
    begun, _ = await store.responses.create(asked(), ANN)
    await store.workers.join("w1")
    await store.trace(begun.run, "w1").record(RunStarted("Who?"))
    assert (await store.ask_to_stop(waiting.run)).status == "cancelled"
    assert (await store.ask_to_stop(begun.run)).status == "running"
    assert await store.workers.cancelled("w1") == [begun.run]
    await store.trace(begun.run, "w1").record(RunEnded("cancelled", "stopped"))
    assert await store.workers.cancelled("w1") == []
    assert (await store.ask_to_stop(begun.run)).cancel_at == clock.now


async def test_a_worker_that_is_not_heard_of_is_claimed_by_one_other_and_records_no_more(
    store: TraceStore, clock: Clock
) -> None:
    made, _ = await store.responses.create(asked(), ANN)
    for worker in ("w1", "w2", "w3"):
        await store.workers.join(worker)
    await store.trace(made.run, "w1").record(RunStarted("Who?"))
    with pytest.raises(RunTaken):
        await store.trace(made.run, "w2").record(RunStarted("Who?"))
    clock.forward(store.workers.lease.total_seconds() + 1)
    assert await store.workers.beat("w2")
    assert await store.workers.beat("w3")
    claims = await asyncio.gather(store.workers.claim("w2"), store.workers.claim("w3"))
    assert sorted(claims) == [[], ["w1"]]
    assert not await store.workers.beat("w1")
    await store.trace(made.run, "w2").record(RunStarted("Who?", resumed=True))
    with pytest.raises(RunTaken):
        await store.trace(made.run, "w1").record(RunEnded("completed"))
    assert [each.id for each in await store.workers.alive()] == ["w2", "w3"]


async def test_who_claimed_and_died_is_claimed_again_with_what_it_had(
    store: TraceStore, clock: Clock
) -> None:
    for worker in ("w1", "w2", "w3"):
        await store.workers.join(worker)
    clock.forward(20)
    await store.workers.beat("w2")
    await store.workers.beat("w3")
    assert await store.workers.claim("w2") == ["w1"]
    clock.forward(20)
    await store.workers.beat("w3")
    assert sorted(await store.workers.claim("w3")) == ["w1", "w2"]


async def test_who_gives_up_is_claimed_at_once(store: TraceStore) -> None:
    for worker in ("w1", "w2"):
        await store.workers.join(worker)
    await store.workers.give_up("w1")
    assert await store.workers.claim("w2") == ["w1"]
    await store.workers.leave("w1")
    assert [each.id for each in await store.workers.alive()] == ["w2"]


async def test_a_run_is_a_workers_before_it_begins_and_its_end_stays_its_end(
    store: TraceStore, clock: Clock
) -> None:
    made, _ = await store.responses.create(asked(), ANN)
    for worker in ("w1", "w2"):
        await store.workers.join(worker)
    assert await store.workers.take(made.run, "w1")
    with pytest.raises(RunTaken):
        await store.workers.take(made.run, "w2")
    assert (await store.ask_to_stop(made.run)).status == "queued"
    assert await store.workers.cancelled("w1") == [made.run]
    clock.forward(store.workers.lease.total_seconds() + 1)
    await store.workers.beat("w2")
    assert await store.workers.take(made.run, "w2")
    await store.trace(made.run, "w2").record(RunEnded("cancelled", "stopped"))
    assert not await store.workers.take(made.run, "w2")


async def test_who_was_taken_for_dead_does_not_begin_again_what_others_have_ended(
    store: TraceStore, clock: Clock
) -> None:
    made, _ = await store.responses.create(asked(), ANN)
    for worker in ("w1", "w2"):
        await store.workers.join(worker)
    assert await store.workers.take(made.run, "w1")
    clock.forward(store.workers.lease.total_seconds() + 1)
    assert await store.workers.take(made.run, "w2")
    await store.trace(made.run, "w2").record(RunStarted("Who?"))
    await store.trace(made.run, "w2").record(RunEnded("incomplete", "time"))
    with pytest.raises(RunTaken):
        await store.trace(made.run, "w1").record(RunStarted("Who?"))
    assert (await store.run(made.run)).status == "incomplete"
    await store.trace(made.run).record(RunStarted("Who?", resumed=True))  # a person may
    assert (await store.run(made.run)).worker is None


async def test_a_run_that_a_process_goes_on_with_is_taken_by_no_worker(
    store: TraceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = await store.responses.create(asked(), ANN)
    held, _ = await store.responses.create(asked(), ANN)
    await store.workers.join("w1")
    assert await store.workers.take(held.run, "w1")
    with monkeypatch.context() as patch:
        patch.setattr("storage.owner.os.getpid", lambda: os.getppid())
        await store.trace(made.run).record(RunStarted("Who?"))
        with pytest.raises(RunTaken):  # and none that a worker has
            await store.trace(held.run).record(RunStarted("Who?"))
    with pytest.raises(RunTaken):
        await store.workers.take(made.run, "w1")


async def test_a_worker_of_another_container_is_not_looked_up_among_our_processes(
    store: TraceStore,
) -> None:
    for worker in ("near", "far"):
        await store.workers.join(worker)
    async with writing(store) as connection:
        gone = "UPDATE worker SET pid = 4194303, birth = 'boot/1/{}' WHERE id = '{}'"
        here = os.readlink("/proc/self/ns/pid")
        await connection.execute(text(gone.format(here, "near")))
        await connection.execute(text(gone.format("pid:[1]", "far")))
    assert await store.workers.claim("me") == ["near"]


@pytest.mark.parametrize("how", ["forget", "delete"])
async def test_the_key_of_a_response_that_is_gone_is_remembered(
    store: TraceStore, clock: Clock, how: str
) -> None:
    asked = Asked("response", "Who?", {}, {"input": "Who?"}, idempotency="k")
    made, _ = await store.responses.create(asked, Asker("ann", priority=1))
    await store.trace(made.run).record(RunEnded("completed"))
    await getattr(store.responses, how)(made.id, "ann")
    for gone in (store.responses.named, store.responses.delete, store.responses.forget):
        with pytest.raises(UnknownResponse):
            await gone(made.id, "ann")
    clock.forward(60)
    assert (await store.prune(timedelta(days=7))).runs == 0
    again, is_new = await store.responses.create(asked, Asker("ann", priority=1))
    assert (again.run, is_new) == (made.run, False)
    assert again.kind == {"forget": "given", "delete": "deleted"}[how]
    assert again.request == ({"input": "Who?"} if how == "forget" else {})
    clock.forward(24 * 3600)
    assert (await store.prune(timedelta(days=7))).runs == 1
    _, is_new = await store.responses.create(asked, Asker("ann", priority=1))
    assert is_new


async def test_a_response_is_left_when_each_of_its_clients_has_gone(store: TraceStore) -> None:
    asked = Asked("response", "Who?", {}, {"input": "Who?"}, idempotency="k")
    made, _ = await store.responses.create(asked, Asker("ann"))
    await store.responses.create(asked, Asker("ann"))
    await store.responses.create(replace(asked, request={"input": "When?"}), Asker("ann"))
    assert [await store.responses.leave(made.id) for _ in range(2)] == [False, True]
    assert await store.responses.leave("resp_of_nobody")
