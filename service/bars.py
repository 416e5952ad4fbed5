"""What a person sees of a row of runs: a bar in a terminal, a line for each in a pipe."""

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from planner import Event, Outcome
from search import IndexReport
from service.legible import legible
from service.preparing import Paced


class BarTerminal:
    """A Display over a bar, `with ... as display`. Who counts what is for those that inherit it."""

    bar: str
    """What is counted; its bar stays when it is full."""
    kept: str
    """How that is called once it is stored."""

    def __init__(
        self,
        console: Console,
        again: str,
        last: ProgressColumn,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`console` writes where progress belongs (standard error); `again`: the command; `last`:
        what stands behind a bar."""
        self._console, self._again, self._quiet, self._clock = console, again, quiet, clock
        self._moving = console.is_terminal and not quiet
        self._begun = clock()
        self._done = self._total = 0
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), last)
        self._bars = Bars(*columns, console=console)
        self._tasks: dict[str, TaskID] = {}
        self._paced = Paced(self._say, clock)

    @property
    def to_go_on(self) -> str | None:
        """The command itself, once there is something to go on with."""
        if not self._total:
            return None
        return f"{self._again}\n({self._done} of {self._total} {self.kept} are kept)"

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

    def loading(self, done: int, total: int) -> None:
        """See Display. Called from a thread."""
        self._prepare("preparing the model, once", done, total)

    def indexing(self, done: int, total: int, path: str) -> None:
        """See Display. Called from a thread."""
        self._prepare("reading documents", done, total)

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
        """See Display; what is counted tells of itself."""

    def known(self, outcomes: Mapping[str, Outcome]) -> None:
        """See Display."""

    async def record(self, event: Event) -> None:
        """See Trace."""

    def _prepare(self, what: str, done: int, total: int) -> None:
        """What comes before the items: a bar, or lines in a pipe."""
        if self._moving:
            self._advance(what, done, total)
        else:
            self._paced(what, done, total)

    def _advance(self, what: str, done: int, total: int, told: str = "") -> None:
        """Move a bar, which is there while there is something to do."""
        if not self._moving:
            return
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total, told=told)
        over = done >= total and what != self.bar
        task = self._tasks[what]
        self._bars.update(task, completed=done, total=total, visible=not over, told=told)

    def _say(self, text: str) -> None:
        """A line above the bars, or with the time before it where none moves."""
        if self._quiet:
            return
        before = "" if self._moving else f"{self._clock() - self._begun:7.1f} s  "
        self._bars.console.print(Text(before + legible(text)), soft_wrap=True)
