"""Tables are worked out exactly, and a cell that does not fit is named."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from tools import Table, ToolError
from tools.quantities import write_number
from tools.table import Operation, TableArguments

FILMS: list[JsonValue] = [
    {"title": "Up", "year": 2009, "minutes": "96 min", "gross": "$735.1 million", "by": "Pixar"},
    {"title": "Roma", "year": 2018, "minutes": "2 h 15 min", "gross": None, "by": "Netflix"},
    {"title": "Coco", "year": 2017, "minutes": "105 min", "gross": "$814,337,054", "by": "Pixar"},
]


async def worked_out(operation: Operation, rows: list[JsonValue], **more: object) -> JsonValue:
    given = {"operation": operation, "rows": rows, **more}
    return (await Table().call(TableArguments.model_validate(given))).value


@pytest.mark.parametrize(
    ("operation", "column", "value"),
    [
        ("sum", "minutes", "336 minutes"),
        ("mean", "minutes", "112 minutes"),
        ("median", "minutes", "105 minutes"),
        ("min", "minutes", "96 minutes"),
        ("max", "gross", "$814,337,054"),
        ("sum", "gross", "$1,549,437,054"),
        ("count", "gross", 2),
        ("count", "title", 3),
        ("max", "year", "2018"),
    ],
)
async def test_a_column_is_worked_out(operation: Operation, column: str, value: object) -> None:
    assert await worked_out(operation, FILMS, column=column) == value


async def test_single_values_need_no_column() -> None:
    assert await worked_out("sum", [0.1, 0.2, "0.3"]) == "0.6"
    assert await worked_out("mean", [1, 2]) == "1.5"


async def test_rows_are_grouped() -> None:
    assert await worked_out("count", FILMS, column="title", by="by") == {"Pixar": 2, "Netflix": 1}
    found = await worked_out("max", FILMS, column="minutes", by="by")
    assert found == {"Pixar": "105 minutes", "Netflix": "135 minutes"}


async def test_rows_are_sorted_by_what_their_cells_mean() -> None:
    async def titles(**more: object) -> list[object]:
        rows = await worked_out("sort", FILMS, **more)
        assert isinstance(rows, list)
        return [row["title"] for row in rows if isinstance(row, dict)]

    assert await titles(column="minutes") == ["Up", "Coco", "Roma"]
    assert await titles(column="gross", descending=True) == ["Coco", "Up", "Roma"]
    assert await titles(column="title", limit=2) == ["Coco", "Roma"]
    dates: list[JsonValue] = ["3 May 2001", "1999", "2001-02-01"]
    assert await worked_out("sort", dates) == ["1999", "2001-02-01", "3 May 2001"]


@pytest.mark.parametrize(
    ("operation", "rows", "column", "problem"),
    [
        ("sum", [1, "many"], None, "row 2: 'many' is no number"),
        ("sum", [1, True], None, "row 2: 'True' is no number"),
        ("sum", [{"a": 1}, {"b": 2}], "a", "row 2 has no column 'a', only b"),
        ("sum", [{"a": 1}], None, "row 1 has several values"),
        ("sum", [1], "a", "row 1 has no columns"),
        ("sum", ["3 kg", "2 m"], None, "cannot turn 2 m"),
        ("min", ["3 kg", "2 m"], None, "cannot compare"),
        ("sum", [], None, "no values"),
        ("sum", ["1" * 5000], None, "row 1"),
    ],
)
async def test_a_cell_that_does_not_fit_is_named(
    operation: Operation, rows: list[JsonValue], column: str | None, problem: str
) -> None:
    with pytest.raises(ToolError, match=problem):
        await worked_out(operation, rows, column=column)


@given(st.lists(st.decimals(-(10**6), 10**6, places=3), min_size=1, max_size=300))
async def test_sums_are_exact(numbers: list[object]) -> None:
    total = sum((Fraction(str(number)) for number in numbers), Fraction(0))
    rows: list[JsonValue] = [float(str(number)) for number in numbers]
    assert await worked_out("sum", rows) == write_number(total)
