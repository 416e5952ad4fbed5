"""What the command line tells its user instead of a traceback.

Withdrawn       somebody did not approve the plan: exit code 130
UsageProblem    the call itself is wrong: exit code 2
Every error that the folders name for the user (see KNOWN): exit code 1
"""

from collections.abc import Iterator

from inference import ModelError, ModelSetupError, NoAddress
from planner import NotStored, Withdrawn
from search import IndexFolderError, SearchError
from storage import (
    DisabledWebhook,
    NoStore,
    StorageError,
    TooManyWebhooks,
    UnknownEvaluation,
    UnknownKey,
    UnknownRun,
    UnknownWebhook,
)


class UsageProblem(Exception):
    """The user asked for what cannot be; the text says what to do."""


class ToolFailed(Exception):
    """A tool that was called by itself could not do it; the text says why."""


KNOWN: tuple[type[Exception], ...] = (
    ModelError,
    ModelSetupError,
    NotStored,
    SearchError,
    StorageError,
    ToolFailed,
)
USAGE: tuple[type[Exception], ...] = (
    UsageProblem,
    DisabledWebhook,
    IndexFolderError,
    NoAddress,
    NoStore,
    TooManyWebhooks,
    UnknownEvaluation,
    UnknownKey,
    UnknownRun,
    UnknownWebhook,
)


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors in a group, which structured concurrency wraps around them."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves(inner)
    else:
        yield error


def exit_code(error: BaseException) -> int | None:
    """130 for what a person stopped, 2 for usage, 1 for a known failure, None for a bug."""
    found = list(leaves(error))
    if all(isinstance(one, Withdrawn) for one in found):
        return 130
    if all(isinstance(one, USAGE) for one in found):
        return 2
    if all(isinstance(one, (*KNOWN, *USAGE)) for one in found):
        return 1
    return None
