"""Runs as the interface shows them: without prompts, keys and places of the server."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, JsonValue

from planner import Answer, Section, Sentence
from service.api.citations import cited_text, claims_of
from service.api.places import Veil, shown_location
from storage import ResponseRecord, RunRecord, Spent, StepRecord

_OPTIONS = ("effort", "seconds", "max_tool_calls", "max_tokens", "max_cost", "plan_samples",
            "drafts", "select", "size", "language", "audience", "rounds", "depth", "strict",
            "search", "tools", "seed")  # fmt: skip
"""What a client may know of how a run was made."""
_STEP = ("id", "position", "round", "by", "tool", "arguments", "needs", "inputs", "for_each",
         "optional", "condition", "within")  # fmt: skip
_CALL = ("id", "step", "arguments", "attempt", "started_at", "ended_at", "outcome", "value",
         "error", "reused", "proof", "read")  # fmt: skip
_MODEL_CALL = ("seq", "step", "purpose", "model", "request", "samples", "prompt_tokens",
               "cached_tokens", "completion_tokens", "cost", "seconds", "first_token_seconds",
               "error", "guess", "reused", "at")  # fmt: skip

Status = Literal[
    "queued", "running", "interrupted", "completed", "incomplete", "failed", "cancelled"
]
Rows = list[dict[str, JsonValue]]


class RunSummary(BaseModel):
    """A run."""

    id: str
    object: Literal["run"] = "run"
    question: str
    status: Status
    reason: str | None
    """Why it is not completed."""
    parent: str | None
    """The run that it replays."""
    options: dict[str, JsonValue]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float
    value: str | None
    """The shortest form of the answer."""


class RunList(BaseModel):
    """Runs, the newest first."""

    object: Literal["list"] = "list"
    data: list[RunSummary]
    has_more: bool
    first_id: str | None
    last_id: str | None


class RunUsage(BaseModel):
    """Of models and tools."""

    model_calls: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    total_tokens: int
    cost: float | None
    """In the money of the service's prices; null where no model has one."""


class Claim(BaseModel):
    """A sentence of the answer, and what the check of it said."""

    text: str
    verdict: Literal["supported", "partly", "unsupported", "contradicted", "uncited"]
    citations: list[int]
    """Numbers, from 1."""


class CitedPassage(BaseModel):
    """What a mark points at."""

    number: int
    passage: str
    url: str
    title: str
    place: str
    text: str


class Mark(BaseModel):
    """Where a mark stands in the text, in code points."""

    number: int
    start_index: int
    end_index: int


class RunTable(BaseModel):
    """Facts of one kind about several things."""

    columns: list[str]
    rows: list[list[Claim]]


class RunSection(BaseModel):
    """A part of a report."""

    heading: str
    sentences: list[Claim]
    table: RunTable | None


class RunAnswer(BaseModel):
    """What was delivered."""

    value: str | None
    title: str
    text: str
    marks: list[Mark]
    claims: list[Claim]
    summary: list[Claim]
    """The sentences before the first section: of a plain answer, all."""
    sections: list[RunSection]
    citations: list[CitedPassage]


class StepObject(BaseModel):
    """A step, or an element of a for_each, with all that belongs to it."""

    id: str
    object: Literal["run.step"] = "run.step"
    step: dict[str, JsonValue] | None
    """What the plan says; null for the run itself."""
    call: dict[str, JsonValue] | None
    """What it was given and what came of it; `proof` and `read` name passages."""
    passages: Rows
    """The first 200."""
    sources: Rows
    model_calls: Rows


class RunObject(RunSummary):
    """A run with all that was done for it."""

    usage: RunUsage
    answer: RunAnswer | None
    response: str | None
    """The response that it was made for, where that is to be had."""
    previous_response_id: str | None
    """The one that it goes on from."""
    steps: Rows
    """The plan."""
    calls: Rows
    """What became of each step; `proof` and `read` name passages."""
    sources: Rows
    passages: Rows
    model_calls: Rows | None = None
    """With the prompts, where they were asked for."""


