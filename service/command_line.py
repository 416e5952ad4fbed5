"""The command `breadth`."""

import gc
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from service import answers, asking
from service.asking import Finished
from service.edge import (
    AsJson,
    Model,
    Quiet,
    fail,
    leave,
    run_to_end,
    settings_of,
    show,
    show_json,
)
from service.models_cli import models
from service.run_views import runs_table, trace_tree
from service.terminal import Terminal
from storage import TraceStore

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Ask a question over your documents; get a cited answer from a model on this machine.",
)
app.add_typer(models, name="models")

BaseUrl = Annotated[
    str | None,
    typer.Option(
        help="Address of an openai:NAME model's server, with /v1; several with commas between."
    ),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Also write a .md or .html file.")
]

_ASK_EPILOG = """
Examples:

  breadth ask "Who is older, the director of Inception or of Parasite?" -d examples/films

  breadth ask "What changed in the contract?" -d contracts/ -o answer.html

  breadth ask "..." -d notes/ --model openai:qwen3 --base-url http://localhost:8000/v1 --json
"""


@app.command(epilog=_ASK_EPILOG)
def ask(
    question: Annotated[str, typer.Argument(help="In quotes.")],
    documents: Annotated[
        list[Path] | None,
        typer.Option("--documents", "-d", help="A folder or a file; may be given several times."),
    ] = None,
    model: Model = None,
    base_url: BaseUrl = None,
    role: Annotated[
        list[str] | None,
        typer.Option(
            help="ROLE=MODEL: another model for the planner, reader, writer, judge or drafter;"
            " MODEL as --model, or openai:NAME@URL; may be given several times."
        ),
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Time at most. [default: 600]")] = None,
    max_tool_calls: Annotated[int | None, typer.Option(help="[default: 40]")] = None,
    max_tokens: Annotated[
        int | None, typer.Option(help="Of all model calls together. [default: 200000]")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(help="Money, by BREADTH_PRICES. [default: none]")
    ] = None,
    effort: Annotated[
        str | None,
        typer.Option(help="low, medium, high or auto: by how hard it looks. [default: auto]"),
    ] = None,
    plans: Annotated[
        int | None, typer.Option(help="Plans to sample and choose from. [default: by the effort]")
    ] = None,
    drafts: Annotated[
        int | None, typer.Option(help="Drafts of the answer. [default: by the effort]")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="[default: 0]")] = None,
    speculate: Annotated[
        str | None,
        typer.Option(help="off, ngram or draft:MODEL, embedded engine only. [default: off]"),
    ] = None,
    output: Output = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Answer a question from documents, with citations."""
    settings = settings_of(
        model=model,
        base_url=base_url,
        roles=_roles(role),
        seconds=seconds,
        max_tool_calls=max_tool_calls,
        max_tokens=max_tokens,
        max_cost=max_cost,
        effort=effort,
        plan_samples=plans,
        drafts=drafts,
        seed=seed,
        speculate=speculate,
    )
    _check_output(output)
    with _terminal(quiet) as display:
        finished = run_to_end(asking.ask(question, documents or [], settings, display), display)
    _deliver(finished, output, as_json=as_json)


@app.command(epilog="Example:\n\n  breadth resume 0k3f")
def resume(
    run: Annotated[str, typer.Argument(help="A run's id, or a beginning of it.")],
    output: Output = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Go on with a run that was stopped or killed; finished steps are not repeated."""
    _check_output(output)
    with _terminal(quiet) as display:
        finished = run_to_end(asking.resume(run, settings_of(), display), display)
    _deliver(finished, output, as_json=as_json)


@app.command(epilog="Examples:\n\n  breadth runs\n\n  breadth runs --limit 100 --json")
def runs(
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the runs, the newest first."""
    records = run_to_end(_records(limit))
    if as_json:
        shown = [
            {
                "run": record.id,
                "status": record.status,
                "reason": record.reason,
                "question": record.question,
                "created_at": record.created_at.isoformat(),
                "seconds": record.seconds,
                "value": record.answer.value if record.answer else None,
            }
            for record in records
        ]
        show_json(shown)
    else:
        Console().print(runs_table(records))


@app.command(epilog="Examples:\n\n  breadth trace 0k3f\n\n  breadth trace 0k3f --json")
def trace(
    run: Annotated[str, typer.Argument(help="A run's id, or a beginning of it.")],
    as_json: AsJson = False,
) -> None:
    """Draw what a run did: its plan, its timeline, its model calls, its sources."""
    document = run_to_end(_document(run))
    if as_json:
        show_json(document)
    else:
        Console().print(trace_tree(document))


@app.command("version")
def show_version() -> None:
    """Print the version."""
    show(version("breadth"))


def main() -> None:
    """The entry point: no error that we know of shows a traceback."""
    # What the imports made stays for good; each full collection that looks through it stops all
    # steps for a tenth of a second.
    gc.freeze()
    try:
        app()
    except KeyboardInterrupt:
        leave(130)


async def _records(limit: int) -> list[Any]:
    """The newest runs."""
    async with await TraceStore.open(settings_of().store) as store:
        return list(await store.runs(limit))


async def _document(run: str) -> dict[str, Any]:
    """Everything of one run."""
    async with await TraceStore.open(settings_of().store) as store:
        return await store.document(run)


def _roles(given: list[str] | None) -> dict[str, str] | None:
    """What `--role ROLE=MODEL` says, one after another."""
    roles = {}
    for text in given or ():
        role, _, model = text.partition("=")
        if not (role and model):
            fail(f"--role {text!r}: write ROLE=MODEL, as in --role planner=openai:NAME", 2)
        roles[role] = model
    return roles or None


def _check_output(output: Path | None) -> None:
    """Before the work, not after it."""
    if output is None:
        return
    if output.suffix.lower() not in {".md", ".html", ".htm"}:
        fail(f"--output: {output} must end in .md or .html", 2)
    if not output.parent.is_dir():
        fail(f"--output: there is no folder {output.parent}", 2)


def _terminal(quiet: bool) -> Terminal:
    """Progress belongs on standard error."""
    return Terminal(Console(stderr=True), quiet=quiet)


def _deliver(finished: Finished, output: Path | None, *, as_json: bool) -> None:
    """Print, write, and say by the exit code whether there is an answer."""
    show(answers.as_json(finished) if as_json else answers.as_text(finished))
    if output is not None:
        try:
            answers.write_file(finished, output)
        except OSError as error:
            fail(f"cannot write {output}: {error.strerror}; run {finished.run} is kept", 1)
    failed = finished.result.status != "completed" and finished.result.answer.value is None
    leave(1 if failed else 0)
