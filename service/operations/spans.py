"""A run as a trace of OpenTelemetry, in the words of its conventions for generative AI.

    invoke_agent breadth            the run
        plan, gather, reflect, ...  its phases
            chat MODEL              what the planner or the writer asked
        execute_tool lookup         a step, or an element of it; that of a sub-run under its call
            chat MODEL              what the step asked

Phases are no parents of steps: a step may begin in one and end in another. This module needs the
extra `otel`, and is imported by `exporting` alone.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import assert_never

from opentelemetry.context import Context
from opentelemetry.trace import (
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from planner import (
    STOPPED,
    AnswerWritten,
    Decided,
    Done,
    Event,
    Failed,
    ModelCalled,
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
from service.operations.metrics import step_of
from service.operations.span_attributes import (
    AGENT,
    ERROR_TYPE,
    OPERATION,
    PROVIDER,
    Attributes,
    about_call,
    as_json,
    message,
    messages,
)

_SECOND = 10**9


@dataclass(frozen=True, slots=True)
class Tracing:
    """Makes traces of runs."""

    tracer: Tracer
    named_after: Callable[[str], AbstractContextManager[None]]
    """Inside, the span that begins is the root span of this run."""
    content: bool
    """Whether spans tell questions, prompts and answers."""

    def trace(self, run: str, *, user: str = "", traceparent: str | None = None) -> Trace:
        """Of one run. `traceparent`: as W3C's header has it, the span that the run belongs to."""
        return SpanTrace(self, run, user, traceparent)


