"""A run as a trace of OpenTelemetry: its spans, what they tell, and where they are sent."""

import asyncio
import gzip
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from trace_store import model_called

from planner import (
    Answer,
    AnswerWritten,
    Done,
    Event,
    Failed,
    PhaseStarted,
    RunEnded,
    RunStarted,
    Sentence,
    Step,
    StepAdded,
    StepEnded,
    StepStarted,
    Within,
)
from service.operations import exporting
from service.operations.assembly import operations
from service.operations.exporting import provider_of, traces_address, tracing, tracing_by
from service.operations.parents import tell_traceparent, traceparent_of, with_traceparent
from service.settings import Settings
from storage import Asker, TraceStore

LOOKUP = Step("a", "lookup", {"question": "Who?"})
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
RUN: tuple[Event, ...] = (
    RunStarted("Who directed Inception?"),
    PhaseStarted("plan", 1),
    model_called(step=None, model="planner"),
    StepAdded(LOOKUP, 1, "planner"),
    StepStarted("a", {"question": "Who?"}),
    PhaseStarted("gather", 1),
    model_called(cost=0.5),
    model_called(error="the server said: no"),
    StepEnded("a", Done("Nolan")),
    AnswerWritten(Answer("Nolan", (Sentence("It was Nolan."),))),
    RunEnded("completed"),
)


class Told:
    """Spans of runs, as they would be sent."""

    def __init__(self, *, content: bool = False) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = provider_of(self._exporter, "w1")
        self.tracing = tracing_by(self.provider, content=content)

    async def run(self, *events: Event, run: str = "r1", parent: str | None = None) -> None:
        trace = self.tracing.trace(run, user="ann", traceparent=parent)
        for event in events:
            await trace.record(event)

    @property
    def spans(self) -> list[ReadableSpan]:
        self.provider.force_flush()
        return list(self._exporter.get_finished_spans())

    def named(self, name: str) -> ReadableSpan:
        (found,) = [span for span in self.spans if span.name == name]
        return found


@pytest.fixture
def told() -> Iterator[Told]:
    made = Told()
    yield made
    made.provider.shutdown()


def about(span: ReadableSpan) -> Mapping[str, Any]:
    return span.attributes or {}


