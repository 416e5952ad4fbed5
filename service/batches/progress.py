"""What a person sees of a batch: a bar with its rate, cost and time left, or a line a row."""

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from planner import Event, Outcome
from search import IndexReport
from service.batches.results import NOT_RUN, RowResult
from service.display import Display
from service.legible import legible, legible_duration

_SHOWN = 60
_ROWS = "rows"


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


class BatchTerminal:
    """See Progress. `with BatchTerminal(...) as display`."""

    def __init__(
        self,
        console: Console,
        again: str,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`console` writes where progress belongs (standard error); `again`: the command."""
        self._console, self._again, self._quiet, self._clock = console, again, quiet, clock
        self._moving = console.is_terminal and not quiet
        self._begun = clock()
        self._done = self._total = self._before = 0
        self._tokens, self._cost, self._money = 0, 0.0, False
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[told]}"),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    @property
    def to_go_on(self) -> str | None:
        """The command itself, once there is something to go on with."""
        if not self._total:
            return None
        return f"{self._again}\n({self._done} of {self._total} rows are kept)"

    def __enter__(self) -> Self:
        """Take the screen."""
        if self._moving:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give it back."""
        if self._moving:
            self._bars.stop()

    def begins(self, batch: str, *, done: int, total: int, money: bool) -> None:
        """See Progress."""
        self._begun = self._clock()
        self._done, self._before, self._total, self._money = done, done, total, money
        self._tokens, self._cost = 0, 0.0
        kept = f": {done} of {total} rows are answered already" if done else f": {total} rows"
        self._say(f"batch {batch}{kept}")
        self._advance(_ROWS, done, total, "")

    def paid(self, tokens: int, cost: float) -> None:
        """See Progress."""
        self._tokens += tokens
        self._cost += cost
        self._advance(_ROWS, self._done, self._total, self.told)

    def ended(self, name: str, result: RowResult) -> None:
        """See Progress."""
        self._done += 1
        self._advance(_ROWS, self._done, self._total, self.told)
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

    def loading(self, done: int, total: int) -> None:
        """See Display. Called from a thread."""
        self._advance("preparing the model, once", done, total, "")

    def indexing(self, done: int, total: int, path: str) -> None:
        """See Display. Called from a thread."""
        self._advance("reading documents", done, total, "")

    def indexed(self, report: IndexReport) -> None:
        """See Display."""
        self._say(f"{report.documents} documents, {report.passages} passages")

    def missing(self, reason: str) -> None:
        """See Display."""
        self._say(f"goes on all the same: {reason}")

    def noticed(self, what: str) -> None:
        """See Display."""
        self._say(what)

    def left_out(self, reason: str) -> None:
        """See Display."""
        self._say(f"left out: {reason}")

    def started(self, run: str) -> None:
        """See Display; rows tell of themselves."""

    def known(self, outcomes: Mapping[str, Outcome]) -> None:
        """See Display."""

    async def record(self, event: Event) -> None:
        """See Trace."""

    def _advance(self, what: str, done: int, total: int, told: str) -> None:
        """Move a bar, which is there while there is something to do."""
        if not self._moving:
            return
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total, told=told)
        over = done >= total and what != _ROWS
        self._bars.update(
            self._tasks[what], completed=done, total=total, visible=not over, told=told
        )

    def _say(self, text: str) -> None:
        """A line above the bars, or with the time before it where none moves."""
        if self._quiet:
            return
        before = "" if self._moving else f"{self._clock() - self._begun:7.1f} s  "
        self._bars.console.print(Text(before + legible(text)), soft_wrap=True)


def _outcome(result: RowResult) -> str:
    """A row's end in a line."""
    if result.status == NOT_RUN:
        return legible(result.reason or NOT_RUN)
    if result.is_failed:
        return f"failed: {legible(result.reason or result.status)}"
    said = result.value if result.value is not None else result.answer
    return f"{legible(said, _SHOWN)}, {result.taken.seconds:.1f} s"
