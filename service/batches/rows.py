"""Rows of a file of questions, each cell as text, and what is wrong with some."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from service.errors import UsageProblem

MOST_ROWS = 100_000
_MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file."""

    place: str
    """line 3, or sheet 'Names', row 3."""
    values: dict[str, str]
    """By column; every column is there."""


@dataclass(frozen=True, slots=True)
class RowFile:
    """A whole file."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


class BadRows(UsageProblem):
    """Rows that cannot be asked."""

    def __init__(self, path: Path, problems: Iterable[tuple[str, str]]) -> None:
        """`problems`: place and what is wrong there."""
        first = list(islice(problems, _MOST_TOLD + 1))
        lines = [f"{path}, {place}: {why}" for place, why in first[:_MOST_TOLD]]
        if len(first) > _MOST_TOLD:
            lines.append("and more")
        super().__init__("\n".join(lines))


def written(value: Any) -> str:
    """As a person would write it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ", "seconds")
        case date() | time():
            return value.isoformat()
    return str(value).strip()
