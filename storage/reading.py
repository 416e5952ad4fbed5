"""From rows to what a run knows (`History`) and to all there is (the document)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from planner import History, Outcome, Reply, Spending
from search import Passage
from storage.answer_records import Data, answer_data, source_from
from storage.pasts import Kept, inputs_of, nested_pasts, past, planned, tool_calls
from storage.records import (
    local_id,
    outcome_from,
    request_from,
    sample_from,
)
from storage.runs import RunRecord, run_record
from storage.tables import (
    CallRow,
    EventRow,
    EvidenceRow,
    ModelCallRow,
    PassageRow,
    SourceRow,
    StepRow,
)

Rows = list[Row[Any]]


async def read_history(connection: AsyncConnection, run: str) -> History:
    """Everything that a run which goes on need not do again."""
    record = await run_record(connection, run)
    steps = await _steps(connection, run)
    calls = await _calls(connection, run)
    cancelled = await _logged(connection, run, "step_cancelled")
    kept = Kept(
        steps=steps,
        calls=calls,
        outcomes=await _outcomes(connection, run, calls),
        cancelled={each["id"]: each["reason"] for each in cancelled},
        replaced={each["id"] for each in await _logged(connection, run, "step_replaced")},
    )
    return replace(
        past("", kept),
        planned=planned(await _logged(connection, run, "plan_ended")),
        seconds=record.seconds,
        spent=await _spent(connection, run),
        tool_calls=await _tool_calls(connection, run),
        answer=record.answer,
        cut=await _cut(connection, run),
        nested=await _nested(connection, run, kept),
    )


async def read_replies(connection: AsyncConnection, run: str) -> tuple[Reply, ...]:
    """Of the model calls that came to their end."""
    query = _of(ModelCallRow, run).where(ModelCallRow.error.is_(None)).order_by(ModelCallRow.seq)
    return tuple(
        Reply(
            request_from(row.request, row.purpose),
            tuple(map(sample_from, row.samples)),
            row.model,
            row.step,
        )
        for row in await _rows(connection, query)
    )


async def read_document(connection: AsyncConnection, run: str) -> Data:
    """Everything of the run as plain JSON; moments are ISO 8601 in UTC."""
    sources = await _rows(connection, _of(SourceRow, run).order_by(SourceRow.location))
    passages = await _rows(
        connection, _of(PassageRow, run).order_by(PassageRow.source, PassageRow.start)
    )
    models = await _rows(connection, _of(ModelCallRow, run).order_by(ModelCallRow.seq))
    events = await _rows(connection, _of(EventRow, run).order_by(EventRow.seq))
    reused = {row.seq for row in events if row.payload.get("reused")}
    record = await run_record(connection, run)
    return {
        "run": _run_data(record),
        "steps": [step_data(row) for row in await _steps(connection, run)],
        "calls": await _call_data(connection, run),
        "model_calls": [row_data(row) | {"reused": row.seq in reused} for row in models],
        "sources": [row_data(row) for row in sources],
        "passages": [row_data(row) for row in passages],
        "answer": _answer_data(record),
        "events": [
            {"seq": row.seq, "at": _moment(row.at), "kind": row.kind, **row.payload}
            for row in events
        ],
    }


def _of(table: type[Any], run: str) -> Select[Any]:
    """The table's rows of the run."""
    return select(table.__table__).where(table.run == run)


async def _rows(connection: AsyncConnection, query: Select[Any]) -> Rows:
    """All of them."""
    return list((await connection.execute(query)).all())


async def _steps(connection: AsyncConnection, run: str) -> Rows:
    """In the order in which they were accepted."""
    return await _rows(connection, _of(StepRow, run).order_by(StepRow.position))


async def _calls(connection: AsyncConnection, run: str) -> Rows:
    """In the order in which they began; those that never did come last."""
    unstarted = CallRow.started_at.is_(None)
    order = (unstarted, CallRow.started_at, CallRow.ended_at, CallRow.id)
    return await _rows(connection, _of(CallRow, run).order_by(*order))


