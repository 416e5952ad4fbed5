"""The service: takes questions, queues their runs, and tells what becomes of them.

It may do runs itself, or leave them to workers of other processes; both are one database apart.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from secrets import token_hex
from typing import Any

from planner import Event, RunEnded
from search import WebClient, WebSettings
from service.edge import leave
from service.errors import UsageProblem
from service.operations.assembly import operations
from service.operations.metrics import Metrics
from service.operations.parents import with_traceparent
from service.settings import Settings
from service.sources import Root, Sources
from service.work.bench import bench
from service.work.following import Followers
from service.work.keeping import prune_regularly, read_anew
from service.work.queue import Queue, QueueSettings
from service.work.telling import Teller, webhook_settings
from service.work.worker import Worker
from storage import Asked, Asker, Logged, ResponseRecord, RunRecord, TraceStore

log = logging.getLogger("breadth.service")
FENCED = 75
"""Exit code (EX_TEMPFAIL) of a worker that was taken for dead: start it again."""
_STOP_SECONDS = 10.0
"""How long a run that is to be stopped is waited for."""


class Service:
    """See `service.api.front.Front`."""

    def __init__(
        self,
        store: TraceStore,
        settings: Settings,
        roots: Sequence[Root],
        *,
        queue: Queue,
        followers: Followers,
        metrics: Metrics,
    ) -> None:
        """Of an open store and a running queue. `roots`: the documents of the service."""
        self.store = store
        self.settings = settings
        self.metrics = metrics
        self._roots = [str(root) for root in roots]
        self._queue = queue
        self._followers = followers

    async def create(self, asked: Asked, asker: Asker) -> ResponseRecord:
        """See Front: the run is kept when this returns, and will be done whatever happens."""
        options = with_traceparent({**asked.options, "documents": [*self._roots]})
        asked = replace(asked, options=options)
        response, is_new = await self.store.responses.create(asked, asker)
        if is_new:
            self._queue.put_soon(response.run, asker.user, asker.priority or 1)
        return response

    def follow(self, run: str, after: int = 0) -> AsyncGenerator[Logged]:
        """See Front."""
        return self._followers.follow(run, after)

    async def ended(self, run: str) -> RunRecord:
        """See Front."""
        head = (await self.store.heads([run])).get(run)
        async for _ in self.follow(run, head.last_event if head and not head.is_over else 0):
            pass
        return await self.store.run(run)

    async def leave(self, record: ResponseRecord) -> bool:
        """See Front."""
        if not await self.store.responses.leave(record.id):
            return False
        await self.stop(record.run, record.user)
        return True

    async def stop(self, run: str, user: str | None) -> RunRecord:
        """See Front."""
        record = await self.store.ask_to_stop(run, user)
        self._followers.told(record.id)
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                return await self.ended(record.id)
        return await self.store.run(record.id)


class _Told:
    """A Trace that tells the followers of a run that there is news, and the teller of its end."""

    def __init__(self, run: str, followers: Followers, teller: Teller) -> None:
        self._run = run
        self._followers = followers
        self._teller = teller

    async def record(self, event: Event) -> None:
        """See Trace; the store has it by now."""
        self._followers.told(self._run)
        if isinstance(event, RunEnded):
            self._teller.wake()


def _webhook_settings(settings: Settings) -> WebSettings:
    """Raises UsageProblem for what cannot be a host."""
    try:
        return webhook_settings(settings.webhook_hosts, settings.user_agent)
    except ValueError as error:
        raise UsageProblem(f"BREADTH_WEBHOOK_HOSTS: {error}") from error


def new_worker_id() -> str:
    """Of a process; never used again."""
    return f"w{token_hex(7)}"


@asynccontextmanager
async def service(
    settings: Settings, roots: Sequence[Root], *, most: int
) -> AsyncIterator[tuple[Service, Worker | None]]:
    """`most`: runs that this process does at once; 0: it leaves them to workers.

    Raises what `bench` raises, and StorageError.
    """
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(await TraceStore.open(settings.store))
        followers = Followers(store)
        web = WebClient(_webhook_settings(settings))
        teller = Teller(store, await stack.enter_async_context(web))
        id_ = new_worker_id()
        told = await stack.enter_async_context(operations(settings, store, id_))
        worker = None
        if most:
            place = await stack.enter_async_context(
                bench(
                    store,
                    id_,
                    roots,
                    settings,
                    traces=lambda run: (*told.traces(run), _Told(run.id, followers, teller)),
                    say=log.info,
                )
            )
            worker = Worker(id_, store, place.do, fenced)
            await store.workers.join(id_)
        waiting = QueueSettings(settings.store, most, settings.user_runs)
        body = worker.do if worker else _nobody
        queue = await stack.enter_async_context(
            Queue(waiting, id_, body, takes=lambda: worker is not None and worker.takes)
        )
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(followers.look()), group.create_task(teller.tell())]
            if worker:
                tasks.append(group.create_task(worker.live(queue)))
                doing = _kept(store, place.files, settings)
                tasks += [group.create_task(each) for each in doing]
            try:
                front = Service(
                    store,
                    settings,
                    roots,
                    queue=queue,
                    followers=followers,
                    metrics=told.metrics,
                )
                yield front, worker
            finally:
                for task in tasks:
                    task.cancel()


def _kept(
    store: TraceStore, files: Sources | None, settings: Settings
) -> Iterator[Coroutine[Any, Any, None]]:
    """What a process that does runs does besides."""
    if files and settings.documents_seconds:
        yield read_anew(files, settings.documents_seconds)
    if settings.keep_days is not None:
        yield prune_regularly(store, settings.keep_days)


def fenced() -> None:
    """Others have the runs of this process: it ends at once, to be started again."""
    log.critical("this worker was taken for dead: it was not heard of for too long")
    leave(FENCED)


async def _nobody(run: str) -> None:
    """This process does no runs."""
    raise AssertionError(run)
