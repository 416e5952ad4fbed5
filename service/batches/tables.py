"""The rows of tables, CSV or Excel: a row of names, and what stands below it."""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from openpyxl import load_workbook
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.utils.exceptions import InvalidFileException

from search import COMPRESSED, DAMAGED_ARCHIVE
from service.batches.rows import MOST_ROWS, BadRows, Row, written
from service.errors import UsageProblem

_MOST_UNPACKED = 1024 * 2**20
_PART: Mapping[str, int] = {"max_row": MOST_ROWS + 2, "max_col": 1000}
"""Of a sheet: more is never looked at."""
_DELIMITERS = ",;\t|"
_NO_DELIMITER = "\x1f"
_NAMED_DELIMITER = re.compile(r"sep=([^\r\n])[\r\n]+")
"""A first line by which Excel is told."""
_BROKEN = (
    *(*DAMAGED_ARCHIVE, ArithmeticError, AssertionError, AttributeError, LookupError, SyntaxError),
    *(TypeError, ExpatError, InvalidFileException),
)
"""What parsers raise that meet what their authors did not think of."""


def csv_table(path: Path, data: bytes) -> tuple[tuple[str, ...], list[Row]]:
    """With a line of names; commas, semicolons, tabs or bars between the cells."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        told = 'it is not in UTF-8; save it as UTF-8 (in Excel: "CSV UTF-8")'
        raise BadRows(path, [(f"line {line}", told)]) from error
    named = _NAMED_DELIMITER.match(text)
    delimiter = named[1] if named else _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines = _numbered(reader)
    try:
        if named:
            next(lines)
        first = next(((place, cells) for place, cells in lines if any(cells)), None)
        if first is None:
            return (), []
        return _table(
            path, first, lines, f"; a cell with a {delimiter} in it needs quotes around it"
        )
    except csv.Error as error:
        raise BadRows(path, [(f"line {reader.line_num}", f"this is no CSV: {error}")]) from error


def _delimiter(text: str) -> str:
    """That which the names have most of; where they have none, there is one column, and its cells
    may have any."""
    head = re.split(r"[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0]
    most = max(_DELIMITERS, key=head.count)
    return most if most in head else _NO_DELIMITER


def _numbered(reader: Any) -> Iterator[tuple[str, Sequence[str]]]:
    """Each with the line in which it begins."""
    begins = 1
    for cells in reader:
        yield f"line {begins}", [cell.strip() for cell in cells]
        begins = reader.line_num + 1


def excel_table(path: Path, data: bytes) -> tuple[tuple[str, ...], list[Row]]:
    """The first sheet, with a row of names."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except DAMAGED_ARCHIVE as error:
        raise UsageProblem(f"{path}: this is no Excel file (.xlsx)") from error
    if any(part.compress_type not in COMPRESSED for part in parts):
        raise UsageProblem(f"{path}: it is compressed as no Excel file is; save it there again")
    size = sum(part.file_size for part in parts)
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
    with _opened(data) as sheet:
        has_blank = False

        def texts(cells: Sequence[Any]) -> list[str]:
            nonlocal has_blank
            has_blank = has_blank or any(map(_is_blank, cells))
            return [written(cell.value) for cell in cells]

        lines = (
            (_place(sheet, number), texts(cells))
            for number, cells in enumerate(sheet.iter_rows(**_PART), 1)
        )
        first = next(((place, cells) for place, cells in lines if any(cells)), None)
        found = _table(path, first, lines) if first else ((), [])
    if has_blank:
        _require_values(path, data)
    return found


def _require_values(path: Path, data: bytes) -> None:
    """Raises BadRows for formulas whose value nobody has computed: they would be missing."""
    with _opened(data) as values, _opened(data, formulas=True) as formulas:
        both = zip(values.iter_rows(**_PART), formulas.iter_rows(**_PART), strict=True)
        problems = [
            (
                _place(values, number),
                f"column {column}: the value of its formula is not in the file;"
                " open it in Excel and save it",
            )
            for number, (cells, others) in enumerate(both, 1)
            for column, (cell, other) in enumerate(zip(cells, others, strict=False), 1)
            if other.data_type == "f" and _is_blank(cell)
        ]
    if problems:
        raise BadRows(path, problems)


@contextmanager
def _opened(data: bytes, *, formulas: bool = False) -> Iterator[Any]:
    """The first sheet. `formulas`: instead of their values."""
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=not formulas, keep_links=False)
    try:
        yield book.worksheets[0]
    finally:
        book.close()


def _is_blank(cell: Any) -> bool:
    """Whether it is there, without a value; an empty text is one."""
    return cell is not EMPTY_CELL and cell.value is None and cell.data_type == "n"


def _place(sheet: Any, number: int) -> str:
    return f"sheet {sheet.title!r}, row {number}"


def _table(
    path: Path,
    head: tuple[str, Sequence[str]],
    lines: Iterable[tuple[str, Sequence[str]]],
    hint: str = "",
) -> tuple[tuple[str, ...], list[Row]]:
    """The names, and the rows below. `hint`: why there may be more cells than names. Raises
    BadRows."""
    names = _names(path, *head)
    columns = [(number, name) for number, name in enumerate(names) if name]
    rows: list[Row] = []
    problems: list[tuple[str, str]] = []
    for place, cells in lines:
        if any(cells[len(names) :]):
            there = f"it has {len(cells)} cells, and the table has {len(names)}"
            problems.append((place, f"{there} {'column' if len(names) == 1 else 'columns'}{hint}"))
        nameless = [
            number for number, cell in enumerate(cells[: len(names)]) if cell and not names[number]
        ]
        problems += [(place, f"column {number + 1} has a cell and no name") for number in nameless]
        filled = [*cells, *[""] * (len(names) - len(cells))]
        rows.append(Row(place, {name: filled[number] for number, name in columns}))
    if problems:
        raise BadRows(path, problems)
    return tuple(name for _, name in columns), rows


def _names(path: Path, place: str, cells: Sequence[str]) -> list[str]:
    """Those of the columns, up to the last one; some may have none. Raises BadRows."""
    names = [" ".join(cell.split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    for number, name in enumerate(names):
        if name and names.index(name) != number:
            raise BadRows(path, [(place, f"column {name!r} is there twice")])
    return names