class SpanTrace:
    """The Trace of one run that makes spans of what happens."""

    def __init__(
        self,
        tracing: Tracing,
        run: str,
        user: str,
        traceparent: str | None,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        """See `Tracing.trace`. `now`: in nanoseconds since 1970."""
        self._tracing = tracing
        self._run = run
        self._user = user
        self._parent = _context_of(traceparent)
        self._now = now
        self._root: Span | None = None
        self._phase: Span | None = None
        self._steps: dict[str, Span] = {}
        """That run, by call, the way of sub-runs to it in front."""
        self._tools: dict[str, str] = {}

    async def record(self, event: Event) -> None:
        """See Trace."""
        self._told(event, "")

    def _told(self, event: Event, way: str) -> None:
        match event:
            case Within(call=call, event=inner):
                self._told(inner, f"{call}/")
            case RunStarted() | RunEnded() | PhaseStarted() | AnswerWritten():
                if not way:
                    self._of_run(event)
            case StepAdded(step=step) | StepReplaced(step=step):
                self._tools[way + step.id] = step.tool
            case StepStarted(id=call):
                self._step_began(way + call, event)
            case StepEnded(id=call):
                self._step_ended(way + call, event)
            case ModelCalled():
                self._model_called(event, way)
            case (
                SpeculationStarted()
                | Speculated()
                | StepCancelled()
                | Decided()
                | Reasoned()
                | PlanEnded()
            ):
                pass
            case never:
                assert_never(never)

    def _of_run(self, event: RunStarted | RunEnded | PhaseStarted | AnswerWritten) -> None:
        match event:
            case RunStarted():
                self._began(event)
            case PhaseStarted(phase=phase, round=number):
                self._end_phase()
                about: Attributes = {"breadth.phase": phase, "breadth.round": number}
                self._phase = self._span(phase, SpanKind.INTERNAL, about, self._root)
            case AnswerWritten(answer=answer):
                if self._tracing.content and self._root is not None:
                    text = " ".join(sentence.text for sentence in answer.sentences)
                    self._root.set_attribute("gen_ai.output.messages", messages("assistant", text))
            case RunEnded():
                self._ended(event)
            case never:
                assert_never(never)

    def _began(self, started: RunStarted) -> None:
        about: Attributes = {
            OPERATION: "invoke_agent",
            PROVIDER: AGENT,
            "gen_ai.agent.name": AGENT,
            "breadth.run.id": self._run,
            "breadth.run.resumed": started.resumed,
        }
        if self._user:
            about["user.id"] = self._user
        if self._tracing.content:
            about["gen_ai.input.messages"] = messages("user", started.question)
        with self._tracing.named_after(self._run):
            self._root = self._tracing.tracer.start_span(
                f"invoke_agent {AGENT}",
                self._parent,
                SpanKind.INTERNAL,
                about,
                start_time=self._now(),
            )

    def _ended(self, ended: RunEnded) -> None:
        self._end_phase()
        for span in self._steps.values():  # stopped with the run
            self._end(span, "cancelled")
        self._steps.clear()
        if self._root is None:
            return
        self._root.set_attribute("breadth.run.status", ended.status)
        failed = ended.status in ("failed", "cancelled")
        self._end(self._root, ended.status if failed else None)
        self._root = None

    def _end_phase(self) -> None:
        if self._phase is not None:
            self._end(self._phase, None)
            self._phase = None

    def _step_began(self, call: str, started: StepStarted) -> None:
        if call in self._steps:
            self._steps[call].set_attribute("breadth.step.attempts", started.attempt)
            return
        tool = self._tools.get(step_of(call), "unknown")
        about: Attributes = {
            OPERATION: "execute_tool",
            "gen_ai.tool.name": tool,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": call,
        }
        if self._tracing.content:
            about["gen_ai.tool.call.arguments"] = as_json(dict(started.arguments))
        above = call.rpartition("/")[0]
        parent = self._steps.get(above, self._root) if above else self._root
        self._steps[call] = self._span(f"execute_tool {tool}", SpanKind.INTERNAL, about, parent)

    def _step_ended(self, call: str, ended: StepEnded) -> None:
        span = self._steps.pop(call, None)
        if span is None:
            return
        match ended.outcome:
            case Done(value=value):
                span.set_attribute("breadth.step.outcome", "done")
                if self._tracing.content:
                    span.set_attribute("gen_ai.tool.call.result", as_json(value))
                self._end(span, None)
            case Failed():
                span.set_attribute("breadth.step.outcome", "failed")
                self._end(span, "tool_error")
            case Skipped():
                span.set_attribute("breadth.step.outcome", "skipped")
                self._end(span, None)
            case never:
                assert_never(never)

    def _model_called(self, called: ModelCalled, way: str) -> None:
        about = about_call(called)
        if self._tracing.content:
            turns = [(turn.role, turn.content) for turn in called.request.messages]
            said = [("assistant", sample.text) for sample in called.completion.samples]
            about["gen_ai.input.messages"] = as_json([message(*turn) for turn in turns])
            about["gen_ai.output.messages"] = as_json([message(*turn) for turn in said])
        asking = way + called.step if called.step else way.rstrip("/")
        parent = self._steps.get(asking) or self._phase or self._root
        end = self._now()
        begin = end - round(called.seconds * _SECOND)
        name = f"chat {called.model}"
        span = self._span(name, SpanKind.CLIENT, about, parent, at=begin)
        error = called.error and ("cancelled" if called.error == STOPPED else "model_error")
        self._end(span, error, at=end)

    def _span(
        self, name: str, kind: SpanKind, about: Attributes, parent: Span | None, *, at: int = 0
    ) -> Span:
        """Begins; `at`: when, if not now."""
        context = set_span_in_context(parent) if parent is not None else self._parent
        start = self._tracing.tracer.start_span
        return start(name, context, kind, about, start_time=at or self._now())

    def _end(self, span: Span, error: str | None, *, at: int = 0) -> None:
        if error is not None:
            span.set_attribute(ERROR_TYPE, error)
            span.set_status(Status(StatusCode.ERROR))
        span.end(at or self._now())


def _context_of(traceparent: str | None) -> Context:
    """Of a header; one that is none makes a trace of its own."""
    carrier: Mapping[str, str] = {"traceparent": traceparent} if traceparent else {}
    # Not the current context: what is under way here has nothing to do with the run.
    return TraceContextTextMapPropagator().extract(carrier, Context())
