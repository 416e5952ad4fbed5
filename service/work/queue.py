"""The queue: DBOS, with one workflow for each run, named by its id. Only this module knows DBOS.

A workflow is no more than the call of `body` with a run's id, and that is idempotent: what a run
has done already stands in its trace. So it does not matter how often a workflow is begun. What DBOS
itself leaves to its hosted service, the recovery of runs whose process is dead by another process,
is `take_over`; who is dead, `storage.Workers` knows.
"""

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dbos import DBOS, DBOSConfig, EnqueueOptions, error
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from storage import StorageError, database_url

log = logging.getLogger("breadth.queue")

Body = Callable[[str], Awaitable[None]]

_NAME, _QUEUE, _WORKFLOW = "breadth", "runs", "run"
_VERSION = "1"
"""Of the workflow's shape, not of Breadth: workers of any release do each other's runs."""
_WAITING = ("ENQUEUED", "DELAYED")
_ALIVE = (*_WAITING, "PENDING")
_ENDED = ("SUCCESS", "ERROR", "CANCELLED")
_IDS_AT_ONCE = 500
_LAST_SECONDS = 5.0
"""For what is to be put into the queue when the process ends."""
_NOBODY = "local"
"""The part of the queue for runs that are no user's."""


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """How runs wait."""

    database: str | Path
    """Of the trace store; the queue is kept beside it, or in it."""
    most: int
    """Runs at once in this process; 0: it only adds to the queue."""
    most_of_user: int | None = None
    """Runs of one user at once, in all processes."""
    poll_seconds: float = 0.1


