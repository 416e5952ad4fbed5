"""What a person sees while a run works: live in a terminal, one line an event when piped."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

from pydantic import JsonValue
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from planner import (
    Decided,
    Done,
    Event,
    Failed,
    ModelCalled,
    Outcome,
    PhaseStarted,
    RunEnded,
    Skipped,
    StepAdded,
    StepCancelled,
    StepEnded,
    StepReplaced,
    StepStarted,
    Within,
)
from search import IndexReport
from service.legible import legible
from service.preparing import Paced
from tools import Think

_SHOWN_REFUSALS = 5
_SHOWN = 300
"""Characters of what a step asks, and of what it comes to."""


@dataclass
class _Row:
    """A step on the screen."""

    asked: str
    added: float
    started: float | None = None
    ended: float | None = None
    outcome: Outcome | None = None
    thinks: bool = False
    calls: int = 0
    """Samples and judgements that a method of reasoning has had so far."""
    told: int = 0
    """How many of them a line has told of."""


class Terminal:
    """A Display. An async-free context: `with Terminal(...) as display`."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        """`console` writes where progress belongs (standard error)."""
        self._console = console
        self._quiet = quiet
        self._moving = console.is_terminal and not quiet
        self._begun = time.monotonic()
        self._rows: dict[str, _Row] = {}
        self._known: dict[str, Outcome] = {}
        self._phase = "starting"
        self._done = False
        self._bars = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console
        )
        self._bytes = Progress(
            TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=console
        )
        self._paced = Paced(partial(self._say, moving=False))
        self.run: str | None = None
        self._live = Live(console=console, get_renderable=self._screen, refresh_per_second=8)

    def __enter__(self) -> Self:
        """Take the screen."""
        if self._moving:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give it back."""
        self._done = True
        if self._moving:
            self._live.stop()

    @property
    def to_go_on(self) -> str | None:
        """The command that goes on with the run."""
        return f"breadth resume {self.run}" if self.run else None

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Give the screen back while a person is asked something."""
        if self._moving:
            self._live.stop()
        try:
            yield
        finally:
            if self._moving and not self._done:
                self._live.start()

    def started(self, run: str) -> None:
        """See Display."""
        self.run = run
        self._begun = time.monotonic()
        self._say(f"run {run}")

    def loading(self, done: int, total: int) -> None:
        """See Display. Called from a thread."""
        self._advance(self._bytes, "preparing the model, once", done, total)

    def missing(self, reason: str) -> None:
        """See Display."""
        self._say(f"goes on all the same: {legible(reason)}")

    def noticed(self, what: str) -> None:
        """See Display."""
        self._say(legible(what))

    def left_out(self, reason: str) -> None:
        """See Display."""
        self._say(f"left out: {legible(reason)}")

    def known(self, outcomes: Mapping[str, Outcome]) -> None:
        """See Display."""
        self._known = dict(outcomes)

    def indexing(self, done: int, total: int, path: str) -> None:
        """See Display. Called from a thread."""
        self._advance(self._bars, "reading documents", done, total)

    def indexed(self, report: IndexReport) -> None:
        """See Display."""
        self._say(f"{report.documents} documents, {report.passages} passages")
        for path, reason in report.unreadable[:_SHOWN_REFUSALS]:
            self._say(f"left out {path}: {reason}")
        if more := len(report.unreadable) - min(len(report.unreadable), _SHOWN_REFUSALS):
            self._say(f"left out {more} more {'file' if more == 1 else 'files'}")

    async def record(self, event: Event) -> None:
        """See Trace."""
        match event:
            case Within(call=call, event=StepAdded() | StepStarted() | StepEnded() as inner):
                self._step(inner, f"{call}/")
            case Within(call=call, event=Decided(what=what, why=why)):
                self._say(f"  {call}: {what}: {why}", moving=False)
            case StepAdded() | StepStarted() | StepEnded():
                self._step(event, "")
            case ModelCalled(step=str(id_), completion=completion) if id_ in self._rows:
                self._called(id_, len(completion.samples))
            case PhaseStarted(phase=phase):
                self._phase = phase
                self._say(phase)
            case StepCancelled(id=id_, reason=reason):
                self._say(f"  {id_} cancelled: {reason}", moving=False)
            case StepReplaced(step=step, why=why):
                asked = asked_text(step.arguments)
                self._rows.setdefault(step.id, _Row(asked, self._clock)).asked = asked
                self._say(f"  {step.id} replaced: {step.tool} {asked} ({why})", moving=False)
            case Decided(what=what, why=why):
                self._say(f"  {what}: {why}", moving=False)
            case RunEnded(status=status):
                self._phase = status
                self._say(status)
            case _:
                pass

    def _step(self, event: StepAdded | StepStarted | StepEnded, way: str) -> None:
        """`way`: to the sub-run whose step it is."""
        id_ = way + (event.step.id if isinstance(event, StepAdded) else event.id)
        row = self._rows.setdefault(id_, _Row("", self._clock))
        match event:
            case StepAdded(step=step):
                row.asked, row.thinks = asked_text(step.arguments), step.tool == Think.name
                self._say(f"  {id_} planned: {step.tool} {row.asked}", moving=False)
                if id_ in self._known:
                    row.outcome = self._known[id_]
                    told = outcome_text(row.outcome)
                    self._say(f"  {id_} taken over: {told}", moving=False)
            case StepStarted(arguments=arguments):
                row.asked, row.started = asked_text(arguments), self._clock
                self._say(f"  {id_} started: {row.asked}", moving=False)
            case StepEnded(outcome=outcome):
                row.outcome, row.ended = outcome, self._clock
                self._say(f"  {id_} {outcome_text(outcome)}", moving=False)

    def _called(self, id_: str, calls: int) -> None:
        """A method may take minutes: a line whenever its calls have doubled."""
        row = self._rows[id_]
        row.calls += calls
        if row.thinks and row.calls >= max(1, 2 * row.told):
            row.told = row.calls
            self._say(f"  {id_} {_so_far(row)}", moving=False)

    @property
    def _clock(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._begun

    def _say(self, text: str, *, moving: bool = True) -> None:
        """A line: above the live screen, or among plain ones with the time before it."""
        if self._quiet:
            return
        if not self._moving:
            self._console.print(Text(f"{self._clock:6.1f} s  {legible(text)}"), soft_wrap=True)
        elif moving and self._phase == "starting":
            self._console.print(Text(legible(text), style="dim"))

    def _screen(self) -> RenderableType:
        """The live part: bars while starting, then the steps."""
        if not self._rows:
            parts: list[RenderableType] = [
                bar for bar in (self._bytes, self._bars) if bar.tasks and not bar.finished
            ]
            waiting = "loading the model" if self._phase == "starting" else self._phase
            return Group(*parts, Spinner("dots", Text(f"{waiting} {self._clock:.0f} s")))
        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(ratio=1, overflow="fold")
        table.add_column(justify="right", no_wrap=True)
        for id_, row in self._rows.items():
            mark, style = _mark(row)
            line = Text(row.asked)
            if row.thinks and row.calls and row.outcome is None:
                line.append(f" ({_so_far(row)})", style="dim")
            if row.outcome is not None:
                line.append(f" → {outcome_text(row.outcome)}", style=style)
            table.add_row(Text(mark, style=style), Text(id_), line, Text(self._elapsed(row)))
        head = Text(f"{self._phase} · {self._clock:.0f} s", style="bold")
        return table if self._done else Group(table, Spinner("dots", head))

    def _advance(self, bars: Progress, what: str, done: int, total: int) -> None:
        """Move the one bar of a kind; in a pipe, a line now and then."""
        self._paced(what, done, total)
        if not bars.tasks:
            bars.add_task(what, total=total)
        bars.update(bars.tasks[0].id, completed=done, total=total)

    def _elapsed(self, row: _Row) -> str:
        """How long a step has been running, or ran."""
        if row.started is None:
            return ""
        return f"{(row.ended if row.ended is not None else self._clock) - row.started:.1f} s"


def _so_far(row: _Row) -> str:
    return f"{row.calls} {'call' if row.calls == 1 else 'calls'} so far"


def asked_text(arguments: Mapping[str, JsonValue]) -> str:
    """What a step asks, in its first text argument."""
    texts = [value for value in arguments.values() if isinstance(value, str)]
    return legible(texts[0], _SHOWN) if texts else ""


def outcome_text(outcome: Outcome) -> str:
    """An outcome in a word and what belongs to it."""
    match outcome:
        case Done(value=None):
            return "not found"
        case Done(value=value):
            if isinstance(value, list):
                return f"{len(value)} found"
            return legible(str(value), _SHOWN)
        case Failed(error=error):
            return f"failed: {legible(error, _SHOWN)}"
        case Skipped(reason=reason):
            return f"skipped: {legible(reason, _SHOWN)}"


def _mark(row: _Row) -> tuple[str, str]:
    """A word (never colour alone) and a colour for how a step stands."""
    match row.outcome:
        case None:
            return ("waiting", "dim") if row.started is None else ("running", "cyan")
        case Done(value=None):
            return "nothing", "yellow"
        case Done():
            return "done", "green"
        case Failed():
            return "failed", "red"
        case Skipped():
            return "skipped", "dim"
