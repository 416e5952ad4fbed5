"""A batch as a whole: each row with what came of it, for tables, pages and programs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from service.batches.allowance import Means
from service.batches.asked import AskedRow
from service.batches.changes import Change
from service.batches.results import NOT_RUN, RowResult

RowState = str
"""answered, nothing found, failed, not run, or waiting: it was stopped before this row's end."""
STATES: tuple[RowState, ...] = ("answered", "nothing found", "failed", "not run", "waiting")


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """A row, and what came of it."""

    asked: AskedRow
    run: str | None
    taken: bool
    """Whether an earlier batch had answered it."""
    result: RowResult | None
    """None: it has not ended."""
    files: tuple[str, ...] = ()
    """Names in the folder."""
    change: Change | None = None

    @property
    def state(self) -> RowState:
        """See RowState."""
        if self.result is None:
            return "waiting"
        if self.result.status == NOT_RUN:
            return NOT_RUN
        if self.result.is_failed:
            return "failed"
        return "nothing found" if self.result.found_nothing else "answered"

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to be done."""
        return self.state in ("answered", "nothing found")


@dataclass(frozen=True)
class Outcome:
    """A batch."""

    id: str
    folder: Path
    file: Path
    columns: tuple[str, ...]
    rows: tuple[RowOutcome, ...]
    changes: tuple[Change, ...]
    """Since `before`, those that are gone among them."""
    before: datetime | None
    """When the batch was made that it is compared with; None: there was none."""
    created_at: datetime
    seconds: float
    """Of work on it."""
    taken: Means
    """By the rows that it asked itself."""
    has_prices: bool
    busy_share: float | None
    """Of the time in which rows were under way here, that in which the model was asked something;
    None: nothing was to be done."""
    ended: bool

    def count(self, state: RowState) -> int:
        """Rows in this state."""
        return self.states[state]

    @property
    def states(self) -> Mapping[RowState, int]:
        """How many rows are in each."""
        return Counter(row.state for row in self.rows)

    @property
    def is_whole(self) -> bool:
        """Whether every row has its answer, if only that nothing was found."""
        return all(row.is_done for row in self.rows)

    @property
    def missing(self) -> Sequence[RowOutcome]:
        """Rows that are not done, whatever the reason."""
        return [row for row in self.rows if not row.is_done]
