"""What a person sees of a batch: a bar with its rate, cost and time left, or a line a row."""

import time
from collections.abc import Callable
from typing import Protocol

from rich.console import Console
from rich.progress import TextColumn

from service.bars import BarTerminal
from service.batches.results import NOT_RUN, RowResult
from service.display import Display
from service.legible import legible, legible_duration

_SHOWN = 60


class Progress(Display, Protocol):
    """Shows a batch while it works."""

    def begins(self, batch: str, *, done: int, total: int, money: bool) -> None:
        """So many of its rows have their answers already. `money`: whether models have prices."""
        ...

    def paid(self, tokens: int, cost: float) -> None:
        """A call of a model has ended."""
        ...

    def ended(self, name: str, result: RowResult) -> None:
        """A row has its end."""
        ...


class BatchTerminal(BarTerminal):
    """See Progress."""

    bar = kept = "rows"

    def __init__(
        self,
        console: Console,
        again: str,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`console` writes where progress belongs (standard error); `again`: the command."""
        behind = TextColumn("{task.fields[told]}")
        super().__init__(console, again, behind, quiet=quiet, clock=clock)
        self._before = 0
        self._tokens, self._cost, self._money = 0, 0.0, False

    def begins(self, batch: str, *, done: int, total: int, money: bool) -> None:
        """See Progress."""
        self._begun = self._clock()
        self._done, self._before, self._total, self._money = done, done, total, money
        self._tokens, self._cost = 0, 0.0
        kept = f": {done} of {total} rows are answered already" if done else f": {total} rows"
        self._say(f"batch {batch}{kept}")
        self._advance(self.bar, done, total, "")

    def paid(self, tokens: int, cost: float) -> None:
        """See Progress."""
        self._tokens += tokens
        self._cost += cost
        self._advance(self.bar, self._done, self._total, self.told)

    def ended(self, name: str, result: RowResult) -> None:
        """See Progress."""
        self._done += 1
        self._advance(self.bar, self._done, self._total, self.told)
        self._say(f"{self._done}/{self._total} {legible(name)}: {_outcome(result)}")

    @property
    def told(self) -> str:
        """Rate, cost so far and time left."""
        ended, seconds = self._done - self._before, self._clock() - self._begun
        parts = [f"{self._tokens:,} tokens"]
        if self._money:
            parts.append(f"{self._cost:,.4f} money")
        if ended and seconds > 0:
            parts.insert(0, f"{ended / seconds * 60:.1f} rows a minute")
            left = (self._total - self._done) * seconds / ended
            parts.append(f"{legible_duration(left)} left")
        return " · ".join(parts)


def _outcome(result: RowResult) -> str:
    """A row's end in a line."""
    if result.status == NOT_RUN:
        return legible(result.reason or NOT_RUN)
    if result.is_failed:
        return f"failed: {legible(result.reason or result.status)}"
    said = result.value if result.value is not None else result.answer
    return f"{legible(said, _SHOWN)}, {result.taken.seconds:.1f} s"
