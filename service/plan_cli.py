"""The commands that take up a plan: somebody's own, or that of an earlier run."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from service import asking, replaying
from service.delivering import check_output, deliver, terminal
from service.edge import AsJson, Quiet, fail, run_to_end
from service.errors import UsageProblem
from service.options import LIMITS, MODELS, WORDING, Documents, Output, takes
from service.person import Person
from service.settings import Settings

commands = typer.Typer()
RUN_EPILOG = """
Examples:

  breadth run plan.jsonl -d examples/films

  breadth run tool-calls.json -d notes/ --question "Which of the two is cheaper?" --json

  echo '{"id":"a","lookup":"Who directed Parasite?"}' | breadth run - -d examples/films
"""
REPLAY_EPILOG = """
Examples:

  breadth replay 0k3f

  breadth replay 0k3f --strict --json

  breadth replay 0k3f --from c
"""
_LARGEST = 16 * 2**20


@commands.command(epilog=RUN_EPILOG)
@takes("search", *MODELS, *LIMITS, "drafts", *WORDING, "seed", "speculate", "tools", "citations")
def run(
    plan: Annotated[
        str,
        typer.Argument(
            help="A file: one step a line as JSON, a JSON list of steps, or an assistant's message"
            " with tool_calls; - is standard input."
        ),
    ],
    *,
    documents: Documents = None,
    question: Annotated[
        str | None,
        typer.Option(help="What the answer is to answer. \\[default: what the last step asks]"),
    ] = None,
    settings: Settings,
    output: Output = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run a plan of your own, and answer from what it finds, with citations."""
    check_output(output)
    try:
        text = _text(plan)
    except UsageProblem as error:
        fail(str(error), 2)
        raise
    with terminal(quiet) as display:
        given = asking.Written("standard input" if plan == "-" else plan, text)
        present = None if as_json or quiet else Person(display, settings.editor)
        work = asking.run_plan(given, question, documents or [], settings, display, present)
        finished = run_to_end(work, display)
    deliver(finished, output, settings, json=as_json)


@commands.command(epilog=REPLAY_EPILOG)
@takes("citations")
def replay(
    run: Annotated[str, typer.Argument(help="A run's id, or a beginning of it.")],
    *,
    start: Annotated[
        str | None,
        typer.Option("--from", help="A step: it and all that builds on it run anew."),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Load and call nothing; fail where something is not stored."),
    ] = False,
    output: Output = None,
    settings: Settings,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run a run's plan again, as a new run, from what is stored of it."""
    check_output(output)
    with terminal(quiet) as display:
        person = Person(display, settings.editor)
        work = replaying.replay(run, start, settings, display, person, strict=strict)
        finished = run_to_end(work, display)
    deliver(finished, output, settings, json=as_json)


def _text(plan: str) -> str:
    """What the file, or standard input, holds."""
    try:
        if plan == "-":
            data = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with Path(plan).expanduser().open("rb") as file:
                data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageProblem(f"cannot read {plan}: {error.strerror}") from error
    if len(data) > _LARGEST:
        raise UsageProblem(f"{plan} is larger than {_LARGEST // 2**20} MiB: that is no plan")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageProblem(f"{plan} is no UTF-8 text (byte {error.start})") from error
