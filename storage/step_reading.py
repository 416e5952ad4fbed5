"""One step of a run with all that belongs to it, as `read_document` has it of all steps."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.answer_records import Data
from storage.reading import row_data, step_data
from storage.tables import CallRow, EvidenceRow, ModelCallRow, PassageRow, SourceRow, StepRow

_PASSAGES = 200
"""That a step shows at most; a step that read more has shown enough."""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What became of a step, or of an element of a for_each."""

    step: Data | None
    """What it is; None for the run itself."""
    call: Data | None
    """What it was given and what came of it, with `proof` and `read`; None before that."""
    passages: list[Data]
    sources: list[Data]
    """Of the passages."""
    model_calls: list[Data]
    """That it asked for, in order."""


async def read_step(connection: AsyncConnection, run: str, id_: str) -> StepRecord | None:
    """The step or the call with this id; empty: the run itself, whose planner and writer ask
    models. None where there is no such thing."""
    call = await _one(connection, select(CallRow.__table__).where(_at(CallRow, run, id_)))
    named = call.step if call is not None else id_
    step = await _one(connection, select(StepRow.__table__).where(_at(StepRow, run, named)))
    if call is None and step is None and id_:
        return None
    evidence = await _evidence(connection, run, id_)
    passages = await _passages(connection, run, evidence)
    sources = await _rows(connection, _within(SourceRow, run, {row.source for row in passages}))
    return StepRecord(
        None if step is None else step_data(step),
        None if call is None else _call(call, evidence),
        [row_data(row) for row in passages],
        [row_data(row) for row in sources],
        [row_data(row) for row in await _model_calls(connection, run, id_)],
    )


async def read_sources(connection: AsyncConnection, run: str) -> list[Data]:
    """All that the run has read from."""
    query = select(SourceRow.__table__).where(SourceRow.run == run).order_by(SourceRow.location)
    return [row_data(row) for row in await _rows(connection, query)]


async def _evidence(connection: AsyncConnection, run: str, call: str) -> list[Row[Any]]:
    """What proves its value first, each kind from the best on."""
    query: Select[Any] = select(EvidenceRow.__table__)
    query = query.where(EvidenceRow.run == run, EvidenceRow.call == call)
    return await _rows(connection, query.order_by(EvidenceRow.kind, EvidenceRow.rank))


async def _passages(
    connection: AsyncConnection, run: str, evidence: list[Row[Any]]
) -> list[Row[Any]]:
    """The texts of the first of them."""
    named = list(dict.fromkeys(row.passage for row in evidence))[:_PASSAGES]
    return await _rows(connection, _within(PassageRow, run, named))


async def _model_calls(connection: AsyncConnection, run: str, id_: str) -> list[Row[Any]]:
    """Those of the run itself name no step."""
    asking = ModelCallRow.step == id_ if id_ else ModelCallRow.step.is_(None)
    query = select(ModelCallRow.__table__).where(ModelCallRow.run == run, asking)
    return await _rows(connection, query.order_by(ModelCallRow.seq))


def _call(row: Row[Any], evidence: list[Row[Any]]) -> Data:
    """With ids of passages."""
    return row_data(row) | {
        kind: [each.passage for each in evidence if each.kind == kind] for kind in ("proof", "read")
    }


def _at(table: Any, run: str, id_: str) -> Any:
    return (table.run == run) & (table.id == id_)


def _within(table: Any, run: str, ids: Collection[str]) -> Select[Any]:
    return select(table.__table__).where(table.run == run, table.id.in_(ids))


async def _one(connection: AsyncConnection, query: Select[Any]) -> Row[Any] | None:
    row: Row[Any] | None = (await connection.execute(query)).one_or_none()
    return row


async def _rows(connection: AsyncConnection, query: Select[Any]) -> list[Row[Any]]:
    return list((await connection.execute(query)).all())
