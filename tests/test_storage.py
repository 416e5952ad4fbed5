"""The trace store on real databases: SQLite, and PostgreSQL where BREADTH_TEST_POSTGRES names it.

The named PostgreSQL database is emptied after each test.
"""

import asyncio
import json
import os
import signal
import sqlite3
import string
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from sqlalchemy import event, text
from sqlalchemy.pool import Pool

import storage
from inference import Completion, Message, Request, Sample, TokenLogprob, Usage
from planner import (
    Answer,
    AnswerWritten,
    Decided,
    Done,
    Failed,
    History,
    ModelCalled,
    Outcome,
    PhaseStarted,
    PlanEnded,
    RunEnded,
    RunStarted,
    Sentence,
    Skipped,
    Step,
    StepAdded,
    StepEnded,
    StepStarted,
)
from planner.calling import call_key
from search import Passage, Source
from storage import StorageError, TraceStore, UnknownRun
from storage.database import Database
from storage.engines import database_url
from storage.owner import Owner
from storage.schema import VERSION_TABLE, migrate

ROOT = Path(__file__).parent.parent
POSTGRES = os.environ.get("BREADTH_TEST_POSTGRES")
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

SOURCE = Source("/films/inception.md", "Inception", "text/markdown", "0" * 64)
PASSAGE = Passage(SOURCE, 10, 40, "Directed by Christopher Nolan.")
OTHER = Passage(SOURCE, 50, 70, "Released in 2010.")


class Clock:
    """Moves when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Of a database that nobody has used yet."""
    if request.param == "sqlite":
        yield str(tmp_path / "new folder" / "runs.db")
        return
    if POSTGRES is None:
        pytest.skip("BREADTH_TEST_POSTGRES names no database")
    yield POSTGRES
    database = Database(database_url(POSTGRES))
    async with database.writing() as connection:
        await connection.run_sync(migrate, "base")
        await connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    await database.close()


@pytest.fixture
async def store(url: str, clock: Clock) -> AsyncIterator[TraceStore]:
    async with await TraceStore.open(url, now=clock) as opened:
        yield opened


def model_called(**changes: object) -> ModelCalled:
    """A call that cost 30 + 5 tokens."""
    request = Request((Message("system", "Answer."), Message("user", "Who?")), purpose="read")
    completion = Completion((Sample("Nolan", "stop"),), Usage(30, 5, 20))
    fields = {"step": "a", "model": "small", "request": request, "completion": completion}
    return ModelCalled(**(fields | {"seconds": 0.5, "first_token_seconds": 0.1} | changes))  # type: ignore[arg-type]


async def kinds(store: TraceStore, run: str) -> list[str]:
    return [logged["kind"] for logged in (await store.document(run))["events"]]


def test_front_door() -> None:
    assert sorted(storage.__all__) == storage.__all__
    assert storage.__all__ == ["RunRecord", "RunState", "StorageError", "TraceStore", "UnknownRun"]


# Runs


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


# History


async def test_history_gives_back_what_was_recorded(store: TraceStore) -> None:
    run = await store.create_run("Who?", {})
    trace = store.trace(run)
    steps = (
        Step("a", "lookup", {"question": "Who directed Inception?"}),
        Step("b", "lookup", {"question": "When was {item} made?"}, ("c",), "a", True),
    )
    answer = Answer("Nolan", (Sentence("It was Nolan.", (1,), "supported"),), (OTHER,))
    for event_ in (
        RunStarted("Who?"),
        StepAdded(steps[0], 1, "planner"),
        StepAdded(steps[1], 2, "reflect"),
        PlanEnded(1),
        PlanEnded(2),
        PlanEnded(2),
        StepStarted("a", {"question": "Who directed Inception?"}),
        StepStarted("a", {"question": "Who directed Inception?"}, attempt=2),
        model_called(),
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
        planned_rounds=2,
        seconds=0.0,
        tokens=70,
        tool_calls=4,
        answer=answer,
    )
    assert (await store.run(run)).answer == answer


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


# Document


