"""A run that begins with what another one has: its plan, and outcomes of it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import ColumnElement, insert, literal, null, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from planner import top_step
from storage.answer_records import Data
from storage.runs import Asker, insert_run, run_record
from storage.tables import (
    CallRow,
    EventRow,
    EvidenceRow,
    PassageRow,
    RunRow,
    SourceRow,
    StepRow,
)

_TAKEN_OVER = ("plan_ended", "sub_plan_ended", "step_cancelled", "step_replaced")
"""Kinds of events of the parent that hold for the run, too."""


async def fork_run(
    connection: AsyncConnection,
    parent: str,
    options: Mapping[str, JsonValue],
    anew: Collection[str],
    at: datetime,
    asked_by: Asker | None = None,
) -> str:
    """A new run of the same question, queued; gives its id.

    It has the parent's steps, the outcomes of those that are not to run `anew`, what these cite,
    and the ends of its plans; of sub-runs that are to run anew it has nothing. Its log says which
    outcomes it has taken over, and what had become of its steps; nothing counts as spent.
    """
    question = (await run_record(connection, parent)).question
    run = await insert_run(connection, question, options, at, parent=parent, asked_by=asked_by)
    anew = frozenset(anew)
    inside = await _inside(connection, parent, anew)
    await _copy(connection, StepRow, parent, run, StepRow.id.not_in(inside))
    ended = CallRow.outcome.is_not(None) & CallRow.step.not_in(anew | inside)
    changed: dict[str, ColumnElement[Any]] = {
        "reused": true(),
        "started_at": null(),
        "ended_at": literal(at, CallRow.ended_at.type),
    }
    await _copy(connection, CallRow, parent, run, ended, changed)
    calls = select(CallRow.id).where(CallRow.run == run)
    cites = EvidenceRow.call.in_(calls)
    cited = select(EvidenceRow.passage).where(EvidenceRow.run == parent, cites)
    passages = PassageRow.id.in_(cited)
    read = select(PassageRow.source).where(PassageRow.run == parent, passages)
    await _copy(connection, SourceRow, parent, run, SourceRow.id.in_(read))
    await _copy(connection, PassageRow, parent, run, passages)
    await _copy(connection, EvidenceRow, parent, run, cites)
    await _log(connection, parent, run, anew, at)
    return run


async def _inside(connection: AsyncConnection, run: str, steps: Collection[str]) -> frozenset[str]:
    """The ids of all steps in the sub-runs that these steps are."""
    nested = select(StepRow.id).where(StepRow.run == run, StepRow.id.contains("/"))
    ids = (await connection.execute(nested)).scalars()
    return frozenset(id_ for id_ in ids if top_step(id_) in steps)


async def _copy(
    connection: AsyncConnection,
    table: Any,
    parent: str,
    run: str,
    chosen: ColumnElement[bool],
    changed: Mapping[str, ColumnElement[Any]] | None = None,
) -> None:
    """Rows of the parent as rows of the run, in the database."""
    new = {"run": literal(run), **(changed or {})}
    columns = table.__table__.columns
    rows = select(*(new.get(column.name, column) for column in columns))
    rows = rows.where(table.run == parent, chosen)
    names = [column.name for column in columns]
    await connection.execute(insert(table).from_select(names, rows))


async def _log(
    connection: AsyncConnection, parent: str, run: str, anew: Collection[str], at: datetime
) -> None:
    """The ends of plans, what became of steps, and the outcomes, as events of the run."""
    kept = EventRow.run == parent, EventRow.kind.in_(_TAKEN_OVER)
    logged = select(EventRow.kind, EventRow.payload).where(*kept).order_by(EventRow.seq)
    calls = select(CallRow.id, CallRow.outcome).where(CallRow.run == run).order_by(CallRow.id)
    events = [
        (kind, payload)
        for kind, payload in (await connection.execute(logged)).all()
        if not _is_of(payload, kind, anew)
    ] + [
        ("step_ended", {"id": call, "outcome": outcome, "reused": True})
        for call, outcome in (await connection.execute(calls)).all()
    ]
    rows = [
        {"run": run, "seq": seq, "at": at, "kind": kind, "payload": payload}
        for seq, (kind, payload) in enumerate(events, 1)
    ]
    if rows:
        await connection.execute(insert(EventRow), rows)
    await connection.execute(update(RunRow).where(RunRow.id == run).values(last_event=len(rows)))


def _is_of(payload: Data, kind: str, anew: Collection[str]) -> bool:
    """Whether an event tells of a sub-run that is to run anew, or of a step that was given up."""
    within = payload.get("within")
    if within is not None and top_step(within) in anew:
        return True
    return kind == "step_cancelled" and top_step(payload["id"]) in anew
