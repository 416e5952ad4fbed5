"""Following runs: whoever waits for events of a run gets them as they come.

What this process records is told of at once; for what others record, one query for all followed
runs together looks now and then.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from storage import Head, Logged, StorageError, TraceStore

LOOK_SECONDS = 0.2


@dataclass
class _Followed:
    """A run that somebody follows."""

    news: set[asyncio.Event] = field(default_factory=set)
    """Of each who does; set when there is something new."""
    head: Head | None = None
    """How far it had come at the last look."""


class Followers:
    """Of one process."""

    def __init__(self, store: TraceStore) -> None:
        """Of all runs in the store."""
        self._store = store
        self._followed: dict[str, _Followed] = {}
        self._wanted = asyncio.Event()

    def told(self, run: str) -> None:
        """Something was recorded."""
        for news in self._followed[run].news if run in self._followed else ():
            news.set()

    async def look(self) -> None:
        """Look for news of other processes, until cancelled."""
        while True:
            await self._wanted.wait()
            with suppress(StorageError):  # those who follow will see it themselves
                heads = await self._store.heads(list(self._followed))
                for run, followed in list(self._followed.items()):
                    if heads.get(run) != followed.head:
                        followed.head = heads.get(run)
                        self.told(run)
            await asyncio.sleep(LOOK_SECONDS)

    async def follow(self, run: str, after: int = 0) -> AsyncGenerator[Logged]:
        """The events behind the one with this number, to the run's end. Raises StorageError."""
        with self._following(run) as news:
            while True:
                news.clear()
                head, new = await self._store.news(run, after)
                if head is None:
                    return
                for logged in new:
                    yield logged
                    after = logged.seq
                if head.is_over and after >= head.last_event:
                    return
                await news.wait()

    @contextmanager
    def _following(self, run: str) -> Iterator[asyncio.Event]:
        """Somebody does, meanwhile."""
        news = asyncio.Event()
        self._followed.setdefault(run, _Followed()).news.add(news)
        self._wanted.set()
        try:
            yield news
        finally:
            followed = self._followed[run]
            followed.news.discard(news)
            if not followed.news:
                del self._followed[run]
            if not self._followed:
                self._wanted.clear()
