"""Reads a file of questions: JSON Lines, CSV or Excel.

What is wrong with a file is told with its line (or sheet and row) and its column.
"""

import codecs
import json
import math
import re
from pathlib import Path
from typing import Any

from service.batches.rows import MOST_ROWS, BadRows, Row, RowFile, written
from service.batches.tables import csv_table, excel_table
from service.errors import UsageProblem

ENDINGS = (".jsonl", ".csv", ".xlsx")
_MOST_BYTES = 64 * 2**20
_HALVES = re.compile("[\ud800-\udfff]")


def read_rows(path: Path) -> RowFile:
    """Rows that have nothing in any cell are left out. Raises UsageProblem."""
    reading = {".jsonl": _json_lines, ".csv": csv_table, ".xlsx": excel_table}.get(
        path.suffix.lower()
    )
    if reading is None:
        raise UsageProblem(f"{path}: it must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}")
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageProblem(f"{path}: it is larger than {_MOST_BYTES // 2**20} MiB: split it")
        data = path.read_bytes()
    except OSError as error:
        raise UsageProblem(f"{path}: it cannot be read: {error.strerror}") from error
    columns, rows = reading(path, data if reading is excel_table else _in_utf8(path, data))
    kept = tuple(row for row in rows if any(row.values.values()))
    if not kept:
        raise UsageProblem(f"{path}: there is no row in it")
    if len(kept) > MOST_ROWS:
        raise UsageProblem(f"{path}: it has more than {MOST_ROWS} rows: split it")
    return RowFile(path, columns, kept)


def _in_utf8(path: Path, data: bytes) -> bytes:
    """Without a mark; what is marked as UTF-16, as some programs write it, is read as such."""
    if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-16").encode()
    except UnicodeError as error:
        raise UsageProblem(
            f"{path}: it begins as UTF-16 does, and is not; save it as UTF-8"
        ) from error


def _json_lines(path: Path, data: bytes) -> tuple[tuple[str, ...], list[Row]]:
    """An object a line, or a question a line; what a line lacks is empty."""
    found: list[tuple[str, dict[str, str]]] = []
    problems: list[tuple[str, str]] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            found.append((place, _object(_parsed(line.decode()))))
        except UnicodeDecodeError as error:
            problems.append((place, f"it is not in UTF-8 ({error.reason})"))
        except json.JSONDecodeError as error:
            problems.append((place, f"this is no JSON: {error.msg} at character {error.pos + 1}"))
        except RecursionError:
            problems.append((place, "it is nested too deeply"))
        except ValueError as error:
            problems.append((place, str(error)))
    if problems:
        raise BadRows(path, problems)
    columns = tuple(dict.fromkeys(column for _, values in found for column in values))
    empty = dict.fromkeys(columns, "")
    return columns, [Row(place, empty | values) for place, values in found]


def _parsed(line: str) -> Any:
    """Raises ValueError, also for a name that is there twice and for what is no number."""

    def constant(name: str) -> Any:
        raise ValueError(f"this is no JSON: {name} is no value")

    def cells(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"column {name!r}: it is there twice")
        return dict(pairs)

    return json.loads(line, parse_constant=constant, object_pairs_hook=cells)


def _object(line: Any) -> dict[str, str]:
    """The cells of a line. Raises ValueError."""
    if isinstance(line, str):
        return {"question": line}
    if not isinstance(line, dict):
        told = 'it is neither an object, as in {"question": "..."}, nor a text'
        raise ValueError(told)  # noqa: TRY004
    cells: dict[str, str] = {}
    for name, value in line.items():
        if isinstance(value, dict | list):
            raise ValueError(f"column {name!r}: a list or an object is no cell")  # noqa: TRY004
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"column {name!r}: the number is too large")
        if isinstance(value, str) and _HALVES.search(name + value):
            raise ValueError(f"column {name!r}: half of a character is in it")
        column = " ".join(name.split())
        if not column or column in cells:
            raise ValueError(f"column {name!r}: " + ("it is there twice" if column else "no name"))
        cells[column] = written(value)
    return cells
