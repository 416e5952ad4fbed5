"""Removing runs, with everything of them.

Some at a time, each lot in a transaction of its own, so that others can write between them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.batch_tables import BatchLineRow
from storage.responses import ASKED
from storage.runs import ENDED
from storage.service_tables import DeliveryRow, PostingRow, ResponseRow, ShareRow
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
"""Runs that are looked at at once, and removed in one transaction."""
Made = tuple[str, datetime]
"""The id of a run, and when it was made."""
_OF_RUNS = (
    ShareRow,
    PostingRow,
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


@dataclass(frozen=True, slots=True)
class Ages:
    """What is old enough to be removed."""

    before: datetime
    """Runs that were made before then."""
    keyed: datetime
    """Those of them whose response was deleted, where it has an idempotency key: so long the key is
    remembered."""


def removable(ages: Ages) -> ColumnElement[bool]:
    """Runs that ended and were made before then; of the service also those whose response was
    deleted, however old. Runs of evaluations belong to these."""
    # EXISTS, since NOT IN (SELECT ...) reads the other table whole for each lot.
    of_run = ResponseRow.run == RunRow.id
    there = exists().where(of_run, ResponseRow.kind.in_(ASKED))
    remembered = exists().where(of_run) & (RunRow.created_at >= ages.keyed)
    deleted = RunRow.priority.is_not(None) & ~there & ~remembered
    evaluated = exists().where(EvaluationRunRow.run == RunRow.id)
    old = or_(RunRow.created_at < ages.before, deleted)
    return and_(RunRow.status.in_(ENDED), old, ~evaluated)


async def next_lot(
    connection: AsyncConnection, ages: Ages, after: str = ""
) -> tuple[Sequence[Made], str | None]:
    """Those of the next runs, behind the one with this id, that may be removed; and the last of
    them all, or None at the end."""
    query = select(RunRow.id).where(RunRow.id > after).order_by(RunRow.id).limit(LOT)
    runs = list((await connection.execute(query)).scalars())
    return (await _removable(connection, ages, runs), runs[-1]) if runs else ([], None)


async def remove_runs(
    connection: AsyncConnection, ages: Ages, runs: Collection[str]
) -> Sequence[Made]:
    """Those of them that may still be removed, and everything of them. Runs that replay them stay,
    and forget whom they replay; so do rows of batches."""
    made = await _removable(connection, ages, runs, locked=True)
    ids = [run for run, _ in made]
    for table in _OF_RUNS:
        await connection.execute(delete(table).where(table.run.in_(ids)))
    # What came of a batch's row stays, for the next batch to be compared with.
    await connection.execute(update(BatchLineRow).where(BatchLineRow.run.in_(ids)).values(run=None))
    await connection.execute(update(RunRow).where(RunRow.parent.in_(ids)).values(parent=None))
    await connection.execute(delete(RunRow).where(RunRow.id.in_(ids)))
    return made


async def _removable(
    connection: AsyncConnection, ages: Ages, runs: Collection[str], *, locked: bool = False
) -> Sequence[Made]:
    """`locked`: nobody can go on with them until the transaction ends."""
    query = select(RunRow.id, RunRow.created_at).where(RunRow.id.in_(runs), removable(ages))
    query = query.order_by(RunRow.id)
    rows = await connection.execute(query.with_for_update() if locked else query)
    return [(row.id, row.created_at) for row in rows]
