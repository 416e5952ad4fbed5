"""Questions over the rows of a document's table are worked out in code, not read.

"How many ferries have the home port Tarn?", "What is the total capacity of the ferries?", "Which
ferry has the largest capacity?": a small model reads a table badly and counts worse. The question's
own words say which rows are meant, which column, and what is done with them. Where they do not, or
where a word of it is nowhere in the table, it is left to reading.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from search import Passage, Reader, SearchError, rows_in
from tools.quantities import parse_quantity
from tools.relevance import names_in
from tools.table import Operation, Table, TableArguments
from tools.tool import ToolError
from tools.words import holds, stems, words

Row = dict[str, str]

_CUES: tuple[tuple[str, Operation], ...] = (
    (r"average|mean", "mean"),
    (r"median", "median"),
    (r"total|sum|combined|altogether|overall", "sum"),
    (r"highest|largest|biggest|greatest|longest|tallest|heaviest|most|maximum", "max"),
    (r"lowest|smallest|least|shortest|fewest|lightest|minimum", "min"),
    (r"how many", "count"),
)
_DEGREES = {
    "longest": "length",
    "shortest": "length",
    "tallest": "height",
    "highest": "height",
    "heaviest": "weight",
    "lightest": "weight",
}
"""Which column a degree is of, where the question names none."""
_ANYWAY = "how many there are have has in all together number of listed list table documents up"
_ROW_ASKED = re.compile(
    r"\s*(?:(?P<who>who)\b|(?:which|what)(?: of the)? (?!is\b|was\b|are\b|were\b)(?P<noun>\w+))",
    re.IGNORECASE,
)
_MANY = re.compile(r"\bhow many\s+([^?]+)", re.IGNORECASE)
_SUMMED_UP = re.compile(r"\s*(?:grand |sub)?-?(?:total|sum|all|average|mean)s?\b", re.IGNORECASE)
_NUMERIC = 0.8
"""Share of the cells that are numbers in a column of numbers."""
_MOST = 2000
"""Passages of a document whose table is worked out."""
_UNSAID = 1
"""Content words of a question that may be nowhere in the table: a verb, mostly; no name."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table, without the rows that sum others up."""

    title: str
    rows: Sequence[Row]

    @property
    def numbers(self) -> list[str]:
        """The columns of numbers."""
        return [name for name in self.rows[0] if self._is_numeric(name)]

    @property
    def label(self) -> str:
        """The column that says what a row is about; nothing where all are numbers."""
        numbers = self.numbers
        return next((name for name in self.rows[0] if name not in numbers), "")

    def _is_numeric(self, name: str) -> bool:
        cells = [row[name] for row in self.rows if row[name]]
        count = sum(parse_quantity(cell) is not None for cell in cells)
        return bool(cells) and count >= _NUMERIC * len(cells)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the question says of the table."""

    operation: Operation
    column: str | None
    """None: the rows are counted."""
    rows: Sequence[Row]
    """Those that are meant."""


async def worked_out(question: str, passage: Passage, reader: Reader) -> str | None:
    """What the rows of the passage's table come to; None where that is not plainly asked."""
    operation = _operation(question)
    if operation is None or not _rows(passage.text):
        return None
    sheet = await _sheet(passage, reader)
    read = _read(sheet, question, operation) if sheet is not None else None
    if sheet is None or read is None or not read.rows:
        return None
    try:
        return await _result(sheet, read, question)
    except ToolError:  # cells that do not go together
        return None


def _operation(question: str) -> Operation | None:
    """What may be done with the rows."""
    found = (operation for cue, operation in _CUES if re.search(rf"\b(?:{cue})\b", question, re.I))
    return next(found, None)


def _rows(text: str) -> list[Row]:
    try:
        return rows_in(text)
    except ValueError:
        return []


