"""Budgets: what a run may spend, checked before it is spent.

Budgets nest as runs do: what a sub-run spends counts for it and for every run that it is a part of,
and each of them keeps its own share for its own answer.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NoReturn

from planner.errors import BudgetExceeded


@dataclass(frozen=True, slots=True)
class Limits:
    """Hard limits of a run. Infinity: no limit."""

    seconds: float = math.inf
    tokens: float = math.inf
    """Of all model calls, prompt and completion together."""
    tool_calls: float = math.inf
    cost: float = math.inf
    """Of all model calls and of tools that cost something, in the money of the price list."""
    reserve: float = 0.25
    """The share of seconds, tokens and cost that is kept back for the answer."""

    def __post_init__(self) -> None:
        """Refuse limits under which nothing could run."""
        if min(self.seconds, self.tokens, self.tool_calls, self.cost) <= 0:
            raise ValueError("limits must be above 0")
        if not 0 <= self.reserve < 1:
            raise ValueError("the reserve is a share from 0 to below 1")


@dataclass(frozen=True, slots=True)
class Spending:
    """What a model call takes, or is taken to."""

    tokens: int = 0
    cost: float = 0.0

    def __add__(self, other: "Spending") -> "Spending":
        """Both together."""
        return Spending(self.tokens + other.tokens, self.cost + other.cost)

    def __sub__(self, other: "Spending") -> "Spending":
        """Without the other."""
        return Spending(self.tokens - other.tokens, self.cost - other.cost)


_NOTHING = Spending()
_AMPLE = 0.5


class Budget:
    """Counts what a run spends. The answer's share is out of reach while it gathers, and for steps
    that still run when it writes.

    A limit that is hit stops the run whose it is and the sub-runs below, and no run above.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        seconds: float = 0.0,
        spent: Spending = _NOTHING,
        tool_calls: int = 0,
        parent: "Budget | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Go on from what an earlier part of the run has spent; a parent has counted it already.

        `parent`: of the run that this one is a part of; see `nested`.
        """
        self._limits = limits
        self._parent = parent
        self._clock = clock
        self._started = clock() - seconds
        self._spent = spent
        self._promised = _NOTHING
        self._tool_calls = tool_calls
        self.answering = False
        """Set when the answer begins: from then on the reserve may be spent."""
        self.exceeded: BudgetExceeded | None = None
        """The first limit that was hit, of this run or of one that it is a part of."""

    def nested(
        self,
        limits: Limits,
        *,
        seconds: float = 0.0,
        spent: Spending = _NOTHING,
        tool_calls: int = 0,
    ) -> "Budget":
        """For a part of this run, which ends in time for this run to go on with what it found.

        Raises BudgetExceeded when there is no time for it.
        """
        self.check_seconds()
        ends = min(limits.seconds, seconds + self.remaining_seconds)
        return Budget(
            replace(limits, seconds=ends),
            seconds=seconds,
            spent=spent,
            tool_calls=tool_calls,
            parent=self,
            clock=self._clock,
        )

    @property
    def seconds(self) -> float:
        """Spent so far."""
        return self._clock() - self._started

    @property
    def remaining_seconds(self) -> float:
        """Until the limit of the present phase, and of those that it is in; not below 0."""
        return max(0.0, min(self._left(budget) for budget in self._line))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The clock stands: a person is thinking."""
        seconds = self.seconds
        try:
            yield
        finally:
            self._started = self._clock() - seconds

    def out_of_time(self) -> None:
        """The phase was cut short by the clock."""
        whose = min(self._line, key=self._left)
        spent, allowed = round(whose.seconds, 1), whose._limits.seconds
        kept = allowed * (1 - self._share(whose))
        self._stop(whose, BudgetExceeded("seconds", spent, allowed, kept=kept))

    def check_seconds(self, *, step: bool = False, guess: bool = False) -> None:
        """Raise BudgetExceeded when the time of the phase, or of its steps, is over.

        `guess`: see `spend_tool_call`.
        """
        for budget in self._line:
            if self._left(budget, step=step) <= 0:
                spent, allowed = round(budget.seconds, 1), budget._limits.seconds
                kept = allowed * (1 - self._share(budget, step=step))
                self._exceed(budget, "seconds", spent, allowed, kept=kept, guess=guess)

    def spend_tool_call(self, *, guess: bool = False, cost: float = 0.0) -> None:
        """Count one tool call and what it costs, or raise and count nothing.

        `guess`: it may be for nothing, so it may spend half of what there is, and no limit counts
        as hit where there is no more for it.
        """
        self.check_seconds(step=True, guess=guess)
        for budget in self._line:
            spent, allowed = budget._tool_calls, budget._limits.tool_calls
            if spent + 1 > allowed * (_AMPLE if guess else 1.0):
                self._exceed(budget, "max-tool-calls", spent, allowed, guess=guess)
        if cost:
            paid = Spending(cost=cost)
            self.promise(paid, step=True, guess=guess)
            self.settle(paid, paid)
        for budget in self._line:
            budget._tool_calls += 1

    @property
    def tool_calls(self) -> int:
        """Made so far."""
        return self._tool_calls

    @property
    def is_ample(self) -> bool:
        """Whether less than half of each limit is spent. Only then may something be guessed.

        So wrong guesses leave at least half of the budget to what is needed for certain.
        """
        return self.remaining_seconds > 0 and max(map(self._used, self._line)) < _AMPLE

    def promise(self, spending: Spending, *, step: bool = False, guess: bool = False) -> None:
        """Set aside what a call may take at most, or raise and set nothing aside.

        `step`: on behalf of a step, for which the reserve is never; `guess`: see `spend_tool_call`.
        """
        self.check_seconds(step=step, guess=guess)
        for budget in self._line:
            then = budget._spent + budget._promised + spending
            spent, most, share = budget._spent, budget._limits, self._share(budget, step=step)
            for limit, sum_, so_far, allowed, asked in (
                ("max-tokens", then.tokens, spent.tokens, most.tokens, spending.tokens),
                ("max-cost", then.cost, spent.cost, most.cost, spending.cost),
            ):
                if sum_ > allowed * share * (_AMPLE if guess else 1.0):
                    kept = allowed * (1 - share)
                    self._exceed(
                        budget, limit, so_far, allowed, asked=asked, kept=kept, guess=guess
                    )
        for budget in self._line:
            budget._promised += spending

    def has_room(self, tokens: int) -> bool:
        """Whether a call of so many tokens would be paid. Asking hits no limit."""
        if self.remaining_seconds <= 0:
            return False
        for budget in self._line:
            share, limits = self._share(budget), budget._limits
            then = budget._spent + budget._promised + Spending(tokens)
            if then.tokens > limits.tokens * share or then.cost >= limits.cost * share:
                return False
        return True

    def settle(self, promised: Spending, spent: Spending) -> None:
        """The call is over: what it really took replaces what was promised."""
        for budget in self._line:
            budget._promised -= promised
            budget._spent += spent

    @property
    def _line(self) -> Iterator["Budget"]:
        """This budget, its parent, and so on to the top."""
        budget: Budget | None = self
        while budget is not None:
            yield budget
            budget = budget._parent

    def _share(self, budget: "Budget", *, step: bool = False) -> float:
        """The part of another's seconds, tokens and cost that may be spent here and now.

        For the run above a sub-run is a step, even while it writes what it comes to.
        """
        whole = self.answering and budget is self and not step
        return 1.0 if whole else 1.0 - budget._limits.reserve

    def _used(self, budget: "Budget") -> float:
        """The share of another's tool calls, tokens or cost that is spent, whichever is most."""
        used, limits = budget._spent + budget._promised, budget._limits
        share = self._share(budget, step=True)
        return max(
            budget._tool_calls / limits.tool_calls,
            used.tokens / (limits.tokens * share),
            used.cost / (limits.cost * share),
        )

    def _left(self, budget: "Budget", *, step: bool = False) -> float:
        """Seconds until another's limit; below 0 behind it."""
        return budget._limits.seconds * self._share(budget, step=step) - budget.seconds

    def _exceed(
        self,
        whose: "Budget",
        limit: str,
        spent: float,
        allowed: float,
        *,
        asked: float = 0,
        kept: float = 0,
        guess: bool,
    ) -> NoReturn:
        """Raise, and remember the first time, unless it was only a guess."""
        error = BudgetExceeded(limit, spent, allowed, asked, kept)
        if not guess:
            self._stop(whose, error)
        raise error

    def _stop(self, whose: "Budget", error: BudgetExceeded) -> None:
        """All that are in the run whose limit was hit, down to this one, have to end."""
        for budget in self._line:
            budget.exceeded = budget.exceeded or error
            if budget is whose:
                return
