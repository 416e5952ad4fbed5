"""What a person sees of an evaluation: a bar in a terminal, a line a question in a pipe."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.text import Text

from planner import Event, Outcome
from search import IndexReport
from service.evaluating.measures import Measured
from service.legible import legible

_VALUE_SHOWN = 60


class EvaluationTerminal:
    """See Progress. `with EvaluationTerminal(...) as display`."""

    def __init__(self, console: Console, again: str, *, quiet: bool = False) -> None:
        """`console` writes where progress belongs (standard error); `again`: the command."""
        self._console, self._again, self._quiet = console, again, quiet
        self._moving = console.is_terminal and not quiet
        self._begun = time.monotonic()
        self._done = self._total = 0
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    @property
    def to_go_on(self) -> str | None:
        """The command itself, once there is something to go on with."""
        if not self._total:
            return None
        return f"{self._again}\n({self._done} of {self._total} answers are kept)"

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

    def begins(self, evaluation: str, done: int, total: int) -> None:
        """See Progress."""
        self._done, self._total = done, total
        kept = f": {done} of {total} answers are there; --fresh begins anew" if done else ""
        self._say(f"evaluation {evaluation}{kept}")
        self._advance("questions", done, total)

    def measured(self, one: Measured) -> None:
        """See Progress."""
        self._done += 1
        self._advance("questions", self._done, self._total)
        told = "no answer" if one.value is None else repr(legible(one.value, _VALUE_SHOWN))
        word = "right" if one.exact else "wrong"
        place = f"{self._done}/{self._total}  {one.system} {legible(one.id)}"
        self._say(f"{place}: {word}, {told}, {one.seconds:.1f} s")

    def loading(self, done: int, total: int) -> None:
        """See Display. Called from a thread."""
        self._advance("preparing the model, once", done, total)

    def embedding(self, done: int, total: int) -> None:
        """See Embedding."""
        self._advance("vectors of the passages, once", done, total)

    def indexing(self, done: int, total: int, path: str) -> None:
        """See Display. Called from a thread."""
        self._advance("reading documents", done, total)

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
        """See Display; questions tell of themselves."""

    def known(self, outcomes: Mapping[str, Outcome]) -> None:
        """See Display."""

    async def record(self, event: Event) -> None:
        """See Trace."""

    def _advance(self, what: str, done: int, total: int) -> None:
        """Move a bar, which is there while there is something to do."""
        if not self._moving:
            return
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total)
        over = done >= total and what != "questions"
        self._bars.update(self._tasks[what], completed=done, total=total, visible=not over)

    def _say(self, text: str) -> None:
        """A line above the bars, or with the time before it where none moves."""
        if self._quiet:
            return
        before = "" if self._moving else f"{time.monotonic() - self._begun:7.1f} s  "
        self._bars.console.print(Text(before + legible(text)), soft_wrap=True)
