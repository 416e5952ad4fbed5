"""Budgets: what a run may spend, checked before it is spent."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from planner.errors import BudgetExceeded


@dataclass(frozen=True, slots=True)
class Limits:
    """Hard limits of a run. Infinity: no limit."""

    seconds: float = math.inf
    tokens: float = math.inf
    """Of all model calls, prompt and completion together."""
    tool_calls: float = math.inf
    cost: float = math.inf
    """Of all model calls, in the money of the price list."""
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


class Budget:
    """Counts what a run spends. While it gathers, the answer's share is out of reach."""

    def __init__(
        self,
        limits: Limits,
        *,
        seconds: float = 0.0,
        spent: Spending = _NOTHING,
        tool_calls: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Go on from what an earlier part of the run has spent."""
        self._limits = limits
        self._clock = clock
        self._started = clock() - seconds
        self._spent = spent
        self._promised = _NOTHING
        self._tool_calls = tool_calls
        self.answering = False
        """Set when the answer begins: from then on the reserve may be spent."""
        self.exceeded: BudgetExceeded | None = None
        """The first limit that was hit."""

    @property
    def seconds(self) -> float:
        """Spent so far."""
        return self._clock() - self._started

    @property
    def remaining_seconds(self) -> float:
        """Until the limit of the present phase; not below 0."""
        return max(0.0, self._limits.seconds * self._share - self.seconds)

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
        spent, allowed = self.seconds, self._limits.seconds * self._share
        self.exceeded = self.exceeded or BudgetExceeded("seconds", round(spent, 1), allowed)

    def check_seconds(self) -> None:
        """Raise BudgetExceeded when the phase's time is over."""
        if self.remaining_seconds <= 0:
            self._exceed("seconds", self.seconds, self._limits.seconds * self._share)

    def spend_tool_call(self) -> None:
        """Count one tool call, or raise and count nothing."""
        self.check_seconds()
        if self._tool_calls + 1 > self._limits.tool_calls:
            self._exceed("max-tool-calls", self._tool_calls, self._limits.tool_calls)
        self._tool_calls += 1

    def promise(self, spending: Spending) -> None:
        """Set aside what a call may take at most, or raise and set nothing aside."""
        self.check_seconds()
        then = self._spent + self._promised + spending
        tokens, cost = self._limits.tokens * self._share, self._limits.cost * self._share
        if then.tokens > tokens:
            self._exceed("max-tokens", self._spent.tokens, tokens, spending.tokens)
        if then.cost > cost:
            self._exceed("max-cost", self._spent.cost, cost, spending.cost)
        self._promised += spending

    def settle(self, promised: Spending, spent: Spending) -> None:
        """The call is over: what it really took replaces what was promised."""
        self._promised -= promised
        self._spent += spent

    @property
    def _share(self) -> float:
        """The part of seconds, tokens and cost that may be spent now."""
        return 1.0 if self.answering else 1.0 - self._limits.reserve

    def _exceed(self, limit: str, spent: float, allowed: float, asked: float = 0) -> None:
        """Raise, and remember the first time."""
        error = BudgetExceeded(limit, spent, allowed, asked)
        self.exceeded = self.exceeded or error
        raise error