async def _sheet(passage: Passage, reader: Reader) -> Sheet | None:
    """The whole table that a passage is a piece of; None where it cannot be had whole."""
    try:
        pieces = await reader.read(passage.source.location)
    except SearchError:
        return None
    if len(pieces) > _MOST:
        return None
    text = "\n".join(piece.text for piece in pieces if piece.part == passage.part)
    found = await asyncio.to_thread(_rows, text)
    rows = [row for row in found if not any(map(_SUMMED_UP.match, [*row.values()][:1]))]
    title = f"{passage.source.title} {passage.part}"
    return Sheet(title, rows) if len(rows) > 1 else None


def _read(sheet: Sheet, question: str, operation: Operation) -> _Reading | None:
    """What is asked, where every word that tells is the table's."""
    rows, named = _meant(sheet, question)
    values = (row[name] for name in named for row in rows)
    told = _stems([sheet.title, *sheet.rows[0], *values, _ANYWAY, *(cue for cue, _ in _CUES)])
    names = {name.replace("y", "i") for name in names_in(question)}
    if names - told or len(_stems([question]) - told) > _UNSAID:
        return None
    open_ = [name for name in sheet.numbers if name not in named]
    if operation != "count":
        column = _column(open_, question)
        about = _stems([sheet.title, sheet.label]) & _stems([question])
        return _Reading(operation, column, rows) if column and (about or named) else None
    noun = _stems([_noun(question)])
    counted = [name for name in open_ if _stems([name]) & noun]
    if len(counted) == 1:
        return _Reading("sum", counted[0], rows)
    return _Reading("count", None, rows) if noun & _stems([sheet.title, sheet.label]) else None


def _meant(sheet: Sheet, question: str) -> tuple[list[Row], list[str]]:
    """The rows that the question names by what stands in them, and the columns of that."""
    rows, named = list(sheet.rows), []
    for name in sheet.rows[0]:
        values = {row[name] for row in sheet.rows if row[name]}
        found = {value for value in values if holds(question, value)}
        if name in sheet.numbers and not _stems([name]) & _stems([question]):
            found = set()  # a number of the question need not be this one
        if found:
            rows = [row for row in rows if row[name] in found]
            named.append(name)
    return rows, named


def _column(names: Sequence[str], question: str) -> str | None:
    """The column of numbers that the question names."""
    said = _stems([question])
    found = [name for name in names if _stems([name]) <= said]
    found = found or [name for name in names if _stems([name]) & said]
    degrees = [noun for degree, noun in _DEGREES.items() if re.search(rf"\b{degree}\b", question)]
    found = found or [name for name in names if _stems([name]) & _stems(degrees)]
    return found[0] if len(found) == 1 else None


def _noun(question: str) -> str:
    """What is counted: the first words behind "how many"."""
    found = _MANY.search(question)
    return " ".join(words(found[1])[:2]) if found else ""


def _stems(texts: Iterable[str]) -> frozenset[str]:
    """Stems for which a ferry is one of the ferries."""
    return frozenset(stem.replace("y", "i") for stem in stems(" ".join(texts)))


def _asks_for_row(sheet: Sheet, question: str) -> bool:
    """Whether a row is asked for and not a figure: which ferry, who."""
    found = _ROW_ASKED.match(question)
    if found is None or not sheet.label:
        return False
    return bool(found["who"] or _stems([found["noun"]]) & _stems([sheet.title, sheet.label]))


async def _result(sheet: Sheet, read: _Reading, question: str) -> str | None:
    """The figure; of an extreme the row that it is of, if that is asked for."""
    rows = [row for row in read.rows if read.column is None or row[read.column]]
    given: dict[str, object] = {
        "rows": rows,
        "operation": read.operation,
        "column": read.column or sheet.label or next(iter(sheet.rows[0])),
    }
    if read.operation not in ("min", "max") or not _asks_for_row(sheet, question):
        return str((await Table().call(TableArguments.model_validate(given))).value)
    given |= {"operation": "sort", "descending": read.operation == "max", "limit": 2}
    ordered = (await Table().call(TableArguments.model_validate(given))).value
    assert isinstance(ordered, list)
    cells = [row[read.column] for row in ordered if isinstance(row, dict) and read.column]
    best = ordered[0] if ordered else None
    if not isinstance(best, dict) or len(set(cells)) < len(cells):
        return None  # two are the best
    return str(best[sheet.label]) or None
