"""Links by which others read the answer of a run.

A run has one link at most. The link is kept as it is: what it opens lies in the same database, so
a digest of it would hide nothing from whoever reads that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.service_tables import ShareRow
from storage.statements import add
from storage.tables import RunRow

_BYTES = 32
_LONGEST = 64
"""Characters of a token that could be one."""


@dataclass(frozen=True, slots=True)
class ShareRecord:
    """A link as it is kept."""

    run: str
    token: str
    """Whoever knows it may read the answer."""
    created_at: datetime


class Shares:
    """Those in one database. Every method raises StorageError where that is unusable.

    Whose a run is, callers have found out before. Here ids of runs have to be whole.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """Of an open store."""
        self._database = database
        self._now = now

    async def make(self, run: str) -> ShareRecord:
        """The link of a run: a new one, where it has none."""

        async def made(connection: AsyncConnection) -> ShareRecord:
            # Of two requests at the same moment the second one finds what the first one made.
            await connection.execute(select(RunRow.id).where(RunRow.id == run).with_for_update())
            earlier = await _found(connection, run)
            if earlier is not None:
                return earlier
            new = ShareRecord(run, token_urlsafe(_BYTES), self._now())
            values = {"run": new.run, "token": new.token, "created_at": new.created_at}
            await add(connection, ShareRow, values)
            return new

        return await self._database.write(made)

    async def of_run(self, run: str) -> ShareRecord | None:
        """The link of a run, if it has one."""
        return await self._database.read(lambda connection: _found(connection, run))

    async def named(self, token: str) -> ShareRecord | None:
        """The link with this token, if there is one."""
        if not (token.isascii() and token.isprintable() and len(token) <= _LONGEST):
            return None
        query = select(ShareRow.__table__).where(ShareRow.token == token)
        row = next(iter(await self._database.rows(query)), None)
        return None if row is None else _record(row)

    async def revoke(self, run: str) -> None:
        """Its link opens nothing any more; a later one is another one."""
        await self._database.change(delete(ShareRow).where(ShareRow.run == run))


async def _found(connection: AsyncConnection, run: str) -> ShareRecord | None:
    """That of the run."""
    query = select(ShareRow.__table__).where(ShareRow.run == run)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _record(row)


def _record(row: Row[Any]) -> ShareRecord:
    return ShareRecord(row.run, row.token, row.created_at)
