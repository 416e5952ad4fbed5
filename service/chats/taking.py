"""Questions of chat systems, kept: whoever sends them has to be answered soon, whatever the
database does."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_delay,
    wait_random_exponential,
)

from storage import StorageError, Unstorable

log = logging.getLogger("breadth.chats")

PATIENCE_SECONDS = 0.7
"""So long the answer to a chat system waits for what is kept, and no longer: mostly it is kept
before, and then nothing is lost by a process that dies."""
END_SECONDS = 3.0
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

    async def end(self) -> None:
        """What still waits has a moment to be kept, and is given up then."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=END_SECONDS)
        for task in late:
            task.cancel()
        if late:
            log.error("%s questions are lost: they could not be kept before the end", len(late))


async def _tried(what: str, work: Callable[[], Awaitable[None]]) -> None:
    """While it cannot be done, again and again."""
    patience = AsyncRetrying(
        wait=wait_random_exponential(multiplier=0.2, max=10),
        stop=stop_after_delay(_TRYING_SECONDS),
        retry=retry_if_exception(_may_do_later),
        reraise=True,
    )
    try:
        await patience(work)
    except Unstorable as error:
        log.warning("%s cannot be kept: %s", what, error)
    except (NotNow, StorageError) as error:
        log.error("%s is lost, it could not be kept for too long: %s", what, error)  # noqa: TRY400
    except Exception:
        # Whatever is wrong with one question, the others and the service go on.
        log.exception("%s is lost", what)


def _may_do_later(error: BaseException) -> bool:
    return isinstance(error, NotNow | StorageError) and not isinstance(error, Unstorable)
