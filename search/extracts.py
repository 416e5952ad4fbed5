"""What is taken out of a document's bytes, whatever their format."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

_DAY = re.compile(r"(?<!\d)(\d{4})-?(\d\d)-?(\d\d)")


@dataclass(frozen=True, slots=True)
class Part:
    """Where a page, slide or sheet begins in the text."""

    start: int
    kind: str
    """page, slide or sheet."""
    name: str
    """Its number, or what a sheet is called."""


@dataclass(frozen=True, slots=True)
class Extract:
    """The text of a document and what it says of itself; empty where it says nothing."""

    text: str
    title: str = ""
    author: str = ""
    published: str = ""
    """A day as YYYY-MM-DD."""
    parts: tuple[Part, ...] = ()


def joined(
    kind: str, named: Iterable[tuple[str, str]], between: str = "\n\n"
) -> tuple[str, tuple[Part, ...]]:
    """One text of texts with their names, and where each begins; one without words is left out."""
    pieces: list[str] = []
    parts: list[Part] = []
    at = 0
    for name, text in named:
        if text.strip():
            lead = between if pieces else ""
            parts.append(Part(at + len(lead), kind, name))
            pieces.append(lead + text)
            at += len(lead) + len(text)
    return "".join(pieces), tuple(parts)


def place(parts: Sequence[Part], start: int, end: int) -> str:
    """Where a span of the text lies: "page 3", "slides 3-4"; empty where there are no parts."""
    if not parts:
        return ""
    first, last = (
        parts[max(bisect_right(parts, at, key=lambda part: part.start) - 1, 0)]
        for at in (start, end - 1)
    )
    if first == last:
        return f"{first.kind} {first.name}"
    return f"{first.kind}s {first.name}-{last.name}"


def day_of(moment: str) -> str:
    """The day in "2020-01-31T09:00:00Z" or PDF's "D:20200131090000", as YYYY-MM-DD, or nothing."""
    found = _DAY.search(moment)
    try:
        return date(*map(int, found.groups())).isoformat() if found else ""
    except ValueError:
        return ""
