"""The courier: what a chat system is to be shown of runs is shown, by one process or another.

It claims postings, follows their runs, and has a Speaker show how they come along and what they
came to. All that has to be known to go on from there is noted in the posting: where this process
dies, another one, or its next start, delivers what is left.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine, Mapping
from contextlib import aclosing, suppress
from secrets import token_hex
from typing import Any, Protocol, TypeVar

from pydantic import JsonValue

from service.api.front import Front
from service.chats.ending import Ending
from service.chats.standing import Standing
from service.errors import leaves
from storage import Posting, Postings, StorageError, UnknownRun

log = logging.getLogger("breadth.chats")
T = TypeVar("T")

CALL_SECONDS = 10.0
"""A call that shows something takes no longer. It is begun only while the claim lasts longer."""
_AT_ONCE = 500
_LOOK_SECONDS, _RENEW_SECONDS, _FAILED_SECONDS = 1.0, 8.0, 10.0
_LEASE = Postings.lease.total_seconds()


class Rest(Exception):
    """The chat system wants to be left alone for a while."""

    def __init__(self, seconds: float) -> None:
        """For how long."""
        super().__init__(f"wait {seconds:g} seconds")
        self.seconds = seconds


class Undelivered(Exception):
    """It could not be shown; the text says why, without secrets."""

    def __init__(self, told: str, *, for_good: bool = False) -> None:
        """`for_good`: it never can be."""
        super().__init__(told)
        self.for_good = for_good


class Gone(Exception):
    """Another courier has the posting by now, or may have."""


class Held:
    """A posting that this process has claimed."""

    def __init__(self, posting: Posting, postings: Postings, courier: str, until: float) -> None:
        """`until`: when the claim ends, by the monotonic clock."""
        self.posting = posting
        self.state: dict[str, Any] = dict(posting.state)
        self.until = until
        self._postings, self._courier = postings, courier

    @property
    def run(self) -> str:
        """The id of the run."""
        return self.posting.run

    @property
    def place(self) -> Mapping[str, Any]:
        """Where it was asked."""
        return self.posting.place

    def require(self) -> None:
        """To be called before anything is shown. Raises Gone where another courier might show it
        while the call is under way."""
        if time.monotonic() + CALL_SECONDS > self.until:
            raise Gone(self.run)

    async def note(self, *, thread: str | None = None, **state: JsonValue) -> None:
        """What has to be known to go on from here. Raises Gone and StorageError."""
        self.state |= state
        if not await self._postings.note(self.run, self._courier, self.state, thread):
            raise Gone(self.run)


class Speaker(Protocol):
    """Shows runs in one chat system.

    Both methods may be called again for the same run, by another process, too: what `Held.state`
    says was shown already. They raise Rest, Undelivered and Gone.
    """

    system: str

    async def working(self, held: Held, standing: Standing) -> None:
        """How far it has come. Called at most once a second; returns soon, or raises Rest."""
        ...

    async def ended(self, held: Held, ending: Ending) -> None:
        """What it came to; returns when that is shown, however long it takes."""
        ...


class Courier:
    """Of one process, for one chat system."""

    def __init__(self, front: Front, speaker: Speaker, *, pace: float = 1.0) -> None:
        """`pace`: seconds between two changes of what is shown of a run."""
        self.id = f"c{token_hex(7)}"
        self._front, self._speaker, self._pace = front, speaker, pace
        self._postings = front.store.postings
        self._news = asyncio.Event()
        self._held: dict[str, tuple[Held, asyncio.Task[None]]] = {}

    def wake(self) -> None:
        """Something is to be shown: look now."""
        self._news.set()

    async def carry(self) -> None:
        """Show what is to be shown, until cancelled; what is left is for others at once."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._renew())
                while True:
                    self._news.clear()
                    began = time.monotonic()
                    for posting in await self._claimed():
                        held = Held(posting, self._postings, self.id, began + _LEASE)
                        task = group.create_task(self._carried(held))
                        self._held[held.run] = held, task
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_SECONDS):
                            await self._news.wait()
        finally:
            with suppress(StorageError):  # then the claims end by themselves
                await self._postings.release(self.id)

    async def _claimed(self) -> list[Posting]:
        """As many as there are places for; none where the store cannot be used just now."""
        places = _AT_ONCE - len(self._held)
        if places <= 0:
            return []
        with suppress(StorageError):  # it is asked again
            found = await self._postings.due(self._speaker.system, self.id, places)
            return [posting for posting in found if posting.run not in self._held]
        return []

    async def _renew(self) -> None:
        """Say that the claims hold, again and again; what is lost is let go of."""
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            began, runs = time.monotonic(), list(self._held)
            if not runs:
                continue
            with suppress(StorageError):  # meanwhile nothing new is shown: see `Held.require`
                kept = await self._postings.renew(self.id, runs)
                for run in runs:
                    held, task = self._held.get(run, (None, None))
                    if held is not None and run in kept:
                        held.until = began + _LEASE
                    elif task is not None:
                        task.cancel()

    async def _carried(self, held: Held) -> None:
        """One posting, and what became of it."""
        try:
            await self._shown(held)
            await self._postings.delivered(held.run, self.id)
        except Gone:
            log.info("another process shows run %s", held.run)
        except UnknownRun:
            log.info("run %s is not there any more, and is not shown", held.run)
        except Undelivered as error:
            log.warning("run %s is not shown: %s", held.run, error)
            with suppress(StorageError):
                await self._postings.failed(held.run, self.id, str(error), for_good=error.for_good)
        except Rest as error:
            with suppress(StorageError):
                told = "the chat system asks for rest"
                await self._postings.failed(held.run, self.id, told, after=error.seconds)
        except StorageError as error:
            log.warning("run %s is shown later: %s", held.run, error)
        except Exception:
            # Whatever is wrong with one message, the others and the service go on.
            log.exception("run %s is not shown", held.run)
            with suppress(StorageError):
                await self._postings.failed(held.run, self.id, "the service failed: see its log")
        finally:
            self._held.pop(held.run, None)

    async def _shown(self, held: Held) -> None:
        """From how it comes along to its end."""
        run = await self._front.store.run(held.run)
        if not run.is_over:
            await self._followed(held, Standing(run, self._front.settings))
            run = await self._front.store.run(held.run)
        posting = await self._postings.of_run(held.run)
        await self._speaker.ended(
            held, Ending.of(run, posting or held.posting, self._front.settings)
        )

    async def _followed(self, held: Held, standing: Standing) -> None:
        """Until the run has ended. What is being shown then is not cut off: nobody would know
        whether it had been. Raises Gone and StorageError."""
        news, over = asyncio.Event(), asyncio.Event()
        news.set()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._told(held, standing, news, over))
                async with aclosing(self._front.follow(held.run)) as events:
                    async for logged in events:
                        standing.take(logged)
                        news.set()
                over.set()
                news.set()
        except BaseExceptionGroup as problems:
            raise next(leaves(problems)) from problems

    async def _told(
        self, held: Held, standing: Standing, news: asyncio.Event, over: asyncio.Event
    ) -> None:
        """Show what is new, and not too often, until it is over."""
        shown = None
        while not over.is_set():
            await news.wait()
            news.clear()
            line, rest = standing.line, self._pace
            if over.is_set() or line == shown:
                continue
            try:
                await self._speaker.working(held, standing)
                shown = line
            except Rest as error:
                rest = max(rest, error.seconds)
                news.set()
            except Undelivered as error:  # what it comes to may be shown yet
                log.info("run %s: its progress is not shown: %s", held.run, error)
                rest = _FAILED_SECONDS
                news.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await over.wait()


async def finished(work: Coroutine[Any, Any, T]) -> T:
    """Done to its end even if the caller is cancelled meanwhile; then the caller is.

    For what others see: what becomes of a call that is cut off, nobody knows.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not report it as lost
        raise
