"""Values as plain JSON and back. What comes back equals what went in.

Written out by hand: what is stored is a format that outlives the classes.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, assert_never

from inference import Message, Request, Sample, TokenLogprob
from planner import (
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
    Step,
    StepAdded,
    StepCancelled,
    StepEnded,
    StepReplaced,
    StepStarted,
    Within,
)
from search import Passage
from storage.answer_records import Data

EVENT_KINDS: Mapping[type[Event], str] = {
    RunStarted: "run_started",
    PhaseStarted: "phase_started",
    StepAdded: "step_added",
    StepStarted: "step_started",
    StepEnded: "step_ended",
    SpeculationStarted: "speculation_started",
    Speculated: "speculated",
    StepCancelled: "step_cancelled",
    StepReplaced: "step_replaced",
    ModelCalled: "model_called",
    Decided: "decided",
    Reasoned: "reasoned",
    PlanEnded: "plan_ended",
    AnswerWritten: "answer_written",
    RunEnded: "run_ended",
}
"""What the log calls them."""
OF_A_RUN = (RunStarted, PhaseStarted, PlanEnded, AnswerWritten, RunEnded)
"""Of a sub-run, the log calls them `sub_run_started` and so on: they say nothing of the run."""


def event_data(event: Event) -> tuple[str, Data]:
    """The event's kind and what the log keeps of it; what is large has a table of its own.

    What happened in a sub-run has the way there (`within`), and its ids have it in front.
    """
    if not isinstance(event, Within):
        return EVENT_KINDS[type(event)], _payload(event)
    kind, payload = event_data(event.event)
    if isinstance(event.event, OF_A_RUN):
        kind = f"sub_{kind}"
    for key in {"id", "step"} & set(payload):
        payload[key] = nested_id(event.call, payload[key])
    return kind, payload | {"within": event.call}


def nested_id(within: str, local: str | None) -> str:
    """The id of a step or a call of a sub-run; of the sub-run itself, where none of them is meant.

    `within`: the way there; empty for the run itself.
    """
    return f"{within}/{local}" if within and local else within or local or ""


def local_id(nested: str) -> tuple[str, str]:
    """The inverse: the way, and the id that the sub-run itself uses."""
    within, _, local = nested.rpartition("/")
    return within, local


def _payload(event: Event) -> Data:
    match event:
        case RunStarted(resumed=resumed):
            return {"resumed": resumed}
        case StepAdded(step=step, round=number, by=by):
            return {"id": step.id, "round": number, "by": by}
        case StepStarted(id=call, attempt=attempt, guessed=guessed):
            return {"id": call, "attempt": attempt, "guessed": guessed}
        case StepEnded(id=call, outcome=outcome, reused=reused):
            kind = outcome_columns(outcome)["outcome"]
            return {"id": call, "outcome": kind, "reused": reused}
        case ModelCalled(step=asking, request=request, error=error, guess=guess, reused=reused):
            asked = {"step": asking, "purpose": request.purpose, "error": error, "guess": guess}
            return asked | ({"reused": True} if reused else {})
        case SpeculationStarted(id=call, arguments=arguments, drafts=drafts, attempt=attempt):
            data = {"arguments": dict(arguments), "drafts": dict(drafts)}
            return {"id": call, "attempt": attempt, **data}
        case StepReplaced(was=was, why=why):
            return {"id": was.id, "why": why, "was": step_columns(was)}
        case (
            Speculated()
            | StepCancelled()
            | PhaseStarted()
            | Decided()
            | Reasoned()
            | PlanEnded()
            | RunEnded()
        ):
            return asdict(event)
        case AnswerWritten() | Within():  # a Within inside another is none: the ways are joined
            return {}
        case never:
            assert_never(never)


def step_columns(step: Step) -> Data:
    """The columns of a step that a plan line says."""
    return {
        "tool": step.tool,
        "arguments": dict(step.arguments),
        "needs": list(step.needs),
        "for_each": step.for_each,
        "optional": step.optional,
        "condition": step.when,
    }


def outcome_columns(outcome: Outcome) -> Data:
    """The columns of a call that tell its outcome; its passages go into tables of their own."""
    match outcome:
        case Done(value=value, cut=cut):
            return {"outcome": "done", "value": value, "error": cut}
        case Failed(error=error):
            return {"outcome": "failed", "value": None, "error": error}
        case Skipped(reason=reason):
            return {"outcome": "skipped", "value": None, "error": reason}
        case never:
            assert_never(never)


def outcome_from(
    columns: Mapping[str, Any], evidence: tuple[Passage, ...], read: tuple[Passage, ...]
) -> Outcome:
    """The outcome of a call that has one."""
    match columns["outcome"]:
        case "done":
            return Done(columns["value"], evidence, read, columns["error"])
        case "failed":
            return Failed(columns["error"])
        case "skipped":
            return Skipped(columns["error"])
        case other:
            raise AssertionError(f"no outcome is called {other!r}")


def request_data(request: Request) -> Data:
    """What a model was asked, all of it: a Request holds no secrets."""
    return {
        "messages": [{"role": turn.role, "content": turn.content} for turn in request.messages],
        "n": request.n,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "max_tokens": request.max_tokens,
        "stop": list(request.stop),
        "seed": request.seed,
        "schema": None if request.schema is None else dict(request.schema),
        "grammar": request.grammar,
        "regex": request.regex,
        "continuation": request.continuation,
        "top_logprobs": request.top_logprobs,
    }


def request_from(data: Mapping[str, Any], purpose: str) -> Request:
    """The inverse of `request_data`, as far as the request is sent."""
    kept = {name: value for name, value in data.items() if name not in ("messages", "stop")}
    messages = (Message(turn["role"], turn["content"]) for turn in data["messages"])
    return Request(tuple(messages), stop=tuple(data["stop"]), purpose=purpose, **kept)


def sample_data(sample: Sample) -> Data:
    """A completion; reasoning and log-probabilities only where there are some."""
    data: Data = {"text": sample.text, "finish_reason": sample.finish_reason}
    if sample.reasoning:
        data["reasoning"] = sample.reasoning
    if sample.logprobs:
        data["logprobs"] = [
            {"token": token.token, "logprob": token.logprob, "top": [list(p) for p in token.top]}
            for token in sample.logprobs
        ]
    return data


def sample_from(data: Mapping[str, Any]) -> Sample:
    """The inverse of `sample_data`."""
    logprobs = (
        TokenLogprob(
            token["token"],
            float(token["logprob"]),
            tuple((text, float(logprob)) for text, logprob in token["top"]),
        )
        for token in data.get("logprobs", ())
    )
    return Sample(data["text"], data["finish_reason"], data.get("reasoning", ""), tuple(logprobs))
