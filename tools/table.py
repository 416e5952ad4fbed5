"""The tool `table`: sums, means, extremes, counts and orders of a list of rows, exactly."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cmp_to_key
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue
from pydantic_core import PydanticCustomError

from search import rows_in
from tools.arithmetic import FUNCTIONS, Value
from tools.quantities import LIMIT, parse_quantity
from tools.tool import Arguments, ToolError, ToolResult
from tools.values import Amount, Moment, compare_quantities

MAX_ROWS = 10_000
Cell = Amount | Moment
Operation = Literal["sum", "mean", "median", "min", "max", "count", "sort"]


def _rows(given: object) -> object:
    """The rows of a text's tables."""
    if not isinstance(given, str):
        return given
    try:
        rows = rows_in(given)
    except ValueError as error:
        raise PydanticCustomError("cut_table", str(error)) from error
    if not rows:
        raise PydanticCustomError("no_table", "the text holds no table with named columns")
    return rows


class TableArguments(Arguments):
    """What `table` takes."""

    rows: Annotated[Sequence[JsonValue], BeforeValidator(_rows)] = Field(max_length=MAX_ROWS)
    """Objects with the same keys, or single values; or what `read` gives of a document with a
    table, whose columns are the keys."""
    operation: Operation
    column: str | None = None
    """Which key of the rows; rows that are single values have none."""
    by: str | None = None
    """A key; the rows that are the same in it are worked out together."""
    descending: bool = False
    """For `sort`."""
    limit: int | None = Field(default=None, ge=1)
    """How many rows `sort` gives."""


class Table:
    """Works out a column. Empty cells are left out; when sorting, they come last."""

    name = "table"
    description = (
        "Works out a list of rows exactly: sum, mean, median, min, max, count or sort of a column,"
        " for all rows or `by` the values of another one."
    )
    arguments: type[Arguments] = TableArguments
    resource = "cpu"
    seconds = 10.0

    async def call(self, arguments: TableArguments) -> ToolResult:
        """Raises ToolError that names the row that cannot be read, or does not fit the others."""
        rows, column = arguments.rows, arguments.column
        if arguments.by is None:
            return ToolResult(value=_worked_out(rows, column, arguments))
        groups: dict[str, list[JsonValue]] = {}
        for number, row in enumerate(rows, start=1):
            groups.setdefault(str(_cell(row, arguments.by, number)), []).append(row)
        return ToolResult(
            value={name: _worked_out(group, column, arguments) for name, group in groups.items()}
        )


def _worked_out(
    rows: Sequence[JsonValue], column: str | None, arguments: TableArguments
) -> JsonValue:
    cells = [_cell(row, column, number) for number, row in enumerate(rows, start=1)]
    if arguments.operation == "sort":
        ordered = _sorted(rows, cells, descending=arguments.descending)
        return ordered[: arguments.limit]
    filled = [
        (number, cell) for number, cell in enumerate(cells, start=1) if cell not in (None, "")
    ]
    if arguments.operation == "count":
        return len(filled)
    if not filled:
        raise ToolError("the column has no values")
    values = [_quantity(cell, number) for number, cell in filled]
    return str(_AGGREGATES[arguments.operation](*values))


def _cell(row: JsonValue, column: str | None, number: int) -> JsonValue:
    if column is None:
        if isinstance(row, dict | list):
            raise ToolError(f"row {number} has several values, and no column is named")
        return row
    if not isinstance(row, dict):
        raise ToolError(f"row {number} has no columns")
    if column not in row:
        raise ToolError(f"row {number} has no column {column!r}, only {', '.join(row)[:200]}")
    return row[column]


def _quantity(cell: JsonValue, number: int) -> Cell:
    found = _read(cell)
    if found is None:
        raise ToolError(f"row {number}: {str(cell)[:80]!r} is no number, amount or date")
    return found


def _read(cell: JsonValue) -> Cell | None:
    if isinstance(cell, bool) or len(text := str(cell)) > LIMIT:
        return None
    if isinstance(cell, int | float):
        try:
            return Amount(Fraction(text))
        except ValueError:
            return None
    return parse_quantity(cell) if isinstance(cell, str) else None


def _sorted(
    rows: Sequence[JsonValue], cells: Sequence[JsonValue], *, descending: bool
) -> list[JsonValue]:
    """By what the cells mean if all of them mean something comparable, else by their letters."""
    filled = [place for place, cell in enumerate(cells) if cell not in (None, "")]
    empty = [rows[place] for place, cell in enumerate(cells) if cell in (None, "")]
    read = {place: _read(cells[place]) for place in filled}
    quantities = {place: each for place, each in read.items() if each is not None}
    if len(quantities) == len(filled) and _are_alike(quantities.values()):

        def by_meaning(a: int, b: int) -> int:
            return _compare(quantities[a], quantities[b])

        ordered = sorted(filled, key=cmp_to_key(by_meaning), reverse=descending)
    else:
        ordered = sorted(filled, key=lambda place: str(cells[place]).casefold(), reverse=descending)
    return [rows[place] for place in ordered] + empty


def _are_alike(quantities: Iterable[Cell]) -> bool:
    first, *others = [*quantities] or [Amount(Fraction(0))]
    return all(
        (isinstance(first, Moment) and isinstance(other, Moment))
        or compare_quantities(first, other) is not None
        for other in others
    )


def _compare(a: Cell, b: Cell) -> int:
    order = compare_quantities(a, b)
    if order is None and isinstance(a, Moment) and isinstance(b, Moment):
        # "1969" and a day of it: the earlier beginning comes first.
        return (a.first > b.first) - (a.first < b.first)
    return order or 0


_AGGREGATES: Mapping[str, Callable[..., Value]] = {
    name: FUNCTIONS[name][0] for name in ("sum", "mean", "median", "min", "max")
}
