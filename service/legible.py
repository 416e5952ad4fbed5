"""Text that others wrote (titles, passages, model output), made fit for a terminal."""

import json
import re
from collections.abc import Mapping
from typing import Any

_UNSEEN = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]"  # colours and cursor movements
    "|\x1b[\\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\\\)?"  # window titles, links, device commands
    "|[\x00-\x1f\x7f-\x9f]"
    "|[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"  # what turns or hides text around it
    "|[\ud800-\udfff]"
)


_MOVING = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]"
    "|\x1b[\\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\\\)?"
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
    "|[\u202a-\u202e\u2066-\u2069]"  # what turns the text around it
)


def settled(text: str) -> str:
    """A text of several lines in any language, without what moves the cursor or turns the text."""
    return _MOVING.sub("", text)


def legible(text: str, limit: int | None = None) -> str:
    """On one line, without anything that moves the cursor, colours or hides; cut at the limit."""
    clean = " ".join(_UNSEEN.sub(" ", text).split())
    return clean if limit is None or len(clean) <= limit else clean[: limit - 1] + "…"


def legible_value(value: Any, limit: int | None = None) -> str:
    """JSON as a person would write it down; None says that nothing was found."""
    if value is None:
        return "nothing found"
    if isinstance(value, str):
        return legible(value, limit)
    return legible(json.dumps(value, ensure_ascii=False), limit)


def legible_arguments(arguments: Mapping[str, Any], limit: int) -> str:
    """Names are left out where there is one argument only."""
    if len(arguments) == 1:
        return legible_value(next(iter(arguments.values())), limit)
    written = (f"{legible(name)}: {legible_value(value)}" for name, value in arguments.items())
    return legible("; ".join(written), limit)


def legible_duration(seconds: float) -> str:
    """Three units at most: 4.2 s, 3 min 05 s, 2 h 07 min."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"
