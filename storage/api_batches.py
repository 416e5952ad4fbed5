"""Batches of the service: files of requests, each of which becomes a response.

Whoever works on a batch has claimed it for a while; where that process dies, another one goes on.
Nothing is asked twice: a request's response is known by an idempotency key of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Literal

from pydantic import JsonValue
from sqlalchemy import Row, Select, Update, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.batch_tables import ApiBatchLineRow, ApiBatchRow
from storage.database import Database
from storage.errors import TooManyBatches, UnknownBatch
from storage.files import behind

BatchStatus = Literal[
    "validating",
    "failed",
    "in_progress",
    "finalizing",
    "completed",
    "expired",
    "cancelling",
    "cancelled",
]
LineState = Literal["waiting", "asked", "completed", "failed"]
BATCH_OVER = frozenset({"failed", "completed", "expired", "cancelled"})
MOST_BATCHES = 50
"""Of one user that are not over."""
CLAIM_SECONDS = 15.0
"""Whoever works on a batch says again and again that it does."""


@dataclass(frozen=True, slots=True)
class LineCounts:
    """How far its requests have come."""

    total: int = 0
    completed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class ApiBatchRecord:
    """A batch as it is kept."""

    id: str
    user: str
    api_key: str | None
    endpoint: str
    input_file: str
    request: Mapping[str, Any]
    status: BatchStatus
    moments: Mapping[str, int]
    errors: Sequence[Mapping[str, Any]]
    created_at: datetime
    expires_at: datetime
    output_file: str | None
    error_file: str | None
    counts: LineCounts = field(default_factory=LineCounts)


@dataclass(frozen=True, slots=True)
class ApiLine:
    """A request of the file."""

    position: int
    custom_id: str
    body: Mapping[str, Any]
    response: str | None = None
    state: LineState = "waiting"
    told: Mapping[str, Any] | None = None


_FIELDS = tuple(name for name in ApiBatchRecord.__slots__ if name != "counts")
_OF_LINE = tuple(ApiLine.__slots__)


class ApiBatches:
    """Those in one database. Every method raises StorageError where that is unusable.

    `user`: whose; None: everybody's. What is another user's is not there.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """Of an open store."""
        self._database = database
        self._now = now

    async def create(
        self,
        user: str,
        api_key: str | None,
        endpoint: str,
        input_file: str,
        request: Mapping[str, JsonValue],
        *,
        lasts: timedelta,
    ) -> ApiBatchRecord:
        """A new one, to be looked at at once. `lasts`: until what has not ended is given up.

        Raises TooManyBatches.
        """
        at = self._now()
        values: dict[str, Any] = {"id": f"batch_{token_hex(12)}", "user": user}
        values |= {"api_key": api_key, "endpoint": endpoint, "input_file": input_file}
        values |= {"request": dict(request), "status": "validating", "moments": {}, "errors": []}
        values |= {"created_at": at, "expires_at": at + lasts, "next_at": at}
        living = select(func.count()).where(
            ApiBatchRow.user == user, ApiBatchRow.next_at.is_not(None)
        )

        async def made(connection: AsyncConnection) -> ApiBatchRecord:
            if (await connection.execute(living)).scalar_one() >= MOST_BATCHES:
                raise TooManyBatches(MOST_BATCHES)
            await connection.execute(insert(ApiBatchRow).values(values))
            return await _named(connection, values["id"], None)

        return await self._database.write(made)

    async def named(self, batch: str, user: str | None = None) -> ApiBatchRecord:
        """The batch with this id. Raises UnknownBatch."""
        return await self._database.read(lambda connection: _named(connection, batch, user))

    async def all(
        self, user: str, *, after: str | None = None, limit: int = 20
    ) -> list[ApiBatchRecord]:
        """Those of a user, the newest first. `after`: behind this one; raises UnknownBatch."""

        async def found(connection: AsyncConnection) -> list[ApiBatchRecord]:
            query = select(ApiBatchRow.__table__).where(ApiBatchRow.user == user)
            order = (ApiBatchRow.created_at, ApiBatchRow.id)
            if after is not None:
                last = await _named(connection, after, user)
                query = query.where(behind(order, last.created_at, last.id))
            query = query.order_by(*(column.desc() for column in order)).limit(limit)
            rows = (await connection.execute(query)).all()
            counts = await _counts(connection, [row.id for row in rows])
            return [_record(row, counts.get(row.id, LineCounts())) for row in rows]

        return await self._database.read(found)

    async def claim(self) -> ApiBatchRecord | None:
        """One that is to be looked at, for this process alone for a while."""
        if not await self._database.rows(self._due):
            return None  # without a lock on the database

        async def claimed(connection: AsyncConnection) -> ApiBatchRecord | None:
            due = self._due.with_for_update(skip_locked=True)
            id_ = (await connection.execute(due)).scalar_one_or_none()
            if id_ is None:
                return None
            await connection.execute(
                _of(id_).values(next_at=self._now() + timedelta(seconds=CLAIM_SECONDS))
            )
            return await _named(connection, id_, None)

        return await self._database.write(claimed)

    async def rest(self, batch: str, seconds: float) -> None:
        """It is looked at again then, unless it is over."""
        of_it = _of(batch).where(ApiBatchRow.next_at.is_not(None))
        await self._database.change(of_it.values(next_at=self._now() + timedelta(seconds=seconds)))

    async def move(
        self,
        batch: str,
        status: BatchStatus,
        *,
        only_from: Sequence[BatchStatus],
        **changes: Any,
    ) -> bool:
        """Give it another status, if it has one of those; whether it had. `changes`: of columns."""
        return await self._database.write(
            lambda connection: self._moved(connection, batch, status, only_from, changes)
        )

    async def _moved(
        self,
        connection: AsyncConnection,
        batch: str,
        status: BatchStatus,
        only_from: Sequence[BatchStatus],
        changes: Mapping[str, Any],
    ) -> bool:
        at = self._now()
        query = select(ApiBatchRow.status, ApiBatchRow.moments).where(ApiBatchRow.id == batch)
        row = (await connection.execute(query.with_for_update())).one_or_none()
        if row is None or row.status not in only_from:
            return False
        moments = {**row.moments, f"{status}_at": int(at.timestamp())}
        over: dict[str, Any] = {"next_at": None if status in BATCH_OVER else at}
        values = {"status": status, "moments": moments, **over, **changes}
        await connection.execute(_of(batch).values(values))
        return True

    async def hold(self, batch: str) -> None:
        """It stays claimed for a while."""
        await self.rest(batch, CLAIM_SECONDS)

    async def begin(self, batch: str, lines: Sequence[ApiLine]) -> None:
        """All of its requests; from then on it is in progress, unless it has been begun already."""
        rows = [
            {"batch": batch, **{name: getattr(line, name) for name in _OF_LINE}} for line in lines
        ]

        async def begun(connection: AsyncConnection) -> None:
            if await self._moved(connection, batch, "in_progress", ("validating",), {}):
                await connection.execute(insert(ApiBatchLineRow), rows)

        await self._database.write(begun)

    async def lines(
        self, batch: str, *states: LineState, after: int = -1, limit: int = 100
    ) -> list[ApiLine]:
        """Those in one of these states, behind this position."""
        line = ApiBatchLineRow
        query = select(*(getattr(line, name) for name in _OF_LINE)).where(
            line.batch == batch, line.state.in_(states), line.position > after
        )
        rows = await self._database.rows(query.order_by(line.position).limit(limit))
        return [ApiLine(**row._mapping) for row in rows]

    async def asked(self, batch: str, position: int, response: str) -> None:
        """The request has a response from now on."""
        await self._change(batch, position, state="asked", response=response)

    async def ended(
        self, batch: str, position: int, state: LineState, told: Mapping[str, Any]
    ) -> None:
        """`told`: its line in the output, or among the errors."""
        await self._change(batch, position, state=state, told=dict(told))

    async def forget_bodies(self, batch: str) -> None:
        """What its files have is not kept twice."""
        of_it = update(ApiBatchLineRow).where(ApiBatchLineRow.batch == batch)
        await self._database.change(of_it.values(body={}, told=None))

    @property
    def _due(self) -> Select[str]:
        """The one that has waited longest."""
        due = select(ApiBatchRow.id).where(ApiBatchRow.next_at <= self._now())
        return due.order_by(ApiBatchRow.next_at).limit(1)

    async def _change(self, batch: str, position: int, **values: Any) -> None:
        line = ApiBatchLineRow
        chosen = update(line).where(line.batch == batch, line.position == position)
        await self._database.change(chosen.values(values))


def _of(batch: str) -> Update:
    return update(ApiBatchRow).where(ApiBatchRow.id == batch)


async def _named(connection: AsyncConnection, batch: str, user: str | None) -> ApiBatchRecord:
    whose = true() if user is None else ApiBatchRow.user == user
    query = select(ApiBatchRow.__table__).where(ApiBatchRow.id == batch, whose)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise UnknownBatch(batch)
    return _record(row, (await _counts(connection, [batch])).get(batch, LineCounts()))


async def _counts(connection: AsyncConnection, batches: Sequence[str]) -> dict[str, LineCounts]:
    """Of each that has requests."""
    line = ApiBatchLineRow
    query = select(line.batch, line.state, func.count().label("many"))
    query = query.where(line.batch.in_(batches)).group_by(line.batch, line.state)
    found: dict[str, dict[str, int]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.batch, {})[row.state] = row.many
    return {
        batch: LineCounts(sum(many.values()), many.get("completed", 0), many.get("failed", 0))
        for batch, many in found.items()
    }


def _record(row: Row[Any], counts: LineCounts) -> ApiBatchRecord:
    return ApiBatchRecord(**{name: getattr(row, name) for name in _FIELDS}, counts=counts)
