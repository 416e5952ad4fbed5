"""How far long work is, in lines for a pipe, where no bar moves."""

import time
from collections.abc import Callable

_QUIET_SECONDS = 2.0
"""Work that takes no longer is not told of."""
_EVERY_SECONDS = 10.0


class Paced:
    """Says how far a piece of work is: after two seconds, and then every ten."""

    def __init__(
        self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`say` gets lines; `clock` gives seconds."""
        self._say, self._clock = say, clock
        self._next: dict[str, float] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        """`done` of `total`, in whatever unit: it is told as a percentage."""
        now = self._clock()
        due = self._next.setdefault(what, now + _QUIET_SECONDS)
        if done >= total:
            del self._next[what]
        elif now >= due:
            self._next[what] = now + _EVERY_SECONDS
            self._say(f"{what}: {100 * done // total} %")
