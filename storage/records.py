"""Values as plain JSON and back. What comes back equals what went in.

Written out by hand: what is stored is a format that outlives the classes.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, assert_never

from inference import Message, Request, Sample, TokenLogprob
from planner import (
    Answer,
    AnswerWritten,
    Decided,
    Done,
    Event,
    Failed,
    ModelCalled,
    Outcome,
    PhaseStarted,
    PlanEnded,
    RunEnded,
    RunStarted,
    Sentence,
    Skipped,
    StepAdded,
    StepEnded,
    StepStarted,
)
from search import Passage, Source

Data = dict[str, Any]
"""Plain JSON."""

EVENT_KINDS: Mapping[type[Event], str] = {
    RunStarted: "run_started",
    PhaseStarted: "phase_started",
    StepAdded: "step_added",
    StepStarted: "step_started",
    StepEnded: "step_ended",
    ModelCalled: "model_called",
    Decided: "decided",
    PlanEnded: "plan_ended",
    AnswerWritten: "answer_written",
    RunEnded: "run_ended",
}
"""What the log calls them."""


def event_data(event: Event) -> tuple[str, Data]:
    """The event's kind and what the log keeps of it; what is large has a table of its own."""
    return EVENT_KINDS[type(event)], _payload(event)


def _payload(event: Event) -> Data:
    match event:
        case RunStarted(resumed=resumed):
            return {"resumed": resumed}
        case StepAdded(step=step, round=number, by=by):
            return {"id": step.id, "round": number, "by": by}
        case StepStarted(id=call, attempt=attempt):
            return {"id": call, "attempt": attempt}
        case StepEnded(id=call, outcome=outcome, reused=reused):
            kind = outcome_columns(outcome)["outcome"]
            return {"id": call, "outcome": kind, "reused": reused}
        case ModelCalled(step=asking, request=request, error=error, reused=reused):
            data = {"step": asking, "purpose": request.purpose, "error": error}
            return data | ({"reused": True} if reused else {})
        case PhaseStarted() | Decided() | PlanEnded() | RunEnded():
            return asdict(event)
        case AnswerWritten():
            return {}
        case never:
            assert_never(never)


def outcome_columns(outcome: Outcome) -> Data:
    """The columns of a call that tell its outcome; its passages go into tables of their own."""
    match outcome:
        case Done(value=value):
            return {"outcome": "done", "value": value, "error": None}
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
            return Done(columns["value"], evidence, read)
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


def source_data(source: Source) -> Data:
    """All fields."""
    return {
        "location": source.location,
        "title": source.title,
        "media_type": source.media_type,
        "digest": source.digest,
    }


def source_from(data: Mapping[str, Any]) -> Source:
    """The inverse of `source_data`."""
    return Source(data["location"], data["title"], data["media_type"], data["digest"])


def answer_data(answer: Answer) -> Data:
    """The answer with its passages: it can be read without any other table."""
    return {
        "value": answer.value,
        "sentences": [
            {"text": sentence.text, "cites": list(sentence.cites), "verdict": sentence.verdict}
            for sentence in answer.sentences
        ],
        "citations": [
            {
                "passage": passage.id,
                "source": source_data(passage.source),
                "start": passage.start,
                "end": passage.end,
                "text": passage.text,
            }
            for passage in answer.citations
        ],
    }


def answer_from(data: Mapping[str, Any]) -> Answer:
    """The inverse of `answer_data`."""
    sentences = (
        Sentence(sentence["text"], tuple(sentence["cites"]), sentence["verdict"])
        for sentence in data["sentences"]
    )
    citations = (
        Passage(source_from(cited["source"]), cited["start"], cited["end"], cited["text"])
        for cited in data["citations"]
    )
    return Answer(data["value"], tuple(sentences), tuple(citations))