def above(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def id_of(span: ReadableSpan) -> int:
    return span.context.span_id


async def test_a_run_is_one_trace_of_what_was_under_what(told: Told) -> None:
    await told.run(*RUN)
    root, step = told.named("invoke_agent breadth"), told.named("execute_tool lookup")
    plan, gather = told.named("plan"), told.named("gather")
    asked = [span for span in told.spans if span.name == "chat small"]
    assert {span.context.trace_id for span in told.spans} == {root.context.trace_id}
    assert root.parent is None
    assert [above(each) for each in (step, plan, gather)] == [id_of(root)] * 3
    assert above(told.named("chat planner")) == id_of(plan)
    assert [above(each) for each in asked] == [id_of(step)] * 2
    assert len(told.spans) == 7


async def test_spans_tell_what_the_conventions_name(told: Told) -> None:
    await told.run(*RUN)
    root = about(told.named("invoke_agent breadth"))
    assert root["gen_ai.operation.name"] == "invoke_agent"
    assert root["gen_ai.agent.name"] == root["gen_ai.provider.name"] == "breadth"
    assert (root["breadth.run.id"], root["user.id"]) == ("r1", "ann")
    assert root["breadth.run.status"] == "completed"
    step = about(told.named("execute_tool lookup"))
    assert step["gen_ai.operation.name"] == "execute_tool"
    assert (step["gen_ai.tool.name"], step["gen_ai.tool.call.id"]) == ("lookup", "a")
    asked, failed = [span for span in told.spans if span.name == "chat small"]
    assert about(asked)["gen_ai.operation.name"] == "chat"
    assert about(asked)["gen_ai.request.model"] == "small"
    assert about(asked)["gen_ai.usage.input_tokens"] == 30
    assert about(asked)["gen_ai.usage.output_tokens"] == 5
    assert about(asked)["gen_ai.usage.cache_read.input_tokens"] == 20
    assert about(asked)["gen_ai.response.time_to_first_chunk"] == 0.1
    assert about(asked)["gen_ai.response.finish_reasons"] == ("stop",)
    assert about(asked)["breadth.cost"] == 0.5
    assert asked.end_time is not None
    assert asked.start_time is not None
    assert asked.end_time - asked.start_time == 500_000_000
    assert asked.status.status_code is StatusCode.UNSET
    assert failed.status.status_code is StatusCode.ERROR
    assert about(failed)["error.type"] == "model_error"


async def test_without_the_setting_no_span_tells_what_was_said(told: Told) -> None:
    await told.run(*RUN)
    everything = "".join(span.to_json() for span in told.spans)
    for said in ("Inception", "Nolan", "Answer.", "Who?", "the server said"):
        assert said not in everything


async def test_with_the_setting_spans_tell_it() -> None:
    told = Told(content=True)
    await told.run(*RUN)
    root = about(told.named("invoke_agent breadth"))
    assert "Who directed Inception?" in root["gen_ai.input.messages"]
    assert "It was Nolan." in root["gen_ai.output.messages"]
    step = about(told.named("execute_tool lookup"))
    assert step["gen_ai.tool.call.arguments"] == '{"question": "Who?"}'
    assert step["gen_ai.tool.call.result"] == '"Nolan"'
    said = about(next(span for span in told.spans if span.name == "chat small"))
    assert '"content": "Answer."' in said["gen_ai.input.messages"]
    told.provider.shutdown()


async def test_a_failed_step_and_a_failed_run_are_errors(told: Told) -> None:
    added = StepAdded(LOOKUP, 1, "planner")
    ended = StepEnded("a", Failed("no page"))
    await told.run(RunStarted("Who?"), added, StepStarted("a", {}), ended, RunEnded("failed"))
    step, root = told.named("execute_tool lookup"), told.named("invoke_agent breadth")
    assert (about(step)["error.type"], about(root)["error.type"]) == ("tool_error", "failed")
    assert {step.status.status_code, root.status.status_code} == {StatusCode.ERROR}


async def test_what_a_sub_run_does_is_under_its_call(told: Told) -> None:
    inner = Step("x", "read", {})
    await told.run(
        RunStarted("Who?"),
        StepAdded(Step("r", "research", {}), 1, "planner"),
        StepStarted("r", {}),
        Within("r", RunStarted("Who, then?")),
        Within("r", PhaseStarted("plan", 1)),
        Within("r", model_called(step=None, model="planner")),
        Within("r", StepAdded(inner, 1, "planner")),
        Within("r", StepStarted("x", {})),
        Within("r", model_called(step="x")),
        Within("r", StepEnded("x", Done(1))),
        Within("r", RunEnded("completed")),
        StepEnded("r", Done(1)),
        RunEnded("completed"),
    )
    whole, read = told.named("execute_tool research"), told.named("execute_tool read")
    assert above(read) == above(told.named("chat planner")) == id_of(whole)
    assert above(told.named("chat small")) == id_of(read)
    assert len(told.spans) == 5


async def test_a_run_goes_on_in_the_same_trace_after_a_crash(told: Told) -> None:
    added = StepAdded(LOOKUP, 1, "planner")
    begun = (RunStarted("Who?"), added, StepStarted("a", {}), StepEnded("a", Done(1)))
    await told.run(*begun)  # and the process dies
    (before,) = told.spans
    other = Told()
    await other.run(RunStarted("Who?", resumed=True), RunEnded("completed"))
    root = other.named("invoke_agent breadth")
    assert root.context.trace_id == before.context.trace_id
    assert id_of(root) == above(before)
    other.provider.shutdown()
    await told.run(*begun, RunEnded("completed"), run="r2")
    assert told.named("invoke_agent breadth").context.trace_id != before.context.trace_id


async def test_a_run_belongs_to_the_trace_of_its_client(told: Told) -> None:
    await told.run(*RUN, parent=PARENT)
    root = told.named("invoke_agent breadth")
    assert {span.context.trace_id for span in told.spans} == {int(PARENT[3:35], 16)}
    assert above(root) == int(PARENT[36:52], 16)
    assert id_of(root) != above(root)


@pytest.mark.parametrize("header", ["", "00-x", PARENT.upper(), f"00-{'0' * 32}-{'1' * 16}-01"])
async def test_what_is_no_traceparent_is_left_out(header: str) -> None:
    tell_traceparent(PARENT)
    assert traceparent_of(with_traceparent({"effort": "low"})) == PARENT
    tell_traceparent(header)
    assert with_traceparent({"effort": "low"}) == {"effort": "low"}


@pytest.mark.parametrize("given", ["http://c:4318", "http://c:4318/", "http://c:4318/v1/traces"])
def test_the_address_of_a_collector_is_that_of_its_traces(given: str) -> None:
    assert traces_address(given) == "http://c:4318/v1/traces"


@dataclass
class Collector:
    """Takes spans by OTLP over HTTP."""

    address: str = ""
    names: list[str] = field(default_factory=list)
    resource: dict[str, str] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip" and body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for each in resource.resource.attributes:
                self.resource[each.key] = each.value.string_value
            self.names += [span.name for scope in resource.scope_spans for span in scope.spans]
        return web.Response(content_type="application/x-protobuf")


@asynccontextmanager
async def collector() -> AsyncIterator[Collector]:
    taking = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", taking.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    taking.address = f"http://{host}:{port}"
    try:
        yield taking
    finally:
        await runner.cleanup()


def settings_for(address: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    return Settings()


async def test_runs_are_sent_to_a_collector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with collector() as taking, await TraceStore.open(tmp_path / "runs.db") as store:
        settings = settings_for(taking.address, monkeypatch)
        run = await store.create_run("Who?", {"traceparent": PARENT}, Asker(priority=1))
        async with operations(settings, store, "w1") as made:
            traces = made.traces(await store.run(run))
            for event in RUN:
                for trace in traces:
                    await trace.record(event)
        ended = made.metrics.registry.get_sample_value(
            "breadth_runs_ended_total", {"status": "completed"}
        )
    assert ended == 1
    assert sorted(taking.names) == [
        "chat planner",
        "chat small",
        "chat small",
        "execute_tool lookup",
        "gather",
        "invoke_agent breadth",
        "plan",
    ]
    assert taking.resource["service.name"] == "breadth"
    assert taking.resource["service.instance.id"] == "w1"


async def test_a_collector_that_is_away_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(exporting, "_END_SECONDS", 0.2)
    settings = settings_for("http://127.0.0.1:9", monkeypatch)  # the port of discard: nobody
    async with tracing(settings, "w1") as made:
        assert made is not None
        trace = made.trace("r1")
        async with asyncio.timeout(30):
            for event in RUN * 500:
                await trace.record(event)
    assert "the collector did not take the last traces in time" in caplog.text
    for each in [each for each in threading.enumerate() if each.name == "traces"]:
        await asyncio.to_thread(each.join, 5)
        assert not each.is_alive()


async def test_without_an_address_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    before = threading.active_count()
    async with tracing(Settings(), "w1") as made:
        assert made is None
        assert threading.active_count() <= before


def test_without_an_address_nothing_of_it_is_imported() -> None:
    code = (
        "import sys, service.operations.assembly;"
        "assert 'opentelemetry.exporter' not in sys.modules;"
        "assert 'service.operations.spans' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
