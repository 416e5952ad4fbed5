"""Metrics: what is counted, where it is shown, and that the page names all of it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families
from trace_store import model_called

from planner import (
    STOPPED,
    Done,
    Event,
    Failed,
    RunEnded,
    RunStarted,
    Skipped,
    Step,
    StepAdded,
    StepEnded,
    StepReplaced,
    StepStarted,
    Within,
)
from service.errors import UsageProblem
from service.operations.exposing import exposed
from service.operations.metrics import Metrics
from service.settings import Settings
from storage import Asker, TraceStore

PAGE = Path(__file__).parent.parent / "docs" / "operations.md"
LOOKUP = Step("a", "lookup", {"question": "Who?"})
EACH = Step("b", "calculate", {"expression": "1"}, for_each="a")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def metrics(clock: Clock) -> Metrics:
    return Metrics(now=clock)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[TraceStore]:
    async with await TraceStore.open(tmp_path / "runs.db") as opened:
        yield opened


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"breadth_{name}", labels)


async def record(metrics: Metrics, *events: Event) -> None:
    trace = metrics.trace()
    for event in events:
        await trace.record(event)


async def test_runs_are_counted_by_how_they_end(metrics: Metrics, clock: Clock) -> None:
    trace = metrics.trace()
    await trace.record(RunStarted("Who?", resumed=True))
    clock.now = 42.0
    await trace.record(RunEnded("failed", "no"))
    assert value(metrics, "runs_started_total", resumed="true") == 1
    assert value(metrics, "runs_ended_total", status="failed") == 1
    assert value(metrics, "run_seconds_sum", status="failed") == 42.0


async def test_steps_are_counted_by_tool_and_outcome(metrics: Metrics, clock: Clock) -> None:
    trace = metrics.trace()
    await trace.record(StepAdded(LOOKUP, 1, "planner"))
    await trace.record(StepAdded(EACH, 1, "planner"))
    await trace.record(StepStarted("a", {}))
    clock.now = 2.0
    await trace.record(StepStarted("a", {}, attempt=2))
    clock.now = 5.0
    await trace.record(StepEnded("a", Done(["x"])))
    await trace.record(StepStarted("b[0]", {}))
    clock.now = 6.0
    await trace.record(StepEnded("b[0]", Failed("no")))
    await trace.record(StepEnded("b", Skipped("no")))
    assert value(metrics, "steps_total", tool="lookup", outcome="done") == 1
    assert value(metrics, "steps_total", tool="calculate", outcome="failed") == 1
    assert value(metrics, "steps_total", tool="calculate", outcome="skipped") == 1
    assert value(metrics, "step_seconds_sum", tool="lookup") == 5.0
    assert value(metrics, "step_seconds_sum", tool="calculate") == 1.0
    assert value(metrics, "step_seconds_count", tool="calculate") == 1


async def test_a_step_that_was_taken_over_is_no_work(metrics: Metrics) -> None:
    await record(
        metrics,
        StepAdded(LOOKUP, 1, "planner"),
        StepEnded("a", Done("x"), reused=True),
    )
    assert value(metrics, "steps_reused_total", tool="lookup") == 1
    assert value(metrics, "steps_total", tool="lookup", outcome="done") == 1
    assert value(metrics, "step_seconds_count", tool="lookup") is None


async def test_a_replaced_step_counts_as_what_it_became(metrics: Metrics) -> None:
    await record(
        metrics,
        StepAdded(LOOKUP, 1, "planner"),
        StepReplaced(LOOKUP, Step("a", "which", {}), "better"),
        StepEnded("a", Done("x")),
    )
    assert value(metrics, "steps_total", tool="which", outcome="done") == 1


async def test_sub_runs_are_steps_and_not_runs(metrics: Metrics) -> None:
    inner = Step("a", "read", {})
    await record(
        metrics,
        StepAdded(LOOKUP, 1, "planner"),
        Within("r", RunStarted("Who?")),
        Within("r", StepAdded(inner, 1, "planner")),
        Within("r", StepEnded("a", Done("x"))),
        Within("r", model_called()),
        Within("r", RunEnded("completed")),
        StepEnded("a", Done("x")),
    )
    assert value(metrics, "runs_started_total", resumed="false") is None
    assert value(metrics, "runs_ended_total", status="completed") is None
    assert value(metrics, "steps_total", tool="read", outcome="done") == 1
    assert value(metrics, "steps_total", tool="lookup", outcome="done") == 1
    assert value(metrics, "model_calls_total", model="small", outcome="done") == 1


async def test_model_calls_are_counted_with_their_tokens_and_money(metrics: Metrics) -> None:
    await record(
        metrics,
        model_called(cost=0.25),
        model_called(error=STOPPED, first_token_seconds=None, seconds=1.5),
        model_called(error="the server is away"),
        model_called(reused=True, seconds=99.0),
    )
    for outcome in ("done", "cancelled", "failed", "reused"):
        assert value(metrics, "model_calls_total", model="small", outcome=outcome) == 1
    assert value(metrics, "model_seconds_sum", model="small") == 2.5
    assert value(metrics, "model_first_token_seconds_count", model="small") == 2
    assert value(metrics, "tokens_total", model="small", kind="prompt") == 90
    assert value(metrics, "tokens_total", model="small", kind="cached") == 60
    assert value(metrics, "tokens_total", model="small", kind="completion") == 15
    assert value(metrics, "money_total", model="small") == 0.25


async def test_names_that_requests_make_up_do_not_grow_the_metrics(metrics: Metrics) -> None:
    for number in range(150):
        step = Step(f"s{number}", f"tool{number}", {})
        await record(metrics, StepAdded(step, 1, "planner"), StepEnded(step.id, Done(1)))
        metrics.answered(f"VERB{number}", "/v1/runs", 200, 0.1)
    assert value(metrics, "steps_total", tool="tool99", outcome="done") == 1
    assert value(metrics, "steps_total", tool="tool100", outcome="done") is None
    assert value(metrics, "steps_total", tool="other", outcome="done") == 50
    assert (
        value(metrics, "http_requests_total", method="other", route="/v1/runs", status="200") == 150
    )


async def test_two_of_them_do_not_share_anything(metrics: Metrics) -> None:
    other = Metrics()
    await record(metrics, RunStarted("Who?"))
    assert value(other, "runs_started_total", resumed="false") is None


async def test_what_stands_in_the_database_is_looked_at_once_a_second(
    metrics: Metrics, store: TraceStore, clock: Clock
) -> None:
    await store.create_run("Who?", {}, Asker(priority=1))
    await store.workers.join("w1")
    await metrics.text(store)
    assert value(metrics, "runs", status="queued") == 1
    assert value(metrics, "workers") == 1
    assert value(metrics, "database_up") == 1
    await store.create_run("Who?", {}, Asker(priority=1))
    clock.now = 0.9
    await metrics.text(store)
    assert value(metrics, "runs", status="queued") == 1
    clock.now = 1.1
    await metrics.text(store)
    assert value(metrics, "runs", status="queued") == 2


async def test_metrics_are_told_without_the_database(metrics: Metrics, tmp_path: Path) -> None:
    file = tmp_path / "gone" / "runs.db"
    store = await TraceStore.open(file)
    await store.close()
    file.write_text("this is no database any more", encoding="utf-8")
    await record(metrics, RunStarted("Who?"))
    text = (await metrics.text(store)).decode()
    await store.close()
    assert "breadth_database_up 0.0" in text
    assert 'breadth_runs_started_total{resumed="false"} 1.0' in text


async def test_a_worker_shows_them_on_a_port_of_its_own(
    metrics: Metrics, store: TraceStore
) -> None:
    await record(metrics, RunStarted("Who?"))
    settings = Settings(metrics_port=0)
    async with exposed(metrics, store, settings) as address, ClientSession() as client:
        assert address is not None
        assert address.startswith("http://127.0.0.1:")
        async with client.get(f"{address}/metrics") as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            families = {each.name for each in text_string_to_metric_families(await answer.text())}
        async with client.get(f"{address}/v1/responses") as answer:
            assert answer.status == 404
        taken = Settings(metrics_port=int(address.rpartition(":")[2]))
        with pytest.raises(UsageProblem, match="BREADTH_METRICS_PORT names another port"):
            async with exposed(metrics, store, taken):
                pass
    assert {"breadth_runs_started", "process_resident_memory_bytes"} <= families


async def test_without_a_port_nothing_listens(metrics: Metrics, store: TraceStore) -> None:
    async with exposed(metrics, store, Settings()) as address:
        assert address is None


async def test_the_page_names_every_metric_with_its_labels(metrics: Metrics) -> None:
    text = PAGE.read_text(encoding="utf-8").partition("## Metrics")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(breadth_\w+)` \| (\w+) \| ([^|]*) \|", text, re.MULTILINE)
    shown = {(name, kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    assert shown == {
        (
            family.name + ("_total" if family.type == "counter" else ""),
            family.type,
            tuple(getattr(collector, "_labelnames", ())),
        )
        for collector in list(metrics.registry._collector_to_names)
        for family in collector.collect()
        if family.name.startswith("breadth_")
    }
