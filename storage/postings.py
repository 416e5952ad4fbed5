"""Postings: messages of chat systems that show runs, and how far that has come.

A posting is made in the transaction that makes its run, so neither can be without the other. The
courier that shows it claims it, and says again and again that it still does; where a courier dies,
another one goes on from what that one had noted.
"""

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.service_tables import PostingRow
from storage.statements import add

_WAITS = (2, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 28800, 28800)
"""Seconds behind each attempt that failed: a day in all; then it is given up."""
_SPREAD = 0.2


@dataclass(frozen=True, slots=True)
class NewPosting:
    """Where a run is to be shown."""

    system: str
    """slack, ..."""
    place: Mapping[str, JsonValue]
    """In the system's own words."""
    thread: str | None = None
    """The conversation that it belongs to; None: not known yet."""
    state: Mapping[str, JsonValue] = field(default_factory=dict)
    """What its courier is to begin with."""


@dataclass(frozen=True, slots=True)
class Posting:
    """A message that shows a run, as it is kept."""

    run: str
    system: str
    place: Mapping[str, Any]
    thread: str | None
    state: Mapping[str, Any]
    stopped_by: str | None
    created_at: datetime
    claimed_by: str | None
    next_at: datetime | None
    attempts: int
    delivered_at: datetime | None
    dead_at: datetime | None
    error: str | None


class Postings:
    """Those in one database. Every method raises StorageError where that is unusable.

    `courier`: the id of who claims. What a courier says of a posting that it has lost changes
    nothing.
    """

    lease = timedelta(seconds=30)
    """So long nobody else takes what a courier has claimed, behind its last `renew`."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """Of an open store."""
        self._database = database
        self._now = now

    async def due(self, system: str, courier: str, limit: int) -> list[Posting]:
        """What is to be shown and nobody has claimed, the oldest first; it is the courier's now."""
        now = self._now()
        chosen = (PostingRow.system == system) & (PostingRow.next_at <= now)
        query = select(PostingRow.__table__).where(chosen).order_by(PostingRow.next_at).limit(limit)
        if not await self._database.rows(query):  # mostly: and who only looks keeps nobody waiting
            return []
        query = query.with_for_update(skip_locked=True)

        async def claimed(connection: AsyncConnection) -> list[Posting]:
            found = [_posting(row) for row in await connection.execute(query)]
            mine = update(PostingRow).where(PostingRow.run.in_([each.run for each in found]))
            if found:
                values = {"next_at": now + self.lease, "claimed_by": courier}
                await connection.execute(mine.values(values))
            return found

        return await self._database.write(claimed)

    async def renew(self, courier: str, runs: Collection[str]) -> set[str]:
        """Claim them for longer; gives those that are still the courier's."""
        mine = _held(courier) & PostingRow.run.in_(runs)
        longer = update(PostingRow).where(mine).values(next_at=self._now() + self.lease)

        async def renewed(connection: AsyncConnection) -> set[str]:
            await connection.execute(longer)
            return set((await connection.execute(select(PostingRow.run).where(mine))).scalars())

        return await self._database.write(renewed)

    async def release(self, courier: str) -> None:
        """What the courier has not delivered may be taken at once."""
        free = update(PostingRow).where(_held(courier))
        await self._database.change(free.values(next_at=self._now(), claimed_by=None))

    async def note(
        self, run: str, courier: str, state: Mapping[str, JsonValue], thread: str | None = None
    ) -> bool:
        """How far it has come; False: it is not the courier's any more. `thread`: if it is known
        by now."""
        values: dict[str, Any] = {"state": dict(state)}
        if thread is not None:
            values["thread"] = thread
        return await self._change(run, courier, values)

    async def delivered(self, run: str, courier: str) -> None:
        """The answer is shown."""
        values = {"delivered_at": self._now(), "next_at": None, "error": None}
        await self._change(run, courier, values)

    async def failed(
        self, run: str, courier: str, error: str, *, after: float = 0.0, for_good: bool = False
    ) -> None:
        """An attempt failed: it is tried again, or given up.

        `after`: seconds that the system asks for; `for_good`: it will never do.
        """
        tries = PostingRow.attempts
        mine = _held(courier) & (PostingRow.run == run)

        async def noted(connection: AsyncConnection) -> None:
            before = (await connection.execute(select(tries).where(mine))).scalar_one_or_none()
            if before is None:
                return
            values: dict[str, Any] = {"attempts": before + 1, "error": error}
            if for_good or before >= len(_WAITS):
                values |= {"next_at": None, "dead_at": self._now()}
            else:
                spread = random.uniform(1, 1 + _SPREAD)  # noqa: S311 - no secret
                wait = timedelta(seconds=max(_WAITS[before] * spread, after))
                values |= {"next_at": self._now() + wait, "claimed_by": None}
            await connection.execute(update(PostingRow).where(mine).values(values))

        await self._database.write(noted)

    async def stopped(self, run: str, system: str, by: str) -> None:
        """Somebody wants its run stopped; who did first, is kept."""
        first = (PostingRow.run == run) & PostingRow.stopped_by.is_(None)
        chosen = first & (PostingRow.system == system)
        await self._database.change(update(PostingRow).where(chosen).values(stopped_by=by))

    async def of_run(self, run: str) -> Posting | None:
        """Where a run is shown, if it is."""
        query = select(PostingRow.__table__).where(PostingRow.run == run)
        return next(iter([_posting(row) for row in await self._database.rows(query)]), None)

    async def in_thread(self, system: str, thread: str, limit: int = 20) -> list[Posting]:
        """Of a conversation, the newest first."""
        chosen = (PostingRow.system == system) & (PostingRow.thread == thread)
        query = select(PostingRow.__table__).where(chosen)
        query = query.order_by(PostingRow.run.desc()).limit(limit)
        return [_posting(row) for row in await self._database.rows(query)]

    async def _change(self, run: str, courier: str, values: Mapping[str, Any]) -> bool:
        """Where it is the courier's."""
        mine = _held(courier) & (PostingRow.run == run)
        return bool(await self._database.change(update(PostingRow).where(mine).values(values)))


async def add_posting(
    connection: AsyncConnection, run: str, posting: NewPosting, at: datetime
) -> None:
    """In the transaction that makes the run: have it shown."""
    values = {
        "run": run,
        "system": posting.system,
        "place": dict(posting.place),
        "thread": posting.thread,
        "state": dict(posting.state),
    }
    await add(connection, PostingRow, values | {"created_at": at, "next_at": at, "attempts": 0})


def _held(courier: str) -> ColumnElement[bool]:
    """What is the courier's, and not done."""
    return (PostingRow.claimed_by == courier) & PostingRow.next_at.is_not(None)


def _posting(row: Row[Any]) -> Posting:
    names = Posting.__dataclass_fields__
    return Posting(**{name: row._mapping[name] for name in names})
