"""The command `breadth`."""

import gc
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from service import (
    ask_cli,
    batch_cli,
    doctor_cli,
    init_cli,
    keeping_cli,
    mcp_cli,
    plan_cli,
    runs_cli,
    serve_cli,
    settings_cli,
    think_cli,
)
from service.edge import choose_settings, leave, show
from service.evaluating.cli import EVAL_EPILOG, evals, evaluate
from service.keys_cli import keys
from service.models_cli import models
from service.tools_cli import tools
from service.webhooks_cli import webhooks

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Ask a question over your documents; get a cited answer from a model on this machine.",
)
app.add_typer(models, name="models")
app.add_typer(tools, name="tools")
app.add_typer(evals, name="evals")
app.add_typer(keys, name="keys")
app.add_typer(webhooks, name="webhooks")

app.command(epilog=ask_cli.ASK_EPILOG)(ask_cli.ask)
app.command(epilog=ask_cli.RESUME_EPILOG)(ask_cli.resume)
app.command(epilog=ask_cli.WRITE_EPILOG)(ask_cli.write)
app.command(epilog=batch_cli.EPILOG)(batch_cli.batch)
app.command(epilog=plan_cli.RUN_EPILOG)(plan_cli.run)
app.command(epilog=plan_cli.REPLAY_EPILOG)(plan_cli.replay)
app.command(epilog=think_cli.THINK_EPILOG)(think_cli.think)
app.command(epilog=think_cli.METHODS_EPILOG)(think_cli.methods)
app.command(epilog=settings_cli.EPILOG)(settings_cli.settings)
app.command(epilog=init_cli.INIT_EPILOG)(init_cli.init)
app.command(epilog=doctor_cli.DOCTOR_EPILOG)(doctor_cli.doctor)
app.command("eval", epilog=EVAL_EPILOG)(evaluate)
app.command(epilog=keeping_cli.PRUNE_EPILOG)(keeping_cli.prune)
app.command(epilog=keeping_cli.EXPORT_EPILOG)(keeping_cli.export)
app.command(epilog=serve_cli.SERVE_EPILOG)(serve_cli.serve)
app.command(epilog=serve_cli.WORKER_EPILOG)(serve_cli.worker)
app.command(epilog=mcp_cli.MCP_EPILOG)(mcp_cli.mcp)
app.command(epilog=runs_cli.RUNS_EPILOG)(runs_cli.runs)
app.command(epilog=runs_cli.TRACE_EPILOG)(runs_cli.trace)


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
