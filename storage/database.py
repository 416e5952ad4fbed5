"""Transactions, and the one place where errors of drivers are translated."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import URL
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.engines import create_engine, is_sqlite, prepare_sqlite
from storage.errors import StorageError, Unstorable

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
        self._engine = create_engine(url)
        self._writer = self._engine.execution_options(breadth_writes=True)
        self._reader = self._engine
        if not is_sqlite(url):
            self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ")
        # SQLite has one writer at a time; queueing here is fair, its own waiting is not.
        self._gate: AbstractAsyncContextManager[None] = (
            asyncio.Lock() if is_sqlite(url) else nullcontext()
        )
        self._open: set[asyncio.Task[Any]] = set()

    async def prepare(self) -> None:
        """To be called first: a SQLite file is made, or looked at."""
        if is_sqlite(self._url):
            with self._translated():
                await asyncio.to_thread(prepare_sqlite, self._url)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is committed at the end, or rolled back by an error."""
        with self._translated():
            async with self._gate, self._writer.begin() as connection:
                yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one state of the database throughout."""
        with self._translated():
            async with self._reader.connect() as connection:
                yield connection

    @asynccontextmanager
    async def rebuilding(self) -> AsyncIterator[AsyncConnection]:
        """As `writing`, for what is done to whole tables: each statement has an hour."""
        with self._translated():
            async with (
                self._gate,
                self._patient() as engine,
                engine.execution_options(breadth_writes=True).begin() as connection,
            ):
                yield connection

    async def vacuum(self) -> None:
        """Give back to the disk what is not used any more; outside of any transaction."""
        with self._translated():
            async with self._gate, self._patient() as engine:
                alone = engine.execution_options(isolation_level="AUTOCOMMIT")
                async with alone.connect() as connection:
                    await connection.exec_driver_sql("VACUUM")

    @asynccontextmanager
    async def _patient(self) -> AsyncIterator[AsyncEngine]:
        """Only servers have a limit for statements."""
        if is_sqlite(self._url):
            yield self._engine
            return
        engine = create_engine(self._url.update_query_dict({"timeout": "3600"}))
        try:
            yield engine
        finally:
            await engine.dispose()

    async def finish(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do it to its end even if the caller is cancelled meanwhile; then the caller is.

        A transaction that is cut off half-way is rolled back, but nobody can tell when: its thread
        goes on. And what was done before a cancellation belongs into the trace.
        """
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
            return task.result()
        if not task.cancelled():
            task.exception()  # Looked at, so that asyncio does not report it as lost.
        raise cancelled

    async def close(self) -> None:
        """Wait for what is under way and let go of the database."""
        while self._open:
            await asyncio.wait(set(self._open))
        with self._translated():
            await self._engine.dispose()

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