async def test_the_document_is_plain_json_and_whole(store: TraceStore, clock: Clock) -> None:
    run = await store.create_run("Who?", {"seed": 3})
    trace = store.trace(run)
    logprobs = (TokenLogprob("No", -0.1, (("No", -0.1), ("Yes", -2.0))),)
    completion = Completion(
        (Sample("No", "length", "Hm.", logprobs), Sample("Yes")), Usage(3, 2, 1)
    )
    for event_ in (
        RunStarted("Who?"),
        StepAdded(Step("a", "lookup", {"question": "Who?"}), 1, "planner"),
        StepAdded(Step("b", "compare", {"facts": ["{a}"]}), 1, "planner"),
        StepStarted("a", {"question": "Who?"}),
        model_called(completion=completion, error="stopped"),
        StepEnded("a", Done("Nolan", (PASSAGE,), (OTHER,))),
        Decided("write", "enough is known"),
        AnswerWritten(Answer("Nolan", (Sentence("Nolan.", (1,)),), (PASSAGE,))),
        RunEnded("completed"),
    ):
        await trace.record(event_)
    document = await store.document(run)
    assert json.loads(json.dumps(document)) == document
    assert [logged["seq"] for logged in document["events"]] == list(range(1, 10))
    assert document["events"][6] == {
        "seq": 7,
        "at": START.isoformat(),
        "kind": "decided",
        "what": "write",
        "why": "enough is known",
    }
    assert [step["inputs"] for step in document["steps"]] == [[], ["a"]]
    [call] = document["calls"]
    assert (call["outcome"], call["value"]) == ("done", "Nolan")
    assert (call["proof"], call["read"]) == ([PASSAGE.id], [OTHER.id])
    assert [passage["id"] for passage in document["passages"]] == [PASSAGE.id, OTHER.id]
    [source] = document["sources"]
    assert {passage["source"] for passage in document["passages"]} == {source["id"]}
    [asked] = document["model_calls"]
    assert asked["request"]["messages"][1] == {"role": "user", "content": "Who?"}
    assert asked["samples"] == [
        {
            "text": "No",
            "finish_reason": "length",
            "reasoning": "Hm.",
            "logprobs": [{"token": "No", "logprob": -0.1, "top": [["No", -0.1], ["Yes", -2.0]]}],
        },
        {"text": "Yes", "finish_reason": "stop"},
    ]
    assert (asked["error"], asked["cached_tokens"]) == ("stopped", 1)
    assert document["answer"]["text"] == "Nolan. [1]"
    assert document["answer"]["citations"][0]["passage"] == PASSAGE.id


# Many at once


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


# Crashes

RECORDER = """
import asyncio, sys
from planner import Done, RunStarted, StepAdded, StepEnded, StepStarted, Step
from search import Passage, Source
from storage import TraceStore

async def main(url):
    store = await TraceStore.open(url)
    run = await store.create_run("Who?", {})
    trace = store.trace(run)
    await trace.record(RunStarted("Who?"))
    print(run, flush=True)
    source = Source("/films/inception.md", "Inception", "text/markdown", "0" * 64)
    for n in range(10**6):
        await trace.record(StepAdded(Step(f"s{n}", "lookup", {"n": n}), 1, "planner"))
        await trace.record(StepStarted(f"s{n}", {"n": n}))
        await trace.record(StepEnded(f"s{n}", Done(n, (Passage(source, n, n + 1, "x"),))))
        print(n, flush=True)

asyncio.run(main(sys.argv[1]))
"""


