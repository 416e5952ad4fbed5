"""The slots of a llama.cpp server of our own: who computes where, and what is not computed again.

A slot keeps the prompt that it read last, and for itself only: in another slot the same prompt is
read anew. But a slot's state can be saved to a file and restored into any slot within milliseconds,
by a later process, too. So every request is given its slot here, and

- of the samples of one prompt, one slot reads it and the others restore what that one saved;
- a head that many requests begin with (instructions and worked examples) is read once on a machine
  and restored from the cache folder ever after.

Requests beyond the number of slots wait here, first come, first served.
"""

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from inference.model import Message, Usage
from inference.states import SavedStates

_log = logging.getLogger(__name__)

Messages = tuple[Message, ...]
_TRIES = 3
"""So often is it tried to keep a head: a disk that was full may have room again."""


class SlotError(Exception):
    """The server did not do what was asked of a slot. The request can go on without it."""


class SlotServer(Protocol):
    """What a server does with its slots. Everything raises SlotError."""

    async def read(self, slot: int, messages: Messages) -> Usage:
        """Compute a prompt into a slot; the cached tokens are those that were there before."""
        ...

    async def save(self, slot: int, file: str) -> None:
        """Write a slot's state to a file in the folder of states."""
        ...

    async def restore(self, slot: int, file: str) -> None:
        """Load a slot's state from a file in the folder of states."""
        ...


@dataclass(frozen=True, slots=True)
class Lane:
    """A slot that was given out."""

    slot: int
    read: int = 0
    """Tokens of the prompt that were computed before the request; it will call them cached."""
    since: float = 0.0
    """When its turn came, by the monotonic clock."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A prompt that was computed for several requests."""

    usage: Usage
    """What that cost."""
    file: str | None
    """Its state; None where it could not be saved."""


class SlotPool:
    """Gives slots out."""

    def __init__(self, server: SlotServer, slots: int, states: SavedStates) -> None:
        """`states`: the folder that the server saves to."""
        self._server = server
        self._states = states
        self._free = dict.fromkeys(range(slots))
        """Those that have been free for longest first."""
        self._held: list[Messages] = [()] * slots
        """The prompt that each slot is known to keep."""
        self._vacant = asyncio.Semaphore(slots)
        self._failures: Counter[Messages] = Counter()
        """Of heads that a server does not take, or a disk: not tried for ever."""
        self._reading: defaultdict[Messages, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def shared(self, messages: Messages, head: int = 0) -> AsyncIterator[Shared | None]:
        """A prompt that several requests have, computed once; None where it could not be read."""
        file = self._states.temporary()
        try:
            yield await self._saved(messages, head, file)
        finally:
            self._states.discard(file)

    @asynccontextmanager
    async def slot(
        self, messages: Messages, head: int = 0, shared: Shared | None = None
    ) -> AsyncIterator[Lane]:
        """A slot for one request, with as much of its prompt computed as can be had.

        `head`: so many leading messages are worth keeping on disk.
        """
        async with self._vacant:
            since = time.monotonic()
            slot = max(self._free, key=lambda slot: _common(self._held[slot], messages))
            del self._free[slot]
            held, self._held[slot] = self._held[slot], ()
            try:
                read = 0
                state = shared.file if shared else None
                if held != messages and not (state and await self._restored(slot, state)):
                    read = await self._with_head(slot, held, messages[:head])
                yield Lane(slot, read, since)
                self._held[slot] = messages
            finally:
                self._free[slot] = None

    def holds(self, lane: Lane, messages: Messages) -> None:
        """A slot has read a prompt, and keeps it even if what it writes is cut off."""
        self._held[lane.slot] = messages

    async def _saved(self, messages: Messages, head: int, file: str) -> Shared | None:
        """Compute a prompt and save it."""
        asked = time.monotonic()
        async with self.slot(messages, head) as lane:
            queued = lane.since - asked
            try:
                usage = await self._server.read(lane.slot, messages)
            except SlotError as error:
                _log.warning("a prompt is computed for each sample again: %s", error)
                return None
            cached = max(0, usage.cached_tokens - lane.read)
            usage = replace(usage, cached_tokens=cached, queued_seconds=queued)
            try:
                await _to_its_end(self._server.save(lane.slot, file))
            except SlotError as error:
                _log.warning("a prompt is computed for each sample again: %s", error)
                return Shared(usage, None)
        return Shared(usage, file)

    async def _with_head(self, slot: int, held: Messages, head: Messages) -> int:
        """See to it that a slot holds the head of a request; how many tokens were computed."""
        if not head or self._failures[head] >= _TRIES or held[: len(head)] == head:
            return 0
        async with self._reading[head]:
            known = await self._states.find(head)
            if known is not None:
                if await self._restored(slot, known):
                    return 0
                self._states.forget(known)  # else it is found first again, by every process
            if self._failures[head] >= _TRIES:
                return 0
            file, read = self._states.temporary(), 0
            try:
                usage = await self._server.read(slot, head)
                read = usage.prompt_tokens - usage.cached_tokens
                await _to_its_end(self._server.save(slot, file))
                await self._states.keep(file, head)
            except (SlotError, OSError) as error:
                self._failures[head] += 1
                _log.warning("the head of a prompt is not kept: %s", error)
            finally:
                self._states.discard(file)
            return read

    async def _restored(self, slot: int, file: str) -> bool:
        """Whether a file's state is in the slot now."""
        try:
            await self._server.restore(slot, file)
        except SlotError as error:
            _log.warning("a saved prompt is computed again: %s", error)
            return False
        return True


async def _to_its_end(saving: Coroutine[Any, Any, None]) -> None:
    """The engine writes on when nobody waits: only afterwards can the file be deleted."""
    task = asyncio.ensure_future(saving)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


def _common(held: Messages, wanted: Messages) -> int:
    """How many characters of leading messages two prompts have in common."""
    length = 0
    for mine, other in zip(held, wanted, strict=False):
        if mine != other:
            break
        length += len(mine.content)
    return length