def summary(record: RunRecord, veil: Veil) -> RunSummary:
    """Without what was done."""
    return RunSummary.model_validate(_summary(record, veil))


def whole(
    record: RunRecord,
    document: Mapping[str, Any],
    spent: Spent,
    veil: Veil,
    *,
    asked: ResponseRecord | None,
    with_prompts: bool,
) -> RunObject:
    """With everything. `document`: what the store has of it; `asked`: as what it was asked."""
    calls = [_picked(each, _MODEL_CALL) for each in document["model_calls"]]
    return RunObject.model_validate(
        _summary(record, veil)
        | {
            "usage": _usage(spent),
            "answer": None if record.answer is None else _answer(record.answer, veil),
            "response": asked.id if asked else None,
            "previous_response_id": asked.previous if asked else None,
            "steps": veil([_picked(each, _STEP) for each in document["steps"]]),
            "calls": veil([_picked(each, _CALL) for each in document["calls"]]),
            "sources": veil([_source(each) for each in document["sources"]]),
            "passages": veil(document["passages"]),
            "model_calls": veil(calls) if with_prompts else None,
        }
    )


def step_object(id_: str, found: StepRecord, veil: Veil) -> StepObject:
    """As the whole run has it."""
    return StepObject(
        id=id_,
        step=None if found.step is None else veil(_picked(found.step, _STEP)),
        call=None if found.call is None else veil(_picked(found.call, _CALL)),
        passages=veil(found.passages),
        sources=veil([_source(each) for each in found.sources]),
        model_calls=veil([_picked(each, _MODEL_CALL) for each in found.model_calls]),
    )


def _summary(record: RunRecord, veil: Veil) -> dict[str, Any]:
    options = {name: record.options[name] for name in _OPTIONS if name in record.options}
    return {
        "id": record.id,
        "question": record.question,
        "status": record.status,
        "reason": veil(record.reason),
        "parent": record.parent,
        "options": veil(options),
        "created_at": record.created_at,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "seconds": record.seconds,
        "value": veil(record.answer.value) if record.answer else None,
    }


def _usage(spent: Spent) -> RunUsage:
    return RunUsage(
        model_calls=spent.calls,
        prompt_tokens=spent.prompt,
        cached_tokens=spent.cached,
        completion_tokens=spent.completion,
        total_tokens=spent.prompt + spent.completion,
        cost=spent.cost,
    )


def _answer(answer: Answer, veil: Veil) -> RunAnswer:
    cited = cited_text(answer)
    return RunAnswer(
        value=answer.value,
        title=answer.title,
        text=cited.text,
        marks=[
            Mark(number=each.number, start_index=each.start, end_index=each.end)
            for each in cited.citations
        ],
        claims=[_claim(each) for each in claims_of(answer)],
        summary=list(map(_claim, answer.sentences)),
        sections=list(map(_section, answer.sections)),
        citations=[
            CitedPassage(
                number=number,
                passage=passage.id,
                url=shown_location(passage.source.location, passage.source.title),
                title=passage.source.title,
                place=passage.place,
                text=passage.text,
            )
            for number, passage in enumerate(answer.citations, 1)
        ],
    )


def _section(section: Section) -> RunSection:
    table = None
    if section.table is not None:
        rows = [list(map(_claim, row)) for row in section.table.rows]
        table = RunTable(columns=list(section.table.columns), rows=rows)
    sentences = list(map(_claim, section.sentences))
    return RunSection(heading=section.heading, sentences=sentences, table=table)


def _claim(sentence: Sentence) -> Claim:
    return Claim(text=sentence.text, verdict=sentence.verdict, citations=list(sentence.cites))


def _source(row: Mapping[str, Any]) -> dict[str, Any]:
    """With an address that is no place of the server."""
    names = ("id", "title", "media_type", "author", "published")
    return {"url": shown_location(row["location"], row["title"]), **_picked(row, names)}


def _picked(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names if name in row}
