"""TraceStore: what Breadth remembers. A resumed run, the trace and the lists are views of it."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import JsonValue

from planner import Event, History, Reply, Trace
from storage.database import Database
from storage.engines import database_url, is_there
from storage.errors import NoStore
from storage.evaluations import Evaluations
from storage.forking import fork_run
from storage.reading import read_document, read_history, read_replies
from storage.recording import write_event
from storage.runs import RunRecord, RunState, full_id, insert_run, run_record, run_records
from storage.schema import bring_up_to_date

Clock = Callable[[], datetime]


def _now() -> datetime:
    """In UTC."""
    return datetime.now(UTC)


class TraceStore:
    """Runs and their traces in one database.

    Every method raises StorageError when the database cannot be used. Where a run is named, a
    beginning of its id that no other has will do; UnknownRun is raised for anything else.
    """

    def __init__(self, database: Database, *, now: Clock = _now) -> None:
        """Use `open`; `now` is for tests."""
        self._database = database
        self._now = now

    @classmethod
    async def open(
        cls, url: str | Path | None = None, *, now: Clock = _now, create: bool = True
    ) -> Self:
        """Of a file or a SQLAlchemy URL; None is the user's own file. Migrates what is old.

        `create`: what is not there; else raises NoStore for a file that is not.
        """
        place = database_url(url)
        if not (create or await asyncio.to_thread(is_there, place)):
            raise NoStore(str(place.database))
        database = Database(place)
        try:
            await database.prepare()
            await bring_up_to_date(database)
        except BaseException:
            await database.close()
            raise
        return cls(database, now=now)

    async def close(self) -> None:
        """Wait for the records under way and let go of the database."""
        await self._database.close()

    async def __aenter__(self) -> Self:
        """`async with await TraceStore.open(url) as store`."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close."""
        await self.close()

    async def create_run(self, question: str, options: Mapping[str, JsonValue]) -> str:
        """A new run, queued; gives its id. `options` are kept as they are."""

        async def create() -> str:
            async with self._database.writing() as connection:
                return await insert_run(connection, question, options, self._now())

        return await self._database.finish(create())

    async def fork(
        self, run: str, options: Mapping[str, JsonValue], anew: Collection[str] = ()
    ) -> str:
        """A new run, queued, with the plan of another (its `parent`) and the outcomes of all steps
        but those that are to run `anew`; gives its id."""

        async def create() -> str:
            async with self._database.writing() as connection:
                parent = await full_id(connection, run)
                return await fork_run(connection, parent, options, anew, self._now())

        return await self._database.finish(create())

    @property
    def evaluations(self) -> Evaluations:
        """Question sets that were asked."""
        return Evaluations(self._database, self._now)

    def trace(self, run: str) -> Trace:
        """Where the run records its events. Here the id has to be whole."""
        return _RunTrace(self._database, run, self._now)

    async def history(self, run: str) -> History:
        """What is known already of a run that goes on."""
        async with self._database.reading() as connection:
            return await read_history(connection, await full_id(connection, run))

    async def replies(self, run: str) -> tuple[Reply, ...]:
        """What models said in a run, in order; calls that failed or were stopped are left out."""
        async with self._database.reading() as connection:
            return await read_replies(connection, await full_id(connection, run))

    async def run(self, run: str) -> RunRecord:
        """How the run stands."""
        async with self._database.reading() as connection:
            return await run_record(connection, await full_id(connection, run))

    async def runs(self, limit: int = 20, status: RunState | None = None) -> list[RunRecord]:
        """The newest first, without those that were made for an evaluation."""
        async with self._database.reading() as connection:
            return await run_records(connection, limit, status)

    async def document(self, run: str) -> dict[str, Any]:
        """Everything of the run as plain JSON: run, steps, calls, model_calls, sources, passages,
        answer, events."""
        async with self._database.reading() as connection:
            return await read_document(connection, await full_id(connection, run))


class _RunTrace:
    """The Trace of one run."""

    def __init__(self, database: Database, run: str, now: Clock) -> None:
        self._database = database
        self._run = run
        self._now = now
        self._order = asyncio.Lock()

    async def record(self, event: Event) -> None:
        """Committed when it returns; committed, too, when the caller is cancelled meanwhile.

        Events are kept in the order of the calls.
        """
        await self._database.finish(self._write(event))

    async def _write(self, event: Event) -> None:
        async with self._order, self._database.writing() as connection:
            await write_event(connection, self._run, event, self._now())
