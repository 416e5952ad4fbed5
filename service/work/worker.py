"""The worker: does the runs that the queue gives it, and whatever happens brings each to an end.

It says every few seconds that it lives, hears which of its runs are to be stopped, and takes over
what the dead leave behind.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

from planner import RunEnded
from service.errors import exit_code, leaves
from service.operations.logs import run_told
from service.work.queue import Queue
from storage import RunRecord, RunTaken, StorageError, TraceStore, UnknownRun, Unstorable

log = logging.getLogger("breadth.worker")

Doing = Callable[[RunRecord], Awaitable[None]]
"""Does what is left of a run, and records its end."""

BEAT_SECONDS = 2.0
MISS_SECONDS = 5.0
"""Between two looks for runs that are not in the queue."""
TIDY_SECONDS = 600.0
"""Between two looks for what the queue still knows of runs that have ended."""
_KEPT = timedelta(hours=1)
"""So long it knows them."""
LOOK_SECONDS = 0.3
"""Between two looks for runs to be stopped."""
_LOOKED_AT = 1000
"""Runs at one look, so that it takes no longer however many wait."""
_FORGOTTEN = timedelta(seconds=20)
"""A run that is queued, but not in the queue: its maker died between the two."""


class Worker:
    """One in a process."""

    def __init__(
        self,
        id_: str,
        store: TraceStore,
        doing: Doing,
        fenced: Callable[[], None],
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`id_`: under which it is known; `doing`: see there; `fenced`: called when this worker was
        taken for dead. Others have its runs then, and it may not record another event."""
        self.id = id_
        self._heard = _Heard(store.workers.lease.total_seconds(), now)
        self._fenced = fenced
        self._store = store
        self._doing = doing
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopped: set[str] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._leaving = False
        self._left = 0
        """Runs that were taken meanwhile and are not done here."""
        self._looked_at: datetime | None = None
        """Until when those that wait were looked for in the queue; None: all of them."""
        self._is_done = False
        """Nothing runs and nothing will: that it is not known any more is no news."""

    @property
    def busy(self) -> int:
        """Runs that it does now."""
        return len(self._tasks)

    @property
    def takes(self) -> bool:
        """Whether it is to be given further ones."""
        return not self._leaving

    @property
    def leaves_some(self) -> bool:
        """Whether others have to do runs that it was given."""
        return bool(self._tasks or self._left)

    async def do(self, run: str) -> None:
        """Do a run, or what is left of it; returns when it has ended, or is another one's.

        While the database cannot be used, it waits and tries again.
        """
        if run in self._tasks:
            return
        if self._leaving:
            self._left += 1
            await asyncio.Event().wait()  # this process is about to end: it goes on elsewhere
        with run_told(run):  # the task logs as the run's
            task = asyncio.create_task(self._to_its_end(run), name=f"run {run}")
        self._tasks[run] = task
        self._idle.clear()
        try:
            await asyncio.wait([task])
        finally:
            self._tasks.pop(run, None)
            if not self._tasks:
                self._idle.set()
        if run in self._stopped:
            self._stopped.discard(run)
            async for attempt in _as_long_as(StorageError):
                with attempt:
                    await self._end(run, RunEnded("cancelled", "stopped"))
        elif not task.cancelled():
            task.result()

    async def _to_its_end(self, run: str) -> None:
        """See `do`."""
        async for attempt in _as_long_as(_Unkept):
            with attempt:
                await self._attempted(run)

    async def _attempted(self, run: str) -> None:
        """Raises _Unkept where what happened could not be kept."""
        try:
            if await self._store.workers.take(run, self.id):
                await self._done(await self._store.run(run))
        except (RunTaken, UnknownRun) as error:
            log.warning("run %s is left alone: %s", run, error)
        except StorageError as error:
            log.warning("run %s has to wait: %s", run, error)
            raise _Unkept from error

    async def _done(self, record: RunRecord) -> None:
        """The run, and its end where that is an error that nobody has recorded."""
        if record.cancel_at is not None:
            await self._end(record.id, RunEnded("cancelled", "stopped"))
            return
        try:
            await self._doing(record)
        except Exception as error:
            if (unkept := _storage(error)) is not None:
                raise unkept from error
            if exit_code(error) is None:
                log.exception("run %s failed by a bug", record.id)
            told = "; ".join(dict.fromkeys(str(leaf) for leaf in leaves(error)))
            await self._end(record.id, RunEnded("failed", told or type(error).__name__))

    async def _end(self, run: str, end: RunEnded) -> None:
        """Unless it has ended, or is another one's: research records most ends itself."""
        record = await self._store.run(run)
        if not record.is_over and record.worker in (None, self.id):
            with suppress(RunTaken):  # meanwhile
                await self._store.trace(run, self.id).record(end)

    def stop(self, run: str) -> None:
        """Stop a run that it does; the end is recorded."""
        task = self._tasks.get(run)
        if task is not None and run not in self._stopped:
            self._stopped.add(run)
            task.cancel()

    async def live(self, queue: Queue) -> None:
        """Beat, listen and take over, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beat())
            group.create_task(self._listen())
            group.create_task(self._regularly(BEAT_SECONDS, lambda: self._take_over(queue)))
            group.create_task(self._regularly(MISS_SECONDS, lambda: self._find_missing(queue)))
            group.create_task(self._regularly(TIDY_SECONDS, lambda: self._tidy(queue)))

    async def _beat(self) -> None:
        """See `live`: nothing else may keep it waiting."""
        while not self._is_done:
            with suppress(StorageError):
                await self._say_that_it_lives()
            await asyncio.sleep(BEAT_SECONDS)

    async def _say_that_it_lives(self) -> None:
        """Raises StorageError where nobody hears it."""
        known = await self._store.workers.beat(self.id)
        if known:
            self._heard.again()
        elif not self._is_done:
            self._fenced()

    async def _regularly(self, seconds: float, look: Callable[[], Awaitable[None]]) -> None:
        """Look after others."""
        while True:
            await asyncio.sleep(seconds)
            with suppress(StorageError):
                await look()

    async def _take_over(self, queue: Queue) -> None:
        """Queue anew what the dead leave behind. What silenced this worker silenced others, too:
        they are let speak before they are taken for dead."""
        workers = self._store.workers
        dead = await workers.claim(self.id, silent=self._heard.long)
        for run in await queue.take_over(dead):
            log.warning("run %s is taken over from a worker that is dead", run)
        for worker in dead:
            await workers.leave(worker)

    async def _tidy(self, queue: Queue) -> None:
        """Remove what the queue still knows of runs that ended a while ago."""
        while await queue.tidy(datetime.now(UTC) - _KEPT):
            pass

    async def _find_missing(self, queue: Queue) -> None:
        """Queue what never came into the queue, or fell out of it, or would never leave it."""
        await queue.let_go()
        workers = self._store.workers
        waiting, self._looked_at = await workers.waiting(
            _FORGOTTEN, self._looked_at, limit=_LOOKED_AT
        )
        lost = [*await queue.missing(waiting), *await workers.orphans()]
        known = await workers.known() if lost else ()
        for run in lost:
            with suppress(UnknownRun):  # it was removed meanwhile
                record = await self._store.run(run)
                if not record.is_over:
                    await queue.ensure(run, record.user, record.priority or 1, workers=known)

    async def _listen(self) -> None:
        """Stop what somebody wants stopped."""
        while True:
            with suppress(StorageError):
                for run in await self._store.workers.cancelled(self.id) if self._tasks else ():
                    self.stop(run)
            await asyncio.sleep(LOOK_SECONDS)

    async def drained(self, seconds: float) -> bool:
        """Begin nothing more, and wait so long for what runs. False: something still does."""
        self._leaving = True
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return False
        self._is_done = True
        return True


class _Heard:
    """Since when a worker is heard of, without a pause: no database was away meanwhile, and no
    process or machine asleep."""

    def __init__(self, lease: float, now: Callable[[], float]) -> None:
        self._lease = lease
        self._now = now
        self._since = self._last = float("-inf")

    def again(self) -> None:
        """Just now."""
        if self._is_pause():
            self._since = self._now()
        self._last = self._now()

    @property
    def long(self) -> bool:
        """For so long that whoever lives was heard of since then, too."""
        return not self._is_pause() and self._last - self._since >= self._lease

    def _is_pause(self) -> bool:
        """The clock may have been set back, too."""
        return not 0 <= self._now() - self._last <= self._lease / 2


class _Unkept(Exception):
    """The database could not be used; the run is tried again when it can."""


def _as_long_as(kind: type[Exception]) -> AsyncRetrying:
    """Attempts without end, while they fail of this."""
    patience = wait_random_exponential(multiplier=0.5, max=15)
    return AsyncRetrying(wait=patience, retry=retry_if_exception_type(kind), reraise=True)


def _storage(error: BaseException) -> StorageError | None:
    """The first error of the database in it, which may be usable later; None: there is none, or
    it will never take what it was given."""
    found = [leaf for leaf in leaves(error) if isinstance(leaf, StorageError)]
    if any(isinstance(leaf, Unstorable) for leaf in found):
        return None
    return next(iter(found), None)
