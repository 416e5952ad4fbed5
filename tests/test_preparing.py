"""How far long work is, in a pipe."""

import io

from rich.console import Console
from rich.progress import TimeElapsedColumn

from service.bars import BarTerminal
from service.preparing import Paced
from service.terminal import Terminal


class Watch:
    """A clock that is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_lines_come_after_two_seconds_and_then_every_ten_and_not_at_the_end() -> None:
    lines: list[str] = []
    watch = Watch()
    paced = Paced(lines.append, watch)
    for second in range(31):
        watch.now = float(second)
        paced("reading", second, 30)
    assert lines == ["reading: 6 %", "reading: 40 %", "reading: 73 %"]


def test_work_that_ends_soon_is_not_told_of_and_each_kind_has_its_own_time() -> None:
    lines: list[str] = []
    watch = Watch()
    paced = Paced(lines.append, watch)
    paced("joining", 0, 10)
    watch.now = 1.9
    paced("joining", 9, 10)
    paced("reading", 0, 10)
    watch.now = 2.0
    paced("joining", 10, 10)
    paced("reading", 1, 10)
    assert lines == []
    watch.now = 3.9
    paced("reading", 2, 10)
    assert lines == ["reading: 20 %"]


def test_what_begins_anew_has_its_quiet_seconds_anew() -> None:
    lines: list[str] = []
    watch = Watch()
    paced = Paced(lines.append, watch)
    paced("reading", 0, 10)
    watch.now = 5.0
    paced("reading", 10, 10)
    paced("reading", 0, 3)
    watch.now = 6.9
    paced("reading", 1, 3)
    assert lines == []


def test_a_batch_tells_a_pipe_too_and_a_terminal_has_bars_alone() -> None:
    for terminal, told in ((False, ["reading documents: 50 %"]), (True, [])):
        written = io.StringIO()
        watch = Watch()
        console = Console(file=written, force_terminal=terminal)
        bars = BarTerminal(console, "again", TimeElapsedColumn(), clock=watch)
        bars.indexing(0, 1000, "a.md")
        watch.now = 2.0
        bars.indexing(500, 1000, "b.md")
        assert [line.partition(" s  ")[2] for line in written.getvalue().splitlines()] == told


def test_a_pipe_is_told_of_long_preparations_and_a_quiet_one_is_not() -> None:
    for quiet, told in ((False, ["preparing the model, once: 50 %"]), (True, [])):
        written = io.StringIO()
        watch = Watch()
        with Terminal(Console(file=written), quiet=quiet) as terminal:
            terminal._paced._clock = watch
            terminal.loading(0, 1000)
            watch.now = 2.0
            terminal.loading(500, 1000)
        assert [line.partition(" s  ")[2] for line in written.getvalue().splitlines()] == told
