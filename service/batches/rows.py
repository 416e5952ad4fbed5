"""The rows of a file of questions: JSON Lines, CSV or Excel, each cell as text.

What is wrong with a file is told with its line (or sheet and row) and its column.
"""

import csv
import io
import json
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from service.errors import UsageProblem

ENDINGS = (".jsonl", ".csv", ".xlsx")
MOST_ROWS = 100_000
_MOST_BYTES = 64 * 2**20
_MOST_UNPACKED = 1024 * 2**20
_MOST_COLUMNS = 1000
_MOST_TOLD = 10
_DELIMITERS = ",;\t|"
_MARK = b"\xef\xbb\xbf"


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


_BROKEN = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError),
    *(SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error, EOFError),
    *(ExpatError, InvalidFileException),
)
"""What the parser raises that meets what its authors did not think of."""


class BadRows(UsageProblem):
    """Rows that cannot be asked."""

    def __init__(self, path: Path, problems: Iterable[tuple[str, str]]) -> None:
        """`problems`: place and what is wrong there."""
        first = list(islice(problems, _MOST_TOLD + 1))
        lines = [f"{path}, {place}: {why}" for place, why in first[:_MOST_TOLD]]
        if len(first) > _MOST_TOLD:
            lines.append("and more")
        super().__init__("\n".join(lines))


def read_rows(path: Path) -> RowFile:
    """Rows that have nothing in any cell are left out. Raises UsageProblem."""
    reading = {".jsonl": _json_lines, ".csv": _csv, ".xlsx": _excel}.get(path.suffix.lower())
    if reading is None:
        raise UsageProblem(f"{path}: it must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}")
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageProblem(f"{path}: it is larger than {_MOST_BYTES // 2**20} MiB: split it")
        data = path.read_bytes()
    except OSError as error:
        raise UsageProblem(f"{path}: it cannot be read: {error.strerror}") from error
    columns, rows = reading(path, data)
    kept = tuple(row for row in rows if any(row.values.values()))
    if not kept:
        raise UsageProblem(f"{path}: there is no row in it")
    if len(kept) > MOST_ROWS:
        raise UsageProblem(f"{path}: it has more than {MOST_ROWS} rows: split it")
    return RowFile(path, columns, kept)


def _json_lines(path: Path, data: bytes) -> tuple[tuple[str, ...], list[Row]]:
    """An object a line, or a question a line; what a line lacks is empty."""
    found: list[tuple[str, dict[str, str]]] = []
    problems: list[tuple[str, str]] = []
    for number, line in enumerate(data.removeprefix(_MARK).split(b"\n"), 1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            found.append((place, _object(json.loads(line.decode()))))
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
        column = " ".join(name.split())
        if not column or column in cells:
            raise ValueError(f"column {name!r}: " + ("it is there twice" if column else "no name"))
        cells[column] = _written(value)
    return cells


def _csv(path: Path, data: bytes) -> tuple[tuple[str, ...], list[Row]]:
    """With a line of names; commas, semicolons, tabs or bars between the cells."""
    try:
        text = data.removeprefix(_MARK).decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadRows(path, [(f"line {line}", "it is not in UTF-8; save it as UTF-8")]) from error
    head = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines = _numbered(reader)
    try:
        first = next(((place, cells) for place, cells in lines if any(cells)), None)
        if first is None:
            return (), []
        columns = _columns(path, *first)
        return columns, _rows(path, columns, lines)
    except csv.Error as error:
        raise BadRows(path, [(f"line {reader.line_num}", f"this is no CSV: {error}")]) from error


def _numbered(reader: Any) -> Iterator[tuple[str, Sequence[str]]]:
    """Each with the line in which it begins."""
    begins = 1
    for cells in reader:
        yield f"line {begins}", [cell.strip() for cell in cells]
        begins = reader.line_num + 1


def _excel(path: Path, data: bytes) -> tuple[tuple[str, ...], list[Row]]:
    """The first sheet, with a row of names."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UsageProblem(f"{path}: this is no Excel file (.xlsx)") from error
    if size > _MOST_UNPACKED:
        raise UsageProblem(f"{path}: unpacked it has more than {_MOST_UNPACKED // 2**20} MiB")
    try:
        with warnings.catch_warnings():
            # Of what a sheet looks like and who may change it, nothing is read.
            warnings.simplefilter("ignore", UserWarning)
            return _sheet(path, data)
    except _BROKEN as error:
        raise UsageProblem(
            f"{path}: this Excel file is damaged; open it there and save it again"
        ) from error


def _sheet(path: Path, data: bytes) -> tuple[tuple[str, ...], list[Row]]:
    """Raises BadRows, and whatever the parser raises of a broken file."""
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        sheet = book.worksheets[0]
        cut = sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=_MOST_COLUMNS)
        lines = (
            (f"sheet {sheet.title!r}, row {number}", list(map(_cell, cells)))
            for number, cells in enumerate(cut, 1)
        )
        first = next(((place, cells) for place, cells in lines if any(cells)), None)
        if first is None:
            return (), []
        columns = _columns(path, *first)
        return columns, _rows(path, columns, lines)
    finally:
        book.close()


def _columns(path: Path, place: str, cells: Sequence[str]) -> tuple[str, ...]:
    """The names; empty ones at the end are none. Raises BadRows."""
    names = [" ".join(cell.split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    for number, name in enumerate(names, 1):
        if not name:
            raise BadRows(path, [(place, f"column {number} has no name")])
        if names.index(name) != number - 1:
            raise BadRows(path, [(place, f"column {name!r} is there twice")])
    return tuple(names)


def _rows(
    path: Path, columns: Sequence[str], lines: Iterable[tuple[str, Sequence[str]]]
) -> list[Row]:
    """With a value for each column. Raises BadRows where there are more cells than columns."""
    rows: list[Row] = []
    problems: list[tuple[str, str]] = []
    for place, cells in lines:
        if any(cells[len(columns) :]):
            more = f"it has {len(cells)} cells, and there are {len(columns)} columns"
            problems.append((place, more))
        filled = [*cells[: len(columns)], *[""] * (len(columns) - len(cells))]
        rows.append(Row(place, dict(zip(columns, filled, strict=True))))
    if problems:
        raise BadRows(path, problems)
    return rows


def _cell(cell: Any) -> str:
    """Of a sheet; an error of Excel is shown as it is."""
    return _written(cell.value)


def _written(value: Any) -> str:
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
