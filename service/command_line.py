"""The command `breadth`."""

import asyncio
import json
import os
import sys
from collections.abc import Coroutine, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console

from service import answers, asking, model_commands
from service.asking import Finished
from service.errors import exit_code, leaves
from service.run_views import runs_table, trace_tree
from service.settings import Settings
from service.terminal import Terminal
from storage import TraceStore

T = TypeVar("T")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Ask a question over your documents; get a cited answer from a model on this machine.",
)

Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        help="base (1.5B), small (0.5B), a GGUF file, hf:OWNER/REPO/FILE, or openai:NAME."
        " [default: base]",
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        help="Address of an openai:NAME model's server, with /v1; several with commas between."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Also write a .md or .html file.")
]

_OPTIONS = {"plan_samples": "--plans", "roles": "--role"}
"""Settings whose options have other names."""
_JSON = {
    "roles": '{"planner": "openai:NAME"}',
    "prices": '{"NAME": {"prompt": 0.4, "completion": 1.6}}',
}
"""Settings that are no plain text in the environment."""
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
    plans: Annotated[
        int | None, typer.Option(help="Plans to sample and choose from. [default: 4]")
    ] = None,
    drafts: Annotated[int | None, typer.Option(help="Drafts of the answer. [default: 1]")] = None,
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
    settings = _settings(
        model=model,
        base_url=base_url,
        roles=_roles(role),
        seconds=seconds,
        max_tool_calls=max_tool_calls,
        max_tokens=max_tokens,
        max_cost=max_cost,
        plan_samples=plans,
        drafts=drafts,
        seed=seed,
        speculate=speculate,
    )
    _check_output(output)
    with _terminal(quiet) as display:
        finished = _run(asking.ask(question, documents or [], settings, display), display)
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
        finished = _run(asking.resume(run, _settings(), display), display)
    _deliver(finished, output, as_json=as_json)


models = typer.Typer(no_args_is_help=True, help="Which models there are, and what one can do.")
app.add_typer(models, name="models")


@models.command("list", epilog="Example:\n\n  breadth models list --json")
def models_list(as_json: AsJson = False) -> None:
    """The models that come as packages, and what of them is on this machine."""
    rows = model_commands.listed(_settings())
    if as_json:
        _print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        Console().print(model_commands.list_table(rows))


