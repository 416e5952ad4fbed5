"""What a batch writes into its folder: a report for each row, the tables, and the page of all."""

import asyncio
import csv
import io
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from service.batches.index_page import index_page
from service.batches.outcome import Outcome, RowOutcome
from service.batches.results import NOT_RUN
from service.errors import UsageProblem
from service.formats import ENDINGS, CitationStyle, require_writable, write_files
from service.publishing import of_kept
from storage import BatchLine, TraceStore

REPORTS = "reports"
INDEX, CSV, EXCEL = "index.html", "results.csv", "results.xlsx"
OWN = (
    *("question", "value", "answer", "status", "reason", "change", "before", "sources", "report"),
    *("run", "seconds", "tokens", "cost"),
)
"""Columns of the tables behind those of the file."""
_LONGEST_CELL = 32_000
"""Characters; Excel takes 32,767."""
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[\d.,]+%?")


@dataclass(frozen=True)
class Folder:
    """Where a batch writes."""

    path: Path
    formats: tuple[str, ...]
    """Endings, with their dots."""
    style: CitationStyle

    @classmethod
    def of(cls, path: Path, formats: Sequence[str], style: CitationStyle) -> "Folder":
        """Made, if it is not there. Raises UsageProblem for what cannot be written."""
        endings = tuple(dict.fromkeys(_ending(name) for name in formats))
        try:
            (path / REPORTS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageProblem(
                f"--output: {path} cannot be made a folder: {error.strerror}"
            ) from error
        require_writable([path / REPORTS / f"row{ending}" for ending in endings])
        if not os.access(path, os.W_OK):
            raise UsageProblem(f"--output: nothing may be written into {path}")
        return cls(path.resolve(), endings, style)

    def has(self, line: BatchLine) -> bool:
        """Whether the reports of a row are there, as they are wanted now."""
        names = self._names(line)
        wanted = {"run": line.run, "style": self.style, "names": names}
        return line.files == wanted and all((self.path / name).is_file() for name in names)

    async def write(self, line: BatchLine, store: TraceStore) -> Mapping[str, Any]:
        """The reports of a row whose run has an answer. Raises UsageProblem."""
        assert line.run is not None
        names = self._names(line)
        publication = await of_kept(line.run, store)
        paths = [self.path / name for name in names]
        try:
            await asyncio.to_thread(lambda: list(write_files(publication, paths, self.style)))
        except OSError as error:
            raise UsageProblem(
                f"--output: the reports of {line.name} cannot be written: {error.strerror}; the"
                " answers are kept: the same command goes on"
            ) from error
        return {"run": line.run, "style": self.style, "names": names}

    async def finish(self, outcome: Outcome) -> None:
        """The tables and the page. Raises UsageProblem."""
        try:
            await asyncio.to_thread(self._finish, outcome)
        except OSError as error:
            raise UsageProblem(
                f"--output: {error.filename} cannot be written: {error.strerror}; is it open in"
                " another program? The answers are kept: the same command writes it"
            ) from error

    def _finish(self, outcome: Outcome) -> None:
        head, *rows = table_of(outcome)
        _replace(self.path / CSV, _csv(head, rows))
        _replace(self.path / EXCEL, _excel(head, rows))
        _replace(self.path / INDEX, index_page(outcome).encode("utf-8", "replace"))

    def _names(self, line: BatchLine) -> list[str]:
        return [f"{REPORTS}/{line.name}{ending}" for ending in self.formats]


def table_of(outcome: Outcome) -> list[list[Any]]:
    """The names of the columns, and a list for each row of the file."""
    theirs = {column.casefold(): column for column in outcome.columns}
    own = [f"breadth {name}" if name in theirs else name for name in OWN]
    table = [[*outcome.columns, *own], *(_row(row, outcome) for row in outcome.rows)]
    column = theirs.get("question")
    if column is None or any(
        row.asked.row.values[column] != row.asked.question for row in outcome.rows
    ):
        return table
    place = len(outcome.columns)  # theirs says the same
    return [[*row[:place], *row[place + 1 :]] for row in table]


def _row(row: RowOutcome, outcome: Outcome) -> list[Any]:
    """Its own cells, then ours."""
    result, change = row.result, row.change
    cells: list[Any] = [*row.asked.row.values.values(), row.asked.question]
    if result is None or result.status == NOT_RUN:
        reason = result.reason if result else "stopped before"
        return [*cells, None, None, row.state, reason, *[None] * (len(OWN) - 5)]
    return [
        *cells,
        result.value,
        result.answer,
        row.state,
        result.reason,
        change.kind if change else None,
        change.before if change and change.kind == "changed" else None,
        "\n".join(result.sources),
        row.files[0] if row.files else None,
        row.run,
        round(result.taken.seconds, 1),
        int(result.taken.tokens),
        round(result.taken.cost, 6) if outcome.has_prices else None,
    ]


def _csv(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """In UTF-8, with the mark by which Excel knows it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(map(_inert, head))
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig", "replace")


def _inert(cell: Any) -> Any:
    """Text that no spreadsheet takes for a formula: what a page says must not be run."""
    if not isinstance(cell, str) or not _FORMULA.match(cell) or _NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}"


def _excel(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """One sheet; texts are texts, whatever they begin with."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Results")
    sheet.freeze_panes = "A2"
    sheet.append([_typed(sheet, name, bold=True) for name in head])
    for row in rows:
        sheet.append([_typed(sheet, cell) for cell in row])
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _typed(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    """A cell of the value's own type."""
    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value)
    cell = WriteOnlyCell(sheet, _UNFIT.sub("\ufffd", value)[:_LONGEST_CELL])
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _ending(name: str) -> str:
    """`html` and `.html` are the same. Raises UsageProblem."""
    ending = f".{name.strip().lower().removeprefix('.')}"
    if ending not in ENDINGS:
        known = ", ".join(one.removeprefix(".") for one in ENDINGS)
        raise UsageProblem(f"--format: there is no format {name!r}: use {known}")
    return ending


def _replace(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    new = path.with_name(f".breadth-{secrets.token_hex(6)}")
    try:
        new.write_bytes(data)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        error.filename = str(path)
        raise
