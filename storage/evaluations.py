"""Evaluations: question sets that were asked, and what came of each question.

Each question that a system is asked is a run like any other, and can be traced. Its result is
kept in one transaction when it has ended; what has none is asked again, as a new run.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Row, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.errors import EvaluationTaken, UnknownEvaluation
from storage.owner import Owner
from storage.run_ids import new_run_id
from storage.runs import insert_run
from storage.tables import EvaluationRow, EvaluationRunRow

_NEWEST = 1000
_NOBODY = {"owner_host": None, "owner_pid": None, "owner_birth": None}


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """What came of one question, asked of one system."""

    run: str
    system: str
    question: str
    """Its id in the set."""
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EvaluationRecord:
    """An evaluation as it is kept."""

    id: str
    name: str | None
    configuration: Mapping[str, Any]
    created_at: datetime
    ended_at: datetime | None
    """None: some questions were not asked yet."""
    results: tuple[EvaluationResult, ...] = ()
    """In the order in which they came; empty in lists."""


class Evaluations:
    """The evaluations in one database. Every method raises StorageError where that is unusable."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """Of an open store."""
        self._database = database
        self._now = now

    async def begin(
        self,
        key: str,
        configuration: Mapping[str, JsonValue],
        *,
        name: str | None = None,
        fresh: bool = False,
    ) -> EvaluationRecord:
        """The newest with this key that has not ended, with its results; else, or if it is to be
        `fresh`, a new one. It belongs to this process until `leave`.

        Raises EvaluationTaken where another living process has it.
        """

        async def opened(connection: AsyncConnection) -> EvaluationRecord:
            row = None if fresh else await _open(connection, key)
            if row is not None:
                await _take(connection, row)
                return await _whole(connection, row)
            id_ = new_run_id(self._now())
            values: dict[str, Any] = {"id": id_, "key": key, "name": name, **_owner()}
            values |= {"configuration": dict(configuration), "created_at": self._now()}
            await connection.execute(insert(EvaluationRow).values(values))
            return await _whole(connection, await _row(connection, id_))

        return await self._database.write(opened)

    async def create_run(self, evaluation: str, system: str, question: str, text: str) -> str:
        """A run for a question; gives its id."""

        async def create(connection: AsyncConnection) -> str:
            options = {"evaluation": evaluation, "system": system}
            run = await insert_run(connection, text, options, self._now())
            values = {"run": run, "evaluation": evaluation}
            values |= {"system": system, "question": question}
            await connection.execute(insert(EvaluationRunRow).values(values))
            return run

        return await self._database.write(create)

    async def keep(self, run: str, data: Mapping[str, Any]) -> None:
        """The result of a run; committed when it returns, and when the caller is cancelled."""
        values = {"result": dict(data), "ended_at": self._now()}
        of_run = update(EvaluationRunRow).where(EvaluationRunRow.run == run)
        await self._database.change(of_run.values(values))

    async def leave(self, evaluation: str, *, ended: bool) -> None:
        """This process has done with it. `ended`: every question was asked."""
        values: dict[str, Any] = {**_NOBODY, **({"ended_at": self._now()} if ended else {})}
        of_it = update(EvaluationRow).where(EvaluationRow.id == evaluation)
        await self._database.change(of_it.values(values))

    async def get(self, named: str) -> EvaluationRecord:
        """By its id, a beginning of it, or its name (then the newest). Raises UnknownEvaluation."""

        async def found(connection: AsyncConnection) -> EvaluationRecord:
            return await _whole(connection, await _named(connection, named))

        return await self._database.read(found)

    async def newest(self, limit: int = 20) -> list[EvaluationRecord]:
        """Without their results."""
        query = select(EvaluationRow.__table__).order_by(EvaluationRow.id.desc()).limit(limit)
        return [_record(row, ()) for row in await self._database.rows(query)]


def _owner() -> dict[str, Any]:
    owner = Owner.this_process()
    return {"owner_host": owner.host, "owner_pid": owner.pid, "owner_birth": owner.birth}


async def _open(connection: AsyncConnection, key: str) -> Row[Any] | None:
    """The newest of this key that was not finished."""
    query = (
        select(EvaluationRow.__table__)
        .where(EvaluationRow.key == key, EvaluationRow.ended_at.is_(None))
        .order_by(EvaluationRow.id.desc())
        .limit(1)
        .with_for_update()
    )
    return (await connection.execute(query)).one_or_none()


async def _take(connection: AsyncConnection, row: Row[Any]) -> None:
    """For this process, unless another one lives that has it."""
    if row.owner_host is not None:
        other = Owner(row.owner_host, row.owner_pid, row.owner_birth)
        if not other.gone:
            raise EvaluationTaken(row.id)
    of_it = update(EvaluationRow).where(EvaluationRow.id == row.id)
    await connection.execute(of_it.values(_owner()))


async def _named(connection: AsyncConnection, named: str) -> Row[Any]:
    """The one that is meant."""
    by_name = select(EvaluationRow.__table__).order_by(EvaluationRow.id.desc()).limit(1)
    row = (await connection.execute(by_name.where(EvaluationRow.name == named))).one_or_none()
    if row is not None:
        return row
    by_id = select(EvaluationRow.id).where(
        or_(EvaluationRow.id == named, EvaluationRow.id.startswith(named, autoescape=True))
    )
    found = list((await connection.execute(by_id.limit(3))).scalars()) if named else []
    if len(found) == 1:
        return await _row(connection, found[0])
    newest = select(EvaluationRow.id, EvaluationRow.name).order_by(EvaluationRow.id.desc())
    rows = await connection.execute(newest.limit(_NEWEST))
    raise UnknownEvaluation(named, found or [text for row in rows for text in row if text])


async def _row(connection: AsyncConnection, id_: str) -> Row[Any]:
    query = select(EvaluationRow.__table__).where(EvaluationRow.id == id_)
    return (await connection.execute(query)).one()


async def _whole(connection: AsyncConnection, row: Row[Any]) -> EvaluationRecord:
    """With its results."""
    query = (
        select(EvaluationRunRow.__table__)
        .where(EvaluationRunRow.evaluation == row.id, EvaluationRunRow.ended_at.is_not(None))
        .order_by(EvaluationRunRow.ended_at, EvaluationRunRow.run)
    )
    rows = (await connection.execute(query)).all()
    return _record(
        row, [EvaluationResult(one.run, one.system, one.question, one.result) for one in rows]
    )


def _record(row: Row[Any], results: Sequence[EvaluationResult]) -> EvaluationRecord:
    return EvaluationRecord(
        row.id, row.name, row.configuration, row.created_at, row.ended_at, tuple(results)
    )
