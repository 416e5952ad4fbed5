"""What the browser is, and what it may have: known also where it cannot be used."""

import shutil
from dataclasses import dataclass

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""What it is called where it is installed, the likeliest first."""


@dataclass(frozen=True)
class BrowserSettings:
    """The limits are for each page, but for `at_once` and `memory`."""

    program: str
    always: bool = False
    """Whether pages are given to it that have a text without it."""
    allow_hosts: frozenset[str] = frozenset()
    """As in WebSettings; asked by pages of such hosts only."""
    seconds: float = 20.0
    patience: float = 5.0
    """Seconds that a page has for what it asks for; and then for a text, if it has none yet."""
    requests: int = 150
    most_bytes: int = 10 * 2**20
    """Of one answer, and of the page as it is read."""
    most_bytes_together: int = 40 * 2**20
    user_agent: str = "Breadth"
    at_once: int = 2
    """Pages."""
    memory: int = 3 * 2**29
    """Bytes for each process of the browser; on Linux."""
    apart: bool = True
    """Whether it gets a network of its own, with nothing in it, where that can be had (Linux)."""


def browser_program(named: str | None = None) -> str | None:
    """The browser of this machine: the path or the name that is given, else one that is known."""
    found = (shutil.which(name) for name in ([named] if named else PROGRAMS))
    return next(filter(None, found), None)
