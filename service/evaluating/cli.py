"""The commands `breadth eval` and `breadth evals`: their options, and what they print."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from service.edge import AsJson, Quiet, fail, leave, run_to_end, settings_of, show_json
from service.errors import UsageProblem
from service.evaluating.evaluation import Assignment, evaluated
from service.evaluating.markdown import write_report
from service.evaluating.progress import EvaluationTerminal
from service.evaluating.question_sets import read_questions
from service.evaluating.report import Report, as_json, as_table, compared, json_scores, scores_table
from service.legible import legible
from service.options import MODELS, Documents, takes
from service.settings import Settings
from service.sources import root_of
from storage import EvaluationRecord, TraceStore

_PARALLEL = 4
"""Questions at once, where a server computes."""
_WIDE = 120
"""Columns at least: a score with its bounds is not cut."""

commands = typer.Typer()
EVAL_EPILOG = """
Examples:

  breadth eval musique.jsonl --limit 25

  breadth eval musique.jsonl --systems planned,oneshot,react --limit 25 --judge -o results.md

  breadth eval musique.jsonl --limit 40 --unanswerable --json

  breadth eval mine.jsonl --documents notes/ --model openai:qwen3 --base-url http://localhost:8000/v1

Exit code 0: every question was asked. 1: it failed; 2: the call or the file is wrong; 130: Ctrl-C.
Behind 1 and 130 the same command goes on.
"""

Systems = Annotated[str, typer.Option(help="planned, oneshot and react, with commas between.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Questions at most. \\[default: all]")]
Judged = Annotated[
    bool, typer.Option("--judge", help="Have the judge model grade each answer, too.")
]
Unanswerable = Annotated[
    bool,
    typer.Option(
        "--unanswerable", help="Leave out what supports the questions: to abstain is right."
    ),
]
Parallel = Annotated[
    int | None,
    typer.Option(min=1, help="Questions at once. \\[default: 1; 4 with an openai: model]"),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Ask everything, whatever was asked before.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Also write a .md file, and its plot beside it as .svg."),
]


@commands.command("eval", epilog=EVAL_EPILOG)
@takes("search", *MODELS, "seconds", "max_tool_calls", "max_tokens", "effort", "drafts", "seed")
def evaluate(
    file: Annotated[Path, typer.Argument(help="Questions as JSON Lines.")],
    *,
    systems: Systems = "planned",
    limit: Limit = None,
    skip: Annotated[int, typer.Option(min=0, help="Leave out the first so many.")] = 0,
    documents: Documents = None,
    search: str | None,
    settings: Settings,
    judge: Judged = False,
    unanswerable: Unanswerable = False,
    parallel: Parallel = None,
    passages: Annotated[int, typer.Option(min=1, help="That oneshot reads.")] = 5,
    turns: Annotated[int, typer.Option(min=1, help="Of react, at most.")] = 7,
    name: Annotated[str | None, typer.Option(help="To call it by in `breadth evals`.")] = None,
    fresh: Fresh = False,
    output: Output = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure how well a question set is answered, with intervals, against other ways to do it."""
    _check_output(output)
    wanted = tuple(name.strip() for name in systems.split(",") if name.strip())

    async def work() -> EvaluationRecord:
        questions = read_questions(file)
        pooled = questions.has_passages and not documents and search is None
        assignment = Assignment(
            questions,
            questions.chosen(skip, limit),
            wanted,
            tuple(root_of(given) for given in documents or ()),
            # What the environment says to search is not meant, where the file brings its own.
            settings.model_copy(update={"search": None}) if pooled else settings,
            unanswerable=unanswerable,
            judge=judge,
            passages=passages,
            turns=turns,
            name=name,
        )
        at_once = parallel or (_PARALLEL if settings.model.startswith("openai:") else 1)
        return await evaluated(assignment, display, parallel=at_once, fresh=fresh)

    again = shlex.join(["breadth", *(word for word in sys.argv[1:] if word != "--fresh")])
    with EvaluationTerminal(Console(stderr=True), again, quiet=quiet) as display:
        record = run_to_end(work(), display)
    _deliver(Report.of(record), output, as_json_=as_json)


