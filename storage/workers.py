"""Workers: the processes of the service that do runs, and how the runs of a dead one are saved.

A worker says every few seconds that it lives. One that was not heard of for `Workers.lease` is
taken for dead: one of the others claims it, and nobody else may take over its runs meanwhile. The
moments are those of the workers' clocks, which have to agree to a few seconds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.errors import RunTaken, UnknownRun
from storage.owner import Owner
from storage.runs import ENDED
from storage.service_tables import WorkerRow
from storage.tables import RunRow

_LIVE = ("queued", "running")
_OF_RUN = (
    *(RunRow.status, RunRow.worker),
    *(RunRow.owner_host, RunRow.owner_pid, RunRow.owner_birth),
)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WorkerRecord:
    """A process that does runs."""

    id: str
    host: str
    pid: int
    started_at: datetime
    beat_at: datetime


class Workers:
    """Those that use one database. Every method raises StorageError where that is unusable."""

    lease = timedelta(seconds=12)
    """Without a word for so long, a worker is dead."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """Of an open store."""
        self._database = database
        self._now = now

    async def join(self, worker: str) -> None:
        """This process begins to work under this id."""
        at, me = self._now(), Owner.this_process()
        place = {"host": me.host, "pid": me.pid, "birth": me.birth}
        row = insert(WorkerRow).values(id=worker, **place, started_at=at, beat_at=at)
        await self._database.change(row)

    async def beat(self, worker: str) -> bool:
        """It lives. False: it was taken for dead, and its runs are others' now."""
        mine = update(WorkerRow).where(WorkerRow.id == worker, WorkerRow.claimed_by.is_(None))

        async def beaten(connection: AsyncConnection) -> bool:
            # The moment in which it is written: it may have waited for the database until then.
            return (await connection.execute(mine.values(beat_at=self._now()))).rowcount == 1

        return await self._database.write(beaten)

    async def give_up(self, worker: str) -> None:
        """It works no more: whatever it has is the others' at once."""
        given = update(WorkerRow).where(WorkerRow.id == worker)
        await self._database.change(given.values(beat_at=_LONG_AGO))

    async def leave(self, worker: str) -> None:
        """It works no more, and has nothing that others would have to do."""
        await self._database.change(delete(WorkerRow).where(WorkerRow.id == worker))

    async def claim(self, worker: str, *, silent: bool = True) -> list[str]:
        """The dead ones that are `worker`'s from now on, whose runs it is to queue anew.

        On its own host it need not wait for the lease where a process is no more. `silent`: those
        that were not heard of, too; else only who gave up, or is certainly no more.
        """

        async def claimed(connection: AsyncConnection) -> list[str]:
            now = self._now()
            late = now - self.lease
            unclaimed = or_(WorkerRow.claimed_by.is_(None), WorkerRow.claimed_at < late)
            query = select(WorkerRow.__table__).where(unclaimed & (WorkerRow.id != worker))
            rows = await connection.execute(query.with_for_update(skip_locked=True))
            heard = late if silent else _LONG_AGO + self.lease
            found = [
                row.id
                for row in rows
                if row.beat_at < heard or _is_gone(Owner(row.host, row.pid, row.birth))
            ]
            mine = update(WorkerRow).where(WorkerRow.id.in_(found))
            await connection.execute(mine.values(claimed_by=worker, claimed_at=now))
            return found

        return await self._database.write(claimed)

    async def alive(self) -> list[WorkerRecord]:
        """Those that were heard of lately."""
        late = self._now() - self.lease
        query = select(WorkerRow.__table__).where(WorkerRow.beat_at >= late)
        rows = await self._database.rows(query.order_by(WorkerRow.started_at))
        return [WorkerRecord(r.id, r.host, r.pid, r.started_at, r.beat_at) for r in rows]

    async def take(self, run: str, worker: str) -> bool:
        """The run is this worker's from now on; False: it has ended. Raises RunTaken where a living
        other one has it, or a process that is no worker; UnknownRun."""

        async def taken(connection: AsyncConnection) -> bool:
            query = select(*_OF_RUN).where(RunRow.id == run).with_for_update()
            row = (await connection.execute(query)).one_or_none()
            if row is None:
                raise UnknownRun(run)
            if row.status in ENDED:
                return False
            if row.worker is None and row.owner_host is not None:
                other = Owner(row.owner_host, row.owner_pid, row.owner_birth).is_another
            else:
                other = row.worker not in (None, worker)
                other = other and await is_alive(connection, row.worker, self._now())
            if other:
                raise RunTaken(run)
            mine = update(RunRow).where(RunRow.id == run).values(worker=worker)
            await connection.execute(mine)
            return True

        return await self._database.write(taken)

    async def cancelled(self, worker: str) -> list[str]:
        """The runs that it does and that somebody wants stopped."""
        asked = (RunRow.worker == worker) & RunRow.status.in_(_LIVE)
        query = select(RunRow.id).where(asked & RunRow.cancel_at.is_not(None))
        return [row.id for row in await self._database.rows(query)]

    async def waiting(
        self, older: timedelta, since: datetime | None = None, *, limit: int = 1000
    ) -> tuple[Sequence[str], datetime | None]:
        """Runs for the queue that were made longer ago than this and have not begun, from that
        moment on; and the moment from which on there are more, or None."""
        wait = (RunRow.status == "queued") & RunRow.priority.is_not(None)
        made = RunRow.created_at < self._now() - older
        if since is not None:
            made &= RunRow.created_at >= since
        query = select(RunRow.id, RunRow.created_at).where(wait, made, RunRow.worker.is_(None))
        query = query.order_by(RunRow.created_at)
        rows = await self._database.rows(query.limit(limit))
        is_all = len(rows) < limit or rows[-1].created_at == since
        return [row.id for row in rows], None if is_all else rows[-1].created_at

    async def orphans(self, limit: int = 1000) -> Sequence[str]:
        """Runs that a worker had which is known no more, and that nobody has gone on with."""
        known = select(WorkerRow.id)
        query = select(RunRow.id).where(RunRow.status.in_(_LIVE), RunRow.priority.is_not(None))
        query = query.where(RunRow.worker.is_not(None), RunRow.worker.not_in(known))
        since = func.coalesce(RunRow.ticked_at, RunRow.created_at)
        query = query.where(since < self._now() - self.lease)
        rows = await self._database.rows(query.order_by(RunRow.created_at).limit(limit))
        return [row.id for row in rows]

    async def known(self) -> frozenset[str]:
        """Those that have not left, living or dead."""
        return frozenset(row.id for row in await self._database.rows(select(WorkerRow.id)))


def _is_gone(owner: Owner) -> bool:
    """Without waiting for the lease: only where its number says something here."""
    return owner.is_neighbour and owner.gone


async def is_alive(connection: AsyncConnection, worker: str, at: datetime) -> bool:
    """Whether it was heard of lately, and nobody claimed it."""
    fresh = (WorkerRow.beat_at >= at - Workers.lease) & WorkerRow.claimed_by.is_(None)
    query = select(WorkerRow.id).where(WorkerRow.id == worker, fresh)
    return (await connection.execute(query)).one_or_none() is not None
