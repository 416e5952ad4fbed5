"""What a stream owes: tokens, in time, and not many more of them than were asked for."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator

from inference.errors import ModelUnavailable
from inference.model import Chunk, Request
from inference.wire import Event

_LONG_TOKEN = 32
"""Characters. Tokens have four on average; a whole text of such long ones is a loop."""
_SPARE_TOKENS = 16


async def in_time(
    events: AsyncIterator[Event], seconds: float, where: str
) -> AsyncGenerator[Event]:
    """The events, until there was none with a token for so long: then ModelUnavailable.

    Comments and empty events are signs of life of the server, not of the model: they keep the
    connection open, and the clock runs on.
    """
    clock = asyncio.get_running_loop().time
    last = clock()
    while True:
        try:
            async with asyncio.timeout_at(last + seconds) as waiting:
                event = await anext(events)
        except StopAsyncIteration:
            return
        except TimeoutError:
            if not waiting.expired():
                raise
            text = (
                f"{where} was silent for too long: it is there, but sent no token in {seconds:g} s"
            )
            raise ModelUnavailable(text) from None
        if _has_token(event):
            last = clock()
        yield event


def _has_token(event: Event | None) -> bool:
    """Whether the model says something in it."""
    deltas = [choice.delta for choice in (event.choices if event else None) or ()]
    return any(d and (d.content or d.reasoning_content or d.reasoning) for d in deltas)


class Allowance:
    """How much text a request may bring: a server may not know its limit, and never end."""

    def __init__(self, request: Request) -> None:
        """Far above what `max_tokens` tokens can be, for each sample."""
        self._most = (request.max_tokens + _SPARE_TOKENS) * _LONG_TOKEN
        self._characters: Counter[int] = Counter()

    def covers(self, chunk: Chunk) -> bool:
        """Count the chunk; False when its sample has become too long."""
        self._characters[chunk.index] += len(chunk.text) + len(chunk.reasoning)
        return self._characters[chunk.index] <= self._most
