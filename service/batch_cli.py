"""The command `breadth batch`: its options, and what it prints."""

import shlex
import sys
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from service.batches.allowance import NO_LIMIT, Means
from service.batches.asked import Questions, questions_of
from service.batches.batch import Assignment, batched
from service.batches.folder import Folder
from service.batches.outcome import Outcome
from service.batches.passes import Passes
from service.batches.progress import BatchTerminal
from service.batches.reading import read_rows
from service.batches.schedule import RealClock, Schedule
from service.batches.telling import as_json, as_text, planned_json, planned_text
from service.edge import AsJson, Quiet, fail, leave, run_to_end, show, show_json
from service.errors import UsageProblem
from service.options import LIMITS, MODELS, WORDING, Documents, takes
from service.settings import Settings
from service.sources import root_of

commands = typer.Typer()
EPILOG = """
Examples:

  breadth batch questions.csv -o answers/ -d notes/

  breadth batch firms.xlsx -o founders/ -d notes/ --question "Who founded {company}, and when?"

  breadth batch questions.jsonl -o answers/ -d notes/ --format html,pdf --total-tokens 500000

  breadth batch prices.csv -o prices/ --search ddgs --every "0 7 * * 1"

Exit code 0: every row has an answer. 1: some have none, or it failed; 2: the call or the file is
wrong; 130: Ctrl-C. The same command goes on, and asks nothing again that has an answer.
"""

Output = Annotated[
    Path,
    typer.Option(
        "--output", "-o", help="The folder for reports, index.html and results.csv/.xlsx."
    ),
]
Question = Annotated[
    str | None,
    typer.Option(
        "--question",
        help='A template over the columns: "Who founded {company}?" \\[default: the column'
        " question]",
    ),
]
Name = Annotated[
    str | None,
    typer.Option(help='Names of the reports, as "{company}". \\[default: the column id, or by the'
                 " question]"),
]  # fmt: skip
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        help="Of the reports: md, html, pdf, docx, json, bib; several with commas between."
        " \\[default: html]",
    ),
]
Parallel = Annotated[
    int | None,
    typer.Option(min=1, max=256, help="Rows at once. \\[default: so many that the model is busy]"),
]
Total = Annotated[float | None, typer.Option(min=0.000001, help="Of the whole batch.")]
Every = Annotated[
    str | None,
    typer.Option(help='Ask all rows again at these hours, as cron has them: "0 7 * * 1". Waits.'),
]
OnceDue = Annotated[
    bool,
    typer.Option("--once-due", help="With --every: only if it is due, and then end."),
]


@commands.command(epilog=EPILOG)
@takes("search", *MODELS, *LIMITS, "effort", "plans", "drafts", *WORDING, "instructions", "seed",
       "speculate", "tools", "strict", "citations")  # fmt: skip
def batch(
    file: Annotated[Path, typer.Argument(help="Rows as .jsonl, .csv or .xlsx.")],
    *,
    output: Output,
    question: Question = None,
    name: Name = None,
    documents: Documents = None,
    formats: Formats = None,
    parallel: Parallel = None,
    settings: Settings,
    total_seconds: Total = None,
    total_tokens: Total = None,
    total_tool_calls: Total = None,
    total_cost: Total = None,
    every: Every = None,
    once_due: OnceDue = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask all rows again.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the rows and their questions.")
    ] = False,
    as_json_: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Ask a file of questions, row by row; reports, an index and a table go into a folder."""
    totals = (total_seconds, total_tokens, total_tool_calls, total_cost)
    whole = NO_LIMIT.least(Means(*(float("inf") if one is None else one for one in totals)))
    roots = tuple(root_of(given) for given in documents or ())

    def questions() -> Questions:
        return questions_of(read_rows(file), question, name, roots, settings)

    def assignment() -> Assignment:
        asked = questions()
        endings = [one for given in formats or ["html"] for one in given.split(",") if one.strip()]
        folder = Folder.of(output, endings, settings.citations)
        return Assignment(asked, folder, roots, settings, whole, parallel)

    if once_due and every is None:
        fail("--once-due goes with --every, which says when it is due", 2)
    try:
        if dry_run:
            _show_planned(questions(), as_json_=as_json_)
        schedule = Schedule(every) if every is not None else None
        first = assignment()
    except UsageProblem as error:
        fail(str(error), 2)
    again = shlex.join(["breadth", *(word for word in sys.argv[1:] if word != "--fresh")])
    with BatchTerminal(Console(stderr=True), again, quiet=quiet) as display:
        if schedule is None:
            work: Coroutine[Any, Any, Outcome | None] = batched(first, display, fresh=fresh)
        else:
            passes = Passes(schedule, assignment, display, RealClock())
            work = passes.due_once(first) if once_due else passes.all(partial(_show, as_json_))
        outcome: Outcome | None = run_to_end(work, display)
    if outcome is not None:
        _show(as_json_, outcome)
    leave(0 if outcome is None or outcome.is_whole else 1)


def _show(as_json_: bool, outcome: Outcome) -> None:
    if as_json_:
        show_json(as_json(outcome))
    else:
        show("\n".join(as_text(outcome)))


def _show_planned(questions: Questions, *, as_json_: bool) -> None:
    if as_json_:
        show_json(planned_json(questions))
    else:
        show("\n".join(planned_text(questions)))
    leave(0)