async def test_what_was_recorded_survives_a_kill(url: str) -> None:
    command = [sys.executable, "-c", RECORDER, url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: ASYNC220
        assert process.stdout is not None
        run = process.stdout.readline().strip()
        async with await TraceStore.open(url) as store:
            assert (await store.run(run)).status == "running"
        for _ in range(20):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        said = [19, *map(int, process.stdout.read().split())]
    async with await TraceStore.open(url) as store:
        history = await store.history(run)
        assert (await store.run(run)).status == "interrupted"
        assert [record.id for record in await store.runs(status="interrupted")] == [run]
    for n in range(said[-1] + 1):
        outcome = history.outcomes[f"s{n}"]
        assert isinstance(outcome, Done)
        assert (outcome.value, outcome.evidence[0].start) == (n, n)
    assert len(history.outcomes) <= said[-1] + 2


def test_an_owner_is_gone_only_when_that_is_certain() -> None:
    this = Owner.this_process()
    assert not this.gone
    assert not Owner("another-host.example", 2**22 + 1, None).gone
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert Owner(this.host, child.pid, None).gone
    if this.birth is not None:
        assert Owner(this.host, this.pid, "another birth").gone


# Databases that cannot be used


@pytest.fixture
def few_pages() -> Iterator[None]:
    """SQLite's own limit stands for a full disk."""

    def limit(connection: object, _: object) -> None:
        connection.cursor().execute("PRAGMA max_page_count = 60")  # type: ignore[attr-defined]

    event.listen(Pool, "connect", limit)
    yield
    event.remove(Pool, "connect", limit)


async def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path, few_pages: None) -> None:
    path = tmp_path / "runs.db"
    async with await TraceStore.open(path) as store:
        run = await store.create_run("Who?", {})
        trace = store.trace(run)
        await trace.record(StepEnded("a", Done("small")))
        with pytest.raises(StorageError, match=rf"{path}: the disk .* is full: make room"):
            await trace.record(StepEnded("b", Done("large" * 100_000, (PASSAGE,))))
        await trace.record(StepEnded("c", Done("small")))
        history = await store.history(run)
    assert set(history.outcomes) == {"a", "c"}


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are my notes. " * 100)
    with pytest.raises(StorageError, match=r"notes\.txt: this is not a SQLite database"):
        await TraceStore.open(path)
    assert path.read_text() == "These are my notes. " * 100


async def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file: this folder cannot be made"):
        await TraceStore.open(tmp_path / "file" / "runs.db")
    with pytest.raises(StorageError, match="it cannot be opened"):
        await TraceStore.open(tmp_path)


async def test_a_file_that_cannot_be_written_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    async with await TraceStore.open(path) as store:
        run = await store.create_run("Who?", {})
        async with await TraceStore.open(f"sqlite:///file:{path}?mode=ro&uri=true") as reader:
            assert (await reader.run(run)).question == "Who?"
            with pytest.raises(StorageError, match="it cannot be written to"):
                await reader.create_run("When?", {})


async def test_a_locked_file_is_told_after_the_patience_of_its_url(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    async with await TraceStore.open(f"sqlite:///{path}?timeout=0.05") as store:
        run = await store.create_run("Who?", {})
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="another process keeps it locked"):
            await store.trace(run).record(RunStarted("Who?"))
        assert (await store.run(run)).status == "queued"
        other.close()
        await store.trace(run).record(RunStarted("Who?"))


@pytest.mark.parametrize(
    ("named", "problem"),
    [
        ("mysql://localhost/breadth", "use sqlite or postgresql"),
        ("sqlite://", "name a file"),
        ("sqlite:///:memory:", "name a file"),
        ("nothing://", "use sqlite or postgresql"),
        ("://", "cannot be read"),
        ("postgresql://host:port/runs", "cannot be read"),
        ("postgresql://host/runs?ssl=maybe", "ssl=maybe, which is no option of postgresql"),
        ("sqlite:///runs.db?timeout=long", "timeout=long, which is no option of sqlite"),
        ("sqlite:///runs.db?journal=off", "there are timeout, uri, mode, immutable"),
    ],
)
async def test_what_cannot_keep_traces_is_refused(named: str, problem: str) -> None:
    with pytest.raises(StorageError, match=problem):
        await TraceStore.open(named)


def test_a_url_may_say_sslmode_and_gets_the_driver() -> None:
    url = database_url("postgresql://me@db/runs?sslmode=require")
    assert url.drivername == "postgresql+asyncpg"
    assert url.query == {"ssl": "require"}


async def test_an_unreachable_server_is_told_without_its_password() -> None:
    pytest.importorskip("asyncpg")
    with pytest.raises(StorageError, match=r"127\.0\.0\.1:1/runs: it cannot be reached") as told:
        await TraceStore.open("postgresql://me:secret@127.0.0.1:1/runs")
    assert "secret" not in str(told.value)
