"""Requests that fit into the model's window: counted before they are sent.

What does not fit is left out whole, the least useful first; no sentence is cut in silence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from inference.errors import ModelError, ModelRefused
from inference.model import Message, Model, Request

T = TypeVar("T")

_TURN_BYTES = 32
"""What a chat template puts around a turn takes fewer tokens than this."""
_BYTES_PER_TOKEN = 2
"""Fewer than any language has on average, where no tokenizer can be asked."""


class TooLong(ModelRefused):
    """Even without anything that could be left out it does not fit."""


@dataclass(frozen=True, slots=True)
class Fitted(Generic[T]):
    """A request that fits, and what it holds."""

    request: Request
    kept: tuple[T, ...]
    left_out: tuple[T, ...] = ()


async def fitted(
    model: Model, items: Sequence[T], build: Callable[[Sequence[T]], Request]
) -> Fitted[T]:
    """The request with as many of the items as there is room for.

    `items`: the most useful first; `build` makes the request of the first so many. A model whose
    window is not known takes everything. Raises TooLong when not even the first item fits.
    """
    low, high = min(1, len(items)), len(items)
    if await fits_in(model, build(items)):
        return Fitted(build(items), tuple(items))
    if high == low or not await fits_in(model, build(items[:low])):
        raise TooLong(
            f"the prompt is too long for {model.name!r}, whose window is {model.window} tokens:"
            " name a model with a larger one, or ask for less"
        )
    while high - low > 1:  # `low` fits, `high` does not
        middle = (low + high) // 2
        if await fits_in(model, build(items[:middle])):
            low = middle
        else:
            high = middle
    return Fitted(build(items[:low]), tuple(items[:low]), tuple(items[low:]))


async def fits_in(model: Model, request: Request) -> bool:
    """Whether prompt and new tokens have room. Counts only where it might not: tokens are bytes or
    more, so that few bytes fit for certain."""
    if model.window is None:
        return True
    room = model.window - request.max_tokens
    if _bytes(request.messages) <= room:
        return True
    return await _counted(model, request.messages) <= room


async def _counted(model: Model, messages: Sequence[Message]) -> int:
    """By the model's tokenizer, or on the safe side."""
    try:
        return await model.count(messages)
    except ModelError:  # another call may fare better; that of the request will tell
        return _bytes(messages) // _BYTES_PER_TOKEN


def _bytes(messages: Sequence[Message]) -> int:
    """At least as many as there are tokens."""
    texts = (message.content.encode("utf-8", "surrogatepass") for message in messages)
    return sum(len(text) + _TURN_BYTES for text in texts)
