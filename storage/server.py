"""Transactions on a PostgreSQL server, as many at once as there are connections."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.access import Work
from storage.engines import server_engine

T = TypeVar("T")
_UNDONE = ("40001", "40P01")
"""PostgreSQL's codes of transactions that met others, and were rolled back to let them go on."""


class Server:
    """See `storage.access.Access`."""

    def __init__(self, url: URL) -> None:
        """Nothing is opened yet. Raises StorageError where the driver is not installed."""
        self._url = url
        self._engine = server_engine(url)
        self._writer = self._engine.execution_options(breadth_writes=True)
        self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ")

    async def write(self, work: Work[T]) -> T:
        """See Access; once more where the connection had died meanwhile, or others had to go on."""
        committing = False
        try:
            async with self._writer.begin() as connection:
                value = await work(connection)
                committing = True
        except DBAPIError as error:
            is_undone = getattr(error.orig, "sqlstate", None) in _UNDONE
            if not is_undone and (committing or not error.connection_invalidated):
                raise  # nobody knows whether it is kept
        else:
            return value
        async with self._writer.begin() as connection:
            return await work(connection)

    async def read(self, work: Work[T]) -> T:
        """See Access; once more where the connection had died meanwhile."""
        try:
            async with self._reader.connect() as connection:
                return await work(connection)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        async with self._reader.connect() as connection:
            return await work(connection)

    async def rebuild(self, work: Work[T]) -> T:
        """See Access."""
        async with self._patient() as engine, engine.begin() as connection:
            return await work(connection)

    async def vacuum(self) -> None:
        """See Access."""
        async with self._patient() as engine:
            alone = engine.execution_options(isolation_level="AUTOCOMMIT")
            async with alone.connect() as connection:
                await connection.exec_driver_sql("VACUUM")

    async def close(self) -> None:
        """See Access."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _patient(self) -> AsyncIterator[AsyncEngine]:
        """With connections of its own, whose statements may take long."""
        engine = server_engine(self._url.update_query_dict({"timeout": "3600"}))
        try:
            yield engine.execution_options(breadth_writes=True)
        finally:
            await engine.dispose()
