"""How a process of the service ends: on a signal it takes nothing new, goes on with what it has
begun for a while, and leaves the rest to others. Whatever it leaves is in the trace."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from service.edge import leave
from service.work.worker import Worker
from storage import StorageError, TraceStore

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def asked_to_end() -> Iterator[asyncio.Event]:
    """Set by SIGTERM and Ctrl-C; a second one ends the process at once, and nothing is lost."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()

    def end(number: int) -> None:
        if asked.is_set():
            leave(128 + number)
        asked.set()

    with suppress(NotImplementedError):  # Windows has no such signals
        for number in _SIGNALS:
            loop.add_signal_handler(number, end, number)
    try:
        yield asked
    finally:
        with suppress(NotImplementedError):
            for number in _SIGNALS:
                loop.remove_signal_handler(number)


async def handed_over(worker: Worker, store: TraceStore, seconds: float) -> bool:
    """Finish what runs, for so long; False: what still runs is other workers' now, or this one's
    after its next start, and the process has to end at once."""
    drained = await worker.drained(seconds)
    with suppress(StorageError):
        await (store.workers.give_up if worker.leaves_some else store.workers.leave)(worker.id)
    return drained
