"""Batches: files of questions, asked row by row into a folder.

A batch is one pass over the rows. Each row is a run like any other, made in the transaction that
gives it to the row, so that whenever the process dies the next one finds it. Batches of one place
follow one another: what an earlier one has answered, a later one takes over.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.batch_tables import BatchLineRow, BatchRow
from storage.database import Database
from storage.errors import BatchTaken
from storage.owner import Owner
from storage.run_ids import new_run_id
from storage.runs import insert_run

_REMEMBERED = 20
"""Earlier batches of a place whose answers are taken over."""
_NOBODY = {"owner_host": None, "owner_pid": None, "owner_birth": None}


@dataclass(frozen=True, slots=True)
class NewLine:
    """A row that is to be asked."""

    key: str
    """The same for rows that would be the same run."""
    question: str
    name: str


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A row as it is kept."""

    position: int
    """From 0."""
    key: str
    question: str
    name: str
    run: str | None = None
    taken: bool = False
    """Whether an earlier batch had asked it, and this one has not gone on with it."""
    result: Mapping[str, Any] | None = None
    """None: its run has not ended."""
    files: Mapping[str, Any] | None = None
    """What was written of it."""
    spent_before: Mapping[str, Any] | None = None
    """What its run had taken when this batch began with it; None: it has not."""


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch as it is kept."""

    id: str
    place: str
    configuration: Mapping[str, Any]
    created_at: datetime
    ended_at: datetime | None
    """None: it was not gone through to its end."""
    seconds: float
    lines: tuple[BatchLine, ...] = ()
    """In the order of the file; empty in `newest`."""


class Batches:
    """The batches in one database. Every method raises StorageError where that is unusable."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """Of an open store."""
        self._database = database
        self._now = now

    async def begin(
        self,
        place: str,
        key: str,
        configuration: Mapping[str, JsonValue],
        lines: Sequence[NewLine],
        *,
        fresh: bool = False,
    ) -> BatchRecord:
        """The newest of this place, if it has this key and has not ended; else a new one, whose
        rows have the runs that they had in earlier ones. `fresh`: a new one in any case, without
        such runs. It belongs to this process until `leave`.

        Raises BatchTaken where another living process has the newest.
        """

        async def begun(connection: AsyncConnection) -> BatchRecord:
            await _in_turn(connection, place)
            newest = await _newest(connection, place)
            if newest is not None:
                _require_free(newest)
            if newest is not None and newest.ended_at is None and newest.key == key and not fresh:
                taken = update(BatchRow).where(BatchRow.id == newest.id).values(_owner())
                await connection.execute(taken)
                return await _whole(connection, newest)
            id_, at = new_run_id(self._now()), self._now()
            values: dict[str, Any] = {"id": id_, "place": place, "key": key, **_owner()}
            values |= {"configuration": dict(configuration), "created_at": at}
            await connection.execute(insert(BatchRow).values(values))
            known = await _known(connection, place, fresh=fresh)
            rows = [known.row(id_, number, line) for number, line in enumerate(lines)]
            await connection.execute(insert(BatchLineRow), rows)
            return await _whole(connection, await _row(connection, id_))

        return await self._database.write(begun)

    async def start(
        self, batch: str, key: str, question: str, options: Mapping[str, JsonValue]
    ) -> str:
        """A run for the rows with this key, which have none; gives its id."""

        async def started(connection: AsyncConnection) -> str:
            run = await insert_run(connection, question, options, self._now())
            values = {"run": run, "taken": False, "spent_before": {}, "result": None}
            await connection.execute(_of(batch, key).values(values))
            return run

        return await self._database.write(started)

    async def take_up(self, batch: str, key: str, spent: Mapping[str, JsonValue]) -> None:
        """This batch goes on with the run of these rows, which has taken so much until now."""
        values = {"taken": False, "spent_before": dict(spent)}
        await self._database.change(_of(batch, key).values(values))

    async def keep(self, batch: str, key: str, result: Mapping[str, Any]) -> None:
        """What came of the rows with this key; committed even if the caller is cancelled."""
        await self._database.change(_of(batch, key).values(result=dict(result)))

    async def wrote(self, batch: str, position: int, files: Mapping[str, Any]) -> None:
        """Which files a row has."""
        of_it = update(BatchLineRow).where(
            BatchLineRow.batch == batch, BatchLineRow.position == position
        )
        await self._database.change(of_it.values(files=dict(files)))

    async def spent(self, batch: str, seconds: float) -> None:
        """So long it was worked on, until now."""
        of_it = update(BatchRow).where(BatchRow.id == batch)
        await self._database.change(of_it.values(seconds=seconds))

    async def leave(self, batch: str, *, ended: bool) -> None:
        """This process has done with it. `ended`: it was gone through to its end."""
        values: dict[str, Any] = {**_NOBODY, **({"ended_at": self._now()} if ended else {})}
        await self._database.change(update(BatchRow).where(BatchRow.id == batch).values(values))

    async def get(self, batch: str) -> BatchRecord:
        """With its rows. Here the id has to be whole, and that of a batch."""

        async def found(connection: AsyncConnection) -> BatchRecord:
            return await _whole(connection, await _row(connection, batch))

        return await self._database.read(found)

    async def newest(self, place: str) -> BatchRecord | None:
        """The newest of a place, without its rows."""

        async def found(connection: AsyncConnection) -> BatchRecord | None:
            row = await _newest(connection, place)
            return None if row is None else _record(row)

        return await self._database.read(found)

    async def before(self, batch: str) -> BatchRecord | None:
        """The last of the same place before this one that was gone through to its end."""

        async def found(connection: AsyncConnection) -> BatchRecord | None:
            place = select(BatchRow.place).where(BatchRow.id == batch).scalar_subquery()
            query = select(BatchRow.__table__).where(
                BatchRow.place == place, BatchRow.id < batch, BatchRow.ended_at.is_not(None)
            )
            query = query.order_by(BatchRow.id.desc()).limit(1)
            row = (await connection.execute(query)).one_or_none()
            return None if row is None else await _whole(connection, row)

        return await self._database.read(found)


async def _in_turn(connection: AsyncConnection, place: str) -> None:
    """Of several that begin at one place and moment one is the first; SQLite has one writer."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(place))))


