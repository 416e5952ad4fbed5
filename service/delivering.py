"""How the commands that answer show their progress, and deliver what they come to."""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from service.edge import fail, leave, run_to_end, show
from service.errors import UsageProblem
from service.formats import as_json, as_text, require_writable, write_files
from service.publishing import of_finished, of_run
from service.settings import Settings
from service.terminal import Terminal
from service.workplace import Finished


def check_output(outputs: Sequence[Path] | None) -> None:
    """Before the work, not after it."""
    try:
        require_writable(outputs or ())
    except UsageProblem as error:
        fail(str(error), 2)


def terminal(quiet: bool) -> Terminal:
    """Progress belongs on standard error."""
    return Terminal(Console(stderr=True), quiet=quiet)


def deliver(
    finished: Finished, outputs: Sequence[Path] | None, settings: Settings, *, json: bool
) -> None:
    """Print, write, and say by the exit code whether there is an answer."""
    printed = of_finished(finished)
    show(as_json(printed) if json else as_text(printed, settings.citations))
    if outputs:
        write_to(finished.run, outputs, settings)
    failed = finished.result.status != "completed" and finished.result.answer.value is None
    leave(1 if failed else 0)


def write_to(run: str, outputs: Sequence[Path], settings: Settings) -> None:
    """The files, of what is kept of the run."""
    publication = run_to_end(of_run(run, settings))
    try:
        for told in write_files(publication, outputs, settings.citations):
            sys.stderr.write(f"breadth: {told}\n")
    except OSError as error:
        name = error.filename2 or error.filename or outputs[0]
        again = f"breadth write {publication.run} -o FILE"
        fail(f"cannot write {name}: {error.strerror}; the run is kept: {again}", 1)
