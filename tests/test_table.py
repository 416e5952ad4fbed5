"""Tables are worked out exactly, and a cell that does not fit is named."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from search import DocumentIndex, rows_in
from search.tables import row_lines
from tools import Read, Table, ToolError
from tools.find import ReadArguments
from tools.quantities import write_number
from tools.table import Operation, TableArguments

FILMS: list[JsonValue] = [
    {"title": "Up", "year": 2009, "minutes": "96 min", "gross": "$735.1 million", "by": "Pixar"},
    {"title": "Roma", "year": 2018, "minutes": "2 h 15 min", "gross": None, "by": "Netflix"},
    {"title": "Coco", "year": 2017, "minutes": "105 min", "gross": "$814,337,054", "by": "Pixar"},
]


async def worked_out(operation: Operation, rows: JsonValue, **more: object) -> JsonValue:
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


async def test_a_documents_table_is_worked_out(tmp_path: Path) -> None:
    path = tmp_path / "ferries.csv"
    long = "x " * 200
    path.write_text(f"name,capacity,port,note\nAlda,250,Tarn,\nBo,,Tarn,{long}\nCy,120,Vell,\n")
    index = DocumentIndex.open(None)
    try:
        await index.refresh([tmp_path])
        text = (await Read(index).call(ReadArguments(location="ferries.csv"))).value
        assert await worked_out("sum", text, column="capacity") == "370"
        assert await worked_out("count", text, column="name", by="port") == {"Tarn": 2, "Vell": 1}
        with pytest.raises(ToolError, match="no column 'size', only name, capacity"):
            await worked_out("sum", text, column="size")
        beginning = (await Read(index, limit=1).call(ReadArguments(location="ferries.csv"))).value
        with pytest.raises(ValidationError, match="only the first rows are there"):
            await worked_out("sum", beginning, column="capacity")
    finally:
        index.close()
    with pytest.raises(ValidationError, match="holds no table with named columns"):
        await worked_out("sum", "It has none.")


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["Name", "Größe", "in 2020"]),
            st.from_regex(r"[a-z0-9.,€ ]{0,8}[a-z0-9]", fullmatch=True).map(str.strip),
            min_size=2,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_rows_are_read_as_they_were_written(rows: list[dict[str, str]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = row_lines(
        [names, *([row.get(name, "") for name in names] for row in rows)], header=True
    )
    told = [{name: " ".join(row.get(name, "").split()) for name in names} for row in rows]
    assert rows_in("Caption\n" + "\n".join(lines)) == told


def test_a_column_whose_name_has_a_colon_keeps_all_of_it() -> None:
    rows = [["Tide", "Time: start", "Time: end"], ["low", "9:00", "15:10"]]
    lines = list(row_lines(rows, header=True))
    assert lines == ["| Tide: low | Time, start: 9:00 | Time, end: 15:10 |"]
    assert rows_in(lines[0]) == [{"Tide": "low", "Time, start": "9:00", "Time, end": "15:10"}]


def test_beginnings_of_rows_without_an_end_are_done_at_once() -> None:
    """Following each of them to the end of the text would take hours."""
    assert rows_in("| a: 1 |\n" + "| b: 2\n" * 500_000) == [{"a": "1"}]


@pytest.mark.parametrize(
    "text", ["| Name: A | {x}: 1 | {x}: 2 |", "| Name: see | {x}: 9 | of the list | {x}: 5 |"]
)
def test_two_cells_of_one_name_are_not_worked_out(text: str) -> None:
    """The second is a cell that holds what looks like another one."""
    with pytest.raises(ValidationError, match=r"several cells that are called '\{x\}'"):
        TableArguments.model_validate({"rows": text, "operation": "sum", "column": "{x}"})