evals = typer.Typer(
    invoke_without_command=True,
    help="The evaluations that were made.",
    epilog="Examples:\n\n  breadth evals\n\n  breadth evals show 0k3f -o results.md\n\n"
    "  breadth evals compare before after",
)
commands.add_typer(evals, name="evals")


@evals.callback()
def list_evaluations(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the evaluations, the newest first."""
    if context.invoked_subcommand is not None:
        return
    records = run_to_end(_newest(settings_of(), limit))
    if as_json:
        show_json([_listed(record) for record in records])
    else:
        _wide_console().print(_list_table(records))
    leave(0)


Named = Annotated[str, typer.Argument(help="An evaluation's id, a beginning of it, or its name.")]


@evals.command("show", epilog="Example:\n\n  breadth evals show 0k3f -o results.md")
def show_evaluation(evaluation: Named, output: Output = None, as_json: AsJson = False) -> None:
    """Print an evaluation again; of one that was stopped, what there is."""
    _check_output(output)
    (report,) = run_to_end(_reports(settings_of(), evaluation))
    _deliver(report, output, as_json_=as_json)


@evals.command("compare", epilog="Example:\n\n  breadth evals compare before after --json")
def compare_evaluations(one: Named, other: Named, as_json: AsJson = False) -> None:
    """How much the first is above the second, on the questions of both, with intervals."""
    first, second = run_to_end(_reports(settings_of(), one, other))
    found = compared(first, second)
    if not found:
        fail(
            f"{one} and {other} have no system in common: {', '.join(first.systems)} and"
            f" {', '.join(second.systems)}",
            2,
        )
    if as_json:
        show_json(
            {
                "evaluations": [first.record.id, second.record.id],
                "differences": {system: json_scores(scores) for system, scores in found.items()},
            }
        )
    else:
        head = Text(f"{first.title} above {second.title}; a star: surely not 0", "bold")
        _wide_console().print(Group(head, scores_table(found, signed=True)))
    leave(0)


def _check_output(output: Path | None) -> None:
    """Before the work, not after it."""
    if output is None:
        return
    if output.suffix.lower() != ".md":
        fail(f"--output: {output} must end in .md", 2)
    if not output.parent.is_dir():
        fail(f"--output: there is no folder {output.parent}", 2)


def _deliver(report: Report, output: Path | None, *, as_json_: bool) -> None:
    """Print and write."""
    if as_json_:
        show_json(as_json(report))
    else:
        _wide_console().print(as_table(report))
    if output is not None:
        try:
            write_report(report, output)
        except OSError as error:
            fail(
                f"cannot write {output}: {error.strerror}; `breadth evals show {report.record.id}"
                f" --output FILE` writes it",
                1,
            )
    leave(0)


def _wide_console() -> Console:
    """In a pipe as wide as a table needs."""
    return Console(width=None if sys.stdout.isatty() else _WIDE)


async def _newest(settings: Settings, limit: int) -> list[EvaluationRecord]:
    async with await TraceStore.open(settings.store) as store:
        return await store.evaluations.newest(limit)


async def _reports(settings: Settings, *named: str) -> list[Report]:
    async with await TraceStore.open(settings.store) as store:
        reports = [Report.of(await store.evaluations.get(one)) for one in named]
    for name, report in zip(named, reports, strict=True):
        if not any(report.results.values()):
            raise UsageProblem(f"evaluation {name!r} has no result yet")
    return reports


def _listed(record: EvaluationRecord) -> dict[str, object]:
    told = record.configuration
    return {
        "evaluation": record.id,
        "name": record.name,
        "finished": record.ended_at is not None,
        "created_at": record.created_at.isoformat(),
        "file": told["file"],
        "questions": len(told["questions"]),
        "systems": told["systems"],
        "model": told["options"]["model"],
    }


def _list_table(records: list[EvaluationRecord]) -> Table | Text:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("evaluation", "name", "state", "created (UTC)", "questions", "systems", "model"):
        table.add_column(head)
    for record in records:
        told = _listed(record)
        table.add_row(
            record.id,
            legible(record.name or ""),
            "finished" if told["finished"] else "not finished",
            f"{record.created_at:%d %b %H:%M}",
            legible(f"{told['questions']} of {told['file']}"),
            legible(", ".join(record.configuration["systems"])),
            legible(str(told["model"])),
        )
    return table if table.rows else Text("There are no evaluations yet.")
