"""What shows a run while it works."""

from collections.abc import Mapping
from typing import Protocol

from planner import Outcome, Trace
from search import IndexReport


class Display(Trace, Protocol):
    """Shows a run while it works."""

    def started(self, run: str) -> None:
        """The run has an id."""
        ...

    def loading(self, done: int, total: int) -> None:
        """Bytes of the model joined."""
        ...

    def missing(self, reason: str) -> None:
        """Something is not there, and is done without: a server while others answer, pgvector."""
        ...

    def noticed(self, what: str) -> None:
        """Something that is done otherwise than it could be."""
        ...

    def left_out(self, reason: str) -> None:
        """Tools that cannot be used."""
        ...

    def known(self, outcomes: Mapping[str, Outcome]) -> None:
        """What is taken over of the run's past, by step."""
        ...

    def indexing(self, done: int, total: int, path: str) -> None:
        """Documents read."""
        ...

    def indexed(self, report: IndexReport) -> None:
        """What the index holds."""
        ...
