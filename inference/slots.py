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
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from inference.model import Message
from inference.states import SavedStates

_log = logging.getLogger(__name__)

Messages = tuple[Message, ...]


class SlotError(Exception):
    """The server did not do what was asked of a slot. The request can go on without it."""


class SlotServer(Protocol):
    """What a server does with its slots. Everything raises SlotError."""

    async def read(self, slot: int, messages: Messages) -> int:
        """Compute a prompt into a slot; how many of its tokens were not in the slot before."""
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


@dataclass(frozen=True, slots=True)
class Shared:
    """A prompt that was computed for several requests."""

    file: str
    read: int
    """Tokens that were computed for it."""


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
        self._reading: defaultdict[Messages, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def shared(self, messages: Messages, head: int = 0) -> AsyncIterator[Shared | None]:
        """A prompt that several requests have, computed once; None where that did not work."""
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
            slot = max(self._free, key=lambda slot: _common(self._held[slot], messages))
            del self._free[slot]
            held, self._held[slot] = self._held[slot], ()
            try:
                read = 0
                if held != messages and not (shared and await self._restored(slot, shared.file)):
                    read = await self._with_head(slot, held, messages[:head])
                yield Lane(slot, read)
                self._held[slot] = messages
            finally:
                self._free[slot] = None

    async def _saved(self, messages: Messages, head: int, file: str) -> Shared | None:
        """Compute a prompt and save it."""
        async with self.slot(messages, head) as lane:
            try:
                read = await self._server.read(lane.slot, messages)
                await self._server.save(lane.slot, file)
            except SlotError as error:
                _log.warning("a prompt is computed for each sample again: %s", error)
                return None
        return Shared(file, lane.read + read)

    async def _with_head(self, slot: int, held: Messages, head: Messages) -> int:
        """See to it that a slot holds the head of a request; how many tokens were computed."""
        if not head or held[: len(head)] == head:
            return 0
        async with self._reading[head]:
            known = await self._states.find(head)
            if known is not None and await self._restored(slot, known):
                return 0
            file = self._states.temporary()
            try:
                read = await self._server.read(slot, head)
                await self._server.save(slot, file)
                await self._states.keep(file, head)
            except (SlotError, OSError) as error:
                _log.warning("the head of a prompt is not kept: %s", error)
                return 0
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


def _common(held: Messages, wanted: Messages) -> int:
    """How many characters of leading messages two prompts have in common."""
    length = 0
    for mine, other in zip(held, wanted, strict=False):
        if mine != other:
            break
        length += len(mine.content)
    return length
