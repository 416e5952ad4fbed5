"""The command `breadth settings`."""

import json
from typing import Any

import typer
from rich.table import Table

from service.edge import AsJson, leave, settings_of, show_json
from service.hiding import hidden
from service.settings import Settings, sources_of
from service.tables import wide_console

commands = typer.Typer()
EPILOG = """
Examples:

  breadth settings

  breadth settings --json

  BREADTH_SETTINGS=service.toml breadth settings
"""


@commands.command(epilog=EPILOG)
def settings(as_json: AsJson = False) -> None:
    """Print every setting and where it comes from; secrets are hidden."""
    found = settings_of()
    facts = described(found)
    if as_json:
        show_json(facts)
        leave(0)
    table = Table("setting", "value", "from", box=None)
    for name, fact in facts.items():
        table.add_row(name, _written(fact["value"]), fact["source"])
    wide_console().print(table)
    leave(0)


def described(found: Settings) -> dict[str, Any]:
    """By the setting's name: its value, without secrets, and its source."""
    sources = sources_of(found)
    return {
        name: {"value": hidden(getattr(found, name)), "source": sources[name]}
        for name in type(found).model_fields
    }


def _written(value: Any) -> str:
    """For people."""
    match value:
        case str():
            return value or "none"
        case None | list() | dict() if not value:
            return "none"
        case _:
            return json.dumps(value, ensure_ascii=False)
