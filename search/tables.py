"""Tables as text: one line a row, each cell behind the name of its column.

So a passage that holds a few rows of a long table says what their numbers are.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

MOST_CELLS = 500_000
"""Of a longer table the first count."""
LEFT_OUT = "(Further rows are left out.)"

LONGEST_NAME = 60
"""Characters of a column's name."""
SAMPLE_ROWS = 50
DELIMITERS = ",;\t|"
CONSISTENT = 0.9
"""Share of the rows that are as long as the first, in a text that is a table."""

_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"[-+(~]?\s?[$€£¥]?\s?\d")
_YEAR = re.compile(r"(?:FY ?)?(?:1[5-9]|20)\d\d\Z")
_BAR = re.compile(r"(?<!\\)\|")
_RULED = re.compile(r"^\|.*\|[ \t]*\n\|[-:| \t]+\|[ \t]*(?:\n\|.*\|[ \t]*)+(?:\n|\Z)", re.MULTILINE)
"""A table of Markdown: the line below the first says that this one names the columns."""
_ROW = re.compile(r"^\| (.*?) \|$", re.MULTILINE | re.DOTALL)
_ROW_END = re.compile(r" \|$", re.MULTILINE)

Row = Sequence[str]


def row_lines(rows: Iterable[Row], *, header: bool | None = None) -> Iterator[str]:
    """`| Film: Psycho | Year: 1960 |` for each row; `| Psycho | 1960 |` where no names are known.

    `header`: whether the first row of two cells or more names the columns; None: if it looks so.
    Rows of one cell before it are captions. Empty cells and rows are left out.
    """
    clean = ([" ".join(cell.split()) for cell in row] for row in _first(rows))
    filled = (row for row in clean if any(row))
    sample = list(islice(filled, SAMPLE_ROWS))
    at = next((i for i, row in enumerate(sample) if _width(row) > 1), len(sample))
    yield from (" ".join(filter(None, row)) for row in sample[:at])
    names: Row = ()
    if at < len(sample) - 1 and (header or (header is None and _names_columns(sample[at:]))):
        names = sample[at]
        at += 1
    for row in chain(sample[at:], filled):
        yield row[0] if row == [LEFT_OUT] else f"| {' | '.join(_cells(row, names))} |"


def rows_in(text: str) -> list[dict[str, str]]:
    """The rows with named columns that a text holds, as `row_lines` or Markdown writes them.

    A row may have been cut into lines. A cell that is empty is left out there, and is empty here.
    Raises ValueError where rows are said to be left out, and for two cells of one name in a row:
    there is no telling which is meant.
    """
    if LEFT_OUT in text:
        raise ValueError("of the table only the first rows are there")
    text = _RULED.sub(_relined, text)
    # Behind the last end, each line that begins like a row would be followed to the text's end.
    last = max((end.end() for end in _ROW_END.finditer(text)), default=0)
    found = (" ".join(row[1].split()) for row in _ROW.finditer(text[:last]))
    rows = [_by_name(row.split(" | ")) for row in found]
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name, "") for name in names} for row in rows if row]


def _by_name(cells: Sequence[str]) -> dict[str, str]:
    """The cells that are named. Raises ValueError for two of one name."""
    row: dict[str, str] = {}
    for name, colon, value in (cell.partition(": ") for cell in cells):
        if colon and name in row:
            raise ValueError(f"a row of the table has several cells that are called {name!r}")
        if colon:
            row[name] = value
    return row


def csv_rows(text: str) -> Iterator[list[str]] | None:
    """The rows of a text that is a table of delimited values, else None."""
    for delimiter in DELIMITERS:
        try:
            sample = [row for row in islice(_reader(text, delimiter), SAMPLE_ROWS) if row]
        except csv.Error:
            continue
        if _is_table(sample, delimiter):
            return _reader(text, delimiter)
    return None


def _first(rows: Iterable[Row]) -> Iterator[Row]:
    cells = 0
    for row in rows:
        cells += len(row)
        if cells > MOST_CELLS:
            yield [LEFT_OUT]
            return
        yield row


def _cells(row: Row, names: Row) -> Iterator[str]:
    for at, cell in enumerate(row):
        name = names[at] if at < len(names) else ""
        if cell:
            yield f"{_spoken(name)}: {cell}" if name else cell


def _spoken(name: str) -> str:
    """Of a column that is called "Time: start": no colon stands before that behind the name."""
    return name.replace(": ", ", ")


def _width(row: Row) -> int:
    return sum(map(bool, row))


def _names_columns(rows: Sequence[Row]) -> bool:
    """Whether the first row names the columns of the others.

    They are short, distinct, and no numbers unless all but the first are years. Where they hold
    digits ("Q1"), and in two columns, which may also be names and values, numbers have to follow.
    """
    names = [cell for cell in rows[0] if cell]
    if len(set(names)) < len(names) or any(len(cell) > LONGEST_NAME for cell in names):
        return False
    if any(map(_NUMBER.match, names)):
        return all(_YEAR.match(cell) for cell in rows[0][1:])
    telling = len(rows[0]) > 2 and not any(map(_DIGIT.search, names))
    return telling or any(_counts(rows[1:], column) for column in range(1, len(rows[0])))


def _counts(rows: Sequence[Row], column: int) -> bool:
    """Whether most of what stands in the column are numbers."""
    cells = [row[column] for row in rows if len(row) > column and row[column]]
    return sum(map(bool, map(_NUMBER.match, cells))) > len(cells) / 2


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _is_table(rows: Sequence[Row], delimiter: str) -> bool:
    """Whether rows are equally long behind a row of names. Prose has a space behind its commas."""
    if len(rows) < 2 or len(rows[0]) < 2 or (len(rows[0]) == 2 and len(rows) < 4):
        return False
    names = [name.strip() for name in rows[0]]
    if not all(names) or len(set(names)) < len(names) or max(map(len, names)) > LONGEST_NAME:
        return False
    alike = sum(len(row) == len(names) for row in rows)
    later = [cell for row in rows for cell in row[1:]]
    spaced = sum(cell.startswith(" ") for cell in later)
    prose = delimiter in ",;" and spaced > len(later) / 2
    return alike >= CONSISTENT * len(rows) and not prose


def _relined(table: re.Match[str]) -> str:
    """A table of Markdown as `row_lines` has it."""
    lines = table[0].strip().split("\n")
    cells = ([cell.strip() for cell in _BAR.split(line.strip())[1:-1]] for line in lines)
    rows = [row for number, row in enumerate(cells) if number != 1]
    return "\n".join(row_lines(rows, header=True)) + "\n"
