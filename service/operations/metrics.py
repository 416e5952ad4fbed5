"""Metrics: counts and times of what a process does, in Prometheus' form.

Each process counts what it does itself; what is in the database, `standing` adds at each look.
"""

import time
from collections.abc import Callable
from importlib.metadata import version
from typing import assert_never

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from planner import (
    STOPPED,
    AnswerWritten,
    Decided,
    Done,
    Event,
    Failed,
    ModelCalled,
    Outcome,
    PhaseStarted,
    PlanEnded,
    Reasoned,
    RunEnded,
    RunStarted,
    Skipped,
    Speculated,
    SpeculationStarted,
    StepAdded,
    StepCancelled,
    StepEnded,
    StepReplaced,
    StepStarted,
    Trace,
    Within,
)
from service.operations.standing import StandingMetrics
from storage import TraceStore

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OTHER = "other"
_MOST_NAMES = 100
"""Of one label: tools and models may be named by requests, and each name is kept for ever."""
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_SHORT = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_LONG = (1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600)


class Metrics:
    """Of one process. Give it a `trace` for each run, and every request that was answered."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        """With a registry of its own. `now`: in seconds, from whenever."""
        self.registry = registry = CollectorRegistry()
        self._now = now
        self._names: dict[str, set[str]] = {}
        self._standing = StandingMetrics(registry, now)
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        build = Gauge("breadth_build_info", "Its version", ["version"], registry=registry)
        build.labels(version("breadth")).set(1)
        self._count_runs(registry)
        self._count_steps(registry)
        self._count_models(registry)
        self._count_requests(registry)

    def _count_runs(self, registry: CollectorRegistry) -> None:
        self.started = Counter(
            "breadth_runs_started",
            "Runs that this process began, or went on with",
            ["resumed"],
            registry=registry,
        )
        self.ended = Counter(
            "breadth_runs_ended", "Runs that ended in this process", ["status"], registry=registry
        )
        self.run_seconds = Histogram(
            "breadth_run_seconds",
            "From the start of a run in this process to its end",
            ["status"],
            buckets=_LONG,
            registry=registry,
        )

    def _count_steps(self, registry: CollectorRegistry) -> None:
        self.steps = Counter(
            "breadth_steps", "Steps that ended", ["tool", "outcome"], registry=registry
        )
        self.reused = Counter(
            "breadth_steps_reused",
            "Steps whose outcome was stored already",
            ["tool"],
            registry=registry,
        )
        self.step_seconds = Histogram(
            "breadth_step_seconds",
            "From the first call of a step to its outcome",
            ["tool"],
            buckets=_SHORT,
            registry=registry,
        )

    def _count_models(self, registry: CollectorRegistry) -> None:
        self.calls = Counter(
            "breadth_model_calls",
            "Requests to models: done, failed, cancelled, or reused from a replayed run",
            ["model", "outcome"],
            registry=registry,
        )
        self.model_seconds = Histogram(
            "breadth_model_seconds",
            "From a request to the end of its reply",
            ["model"],
            buckets=_SHORT,
            registry=registry,
        )
        self.first_token_seconds = Histogram(
            "breadth_model_first_token_seconds",
            "From a request to the first token of its reply",
            ["model"],
            buckets=_SHORT,
            registry=registry,
        )
        self.tokens = Counter(
            "breadth_tokens",
            "Tokens: prompt, cached (those of the prompt that were not computed again), completion",
            ["model", "kind"],
            registry=registry,
        )
        self.money = Counter(
            "breadth_money", "In the money of the price list", ["model"], registry=registry
        )

    def _count_requests(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "breadth_http_requests",
            "Requests that were answered, by the pattern of their route",
            ["method", "route", "status"],
            registry=registry,
        )
        self.request_seconds = Histogram(
            "breadth_http_request_seconds",
            "From a request to the end of its answer; that of a stream ends with its run",
            ["method", "route"],
            buckets=_SHORT,
            registry=registry,
        )

    def trace(self) -> Trace:
        """Of one run: counts its events."""
        return MeteredTrace(self, self._now)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was. `route`: its pattern."""
        method = method if method in _METHODS else OTHER
        self.requests.labels(method, route, str(status)).inc()
        self.request_seconds.labels(method, route).observe(seconds)

    def named(self, label: str, name: str) -> str:
        """The name, or `other` where there are too many."""
        names = self._names.setdefault(label, set())
        if name not in names and len(names) >= _MOST_NAMES:
            return OTHER
        names.add(name)
        return name

    async def text(self, store: TraceStore) -> bytes:
        """All of them, as Prometheus reads it."""
        await self._standing.look(store)
        return generate_latest(self.registry)