async def _evidence(
    connection: AsyncConnection, run: str
) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Passage ids by call and kind, best first."""
    found: defaultdict[tuple[str, str], tuple[str, ...]] = defaultdict(tuple)
    for row in await _rows(connection, _of(EvidenceRow, run).order_by(EvidenceRow.rank)):
        found[row.call, row.kind] += (row.passage,)
    return found


async def _outcomes(connection: AsyncConnection, run: str, calls: Rows) -> dict[str, Outcome]:
    """Of every call that has ended."""
    passages = await _passages(connection, run)
    evidence = await _evidence(connection, run)

    def of(call: str, kind: str) -> tuple[Passage, ...]:
        return tuple(passages[each] for each in evidence.get((call, kind), ()))

    return {
        row.id: outcome_from(dict(row._mapping), of(row.id, "proof"), of(row.id, "read"))
        for row in calls
        if row.outcome is not None
    }


async def _nested(connection: AsyncConnection, run: str, kept: Kept) -> Mapping[str, History]:
    """The pasts of its sub-runs; what only they need is read only where there are any."""
    if not any(local_id(row.id)[0] for row in kept.steps):
        return {}
    events = await _rows(connection, _of(EventRow, run).order_by(EventRow.seq))
    asked = await _rows(connection, _of(ModelCallRow, run))
    return nested_pasts(kept, events, asked)


async def _passages(connection: AsyncConnection, run: str) -> dict[str, Passage]:
    """The run's passages by id."""
    rows = await _rows(connection, _of(SourceRow, run))
    sources = {row.id: source_from(dict(row._mapping)) for row in rows}
    return {
        row.id: Passage(sources[row.source], row.start, row.end, row.text, row.part)
        for row in await _rows(connection, _of(PassageRow, run))
    }


async def _cut(connection: AsyncConnection, run: str) -> str | None:
    """Why a limit ended the run, if that is how it ended and it has not gone on."""
    query = select(EventRow.kind, EventRow.payload).where(EventRow.run == run)
    ends = query.where(EventRow.kind.in_(("run_started", "run_ended")))
    last = (await connection.execute(ends.order_by(EventRow.seq.desc()).limit(1))).one_or_none()
    if last is None or not last.payload.get("cut_short"):
        return None
    return str(last.payload["reason"])


async def _logged(connection: AsyncConnection, run: str, kind: str) -> list[Data]:
    """What the log says of the events of a kind, in order."""
    query = select(EventRow.payload).where(EventRow.run == run, EventRow.kind == kind)
    return list((await connection.execute(query.order_by(EventRow.seq))).scalars())


async def _spent(connection: AsyncConnection, run: str) -> Spending:
    """By all model calls."""
    tokens = func.sum(ModelCallRow.prompt_tokens + ModelCallRow.completion_tokens)
    sums = (func.coalesce(tokens, 0), func.coalesce(func.sum(ModelCallRow.cost), 0.0))
    row = (await connection.execute(select(*sums).where(ModelCallRow.run == run))).one()
    return Spending(int(row[0]), row[1] or 0.0)


async def _tool_calls(connection: AsyncConnection, run: str) -> int:
    """All that the budget counts."""
    kinds = ("step_started", "speculation_started")
    query = select(EventRow.kind, EventRow.payload).where(EventRow.run == run)
    rows = (await connection.execute(query.where(EventRow.kind.in_(kinds)))).all()
    return tool_calls((row.kind, row.payload) for row in rows)


def step_data(row: Row[Any]) -> Data:
    """With `inputs`: every step that it waits for, whether an argument or `needs` names it; and
    with `within`: the call that is the sub-run whose step it is, if any."""
    return row_data(row) | {"inputs": inputs_of(row), "within": local_id(row.id)[0] or None}


async def _call_data(connection: AsyncConnection, run: str) -> list[Data]:
    """With `proof` and `read`: ids of passages, best first."""
    evidence = await _evidence(connection, run)
    return [
        row_data(row) | {kind: list(evidence.get((row.id, kind), ())) for kind in ("proof", "read")}
        for row in await _calls(connection, run)
    ]


def _run_data(record: RunRecord) -> Data:
    """Without the answer, which stands by itself."""
    names = ("id", "parent", "question", "status", "reason", "options", "seconds")
    moments = ("created_at", "started_at", "ended_at")
    data = {name: getattr(record, name) for name in names}
    return data | {name: _moment(getattr(record, name)) for name in moments}


def _answer_data(record: RunRecord) -> Data | None:
    """With `text`: the sentences and their marks in one."""
    answer = record.answer
    return None if answer is None else {"text": answer.text, **answer_data(answer)}


def row_data(row: Row[Any]) -> Data:
    """A row without the run, which is the same in all of them."""
    return {
        name: _moment(value) if isinstance(value, datetime) else value
        for name, value in row._mapping.items()
        if name != "run"
    }


def _moment(at: datetime | None) -> str | None:
    """ISO 8601."""
    return None if at is None else at.isoformat()