@models.command(
    "check",
    epilog="Examples:\n\n  breadth models check\n\n  breadth models check --model small --json\n\n"
    "  breadth models check http://localhost:8000/v1 --model openai:qwen3",
)
def models_check(
    url: Annotated[
        str | None, typer.Argument(help="A server's address, with /v1; none: the embedded engine.")
    ] = None,
    model: Model = None,
    speculate: Annotated[
        str | None, typer.Option(help="off, ngram or draft:MODEL. [default: off]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try what a model can do: grammars, schemas, samples, log-probabilities, speed."""
    settings = _settings(model=model, base_url=url, speculate=speculate)
    found = _run(model_commands.checked(settings))
    if as_json:
        _print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        Console().print(model_commands.check_table(found))
    _leave(0)


@app.command(epilog="Examples:\n\n  breadth runs\n\n  breadth runs --limit 100 --json")
def runs(
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the runs, the newest first."""
    records = _run(_records(limit))
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
        _print(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        Console().print(runs_table(records))


@app.command(epilog="Examples:\n\n  breadth trace 0k3f\n\n  breadth trace 0k3f --json")
def trace(
    run: Annotated[str, typer.Argument(help="A run's id, or a beginning of it.")],
    as_json: AsJson = False,
) -> None:
    """Draw what a run did: its plan, its timeline, its model calls, its sources."""
    document = _run(_document(run))
    if as_json:
        _print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        Console().print(trace_tree(document))


@app.command("version")
def show_version() -> None:
    """Print the version."""
    _print(version("breadth"))


def main() -> None:
    """The entry point: no error that we know of shows a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        _leave(130)


async def _records(limit: int) -> list[Any]:
    """The newest runs."""
    async with await TraceStore.open(_settings().store) as store:
        return list(await store.runs(limit))


async def _document(run: str) -> dict[str, Any]:
    """Everything of one run."""
    async with await TraceStore.open(_settings().store) as store:
        return await store.document(run)


def _settings(**flags: Any) -> Settings:
    """Flags over the environment over the defaults."""
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except SettingsError as error:  # its text is: error parsing value for field "prices" from ...
        name = _quoted(error)
        example = _JSON.get(name, "{}")
        _fail(f"BREADTH_{name.upper()}: this is no JSON; write it as {example}", 2)
        raise
    except ValidationError as error:
        problems = "; ".join(
            f"{_named(problem['loc'], flags)}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        )
        _fail(problems, 2)
        raise


def _named(location: tuple[int | str, ...], flags: Mapping[str, Any]) -> str:
    """How the user gave a setting: as an option, or in the environment; and where in it."""
    setting, *inside = map(str, location)
    return _given(setting, flags) + (f" ({', '.join(inside)})" if inside else "")


def _quoted(error: Exception) -> str:
    """The first word in double quotes."""
    return str(error).partition('"')[2].partition('"')[0]


def _given(setting: str, flags: Mapping[str, Any]) -> str:
    """The option or the variable."""
    if flags.get(setting) is None:
        return f"BREADTH_{setting.upper()}"
    return _OPTIONS.get(setting, f"--{setting.replace('_', '-')}")


def _roles(given: list[str] | None) -> dict[str, str] | None:
    """What `--role ROLE=MODEL` says, one after another."""
    roles = {}
    for text in given or ():
        role, _, model = text.partition("=")
        if not (role and model):
            _fail(f"--role {text!r}: write ROLE=MODEL, as in --role planner=openai:NAME", 2)
        roles[role] = model
    return roles or None


def _check_output(output: Path | None) -> None:
    """Before the work, not after it."""
    if output is None:
        return
    if output.suffix.lower() not in {".md", ".html", ".htm"}:
        _fail(f"--output: {output} must end in .md or .html", 2)
    if not output.parent.is_dir():
        _fail(f"--output: there is no folder {output.parent}", 2)


def _terminal(quiet: bool) -> Terminal:
    """Progress belongs on standard error."""
    return Terminal(Console(stderr=True), quiet=quiet)


def _run(work: Coroutine[Any, Any, T], display: Terminal | None = None) -> T:
    """Run to the end; tell what went wrong in words."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        if display is not None:
            display.__exit__(None, None, None)
            hint = f": breadth resume {display.run}" if display.run else ""
            sys.stderr.write(f"\nstopped{'; to go on' if hint else ''}{hint}\n")
        _leave(130)
        raise
    except BaseException as error:
        code = exit_code(error)
        if code is None:
            raise
        if display is not None:
            display.__exit__(None, None, None)
        text = "\n".join(dict.fromkeys(str(leaf) for leaf in leaves(error)))
        _fail(text, code)
        raise


def _deliver(finished: Finished, output: Path | None, *, as_json: bool) -> None:
    """Print, write, and say by the exit code whether there is an answer."""
    _print(answers.as_json(finished) if as_json else answers.as_text(finished))
    if output is not None:
        try:
            answers.write_file(finished, output)
        except OSError as error:
            _fail(f"cannot write {output}: {error.strerror}; run {finished.run} is kept", 1)
    failed = finished.result.status != "completed" and finished.result.answer.value is None
    _leave(1 if failed else 0)


def _print(text: str) -> None:
    """To standard output, whatever its encoding can show."""
    data = (text + "\n").encode(sys.stdout.encoding or "utf-8", errors="replace")
    sys.stdout.buffer.write(data)
    sys.stdout.flush()


def _fail(text: str, code: int) -> None:
    """One message, no traceback."""
    sys.stderr.write(f"breadth: {text}\n")
    _leave(code)


def _leave(code: int) -> None:
    """End now: the engine's threads may still be in the middle of a computation."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
