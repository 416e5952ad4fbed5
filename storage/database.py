"""The connection to SQLite or PostgreSQL, and the one place where their errors are translated.

SQLite is opened so that what is committed survives the death of the process (kill -9) and so that
several processes can share a file: a write-ahead log, whole write transactions that take the lock
when they begin (one that took it later could find its snapshot outdated and fail), and patience
while somebody else holds it. `synchronous=NORMAL` leaves it to the system when the log reaches the
disk: a power cut can lose the last seconds, but never damages the file.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from platformdirs import user_data_path
from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from storage.columns import json_text
from storage.errors import StorageError

_T = TypeVar("_T")

_PATIENCE_SECONDS = 20.0
"""How long a transaction waits for other processes to leave the file; `?timeout=` in a URL."""

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}

_OPTIONS = {
    "sqlite": {"timeout": r"\d+(\.\d+)?", "uri": "true", "mode": "ro|rw|rwc", "immutable": "[01]"},
    "postgresql": {
        "ssl": "disable|allow|prefer|require|verify-ca|verify-full",
        "host": ".+",
        "prepared_statement_cache_size": r"\d+",
    },
}
"""What may stand behind the ? of a URL."""

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


def database_url(named: str | Path | None) -> URL:
    """A URL as it stands, a path as a SQLite file; None is the user's own file.

    Raises StorageError for what Breadth cannot keep its traces in.
    """
    if named is None:
        named = user_data_path("breadth") / "runs.db"
    if "://" not in str(named):
        return URL.create(_DRIVERS["sqlite"], database=str(Path(named).expanduser()))
    try:
        url = make_url(str(named))
    except (ArgumentError, ValueError) as error:
        raise StorageError(f"the database's URL cannot be read: {error}") from error
    return _checked(url)


def _checked(url: URL) -> URL:
    """With the driver that we have; refused if a part of it would be ignored or fail later."""
    kind = url.get_backend_name()
    if kind not in _DRIVERS:
        raise StorageError(f"{url.drivername} is not supported: use sqlite or postgresql")
    if kind == "sqlite" and url.database in (None, "", ":memory:"):
        raise StorageError("a trace in memory would be lost: name a file")
    if "sslmode" in url.query:
        # What every other PostgreSQL program calls it.
        url = url.update_query_dict({"ssl": url.query["sslmode"]})
        url = url.difference_update_query(["sslmode"])
    for name, value in url.query.items():
        form = _OPTIONS[kind].get(name)
        if form is None or not re.fullmatch(form, str(value)):
            raise StorageError(
                f"the database's URL has {name}={value}, which is no option of {kind}: "
                f"there are {', '.join(_OPTIONS[kind])}"
            )
    return url.set(drivername=_DRIVERS[kind])


class Database:
    """Transactions on one database."""

    def __init__(self, url: URL) -> None:
        """Opens nothing yet; the folder of a SQLite file is created."""
        self._sqlite = url.get_backend_name() == "sqlite"
        self.name = str(url.database) if self._sqlite else url.render_as_string()
        """What messages call it: never with its password."""
        self._engine = _sqlite_engine(url) if self._sqlite else _postgres_engine(url)
        self._writer = self._engine.execution_options(breadth_writes=True)
        self._reader = self._engine
        if not self._sqlite:
            self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ")
        # SQLite has one writer at a time; queueing here is fair, its own waiting is not.
        self._gate: AbstractAsyncContextManager[None] = (
            asyncio.Lock() if self._sqlite else nullcontext()
        )
        self._open: set[asyncio.Task[Any]] = set()

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
        except (SQLAlchemyError, OSError) as error:
            raise StorageError(f"{self.name}: {_problem(error)}") from error


def _problem(error: Exception) -> str:
    """What is wrong and what to do, in a line."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorname", "")
    for beginning, advice in _ADVICE.items():
        if code.startswith(beginning):
            return f"{advice} ({cause})"
    if isinstance(cause, OSError) and cause.errno is not None:
        return f"it cannot be reached: {cause.strerror or cause}"
    return " ".join(str(cause).split())


def _sqlite_engine(url: URL) -> AsyncEngine:
    """See the module's docstring."""
    folder = Path(str(url.database).removeprefix("file:")).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder}: the folder cannot be made: {error.strerror}") from error
    patience = float(str(url.query.get("timeout", _PATIENCE_SECONDS)))
    engine = create_async_engine(
        url,
        json_serializer=json_text,
        # With None the driver begins no transactions of its own accord: _begin does.
        connect_args={"timeout": patience, "isolation_level": None},
    )
    event.listen(engine.sync_engine, "connect", _set_up)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Settings that SQLite keeps for each connection."""
    cursor = connection.cursor()
    for setting in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """A writer takes the lock at once; a reader takes none."""
    writes = connection.get_execution_options().get("breadth_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres_engine(url: URL) -> AsyncEngine:
    """Connections that died while they were idle are replaced."""
    try:
        return create_async_engine(url, json_serializer=json_text, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise StorageError(f"PostgreSQL needs the package {error.name}: install it") from error
