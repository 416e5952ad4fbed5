"""What vLLM's log says of why it ended: the one line that a person needs, out of a few hundred."""

import re
from collections.abc import Iterator

_MARK = re.compile(r"^\([^)]*pid=\d+\)\s*")
_STAMP = re.compile(r"^(?:ERROR|CRITICAL) [\d:. -]+ \[[^\]]*\]\s?")
_RAISED = re.compile(r"^(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception|Refused|Exit)\b: ?\S")
_USAGE = re.compile(r"^\S+\.py: error: ")
_VALIDATION = re.compile(r"validation errors? for \w+$")
_CONSEQUENCES = ("Engine core initialization failed", "Engine process failed", "cancelled")
_LONGEST = 400


def cause_in(log: str) -> str:
    """The last error that is no mere consequence of another; else nothing.

    The engine is a process of its own, and the server's complaint that it failed comes behind its
    own.
    """
    lines = [_bare(line) for line in log.splitlines() if line.strip()]
    errors = list(_errors(lines))
    told = [error for error in errors if not any(word in error for word in _CONSEQUENCES)]
    return next(reversed(told or errors), "")[:_LONGEST]


def _errors(lines: list[str]) -> Iterator[str]:
    """Lines that end a traceback, or that refuse an option."""
    for number, line in enumerate(lines):
        if _VALIDATION.search(line) and number + 1 < len(lines):
            yield lines[number + 1].strip()  # pydantic tells what, and below it why
        elif _RAISED.match(line) or _USAGE.match(line):
            yield line.strip()


def _bare(line: str) -> str:
    """Without who says it and when."""
    return _STAMP.sub("", _MARK.sub("", line)).rstrip()


def last_line(log: str) -> str:
    """The last line that says something, without who says it and when."""
    return next((_bare(line) for line in reversed(log.splitlines()) if line.strip()), "")[:_LONGEST]