class Queue:
    """`async with Queue(settings, worker, body) as queue`. One in a process."""

    def __init__(
        self,
        settings: QueueSettings,
        worker: str,
        body: Body,
        *,
        takes: Callable[[], bool] = lambda: True,
    ) -> None:
        """`worker`: the id under which this process takes runs; `body`: does one, whole; `takes`:
        whether it is to take any at the moment."""
        self._settings = settings
        self._takes = takes
        self._worker = worker
        self._body = body
        self._new: asyncio.Queue[tuple[str, str, int]] = asyncio.Queue()
        self._putting: asyncio.Task[None] | None = None
        self._doing: Counter[str] = Counter()
        self._idle: frozenset[str] = frozenset()
        """Workflows that were taken and not done, at the last look."""

    async def __aenter__(self) -> Self:
        """Begin to take runs. Raises StorageError."""
        url = database_url(self._settings.database)
        try:
            dbos = DBOS(config=_config(url, self._worker))
            DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=None)(self._workflow())
            if not self._settings.most:
                DBOS.listen_queues([])
            # From here, so that workflows run in this loop.
            DBOS.launch()
            self._keep_to_room(dbos)
            await DBOS.register_queue_async(
                _QUEUE,
                worker_concurrency=self._settings.most or 1,
                partition_concurrency=self._settings.most_of_user,
                polling_interval_sec=self._settings.poll_seconds,
                on_conflict="always_update" if self._settings.most else "never_update",
            )
        except (SQLAlchemyError, sqlite3.Error, error.DBOSException, OSError) as problem:
            DBOS.destroy(destroy_registry=True)
            raise StorageError(f"the queue cannot be opened: {_line(problem)}") from problem
        self._putting = asyncio.create_task(self._put_all())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take no more. The loop gets new threads: DBOS had put its own in their place."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._new.join(), _LAST_SECONDS)
        if self._putting is not None:
            self._putting.cancel()
        DBOS.destroy(destroy_registry=True)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())

    def _keep_to_room(self, dbos: DBOS) -> None:
        """DBOS keeps one number of runs at once for all processes, in the database, and reads it
        before each look into the queue: who began last would have said it for all of them."""
        read = dbos._sys_db.get_queue

        def with_room(name: str, **options: Any) -> Any:
            queue = read(name, **options)
            if queue is not None and name == _QUEUE:
                queue._worker_concurrency = self._settings.most if self._takes() else 0
            return queue

        dbos._sys_db.get_queue = with_room  # type: ignore[method-assign]

    def put_soon(self, run: str, user: str, priority: int) -> None:
        """`put`, in the background. Where that fails, or this process dies before, a worker finds
        that the run is missing."""
        self._new.put_nowait((run, user, priority))

    async def _put_all(self) -> None:
        """One after the other, as the queue's own database takes them best."""
        while True:
            run, user, priority = await self._new.get()
            try:
                await self.put(run, user, priority)
            except StorageError as problem:
                log.warning("run %s waits until it is missed: %s", run, problem)
            finally:
                self._new.task_done()

    async def put(self, run: str, user: str, priority: int, *, again: int = 0) -> None:
        """Queue the run; one that is queued already, or was, stays as it is. `again`: so many
        workflows it has had."""
        options = EnqueueOptions(
            workflow_name=_WORKFLOW,
            queue_name=_QUEUE,
            workflow_id=f"{run}.{again}" if again else run,
            app_version=_VERSION,
            priority=priority,
            queue_partition_key=user or _NOBODY,
        )
        with _translated():
            await DBOS.enqueue_workflow_with_options_async(options, run)

    async def missing(self, runs: Sequence[str]) -> list[str]:
        """Those of them that do not wait in the queue under their own id."""
        waiting: set[str] = set()
        with _translated():
            for start in range(0, len(runs), _IDS_AT_ONCE):
                ids = list(runs[start : start + _IDS_AT_ONCE])
                found = await DBOS.list_workflows_async(
                    workflow_ids=ids, status=list(_WAITING), load_input=False, load_output=False
                )
                waiting.update(workflow.workflow_id for workflow in found)
        return [run for run in runs if run not in waiting]

    async def let_go(self) -> None:
        """Queue anew what this process has taken and does not do: its end could not be kept, and it
        would count as a run of its user for ever. Only what is found so twice, as what was taken
        just now has not begun."""
        with _translated():
            taken = await DBOS.list_workflows_async(
                status="PENDING", executor_id=self._worker, load_input=False, load_output=False
            )
            ids = {workflow.workflow_id for workflow in taken}
            idle = frozenset(id_ for id_ in ids if id_.partition(".")[0] not in self._doing)
            for id_ in idle & self._idle:
                await DBOS.resume_workflow_async(id_, queue_name=_QUEUE)
        self._idle = idle

    async def ensure(self, run: str, user: str, priority: int, *, workers: Collection[str]) -> None:
        """See to it that a run which has not ended is in the queue, or taken by one of `workers`:
        it may be that its workflow was never made, was lost, or ended before the run did."""
        with _translated():
            made = await DBOS.list_workflows_async(
                workflow_id_prefix=run, load_input=False, load_output=False
            )
            for workflow in made:
                if workflow.status == "PENDING" and workflow.executor_id not in workers:
                    await DBOS.resume_workflow_async(workflow.workflow_id, queue_name=_QUEUE)
        if not any(workflow.status in _ALIVE for workflow in made):
            await self.put(run, user, priority, again=len(made))

    async def take_over(self, workers: Iterable[str]) -> list[str]:
        """Queue anew what these had taken and not ended; gives the runs."""
        dead = list(workers)
        if not dead:
            return []
        with _translated():
            left = await DBOS.list_workflows_async(
                status="PENDING", executor_id=dead, load_input=False, load_output=False
            )
            for workflow in left:
                await DBOS.resume_workflow_async(workflow.workflow_id, queue_name=_QUEUE)
        return [workflow.workflow_id for workflow in left]

    async def tidy(self, before: datetime) -> int:
        """Remove workflows that ended before; gives how many. The runs themselves say what they
        came to, and nobody looks for their workflows any more."""
        with _translated():
            ended = await DBOS.list_workflows_async(
                status=list(_ENDED),
                completed_before=before.isoformat(),
                limit=_IDS_AT_ONCE,
                load_input=False,
                load_output=False,
            )
            if ended:
                await DBOS.delete_workflows_async([workflow.workflow_id for workflow in ended])
        return len(ended)

    def _workflow(self) -> Body:
        """What DBOS calls."""

        async def run(run_id: str) -> None:
            if not self._takes():  # taken by a look that began before: `let_go` queues it anew
                await self._body(run_id)
                return
            self._doing[run_id] += 1
            try:
                await self._body(run_id)
            finally:
                self._doing -= Counter((run_id,))

        return run


class _translated:  # noqa: N801 - reads as a statement
    """Errors of the database as StorageErrors."""

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(problem, SQLAlchemyError | sqlite3.Error | error.DBOSException | OSError):
            raise StorageError(f"the queue cannot be used: {_line(problem)}") from problem


def _line(problem: BaseException) -> str:
    """What a driver says, without the statement and its values."""
    return str(getattr(problem, "orig", None) or problem).partition("\n")[0]


def _config(url: URL, worker: str) -> DBOSConfig:
    """In the database of the traces, or in a file beside that of the traces."""
    logging.getLogger("dbos").setLevel(logging.WARNING)
    return DBOSConfig(
        name=_NAME,
        system_database_url=_place(url),
        executor_id=worker,
        application_version=_VERSION,
        log_level="WARNING",
    )


def _place(url: URL) -> str:
    """As DBOS and its driver write it."""
    if url.get_backend_name() == "sqlite":
        file = Path(str(url.database).removeprefix("file:"))
        beside = file.with_name(f"{file.stem}-queue.db")
        beside.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(beside, timeout=30)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        return f"sqlite:///{beside}"
    query = dict(url.query)
    for ours in ("prepared_statement_cache_size", "timeout"):
        query.pop(ours, None)
    if "ssl" in query:
        query["sslmode"] = query.pop("ssl")
    url = url.set(drivername="postgresql", query=query)
    return url.render_as_string(hide_password=False)
