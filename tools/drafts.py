"""Drafts: what a tool may say of its value before it is sure.

Who calls a tool may listen; a tool that never says anything is none the worse. What is said binds
nobody: the result of the call is the value, and the draft only lets others begin early.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pydantic import JsonValue

Listener = Callable[[JsonValue], None]

_listener: ContextVar[Listener | None] = ContextVar("draft_listener", default=None)


def tell_draft(value: JsonValue) -> None:
    """Say that this may become the value of the running call. None says nothing."""
    listener = _listener.get()
    if listener is not None and value is not None:
        listener(value)


@contextmanager
def listening(listener: Listener | None) -> Iterator[None]:
    """Hear the drafts of what is called inside."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
