"""Evaluations in the trace store: gone on with, taken by one, found again."""

import pytest
from sqlalchemy import text
from trace_store import Clock

from storage import EvaluationTaken, TraceStore, UnknownEvaluation
from storage.database import Database
from storage.engines import database_url
from tests.transactions import writing

CONFIGURATION = {"file": "set.jsonl", "systems": ["planned"], "seed": 0}


async def test_what_was_kept_is_there_when_it_goes_on(store: TraceStore, clock: Clock) -> None:
    begun = await store.evaluations.begin("k", CONFIGURATION, name="first")
    assert (begun.name, begun.configuration, begun.results) == ("first", CONFIGURATION, ())
    kept = await store.evaluations.create_run(begun.id, "planned", "q1", "Who?")
    await store.evaluations.create_run(begun.id, "planned", "q2", "When?")
    clock.forward(1)
    await store.evaluations.keep(kept, {"value": "Ann \ud800", "f1": 0.5})
    await store.evaluations.leave(begun.id, ended=False)
    again = await store.evaluations.begin("k", CONFIGURATION)
    assert again.id == begun.id
    [result] = again.results
    assert (result.run, result.system, result.question) == (kept, "planned", "q1")
    assert result.data == {"value": "Ann \ud800", "f1": 0.5}
    assert (await store.run(kept)).options["evaluation"] == begun.id


async def test_one_that_ended_or_differs_is_not_gone_on_with(store: TraceStore) -> None:
    first = await store.evaluations.begin("k", CONFIGURATION)
    await store.evaluations.leave(first.id, ended=True)
    second = await store.evaluations.begin("k", CONFIGURATION)
    await store.evaluations.leave(second.id, ended=False)
    fresh = await store.evaluations.begin("k", CONFIGURATION, fresh=True)
    other = await store.evaluations.begin("other", CONFIGURATION)
    assert len({first.id, second.id, fresh.id, other.id}) == 4
    newest = [record.id for record in await store.evaluations.newest(2)]
    assert set(newest) <= {first.id, second.id, fresh.id, other.id}
    assert len(newest) == 2


async def test_a_living_process_keeps_it_and_a_dead_one_does_not(
    store: TraceStore, url: str
) -> None:
    begun = await store.evaluations.begin("k", CONFIGURATION)
    with pytest.raises(EvaluationTaken, match=begun.id):
        await store.evaluations.begin("k", CONFIGURATION)
    database = Database(database_url(url))
    async with writing(database) as connection:
        await connection.execute(text("UPDATE evaluation SET owner_birth = 'an earlier one'"))
    await database.close()
    assert (await store.evaluations.begin("k", CONFIGURATION)).id == begun.id


async def test_it_is_found_by_name_and_by_the_beginning_of_its_id(
    store: TraceStore, clock: Clock
) -> None:
    first = await store.evaluations.begin("k", CONFIGURATION, name="base")
    clock.forward(3600)
    second = await store.evaluations.begin("l", CONFIGURATION, name="base")
    assert (await store.evaluations.get("base")).id == second.id
    assert (await store.evaluations.get(first.id[:12])).id == first.id
    with pytest.raises(UnknownEvaluation, match="several evaluations begin with"):
        await store.evaluations.get(first.id[:2])
    with pytest.raises(UnknownEvaluation, match="did you mean base"):
        await store.evaluations.get("bass")
    with pytest.raises(UnknownEvaluation, match="there is no evaluation '%'"):
        await store.evaluations.get("%")


async def test_its_runs_are_no_runs_of_the_users(store: TraceStore) -> None:
    mine = await store.create_run("Mine?", {})
    begun = await store.evaluations.begin("k", CONFIGURATION)
    made = await store.evaluations.create_run(begun.id, "planned", "q1", "Who?")
    assert [record.id for record in await store.runs()] == [mine]
    assert (await store.run(made)).question == "Who?"
