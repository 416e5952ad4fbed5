"""Tables on standard output: as wide as a terminal is, and in a pipe as wide as they need."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

_PIPED = 1000
"""Columns."""


def wide_console() -> Console:
    """In a pipe nothing is cut."""
    return Console(width=None if sys.stdout.isatty() else _PIPED, markup=False)


def show_rows(rows: Sequence[Mapping[str, Any]], names: Sequence[str], none: str) -> None:
    """Each in a line, under the names of its fields; `none`: what is said where there are none.

    The first name is that of an id, which other commands want whole.
    """
    table = Table()
    for place, name in enumerate(names):
        table.add_column(name, no_wrap=place == 0, overflow="fold")
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in names))
    wide_console().print(table if rows else none)