def _owner() -> dict[str, Any]:
    owner = Owner.this_process()
    return {"owner_host": owner.host, "owner_pid": owner.pid, "owner_birth": owner.birth}


def _require_free(row: Row[Any]) -> None:
    """Raises BatchTaken where another living process has it."""
    if row.owner_host is None:
        return
    other = Owner(row.owner_host, row.owner_pid, row.owner_birth)
    if not other.gone:
        raise BatchTaken(row.id)


def _of(batch: str, key: str) -> Any:
    """A change of the rows with this key."""
    return update(BatchLineRow).where(BatchLineRow.batch == batch, BatchLineRow.key == key)


async def _newest(connection: AsyncConnection, place: str) -> Row[Any] | None:
    query = select(BatchRow.__table__).where(BatchRow.place == place)
    query = query.order_by(BatchRow.id.desc()).limit(1)
    return (await connection.execute(query)).one_or_none()


@dataclass(frozen=True, slots=True)
class _Known:
    """What earlier batches of a place have left, by the newest of them."""

    lines: Mapping[str, Row[Any]]
    """By key, those that have a run."""
    files: Mapping[str, Mapping[str, Any]]
    """By the name of a row, whatever row that was."""

    def row(self, batch: str, position: int, line: NewLine) -> dict[str, Any]:
        """A new one, with what is known of it already."""
        had = self.lines.get(line.key)
        return {
            "batch": batch,
            "position": position,
            "key": line.key,
            "question": line.question,
            "name": line.name,
            "run": had.run if had else None,
            "taken": had is not None and had.result is not None,
            "result": had.result if had else None,
            "files": self.files.get(line.name),
        }


async def _known(connection: AsyncConnection, place: str, *, fresh: bool) -> _Known:
    """`fresh`: without runs."""
    earlier = select(BatchRow.id).where(BatchRow.place == place)
    earlier = earlier.order_by(BatchRow.id.desc()).limit(_REMEMBERED)
    batches = list((await connection.execute(earlier)).scalars())
    query = select(BatchLineRow.__table__).where(BatchLineRow.batch.in_(batches))
    rows = await connection.execute(query.order_by(BatchLineRow.batch, BatchLineRow.position))
    lines, files = {}, {}
    for row in rows:
        if row.run is not None and not fresh:
            lines[row.key] = row
        if row.files is not None:
            files[row.name] = row.files
    return _Known(lines, files)


async def _row(connection: AsyncConnection, id_: str) -> Row[Any]:
    query = select(BatchRow.__table__).where(BatchRow.id == id_)
    return (await connection.execute(query)).one()


async def _whole(connection: AsyncConnection, row: Row[Any]) -> BatchRecord:
    """With its rows."""
    query = select(BatchLineRow.__table__).where(BatchLineRow.batch == row.id)
    lines = (await connection.execute(query.order_by(BatchLineRow.position))).all()
    return _record(row, [_line(each) for each in lines])


def _line(row: Row[Any]) -> BatchLine:
    names = [field.name for field in fields(BatchLine)]
    return BatchLine(**{name: getattr(row, name) for name in names})


def _record(row: Row[Any], lines: Sequence[BatchLine] = ()) -> BatchRecord:
    return BatchRecord(
        row.id,
        row.place,
        row.configuration,
        row.created_at,
        row.ended_at,
        row.seconds,
        tuple(lines),
    )
