"""Runs as a whole: which there are, and how they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import JsonValue
from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from planner import Answer, Status
from storage.errors import UnknownRun
from storage.owner import Owner
from storage.records import answer_from
from storage.run_ids import could_be_run_id, new_run_id
from storage.tables import EvaluationRunRow, RunRow

RunState = Literal["queued", "running", "interrupted"] | Status
"""Interrupted: it was running, and its process on this host is gone. It can go on."""

_CLOSE_AMONG = 1000
"""A misspelt id is compared with so many of the newest."""
_CLOSE_SHOWN = 3


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as it is kept."""

    id: str
    question: str
    status: RunState
    reason: str | None
    """Why it is not completed."""
    options: Mapping[str, JsonValue]
    """What it was created with: model, documents, limits, ..."""
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float
    """Running time up to the last event; that between a crash and a resumption is not in it."""
    answer: Answer | None
    parent: str | None = None
    """The run that this one replays."""


async def insert_run(
    connection: AsyncConnection,
    question: str,
    options: Mapping[str, JsonValue],
    at: datetime,
    *,
    parent: str | None = None,
) -> str:
    """A new run in the queue; gives its id."""
    run = new_run_id(at)
    await connection.execute(
        insert(RunRow).values(
            id=run,
            question=question,
            status="queued",
            options=dict(options),
            created_at=at,
            parent=parent,
            seconds=0.0,
            last_event=0,
        )
    )
    return run


async def full_id(connection: AsyncConnection, named: str) -> str:
    """The id that begins like this. Raises UnknownRun for none and for several."""
    found: list[str] = []
    if could_be_run_id(named):
        query = select(RunRow.id).where(RunRow.id.startswith(named)).order_by(RunRow.id.desc())
        found.extend((await connection.execute(query.limit(_CLOSE_SHOWN))).scalars())
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownRun(named, found, ambiguous=True)
    newest = select(RunRow.id).order_by(RunRow.created_at.desc()).limit(_CLOSE_AMONG)
    ids = (await connection.execute(newest)).scalars().all()
    raise UnknownRun(named, get_close_matches(named, ids, _CLOSE_SHOWN))


async def run_record(connection: AsyncConnection, run: str) -> RunRecord:
    """The run with exactly this id, which exists."""
    query = select(RunRow.__table__).where(RunRow.id == run)
    return _record((await connection.execute(query)).one())


async def run_records(
    connection: AsyncConnection, limit: int, status: RunState | None
) -> list[RunRecord]:
    """The newest first, without those that were made for an evaluation."""
    evaluated = select(EvaluationRunRow.run)
    query = select(RunRow.__table__).where(RunRow.id.not_in(evaluated))
    query = query.order_by(RunRow.created_at.desc(), RunRow.id.desc())
    if status not in ("running", "interrupted"):
        chosen = query if status is None else query.where(RunRow.status == status)
        return [_record(row) for row in await connection.execute(chosen.limit(limit))]
    # Only the process table tells these two apart, so the limit comes after it. They are few.
    rows = await connection.execute(query.where(RunRow.status == "running"))
    return [record for record in map(_record, rows) if record.status == status][:limit]


def _record(row: Row[Any]) -> RunRecord:
    """The row, with the state as it is now."""
    return RunRecord(
        id=row.id,
        question=row.question,
        status=_state(row),
        reason=row.reason,
        options=row.options,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        seconds=row.seconds,
        answer=None if row.answer is None else answer_from(row.answer),
        parent=row.parent,
    )


def _state(row: Row[Any]) -> RunState:
    """A run cannot say itself that its process died."""
    state: RunState = row.status
    if state != "running" or row.owner_host is None:
        return state
    gone = Owner(row.owner_host, row.owner_pid, row.owner_birth).gone
    return "interrupted" if gone else "running"
