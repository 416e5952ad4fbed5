"""The log of a run, read by whoever follows it: events in order, each with what it tells of.

An event keeps little by itself; what a step is, what a call was given and what came of it stand in
tables of their own, and are put back into it here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from storage.answer_records import Data
from storage.pasts import inputs_of
from storage.runs import ENDED
from storage.tables import CallRow, EventRow, EvidenceRow, PassageRow, RunRow, SourceRow, StepRow

_AT_ONCE = 500
"""Ids in one IN (...)."""
_OF_STEPS = ("step_added", "step_replaced")
"""Events that tell what a step is."""


@dataclass(frozen=True, slots=True)
class Logged:
    """An event as it is kept."""

    seq: int
    """From 1 in each run."""
    at: datetime
    kind: str
    """See `storage.records.EVENT_KINDS`."""
    data: Mapping[str, Any]
    """`step_added` and `step_replaced` have what the step is by now, `inputs` being all that it
    waits for; `step_started` the call's tool and arguments; `step_ended` its tool, value, error,
    and under `sources` location and title of what it rests on or read."""


@dataclass(frozen=True, slots=True)
class Head:
    """How far a run has come."""

    status: str
    last_event: int

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return self.status in ENDED


async def read_heads(connection: AsyncConnection, runs: Collection[str]) -> dict[str, Head]:
    """Of those that exist."""
    heads: dict[str, Head] = {}
    ids = list(runs)
    for start in range(0, len(ids), _AT_ONCE):
        chosen = RunRow.id.in_(ids[start : start + _AT_ONCE])
        query = select(RunRow.id, RunRow.status, RunRow.last_event).where(chosen)
        for row in await connection.execute(query):
            heads[row.id] = Head(row.status, row.last_event)
    return heads


async def read_news(
    connection: AsyncConnection, run: str, after: int
) -> tuple[Head | None, list[Logged]]:
    """How far a run has come, and its events behind the one with this number; None: there is no
    such run."""
    head = (await read_heads(connection, [run])).get(run)
    if head is None or head.last_event <= after:
        return head, []
    return head, await read_log(connection, run, after)


async def read_log(connection: AsyncConnection, run: str, after: int = 0) -> list[Logged]:
    """The events behind the one with this number."""
    query = select(EventRow.__table__).where(EventRow.run == run, EventRow.seq > after)
    rows = (await connection.execute(query.order_by(EventRow.seq))).all()
    steps = await _steps(connection, run, {r.payload["id"] for r in rows if r.kind in _OF_STEPS})
    told = {r.payload["id"] for r in rows if r.kind in ("step_started", "step_ended")}
    calls = await _calls(connection, run, told)
    return [
        Logged(row.seq, row.at, row.kind, _whole(row.kind, row.payload, steps, calls))
        for row in rows
    ]


def _whole(kind: str, payload: Data, steps: Mapping[str, Data], calls: Mapping[str, Data]) -> Data:
    """With what the event tells of."""
    if kind in _OF_STEPS:
        return steps.get(payload["id"], {}) | payload
    call = calls.get(payload["id"], {}) if kind in ("step_started", "step_ended") else {}
    if kind == "step_started":
        return {
            name: call[name] for name in ("step", "tool", "arguments") if name in call
        } | payload
    return call | payload


async def _steps(connection: AsyncConnection, run: str, ids: Collection[str]) -> dict[str, Data]:
    """What each step is."""
    if not ids:
        return {}
    query = select(StepRow.__table__).where(StepRow.run == run, *_few(StepRow.id, ids))
    names = ("tool", "arguments", "needs", "for_each", "optional", "condition")
    return {
        row.id: {name: row._mapping[name] for name in names} | {"inputs": inputs_of(row)}
        for row in await connection.execute(query)
        if row.id in ids
    }


async def _calls(connection: AsyncConnection, run: str, ids: Collection[str]) -> dict[str, Data]:
    """What each call was given, and what came of it."""
    if not ids:
        return {}
    step = (StepRow.run == CallRow.run) & (StepRow.id == CallRow.step)
    query = select(CallRow.__table__, StepRow.tool).outerjoin(StepRow, step)
    query = query.where(CallRow.run == run, *_few(CallRow.id, ids))
    rows = (await connection.execute(query)).all()
    sources = await _sources(connection, run, ids)
    return {
        row.id: {
            "step": row.step,
            "tool": row.tool,
            "arguments": row.arguments,
            "value": row.value,
            "error": row.error,
            "sources": sources.get(row.id, []),
        }
        for row in rows
        if row.id in ids
    }


def _few(column: InstrumentedAttribute[str], ids: Collection[str]) -> list[ColumnElement[bool]]:
    """Only those, where they are not so many that all are read as fast."""
    return [column.in_(ids)] if len(ids) <= _AT_ONCE else []


async def _sources(
    connection: AsyncConnection, run: str, ids: Collection[str]
) -> dict[str, list[Data]]:
    """By call, each source once, those of the best passages first."""
    passage = (PassageRow.run == EvidenceRow.run) & (PassageRow.id == EvidenceRow.passage)
    source = (SourceRow.run == PassageRow.run) & (SourceRow.id == PassageRow.source)
    query = (
        select(EvidenceRow.call, SourceRow.location, SourceRow.title)
        .join(PassageRow, passage)
        .join(SourceRow, source)
        .where(EvidenceRow.run == run, *_few(EvidenceRow.call, ids))
        .order_by(EvidenceRow.kind, EvidenceRow.rank)
    )
    found: dict[str, list[Data]] = {}
    for row in await connection.execute(query):
        here = found.setdefault(row.call, [])
        if all(each["location"] != row.location for each in here):
            here.append({"location": row.location, "title": row.title})
    return found
