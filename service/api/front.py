"""What the handlers need of the service."""

from collections.abc import AsyncGenerator
from typing import Protocol

from aiohttp import web

from service.settings import Settings
from storage import Asked, Asker, Logged, ResponseRecord, RunRecord, TraceStore


class Front(Protocol):
    """Takes questions, and tells what becomes of them. All methods raise StorageError."""

    @property
    def store(self) -> TraceStore:
        """Where everything is kept."""
        ...

    @property
    def settings(self) -> Settings:
        """Of the service."""
        ...

    async def create(self, asked: Asked, asker: Asker) -> ResponseRecord:
        """Keep it, with a run, and queue that; durable when it returns. What the same user asked
        for with the same idempotency key before is not made again."""
        ...

    def follow(self, run: str, after: int = 0) -> AsyncGenerator[Logged]:
        """The events of a run behind the one with this number, those to come as they come; ends
        when the run has ended and all its events were given. To be closed (`aclosing`)."""
        ...

    async def ended(self, run: str) -> RunRecord:
        """Wait for its end."""
        ...

    async def leave(self, record: ResponseRecord) -> bool:
        """A client that waited for a response has gone. Stops its run where nobody waits for it any
        more, and gives whether it did."""
        ...

    async def stop(self, run: str, user: str | None) -> RunRecord:
        """Have it stopped, and wait a while for its end. Raises UnknownRun."""
        ...


FRONT: web.AppKey[Front] = web.AppKey("front", Front)
