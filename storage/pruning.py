"""Removing runs, with everything of them.

Some at a time, each lot in a transaction of its own, so that others can write between them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.runs import ENDED
from storage.service_tables import DeliveryRow, ResponseRow
from storage.tables import (
    CallRow,
    EvaluationRunRow,
    EventRow,
    EvidenceRow,
    ModelCallRow,
    PassageRow,
    RunRow,
    SourceRow,
    StepRow,
)

LOT = 50
"""Runs in one transaction."""
_OF_RUNS = (
    DeliveryRow,
    ResponseRow,
    EvidenceRow,
    PassageRow,
    SourceRow,
    ModelCallRow,
    EventRow,
    CallRow,
    StepRow,
)
"""What hangs on a run, in an order in which it can be removed."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed, or would be."""

    runs: int
    oldest: datetime | None
    newest: datetime | None
    """When the first and the last of them were made."""


def removable(before: datetime) -> ColumnElement[bool]:
    """Runs that ended and were made before then; of the service also those whose response was
    deleted, however old. Runs of evaluations belong to these."""
    deleted = RunRow.priority.is_not(None) & RunRow.id.not_in(select(ResponseRow.run))
    evaluated = select(EvaluationRunRow.run)
    old = or_(RunRow.created_at < before, deleted)
    return and_(RunRow.status.in_(ENDED), old, RunRow.id.not_in(evaluated))


async def next_lot(
    connection: AsyncConnection, before: datetime, after: str = "", limit: int = LOT
) -> Sequence[tuple[str, datetime]]:
    """Ids and moments of runs that may be removed, behind the one with this id."""
    query = select(RunRow.id, RunRow.created_at).where(removable(before), RunRow.id > after)
    rows = await connection.execute(query.order_by(RunRow.id).limit(limit))
    return [(row.id, row.created_at) for row in rows]


async def remove_runs(connection: AsyncConnection, runs: Collection[str]) -> None:
    """These, and everything of them. Runs that replay them stay, and forget whom they replay."""
    for table in _OF_RUNS:
        await connection.execute(delete(table).where(table.run.in_(runs)))
    orphaned = update(RunRow).where(RunRow.parent.in_(runs)).values(parent=None)
    await connection.execute(orphaned)
    await connection.execute(delete(RunRow).where(RunRow.id.in_(runs)))
