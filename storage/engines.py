"""Which database a name means, and how SQLite and PostgreSQL are opened.

SQLite is opened so that what is committed survives the death of the process (kill -9) and so that
several processes can share a file: a write-ahead log, whole write transactions that take the lock
when they begin (one that took it later could find its snapshot outdated and fail), and patience
while somebody else holds it. `synchronous=NORMAL` leaves it to the system when the log reaches the
disk: a power cut can lose the last seconds, but never damages the file.

PostgreSQL may be at the end of a network that goes away: whatever it is asked has a limit of time,
and a process that is frozen amid a transaction loses it, since others wait for what it holds.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from platformdirs import user_data_path
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from storage.columns import json_text
from storage.errors import StorageError

_PATIENCE_SECONDS = 20.0
"""How long a transaction waits for other processes to leave the file; `?timeout=` in a URL."""
_ASK_SECONDS = 0.001
"""Between two attempts to get the file's lock, on an average."""

_ANSWER_SECONDS = 60.0
"""How long PostgreSQL may take over one statement; `?timeout=` in a URL."""
_CONNECT_SECONDS = 10.0
_CONNECTIONS = 8
"""Of one process to a PostgreSQL; who finds none free waits."""
_ABANDONED = "SET LOCAL idle_in_transaction_session_timeout = '60s'"
"""In the transaction alone, as poolers hand connections around."""

_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+asyncpg"}

_OPTIONS = {
    "sqlite": {"timeout": r"\d+(\.\d+)?", "uri": "true", "mode": "ro|rw|rwc", "immutable": "[01]"},
    "postgresql": {
        "timeout": r"\d+(\.\d+)?",
        "ssl": "disable|allow|prefer|require|verify-ca|verify-full",
        "host": ".+",
        "prepared_statement_cache_size": r"\d+",
    },
}
"""What may stand behind the ? of a URL."""


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
        # The error's own text may repeat a piece of the password.
        raise StorageError(
            "the database's URL cannot be read: write postgresql://USER:PASSWORD@HOST:PORT/NAME,"
            " with %40, %3A and %2F for @, : and / in the password"
        ) from error
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
            told = name if form is None else f"{name}={value}"  # it may be a password
            raise StorageError(
                f"the database's URL has {told}, which is no option of {kind}: "
                f"there are {', '.join(_OPTIONS[kind])}"
            )
    return url.set(drivername=_DRIVERS[kind])


def is_sqlite(url: URL) -> bool:
    """Or PostgreSQL."""
    return url.get_backend_name() == "sqlite"


def is_there(url: URL) -> bool:
    """Whether there is such a file; of a server that is not known before it is asked."""
    return not is_sqlite(url) or "uri" in url.query or Path(str(url.database)).is_file()


def prepare_sqlite(url: URL) -> None:
    """Make the folder and the file, and see that it is a database. Raises sqlite3.Error too.

    The write-ahead log is a property of the file; it needs to be chosen once only.
    """
    folder = Path(str(url.database).removeprefix("file:")).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder}: this folder cannot be made: {error.strerror}") from error
    with opened(url) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


@contextmanager
def opened(url: URL) -> Iterator[sqlite3.Connection]:
    """A SQLite file, without an engine. Raises sqlite3.Error."""
    uri = "uri" in url.query
    settings = "&".join(f"{name}={value}" for name, value in url.query.items())
    name = f"{url.database}?{settings}" if uri else str(url.database)
    with closing(sqlite3.connect(name, timeout=_patience(url), uri=uri)) as connection:
        yield connection


def server_engine(url: URL) -> AsyncEngine:
    """Of PostgreSQL, for a URL that `database_url` gave; nothing is opened yet. Raises StorageError
    where the driver is not installed."""
    seconds = float(str(url.query.get("timeout", _ANSWER_SECONDS)))
    try:
        engine = create_async_engine(
            url.difference_update_query(["timeout"]),
            json_serializer=json_text,
            pool_size=_CONNECTIONS,
            max_overflow=0,  # a connection more is a process more, begun and ended for each use
            pool_use_lifo=True,
            connect_args={"timeout": min(_CONNECT_SECONDS, seconds), "command_timeout": seconds},
        )
    except ModuleNotFoundError as error:
        raise StorageError(
            f"PostgreSQL needs the package {error.name}: run pip install 'breadth[postgres]' (from"
            " a checkout: pip install '.[postgres]')"
        ) from error
    event.listen(engine.sync_engine, "begin", _begin_on_a_server)
    return engine


def sqlite_engines(url: URL) -> tuple[Engine, Engine]:
    """For those who read, and for those who write: these take the lock at once."""
    reader, writer = _sqlite_engine(url, _patience(url)), _sqlite_engine(url, 0)
    event.listen(reader, "begin", _begin)
    event.listen(writer, "begin", partial(_begin_to_write, _patience(url)))
    return reader, writer


def _sqlite_engine(url: URL, patience: float) -> Engine:
    """See the module's docstring."""
    engine = create_engine(
        url,
        json_serializer=json_text,
        # With None the driver begins no transactions of its own accord.
        connect_args={"timeout": patience, "isolation_level": None},
    )
    event.listen(engine, "connect", _set_up)
    return engine


def _patience(url: URL) -> float:
    """In seconds."""
    return float(str(url.query.get("timeout", _PATIENCE_SECONDS)))


def _begin_on_a_server(connection: Connection) -> None:
    """Only a writer holds what others wait for."""
    if connection.get_execution_options().get("breadth_writes", False):
        connection.exec_driver_sql(_ABANDONED)


def _set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Settings that SQLite keeps for each connection."""
    cursor = connection.cursor()
    for setting in ("synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """A reader takes no lock."""
    connection.exec_driver_sql("BEGIN")


def _begin_to_write(patience: float, connection: Connection) -> None:
    """Take the lock, or wait for it: SQLite itself would ask ever more seldom, and lose against
    those who write one transaction behind the other."""
    asking = Retrying(
        retry=retry_if_exception(_is_busy),
        stop=stop_after_delay(patience),
        wait=wait_random(0, 2 * _ASK_SECONDS),
        reraise=True,
    )
    cursor = connection.connection.cursor()
    asking(cursor.execute, "BEGIN IMMEDIATE")
    cursor.close()


def _is_busy(error: BaseException) -> bool:
    """Somebody else has the lock."""
    return str(getattr(error, "sqlite_errorname", "")).startswith("SQLITE_BUSY")
