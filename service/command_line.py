"""The command `breadth`."""

from collections import UserDict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from service.edge import choose_settings, leave, show
from service.start import imported

_WHERE = {
    "ask": "ask_cli",
    "resume": "ask_cli",
    "write": "ask_cli",
    "batch": "batch_cli",
    "run": "plan_cli",
    "replay": "plan_cli",
    "think": "think_cli",
    "methods": "think_cli",
    "settings": "settings_cli",
    "init": "init_cli",
    "doctor": "doctor_cli",
    "eval": "evaluating.cli",
    "evals": "evaluating.cli",
    "prune": "keeping_cli",
    "export": "keeping_cli",
    "serve": "serve_cli",
    "worker": "serve_cli",
    "mcp": "mcp_cli",
    "runs": "runs_cli",
    "trace": "runs_cli",
    "models": "models_cli",
    "tools": "tools_cli",
    "keys": "keys_cli",
    "webhooks": "webhooks_cli",
}
"""The file of `service` that has a command among its `commands`."""


class _Imported(UserDict[str, Any]):
    """Commands by name, each imported when it is asked for: `breadth runs` needs no web server."""

    def __getitem__(self, name: str) -> Any:
        if isinstance(self.data[name], str):
            found = imported(f"service.{self.data[name]}").commands
            self.data[name] = typer.main.get_group(found).commands[name]
        return self.data[name]


class _Commands(TyperGroup):
    """Those of the files, and those that are registered here."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Imported(_WHERE | dict(self.commands))


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Ask a question over your documents; get a cited answer from a model on this machine.",
)


def _show_version(context: typer.Context, asked: bool) -> None:
    if asked and not context.resilient_parsing:  # as it is where a shell completes the line
        show(version("breadth"))
        leave(0)


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
    _: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Print the version."),
    ] = False,
) -> None:
    """What is said before the command."""
    choose_settings(settings)


@app.command("version")
def show_version() -> None:
    """Print the version."""
    show(version("breadth"))


def main() -> None:
    """The entry point: no error that we know of shows a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        leave(130)
