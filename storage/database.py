"""Transactions, and the one place where errors of drivers are translated."""

import asyncio
import sqlite3
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import URL, Delete, Insert, Row, Select, Update
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.access import Access, Work
from storage.engines import is_sqlite, prepare_sqlite
from storage.errors import StorageError, Unstorable
from storage.one_file import OneFile
from storage.server import Server

_T = TypeVar("_T")

_LONGEST = 300
_OF_DATA = ("22", "23")
"""PostgreSQL's classes of errors: of the data, and of constraints."""

_ADVICE = {
    "SQLITE_FULL": "the disk (or the database's page limit) is full: make room",
    "SQLITE_BUSY": "another process keeps it locked: wait for it, or end it",
    "SQLITE_LOCKED": "another process keeps it locked: wait for it, or end it",
    "SQLITE_NOTADB": "this is not a SQLite database: name another file",
    "SQLITE_CORRUPT": "the file is damaged: put a copy of it back, or name another file",
    "SQLITE_CANTOPEN": "it cannot be opened: look at the rights of the file and its folder",
    "SQLITE_READONLY": "it cannot be written to: look at the rights of the file and its folder",
    "SQLITE_PERM": "it cannot be written to: look at the rights of the file and its folder",
    "SQLITE_IOERR": "the disk cannot be read or written: look at the system's log",
}


class Database:
    """Transactions on one database."""

    def __init__(self, url: URL) -> None:
        """Of a URL that `database_url` gave; nothing is opened yet."""
        self.name = str(url.database) if is_sqlite(url) else url.render_as_string()
        """What messages call it: never with its password."""
        self._url = url
        self._access: Access = OneFile(url) if is_sqlite(url) else Server(url)
        self._open: set[asyncio.Task[Any]] = set()

    async def prepare(self) -> None:
        """To be called first: a SQLite file is made, or looked at."""
        if is_sqlite(self._url):
            with self._translated():
                await asyncio.to_thread(prepare_sqlite, self._url)

    async def write(self, work: Work[_T]) -> _T:
        """See Access. It is done to its end even if the caller is cancelled meanwhile; then the
        caller is.

        A transaction that is cut off half-way is rolled back, but nobody can tell when: its thread
        goes on. And what was done before a cancellation belongs into the trace.
        """
        return await self.finish(self._access.write(work))

    async def read(self, work: Work[_T]) -> _T:
        """See Access."""
        with self._translated():
            return await self._access.read(work)

    async def rows(self, query: Select[*tuple[Any, ...]]) -> Sequence[Row[Any]]:
        """Of one query."""

        async def found(connection: AsyncConnection) -> Sequence[Row[Any]]:
            rows: Sequence[Row[Any]] = (await connection.execute(query)).all()
            return rows

        return await self.read(found)

    async def change(self, statement: Update | Delete | Insert) -> int:
        """One statement; gives how many rows it concerned."""

        async def changed(connection: AsyncConnection) -> int:
            return (await connection.execute(statement)).rowcount

        return await self.write(changed)

    async def rebuild(self, work: Work[_T]) -> _T:
        """See Access; done to its end, as `write`."""
        return await self.finish(self._access.rebuild(work))

    async def vacuum(self) -> None:
        """See Access."""
        with self._translated():
            await self._access.vacuum()

    async def finish(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Several transactions, whatever becomes of the caller; see `write`."""
        task = asyncio.create_task(work)
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        cancelled: asyncio.CancelledError | None = None
        while not task.done():
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is None:
            with self._translated():
                return task.result()
        if not task.cancelled():
            task.exception()  # Looked at, so that asyncio does not report it as lost.
        raise cancelled

    async def close(self) -> None:
        """Wait for what is under way and let go of the database."""
        while self._open:
            await asyncio.wait(set(self._open))
        with self._translated():
            await self._access.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Errors of drivers as StorageErrors."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, OSError, OverflowError) as error:
            if _is_of_data(error):
                told = _problem(error)[:_LONGEST]  # it may repeat what was to be kept
                raise Unstorable(f"this cannot be kept: {told}") from error
            raise StorageError(f"{self.name}: {_problem(error)}") from error


def _is_of_data(error: Exception) -> bool:
    """Whether what was given is to blame, and not the database or the way to it."""
    if isinstance(error, OverflowError | DataError | IntegrityError):
        return True  # the first is SQLite's, of numbers above 64 bits
    if isinstance(error, DBAPIError):
        return str(getattr(error.orig, "sqlstate", "")).startswith(_OF_DATA)
    return isinstance(error, StatementError)  # it could not even be written down


def _problem(error: Exception) -> str:
    """What is wrong and what to do, in a line."""
    cause = error.orig if isinstance(error, StatementError) else error
    code = getattr(cause, "sqlite_errorname", "")
    for beginning, advice in _ADVICE.items():
        if code.startswith(beginning):
            return f"{advice} ({cause})"
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return f"the connection to it was lost amid an operation ({_line(cause)})"
    if isinstance(cause, TimeoutError | PoolTimeoutError):
        return "it did not answer in time: look at the server and its load, and at the network"
    if isinstance(cause, OSError) and cause.errno is not None:
        return f"it cannot be reached: {cause.strerror or cause}"
    return _line(cause)


def _line(cause: BaseException | None) -> str:
    """What a driver says, which may be several."""
    return " ".join(str(cause).split())
