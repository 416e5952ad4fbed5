"""The trace of a client, that its run belongs to: W3C's header `traceparent`.

A run keeps it among its options, so that whoever does it, or goes on with it, makes the same trace.
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar

from pydantic import JsonValue

OPTION = "traceparent"
"""Of a run."""
_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_given: ContextVar[str | None] = ContextVar("traceparent", default=None)


def tell_traceparent(header: str) -> None:
    """What this task is asked for belongs there; what has not the form of one is left out."""
    _given.set(header if _FORM.fullmatch(header) else None)


def with_traceparent(options: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Options of a run that is made here and now, with the trace that it belongs to, if any."""
    given = _given.get()
    return {**options, OPTION: given} if given else dict(options)


def traceparent_of(options: Mapping[str, JsonValue]) -> str | None:
    """Of a run that was made."""
    found = options.get(OPTION)
    return found if isinstance(found, str) else None
