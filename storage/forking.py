"""A run that begins with what another one has: its plan, and outcomes of it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import ColumnElement, insert, literal, null, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.runs import insert_run, run_record
from storage.tables import (
    CallRow,
    EventRow,
    EvidenceRow,
    PassageRow,
    RunRow,
    SourceRow,
    StepRow,
)


async def fork_run(
    connection: AsyncConnection,
    parent: str,
    options: Mapping[str, JsonValue],
    anew: Collection[str],
    at: datetime,
) -> str:
    """A new run of the same question, queued; gives its id.

    It has the parent's steps, the outcomes of those that are not to run `anew`, what these cite,
    and the ends of its plans. Its log says which outcomes it has taken over; nothing counts as
    spent.
    """
    question = (await run_record(connection, parent)).question
    run = await insert_run(connection, question, options, at, parent=parent)
    await _copy(connection, StepRow, parent, run, StepRow.run == parent)
    ended = CallRow.outcome.is_not(None) & CallRow.step.not_in(anew)
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
    await _log(connection, parent, run, at)
    return run


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


async def _log(connection: AsyncConnection, parent: str, run: str, at: datetime) -> None:
    """The ends of plans and the outcomes, as events of the run."""
    ends = select(EventRow.payload).where(EventRow.run == parent, EventRow.kind == "plan_ended")
    calls = select(CallRow.id, CallRow.outcome).where(CallRow.run == run).order_by(CallRow.id)
    events = [
        ("plan_ended", payload)
        for payload in (await connection.execute(ends.order_by(EventRow.seq))).scalars()
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
