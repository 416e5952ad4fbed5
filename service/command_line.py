"""The command `breadth`."""

import gc
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from service import asking, plan_cli, serve_cli, settings_cli
from service.edge import (
    AsJson,
    Model,
    Quiet,
    choose_settings,
    fail,
    leave,
    run_to_end,
    settings_of,
    show,
    show_json,
)
from service.evaluating.cli import EVAL_EPILOG, evals, evaluate
from service.keeping_cli import EXPORT_EPILOG, PRUNE_EPILOG, export, prune
from service.keys_cli import keys
from service.models_cli import models
from service.options import (
    Audience,
    BaseUrl,
    Citations,
    Documents,
    Drafts,
    Instructions,
    Language,
    MaxCost,
    MaxTokens,
    MaxToolCalls,
    Output,
    Roles,
    Seconds,
    Seed,
    Select,
    Size,
    Speculate,
    Strict,
    Tools,
    WebSearch,
    check_base_url,
    check_output,
    deliver,
    roles_of,
    terminal,
)
from service.options import (
    write as write_outputs,
)
from service.person import Person
from service.run_views import runs_table, trace_tree
from service.tools_cli import tools as tool_commands
from service.webhooks_cli import webhooks
from storage import NoStore, TraceStore

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Ask a question over your documents; get a cited answer from a model on this machine.",
)
app.add_typer(models, name="models")
app.add_typer(tool_commands, name="tools")
app.add_typer(evals, name="evals")
app.add_typer(keys, name="keys")
app.add_typer(webhooks, name="webhooks")


@app.callback()
def before_commands(
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            help="A file with settings, before the command. \\[default: breadth.toml here, or in"
            " your configuration folder]",
        ),
    ] = None,
) -> None:
    """What is said before the command."""
    choose_settings(settings)


_PIPED = 1000
"""Columns."""
_ASK_EPILOG = """
Examples:

  breadth ask "Who is older, the director of Inception or of Parasite?" -d examples/films

  breadth ask "What changed in the contract?" -d contracts/ -o answer.html

  breadth ask "Who is older, the director of Up or of Roma?" -d films/ --approve

  breadth ask "And where was he born?" --after 0k3f

  breadth ask "..." -d notes/ --model openai:qwen3 --base-url http://localhost:8000/v1 --json
"""
_WRITE_EPILOG = """
Examples:

  breadth write 0k3f -o report.pdf -o sources.bib

  breadth write 0k3f -o report.docx --citations footnotes
"""


@app.command(epilog=_ASK_EPILOG)
def ask(
    question: Annotated[str, typer.Argument(help="In quotes.")],
    documents: Documents = None,
    search: WebSearch = None,
    model: Model = None,
    base_url: BaseUrl = None,
    role: Roles = None,
    seconds: Seconds = None,
    max_tool_calls: MaxToolCalls = None,
    max_tokens: MaxTokens = None,
    max_cost: MaxCost = None,
    effort: Annotated[
        str | None,
        typer.Option(help="low, medium, high or auto: by how hard it looks. \\[default: auto]"),
    ] = None,
    plans: Annotated[
        int | None, typer.Option(help="Plans to sample and choose from. \\[default: by the effort]")
    ] = None,
    drafts: Drafts = None,
    select: Select = None,
    size: Size = None,
    language: Language = None,
    audience: Audience = None,
    instructions: Instructions = None,
    seed: Seed = None,
    speculate: Speculate = None,
    tools: Tools = None,
    strict: Strict = False,
    after: Annotated[
        str | None,
        typer.Option(
            "--after",
            help="A run that the question follows: its sources come first, and its documents are"
            " searched where none are named.",
        ),
    ] = None,
    approve: Annotated[
        bool,
        typer.Option("--approve", help="Show each plan before it runs: accept, edit or cancel it."),
    ] = False,
    clarify: Annotated[
        bool,
        typer.Option(
            "--clarify",
            help="Ask back what an ambiguous question means; at a terminal only, and never with"
            " --json or --quiet.",
        ),
    ] = False,
    output: Output = None,
    citations: Citations = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Answer a question from documents, with citations."""
    settings = settings_of(
        search=search,
        model=model,
        base_url=base_url,
        roles=roles_of(role),
        seconds=seconds,
        max_tool_calls=max_tool_calls,
        max_tokens=max_tokens,
        max_cost=max_cost,
        effort=effort,
        plan_samples=plans,
        drafts=drafts,
        select=select,
        size=size,
        language=language,
        audience=audience,
        instructions=instructions,
        seed=seed,
        speculate=speculate,
        tools=tools,
        strict=strict or None,
        citations=citations,
    )
    check_base_url(base_url, settings)
    check_output(output)
    with terminal(quiet) as display:
        person = Person(display, settings.editor) if approve else None
        clarifier = None if as_json or quiet or not clarify else Person(display, settings.editor)
        present = None if as_json or quiet else Person(display, settings.editor)
        work = asking.ask(
            question, documents or [], settings, display, person, clarifier, present, after
        )
        finished = run_to_end(work, display)
    deliver(finished, output, settings, json=as_json)


@app.command(epilog="Example:\n\n  breadth resume 0k3f")
def resume(
    run: Annotated[str, typer.Argument(help="A run's id, or a beginning of it.")],
    output: Output = None,
    citations: Citations = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Go on with a run that was stopped or killed; finished steps are not repeated."""
    settings = settings_of(citations=citations)
    check_output(output)
    with terminal(quiet) as display:
        person = Person(display, settings.editor)
        finished = run_to_end(asking.resume(run, settings, display, person), display)
    deliver(finished, output, settings, json=as_json)


@app.command(epilog=_WRITE_EPILOG)
def write(
    run: Annotated[str, typer.Argument(help="A run's id, or a beginning of it.")],
    output: Output = None,
    citations: Citations = None,
) -> None:
    """Write the answer of an earlier run to files; nothing is asked or looked up."""
    settings = settings_of(citations=citations)
    if not output:
        fail("--output: name a file to write, as in -o answer.pdf", 2)
    check_output(output)
    write_outputs(run, output or [], settings)


app.command(epilog=plan_cli.RUN_EPILOG)(plan_cli.run)
app.command(epilog=plan_cli.REPLAY_EPILOG)(plan_cli.replay)
app.command(epilog=settings_cli.EPILOG)(settings_cli.settings)
app.command("eval", epilog=EVAL_EPILOG)(evaluate)
app.command(epilog=PRUNE_EPILOG)(prune)
app.command(epilog=EXPORT_EPILOG)(export)
app.command(epilog=serve_cli.SERVE_EPILOG)(serve_cli.serve)
app.command(epilog=serve_cli.WORKER_EPILOG)(serve_cli.worker)


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
                "parent": record.parent,
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
        # In a pipe nothing is cut.
        Console(width=None if sys.stdout.isatty() else _PIPED).print(runs_table(records))


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
    """The newest runs; none where nothing was kept yet."""
    settings = settings_of()
    try:
        async with await TraceStore.open(settings.store, create=False) as store:
            return list(await store.runs(limit))
    except NoStore:
        if settings.database is not None:  # perhaps it is misspelt
            raise
        return []


async def _document(run: str) -> dict[str, Any]:
    """Everything of one run."""
    async with await TraceStore.open(settings_of().store, create=False) as store:
        return await store.document(run)
