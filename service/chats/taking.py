"""Questions of chat systems, kept: whoever sends them has to be answered soon, whatever the
database does."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from storage import StorageError, Unstorable

log = logging.getLogger("breadth.chats")

PATIENCE_SECONDS = 0.7
"""So long the answer to a chat system waits for what is kept, and no longer: mostly it is kept
before, and then nothing is lost by a process that dies."""
_TRYING_SECONDS = 900.0
"""So long something is tried while it cannot be done."""


class NotNow(Exception):
    """It cannot be done at the moment; the text says why."""


class Taking:
    """Does what has to be done with what came in, in the background if need be."""

    def __init__(self, group: asyncio.TaskGroup, patience: float = PATIENCE_SECONDS) -> None:
        """The tasks are those of `group`."""
        self._group, self._patience = group, patience
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        """Returns when it is done, or takes too long; then it goes on. `what`: for the log. The
        work may be done again."""
        task = self._group.create_task(_tried(what, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait({task}, timeout=self._patience)

    def end(self) -> None:
        """What still waits is given up."""
        for task in self._tasks:
            task.cancel()


async def _tried(what: str, work: Callable[[], Awaitable[None]]) -> None:
    """While it cannot be done, again and again."""
    patience = AsyncRetrying(
        wait=wait_random_exponential(multiplier=0.2, max=10),
        stop=stop_after_delay(_TRYING_SECONDS),
        retry=retry_if_exception_type((NotNow, StorageError)),
        reraise=True,
    )
    try:
        await patience(work)
    except Unstorable as error:
        log.warning("%s cannot be kept: %s", what, error)
    except (NotNow, StorageError) as error:
        log.error("%s is lost, it could not be kept for too long: %s", what, error)  # noqa: TRY400
