"""What can go wrong with what is kept, by who reacts.

    StorageError         the database cannot be used (disk full, locked, unreadable, made by a newer
                         Breadth): the text names it and says what to do; the run cannot go on
    RunTaken             another living process works on the run: a StorageError, too
    NoStore              nothing was ever kept there: a StorageError, too
    UnknownRun           the user named a run that is not there; the text names the close ones

Every error of SQLite, asyncpg and SQLAlchemy becomes a StorageError in `storage.database`.
"""

from collections.abc import Sequence


class StorageError(Exception):
    """The database cannot be used as it is."""


class NoStore(StorageError):
    """A file that was to be there already is not."""

    def __init__(self, path: str) -> None:
        """`path`: where it was looked for."""
        super().__init__(f"there is no run yet: {path} does not exist")


class RunTaken(StorageError):
    """Another process works on the run."""

    def __init__(self, run: str) -> None:
        """`run`: its id."""
        super().__init__(f"run {run} is being worked on by another process")


class UnknownRun(LookupError):
    """No run has this id, or several have ids that begin with it."""

    def __init__(self, run: str, close: Sequence[str] = (), *, ambiguous: bool = False) -> None:
        """`close`: ids that may have been meant."""
        problem = f"several runs begin with {run!r}" if ambiguous else f"there is no run {run!r}"
        super().__init__(f"{problem}; did you mean {', '.join(close)}?" if close else problem)
        self.close = tuple(close)
