"""TraceStore: what Breadth remembers. A resumed run, the trace and the lists are views of it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from planner import Event, History, Reply, RunEnded, Trace
from reasoning import Observed
from storage.answer_records import Data
from storage.api_batches import ApiBatches
from storage.batches import Batches
from storage.database import Database
from storage.engines import database_url, is_there
from storage.errors import NoStore
from storage.evaluations import Evaluations
from storage.files import Files
from storage.forking import fork_run
from storage.keys import Keys, require_allowance
from storage.log import Head, Logged, read_heads, read_log, read_news
from storage.postings import Postings
from storage.pruning import Ages, Pruned, next_lot, remove_runs
from storage.reading import read_document, read_history, read_replies
from storage.reasoned import observed
from storage.recording import write_event
from storage.responses import Responses
from storage.runs import (
    Asker,
    RunRecord,
    RunState,
    ask_to_stop,
    full_id,
    insert_run,
    reword,
    run_record,
    run_records,
)
from storage.schema import bring_up_to_date
from storage.shares import Shares
from storage.spending import Spent, read_spent
from storage.standing import Standing, read_standing
from storage.step_reading import StepRecord, read_sources, read_step
from storage.webhooks import Webhooks
from storage.workers import Workers

T = TypeVar("T")
Clock = Callable[[], datetime]
_KEYED = timedelta(days=1)
"""For so long an idempotency key is remembered whatever is deleted."""


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

    async def create_run(
        self, question: str, options: Mapping[str, JsonValue], asked_by: Asker | None = None
    ) -> str:
        """A new run, queued; gives its id. `options` are kept as they are. Raises OverLimit."""
        at = self._now()

        async def create(connection: AsyncConnection) -> str:
            if asked_by is not None and asked_by.key is not None:
                await require_allowance(connection, asked_by.key, at)
            return await insert_run(connection, question, options, at, asked_by=asked_by)

        return await self._database.write(create)

    async def fork(
        self, run: str, options: Mapping[str, JsonValue], anew: Collection[str] = ()
    ) -> str:
        """A new run, queued, with the plan of another (its `parent`) and the outcomes of all steps
        but those that are to run `anew`; gives its id."""

        async def create(connection: AsyncConnection) -> str:
            parent = await full_id(connection, run)
            return await fork_run(connection, parent, options, anew, self._now())

        return await self._database.write(create)

    @property
    def evaluations(self) -> Evaluations:
        """Question sets that were asked."""
        return Evaluations(self._database, self._now)

    @property
    def batches(self) -> Batches:
        """Rows of files that were asked at a shell."""
        return Batches(self._database, self._now)

    @property
    def files(self) -> Files:
        """Files of the service."""
        return Files(self._database, self._now)

    @property
    def api_batches(self) -> ApiBatches:
        """What the service is to do with them."""
        return ApiBatches(self._database, self._now)

    @property
    def responses(self) -> Responses:
        """Runs as clients asked for them."""
        return Responses(self._database, self._now)

    @property
    def keys(self) -> Keys:
        """API keys of the service."""
        return Keys(self._database, self._now)

    @property
    def shares(self) -> Shares:
        """Links by which others read answers."""
        return Shares(self._database, self._now)

    @property
    def webhooks(self) -> Webhooks:
        """Who is told of the ends of runs."""
        return Webhooks(self._database, self._now)

    @property
    def postings(self) -> Postings:
        """Messages of chat systems that show runs."""
        return Postings(self._database, self._now)

    @property
    def workers(self) -> Workers:
        """Who does the runs of the service."""
        return Workers(self._database, self._now)

    def trace(self, run: str, worker: str | None = None) -> Trace:
        """Where the run records its events. Here the id has to be whole.

        `worker`: of the service, if one does the run; once it was taken for dead and another one
        has the run, recording raises RunTaken.
        """
        return _RunTrace(self._database, run, self._now, worker)

    async def reword(self, run: str, question: str) -> None:
        """Its question, said so that it stands by itself; as it was asked, it is kept in the option
        `asked`. Here the id has to be whole."""
        await self._database.write(lambda connection: reword(connection, run, question))

    async def prune(self, older: timedelta, *, dry_run: bool = False) -> Pruned:
        """Remove runs that have ended and were made longer ago, and those whose response was
        deleted, with everything of them; those of evaluations stay. `dry_run`: only count them."""
        ages = Ages(self._now() - older, self._now() - _KEYED)
        moments: list[datetime] = []
        last: str | None = ""
        while last is not None:
            lot, last = await self._database.read(partial(next_lot, ages=ages, after=last))
            if lot and not dry_run:
                runs = [run for run, _ in lot]
                lot = await self._database.write(partial(remove_runs, ages=ages, runs=runs))
            moments += [at for _, at in lot]
        return Pruned(len(moments), min(moments, default=None), max(moments, default=None))

    async def vacuum(self) -> None:
        """Give back to the disk what removed runs had taken."""
        await self._database.vacuum()

    async def ask_to_stop(self, run: str, user: str | None = None) -> RunRecord:
        """Have a run stopped: at once where it has not begun, else by the worker that does it; one
        that has ended stays as it is."""

        async def asked(connection: AsyncConnection) -> RunRecord:
            id_ = await full_id(connection, run, user)
            if await ask_to_stop(connection, id_, self._now()):
                ended = RunEnded("cancelled", "stopped before it began")
                await write_event(connection, id_, ended, self._now())
            return await run_record(connection, id_)

        return await self._database.write(asked)

    async def standing(self) -> Standing:
        """What waits, what runs and who works, in all processes of the service."""
        now = self._now()
        return await self._database.read(
            lambda connection: read_standing(connection, now, now - Workers.lease)
        )

    async def heads(self, runs: Collection[str]) -> dict[str, Head]:
        """How far each of these runs has come. Here ids have to be whole."""
        return await self._database.read(lambda connection: read_heads(connection, runs))

    async def news(self, run: str, after: int = 0) -> tuple[Head | None, list[Logged]]:
        """How far the run has come, and its events behind the one with this number; None for a run
        that there is not. Here the id has to be whole."""
        return await self._database.read(lambda connection: read_news(connection, run, after))

    async def log(self, run: str, after: int = 0) -> list[Logged]:
        """The events behind the one with this number. Here the id has to be whole."""
        return await self._database.read(lambda connection: read_log(connection, run, after))

    async def history(self, run: str) -> History:
        """What is known already of a run that goes on."""
        return await self._of_run(read_history, run)

    async def spent(self, run: str) -> Spent:
        """What its model calls have cost. Here the id has to be whole."""
        return await self._database.read(lambda connection: read_spent(connection, run))

    async def reasoned(self) -> list[Observed]:
        """What votes among samples have come to, and cost, in the newest runs of all."""
        return await self._database.read(observed)

    async def replies(self, run: str) -> tuple[Reply, ...]:
        """What models said in a run, in order; calls that failed or were stopped are left out."""
        return await self._of_run(read_replies, run)

    async def run(self, run: str, user: str | None = None) -> RunRecord:
        """How the run stands. `user`: whose it has to be; None: anybody's."""
        return await self._of_run(run_record, run, user)

    async def runs(
        self,
        limit: int = 20,
        status: RunState | None = None,
        *,
        user: str | None = None,
        before: str | None = None,
        words: str = "",
    ) -> list[RunRecord]:
        """The newest first, without those that were made for an evaluation.

        `user`: whose; None: everybody's. `before`: older than the run with this id. `words`: that
        the question has; so many of the newest are looked through.
        """
        return await self._database.read(
            lambda connection: run_records(connection, limit, status, user, before, words=words)
        )

    async def step(self, run: str, id_: str) -> StepRecord | None:
        """A step, or one call of it, with its passages and model calls; an empty id: what the run
        itself asked models. None: there is no such step. Here the run's id has to be whole."""
        return await self._database.read(lambda connection: read_step(connection, run, id_))

    async def sources(self, run: str) -> list[Data]:
        """All that the run has read from, as plain JSON. Here the id has to be whole."""
        return await self._database.read(lambda connection: read_sources(connection, run))

    async def document(self, run: str, user: str | None = None) -> dict[str, Any]:
        """Everything of the run as plain JSON: run, steps, calls, model_calls, sources, passages,
        answer, events. `user`: as in `run`."""
        return await self._of_run(read_document, run, user)

    async def _of_run(
        self,
        read: Callable[[AsyncConnection, str], Awaitable[T]],
        run: str,
        user: str | None = None,
    ) -> T:
        """What is read of the run that is named."""

        async def found(connection: AsyncConnection) -> T:
            return await read(connection, await full_id(connection, run, user))

        return await self._database.read(found)


class _RunTrace:
    """The Trace of one run."""

    def __init__(self, database: Database, run: str, now: Clock, worker: str | None) -> None:
        self._database = database
        self._run = run
        self._now = now
        self._worker = worker
        self._order = asyncio.Lock()

    async def record(self, event: Event) -> None:
        """Committed when it returns; committed, too, when the caller is cancelled meanwhile.

        Events are kept in the order of the calls.
        """
        await self._database.finish(self._write(event))

    async def _write(self, event: Event) -> None:
        async with self._order:
            at = self._now()
            await self._database.write(
                lambda connection: write_event(connection, self._run, event, at, self._worker)
            )
