"""Transactions on a SQLite file, in threads, each with one change of thread.

SQLite has one writer at a time. Those of this process wait here, in their order, and what waits
together is done in one transaction: a run that records hundreds of events beside seven others takes
the file's lock a few times only, and other processes find it free more often.
"""

import asyncio
import sqlite3
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, cast

from sqlalchemy import URL, Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.access import Work
from storage.engines import opened, sqlite_engines

_TOGETHER = 32
"""Works in one transaction: others wait for its end."""
_READERS = 4

T = TypeVar("T")
_Told = tuple[Any, Exception | None]
"""What a work gave, or its error."""


class Immediate:
    """A connection whose statements are executed at once, in the thread that awaits them."""

    def __init__(self, connection: Connection) -> None:
        """Of a transaction that has begun."""
        self._connection = connection

    @property
    def dialect(self) -> Any:
        """See AsyncConnection."""
        return self._connection.dialect

    async def execute(self, *arguments: Any) -> Any:
        """See AsyncConnection."""
        return self._connection.execute(*arguments)

    async def scalar(self, *arguments: Any) -> Any:
        """See AsyncConnection."""
        return self._connection.scalar(*arguments)

    async def exec_driver_sql(self, *arguments: Any) -> Any:
        """See AsyncConnection."""
        return self._connection.exec_driver_sql(*arguments)

    async def run_sync(self, function: Any, *arguments: Any) -> Any:
        """See AsyncConnection."""
        return function(self._connection, *arguments)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A work, and who waits for it."""

    work: Work[Any]
    result: asyncio.Future[Any]


class OneFile:
    """See `storage.access.Access`."""

    def __init__(self, url: URL) -> None:
        """Nothing is opened yet."""
        self._url = url
        self._reader, self._writer = sqlite_engines(url)
        self._reading = ThreadPoolExecutor(_READERS, thread_name_prefix="sqlite-reader")
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._waiting: list[_Waiting] = []
        self._is_busy = self._is_closed = False

    async def read(self, work: Work[T]) -> T:
        """See Access."""
        self._require_open()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reading, self._read, work)

    async def write(self, work: Work[T]) -> T:
        """See Access; together with others, or again by itself where one of those failed."""
        self._require_open()
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(work, result))
        self._begin()
        return await result

    async def rebuild(self, work: Work[T]) -> T:
        """See Access: here no statement has a limit."""
        return await self.write(work)

    async def vacuum(self) -> None:
        """See Access."""
        await asyncio.get_running_loop().run_in_executor(self._writing, self._vacuum)

    async def close(self) -> None:
        """See Access."""
        self._is_closed = True
        await asyncio.to_thread(self._close)

    def _require_open(self) -> None:
        if self._is_closed:
            raise sqlite3.ProgrammingError("it was closed")

    def _begin(self) -> None:
        """With all who wait, where nobody writes. No task does it: none may be cancelled while
        others wait for it."""
        if self._is_busy or not self._waiting:
            return
        lot, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
        self._is_busy = True
        works = [waiting.work for waiting in lot]
        loop = asyncio.get_running_loop()
        doing = loop.run_in_executor(self._writing, self._together, works)
        doing.add_done_callback(partial(self._told, lot))

    def _told(self, lot: Sequence[_Waiting], done: asyncio.Future[list[_Told]]) -> None:
        """To those who wait; then the next ones are written."""
        self._is_busy = False
        for waiting, (value, error) in zip(lot, done.result(), strict=True):
            if waiting.result.done():
                continue  # it was cancelled
            if error is None:
                waiting.result.set_result(value)
            else:
                waiting.result.set_exception(error)
        self._begin()

    def _read(self, work: Work[T]) -> T:
        with self._reader.connect() as connection:
            return _done(work, connection)

    def _together(self, works: Sequence[Work[Any]]) -> list[_Told]:
        """The value or the error of each."""
        values: list[_Told] = []
        begun = False
        try:
            with self._writer.begin() as connection:
                begun = True
                values = [(_done(work, connection), None) for work in works]
        except Exception as error:  # noqa: BLE001 - told to who waits for it
            if len(works) == 1 or not begun:
                return [(None, error) for _ in works]
            return [told for work in works for told in self._together([work])]
        return values

    def _vacuum(self) -> None:
        with opened(self._url) as connection:
            connection.execute("VACUUM")

    def _close(self) -> None:
        self._writing.shutdown()
        self._reading.shutdown()
        self._writer.dispose()
        self._reader.dispose()


def _done(work: Work[T], connection: Connection) -> T:
    """What it gives: it has nothing to wait for."""
    immediate = cast(AsyncConnection, Immediate(connection))
    doing = cast(Coroutine[Any, Any, T], work(immediate))
    try:
        doing.send(None)
    except StopIteration as end:
        return cast(T, end.value)
    doing.close()
    raise AssertionError("a transaction awaits nothing but its connection")
