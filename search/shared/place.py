"""Transactions on one index in PostgreSQL, and the one place where its errors are translated."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_SET_UP = """
SELECT set_config('search_path', :path, true), set_config('jit', 'off', true),
    set_config('synchronous_commit', 'off', true),
    set_config('idle_in_transaction_session_timeout', :stalled, true)"""
"""For one transaction alone, as poolers hand connections around. Compiling a query takes longer
than running it. What a crash of the server takes of the last moments is read again."""


class Place:
    """An index's schema in a database."""

    def __init__(self, engine: AsyncEngine, schema: str, *, stalled: str = "5min") -> None:
        """`stalled`: after which a worker that hangs amid a transaction loses it: others wait."""
        self.schema = schema
        self._stalled = stalled
        self._engine = engine
        self._path = schema

    def look_into(self, other: str) -> None:
        """Another schema, for types and functions that are not found in the index's own."""
        self._path = f"{self.schema}, {other}"

    @asynccontextmanager
    async def reading(self, failure: type[Exception]) -> AsyncIterator[AsyncConnection]:
        """A transaction; what the database reports becomes `failure`."""
        with explained(failure, self._engine.url):
            async with self._engine.begin() as connection:
                values = {"path": self._path, "stalled": self._stalled}
                await connection.execute(text(_SET_UP), values)
                yield connection

    @asynccontextmanager
    async def writing(self, failure: type[Exception]) -> AsyncIterator[AsyncConnection]:
        """The same, when all other writers are done: they never meet, so they never deadlock."""
        async with self.reading(failure) as connection:
            await connection.exec_driver_sql("SELECT 1 FROM state FOR UPDATE")
            yield connection


@contextmanager
def explained(failure: type[Exception], url: URL) -> Iterator[None]:
    """What the database reports becomes `failure`."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        where = url.render_as_string()  # without its password
        raise failure(f"The document index in {where} {_problem(error)}.") from error


def _problem(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(cause, TimeoutError):
        return "did not answer in time"
    if isinstance(cause, OSError):
        return f"cannot be reached ({cause.strerror or cause})"
    return f"failed ({' '.join(str(cause).split())})"