class MeteredTrace:
    """The Trace of one run that counts what happens, in its sub-runs too."""

    def __init__(self, metrics: Metrics, now: Callable[[], float]) -> None:
        """`now`: in seconds."""
        self._metrics = metrics
        self._now = now
        self._began: float | None = None
        self._tools: dict[str, str] = {}
        """By step, the way of sub-runs to it in front."""
        self._calls: dict[str, float] = {}
        """When each that runs was begun."""

    async def record(self, event: Event) -> None:
        """See Trace."""
        self._count(event, "")

    def _count(self, event: Event, way: str) -> None:
        match event:
            case Within(call=call, event=inner):
                self._count(inner, f"{call}/")
            case RunStarted() | RunEnded():
                if not way:  # a sub-run is a step
                    self._run(event)
            case StepAdded(step=step) | StepReplaced(step=step):
                self._tools[way + step.id] = step.tool
            case StepStarted(id=call):
                self._calls.setdefault(way + call, self._now())
            case StepEnded():
                self._step(way + event.id, event)
            case ModelCalled():
                self._model(event)
            case (
                PhaseStarted()
                | SpeculationStarted()
                | Speculated()
                | StepCancelled()
                | Decided()
                | Reasoned()
                | PlanEnded()
                | AnswerWritten()
            ):
                pass
            case never:
                assert_never(never)

    def _run(self, event: RunStarted | RunEnded) -> None:
        metrics, now = self._metrics, self._now()
        if isinstance(event, RunStarted):
            self._began = now
            metrics.started.labels(str(event.resumed).lower()).inc()
            return
        metrics.ended.labels(event.status).inc()
        if self._began is not None:
            metrics.run_seconds.labels(event.status).observe(now - self._began)

    def _step(self, call: str, ended: StepEnded) -> None:
        tool = self._metrics.named("tool", self._tools.get(step_of(call), "unknown"))
        self._metrics.steps.labels(tool, step_outcome(ended.outcome)).inc()
        began = self._calls.pop(call, None)
        if ended.reused:
            self._metrics.reused.labels(tool).inc()
        elif began is not None:
            self._metrics.step_seconds.labels(tool).observe(self._now() - began)

    def _model(self, called: ModelCalled) -> None:
        metrics, model = self._metrics, self._metrics.named("model", called.model)
        metrics.calls.labels(model, call_outcome(called)).inc()
        if called.reused:
            return
        metrics.model_seconds.labels(model).observe(called.seconds)
        if called.first_token_seconds is not None:
            metrics.first_token_seconds.labels(model).observe(called.first_token_seconds)
        usage = called.completion.usage
        metrics.tokens.labels(model, "prompt").inc(usage.prompt_tokens)
        metrics.tokens.labels(model, "cached").inc(usage.cached_tokens)
        metrics.tokens.labels(model, "completion").inc(usage.completion_tokens)
        if called.cost is not None:
            metrics.money.labels(model).inc(called.cost)


def call_outcome(called: ModelCalled) -> str:
    """done, failed, cancelled or reused."""
    if called.error is not None:
        return "cancelled" if called.error == STOPPED else "failed"
    return "reused" if called.reused else "done"


def step_of(call: str) -> str:
    """The step that a call belongs to, with the way to it: that of `a[0]/b[1]` is `a[0]/b`."""
    way, slash, id_ = call.rpartition("/")
    return way + slash + id_.partition("[")[0]


def step_outcome(outcome: Outcome) -> str:
    """done, failed or skipped."""
    match outcome:
        case Done():
            return "done"
        case Failed():
            return "failed"
        case Skipped():
            return "skipped"
        case never:
            assert_never(never)
