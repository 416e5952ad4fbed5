"""Files of the service: what clients send to be done, and what they fetch when it is done.

Texts in UTF-8, kept in parts, until they are deleted or their time is over.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any, Literal

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.batch_tables import StoredFileRow, StoredPartRow
from storage.database import Database
from storage.errors import UnknownFile

Purpose = Literal["batch", "batch_output"]
_PART = 256 * 1024
"""Characters."""
_AT_ONCE = 100
"""Expired files that are removed in one transaction."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file, without its text."""

    id: str
    user: str
    purpose: Purpose
    name: str
    size: int
    """Bytes."""
    created_at: datetime
    expires_at: datetime | None
    """From then on it is not there."""


class Files:
    """Those in one database. Every method raises StorageError where that is unusable.

    `user`: whose; None: everybody's. What is another user's, or expired, is not there.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """Of an open store."""
        self._database = database
        self._now = now

    async def create(
        self,
        user: str,
        name: str,
        texts: Iterable[str],
        *,
        purpose: Purpose = "batch",
        expires_at: datetime | None = None,
        id_: str | None = None,
    ) -> FileRecord:
        """A new file of these pieces, one behind the other. `id_`: one that stands in the place of
        another with the same."""
        whole = "".join(texts)
        size = len(whole.encode("utf-8", "surrogatepass"))
        id_, at = id_ or f"file-{token_hex(12)}", self._now()
        record = FileRecord(id_, user, purpose, name, size, at, expires_at)
        values = {field: getattr(record, field) for field in FileRecord.__slots__}
        parts = [
            {"file": record.id, "number": number, "text": whole[start : start + _PART]}
            for number, start in enumerate(range(0, len(whole), _PART))
        ]

        async def made(connection: AsyncConnection) -> None:
            await _remove(connection, [record.id])
            await connection.execute(insert(StoredFileRow).values(values))
            if parts:
                await connection.execute(insert(StoredPartRow), parts)

        await self._database.write(made)
        return record

    async def named(self, file: str, user: str | None = None) -> FileRecord:
        """The file with this id. Raises UnknownFile."""
        query = select(StoredFileRow.__table__).where(self._there(file, user))
        rows = await self._database.rows(query)
        if not rows:
            raise UnknownFile(file)
        return FileRecord(**rows[0]._mapping)

    async def all(
        self,
        user: str,
        *,
        after: str | None = None,
        limit: int = 100,
        oldest_first: bool = False,
        purpose: str | None = None,
    ) -> list[FileRecord]:
        """Those of a user. `after`: behind the one with this id; raises UnknownFile."""
        table = StoredFileRow
        query = select(table.__table__).where(self._living, table.user == user)
        if purpose is not None:
            query = query.where(table.purpose == purpose)
        order = (table.created_at, table.id)
        if after is not None:
            last = await self.named(after, user)
            query = query.where(behind(order, last.created_at, last.id, oldest_first=oldest_first))
        sorted_ = order if oldest_first else tuple(column.desc() for column in order)
        rows = await self._database.rows(query.order_by(*sorted_).limit(limit))
        return [FileRecord(**row._mapping) for row in rows]

    async def size(self, user: str) -> int:
        """Bytes of all files of a user."""
        query = select(func.coalesce(func.sum(StoredFileRow.size), 0).label("bytes"))
        rows = await self._database.rows(query.where(self._living, StoredFileRow.user == user))
        return int(rows[0].bytes)

    async def text(self, file: str) -> AsyncIterator[str]:
        """What is in it, piece by piece. Here it has to be there."""
        number = 0
        while True:
            query = select(StoredPartRow.text).where(
                StoredPartRow.file == file, StoredPartRow.number == number
            )
            rows = await self._database.rows(query)
            if not rows:
                return
            yield rows[0].text
            number += 1

    async def delete(self, file: str, user: str | None = None) -> None:
        """With its text. Raises UnknownFile."""
        await self.named(file, user)
        await self._database.write(lambda connection: _remove(connection, [file]))

    async def sweep(self) -> int:
        """Remove what has expired; gives how many files."""
        old = select(StoredFileRow.id).where(StoredFileRow.expires_at <= self._now())

        async def swept(connection: AsyncConnection) -> int:
            found = list((await connection.execute(old.limit(_AT_ONCE))).scalars())
            if found:
                await _remove(connection, found)
            return len(found)

        return await self._database.write(swept)

    @property
    def _living(self) -> ColumnElement[bool]:
        """Files whose time is not over."""
        return or_(StoredFileRow.expires_at.is_(None), StoredFileRow.expires_at > self._now())

    def _there(self, file: str, user: str | None) -> ColumnElement[bool]:
        """The one with this id."""
        whose = true() if user is None else StoredFileRow.user == user
        return (StoredFileRow.id == file) & whose & self._living


def behind(
    order: tuple[Any, Any], at: datetime, id_: str, *, oldest_first: bool = False
) -> ColumnElement[bool]:
    """Rows that a list by (moment, id) has behind this one."""
    moment, id_column = order
    if oldest_first:
        return or_(moment > at, (moment == at) & (id_column > id_))
    return or_(moment < at, (moment == at) & (id_column < id_))


async def _remove(connection: AsyncConnection, files: list[str]) -> None:
    await connection.execute(delete(StoredPartRow).where(StoredPartRow.file.in_(files)))
    await connection.execute(delete(StoredFileRow).where(StoredFileRow.id.in_(files)))
