"""What can go wrong in planning and running, by who reacts.

PlanError            a line of a plan cannot run; the text names the line. The planner drops
                     the line (a model wrote it) or the user mends it (a person wrote it)
BudgetExceeded       a limit was hit: the run turns to the answer with what there is
Withdrawn            the person who was to approve the plan stopped the run: it ends as cancelled
NotStored            a strict replay needs what its run never stored: it stops, and says what
"""


class PlanError(ValueError):
    """A line of a plan cannot run."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        """`line` counts from 1."""
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line


class BudgetExceeded(Exception):
    """A limit of the run's budget was hit; `limit` names it as its setting does."""

    def __init__(
        self, limit: str, spent: float, allowed: float, asked: float = 0, kept: float = 0
    ) -> None:
        """All in the limit's own unit; `asked`: what the next call may take; `kept`: of `allowed`,
        what is left to the answer."""
        more = f", {kept:g} kept for the answer" if kept else ""
        more += f", and the next call may take {asked:g}" if asked else ""
        super().__init__(f"{limit}: {round(spent, 4):g} of {allowed:g} spent{more}")
        self.limit = limit


class Withdrawn(Exception):
    """A person looked at the plan and stopped the run."""


class NotStored(Exception):
    """A strict replay came to something that the run which it replays has not stored."""

    def __init__(self, what: str) -> None:
        """`what` is missing."""
        super().__init__(
            f"the run that is replayed has not stored {what}; without --strict it is made anew"
        )
