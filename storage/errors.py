"""What can go wrong with what is kept, by who reacts.

    StorageError         the database cannot be used (disk full, locked, unreadable, made by a newer
                         Breadth): the text names it and says what to do; the run cannot go on
    Unstorable           the database cannot keep what it was given (a number that is too large for
                         its column, what is no JSON, a row that another one contradicts), however
                         often it is tried: a StorageError, too
    RunTaken             another living process works on the run: a StorageError, too
    EvaluationTaken      another living process works on the evaluation: a StorageError, too
    BatchTaken           another living process works on the batch: a StorageError, too
    NoStore              nothing was ever kept there: a StorageError, too
    UnknownRun           the user named a run that is not there; the text names the close ones
    UnknownEvaluation    the same of an evaluation
    UnknownResponse      the same of a response; it may be another user's
    UnknownFile          the same of a file of the service
    UnknownBatch         the same of a batch of the service
    UnknownWebhook       the same of a webhook, or of what is on its way to one
    DisabledWebhook      nothing is sent to this webhook any more
    TooManyWebhooks      a user has as many as one may have
    TooManyBatches       the same of batches
    UnknownKey           the same of an API key
    OverLimit            a key's runs have taken what they may; it says when there is more

Every error of SQLite, asyncpg and SQLAlchemy becomes a StorageError in `storage.database`.
"""

from collections.abc import Sequence
from difflib import get_close_matches


class StorageError(Exception):
    """The database cannot be used as it is."""


class Unstorable(StorageError):
    """The database can be used, but not for this; its text does not say where the database is."""


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


class EvaluationTaken(StorageError):
    """Another process works on the evaluation."""

    def __init__(self, evaluation: str) -> None:
        """`evaluation`: its id."""
        super().__init__(f"evaluation {evaluation} is being worked on by another process")


class BatchTaken(StorageError):
    """Another process works on the batch."""

    def __init__(self, batch: str) -> None:
        """`batch`: its id."""
        super().__init__(f"batch {batch} of this folder is being worked on by another process")


class UnknownRun(LookupError):
    """No run has this id, or several have ids that begin with it."""

    def __init__(self, run: str, close: Sequence[str] = (), *, ambiguous: bool = False) -> None:
        """`close`: ids that may have been meant."""
        problem = f"several runs begin with {run!r}" if ambiguous else f"there is no run {run!r}"
        super().__init__(f"{problem}; did you mean {', '.join(close)}?" if close else problem)
        self.close = tuple(close)


class UnknownResponse(LookupError):
    """No response of this user has this id."""

    def __init__(self, response: str) -> None:
        """`response`: the id that was named."""
        super().__init__(f"there is no response {response!r}")


class UnknownFile(LookupError):
    """No file of this user has this id, or it is gone by now."""

    def __init__(self, file: str) -> None:
        """`file`: the id that was named."""
        super().__init__(f"there is no file {file!r}")


class UnknownBatch(LookupError):
    """No batch of this user has this id."""

    def __init__(self, batch: str) -> None:
        """`batch`: the id that was named."""
        super().__init__(f"there is no batch {batch!r}")


class UnknownWebhook(LookupError):
    """No webhook of this user, and nothing on its way to one, has this id."""

    def __init__(self, named: str) -> None:
        """`named`: the id."""
        super().__init__(f"there is no webhook and no delivery {named!r}")


class DisabledWebhook(Exception):
    """The webhook is told nothing more."""

    def __init__(self, webhook: str) -> None:
        """`webhook`: its id."""
        super().__init__(f"webhook {webhook} is disabled: add its address anew")


class TooManyWebhooks(Exception):
    """A user has as many webhooks as one may have."""

    def __init__(self, most: int) -> None:
        """`most`: so many."""
        super().__init__(f"a user has at most {most} webhooks: remove one first")


class TooManyBatches(Exception):
    """A user has as many batches under way as one may have."""

    def __init__(self, most: int) -> None:
        """`most`: so many."""
        super().__init__(f"a user has at most {most} batches under way: wait for one, or cancel it")


class UnknownKey(LookupError):
    """No API key has this id."""

    def __init__(self, key: str) -> None:
        """`key`: its id; never the key itself."""
        super().__init__(f"there is no API key {key[:20]!r}: `breadth keys list` has their ids")


class OverLimit(Exception):
    """The runs of an API key have taken what they may."""

    def __init__(self, limit: str, seconds: float) -> None:
        """`limit`: in words; `seconds`: until there may be room again."""
        super().__init__(f"this API key may have {limit}; try again in {seconds:.0f} s")
        self.seconds = seconds


class UnknownEvaluation(LookupError):
    """No evaluation has this id or name, or several have ids that begin with it."""

    def __init__(self, named: str, others: Sequence[str] = ()) -> None:
        """`others`: ids and names that there are, the newest first, or those that begin with it."""
        close = get_close_matches(named, others) or list(others[:3])
        hint = f"; did you mean {', '.join(close)}?" if close else ""
        several = sum(other.startswith(named) for other in others) > 1 if named else False
        problem = f"several evaluations begin with {named!r}" if several else ""
        super().__init__((problem or f"there is no evaluation {named!r}") + hint)
