"""What a batch reads: JSON Lines, CSV and Excel; templates, names and keys; what is wrong where."""

from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from service.batches.asked import Questions, questions_of
from service.batches.names import file_name, file_names
from service.batches.reading import read_rows
from service.batches.template import Template
from service.errors import UsageProblem
from service.settings import Settings


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def sheet(folder: Path, *rows: list[object]) -> Path:
    book = Workbook()
    assert book.active is not None
    book.active.title = "Names"
    for row in rows:
        book.active.append(row)
    path = folder / "q.xlsx"
    book.save(path)
    return path


def asked(
    path: Path, question: str | None = None, name: str | None = None, **more: object
) -> Questions:
    settings = Settings().model_copy(update=more)
    return questions_of(read_rows(path), question, name, (), settings)


def refused(path: Path, *given: str | None) -> str:
    with pytest.raises(UsageProblem) as problem:
        asked(path, *given)
    return str(problem.value).replace(str(path), "FILE")


def test_the_three_kinds_give_the_same_rows(tmp_path: Path) -> None:
    lines = '{"company": "Acme", "year": 1949}\n\n{"company": "Börse", "year": null}\n'
    found = [
        read_rows(written(tmp_path, "q.jsonl", lines)),
        read_rows(written(tmp_path, "q.csv", "\ufeffcompany,year\nAcme,1949\n,\nBörse,\n")),
        read_rows(sheet(tmp_path, ["company", "year"], ["Acme", 1949.0], [], ["Börse", None])),
    ]
    for file in found:
        assert file.columns == ("company", "year")
        assert [row.values for row in file.rows] == [
            {"company": "Acme", "year": "1949"},
            {"company": "Börse", "year": ""},
        ]
    assert [[row.place for row in file.rows] for file in found] == [
        ["line 1", "line 3"],
        ["line 2", "line 4"],
        ["sheet 'Names', row 2", "sheet 'Names', row 4"],
    ]


def test_cells_are_written_as_a_person_would(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        ["a", "b", "c", "d"],
        [True, date(2020, 5, 1), datetime(2020, 5, 1, 7, 30), 1.5],
    )
    assert list(read_rows(path).rows[0].values.values()) == [
        "yes",
        "2020-05-01",
        "2020-05-01 07:30:00",
        "1.5",
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_cells_may_have_quotes_lines_and_any_usual_delimiter(
    tmp_path: Path, delimiter: str
) -> None:
    text = f'question{delimiter}n\r\n"Who, or\nwhat?"{delimiter}"1"\r\nWhen?{delimiter}2\r\n'
    rows = read_rows(written(tmp_path, "q.csv", text)).rows
    assert [(row.place, row.values["question"]) for row in rows] == [
        ("line 2", "Who, or\nwhat?"),
        ("line 4", "When?"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\r\nquestion;n\r\nWho, or what?;1\r\n",
        "question\nWho, or what?\n",
        'question\r"Who, or what?"\r',
        "\ufeff;question\n;Who, or what?\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_tables_are_read_as_spreadsheets_and_people_write_them(
    tmp_path: Path, text: str, encoding: str
) -> None:
    path = written(tmp_path, "q.csv", text.removeprefix("\ufeff").encode(encoding))
    assert [row.question for row in asked(path).rows] == ["Who, or what?"]


def test_columns_without_a_name_and_cells_are_none(tmp_path: Path) -> None:
    path = sheet(tmp_path, [], [None, "question", None, "n"], [None, "Who?", None, 1])
    assert read_rows(path).rows[0].values == {"question": "Who?", "n": "1"}


def test_a_formula_without_its_value_is_told(tmp_path: Path) -> None:
    told = refused(sheet(tmp_path, ["question", "n"], ["Who?", 1], ["=A2", None], ["When?", "=B2"]))
    assert told.splitlines() == [
        f"FILE, sheet 'Names', {place}: the value of its formula is not in the file; open it in"
        " Excel and save it"
        for place in ("row 3: column 1", "row 4: column 2")
    ]


def test_a_line_may_be_a_question_alone(tmp_path: Path) -> None:
    path = written(tmp_path, "q.jsonl", '"Who?"\n{"question": "When?"}\n')
    assert [row.question for row in asked(path).rows] == ["Who?", "When?"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("q.jsonl", '{"question": "a"}\n{"question"\n[1]\n', "FILE, line 2: this is no JSON:"),
        ("q.jsonl", '{"question": "a"}\n[1]\n', "FILE, line 2: it is neither an object"),
        ("q.jsonl", '{"a": [1]}\n', "FILE, line 1: column 'a': a list or an object is no cell"),
        ("q.jsonl", b'"\xff"', "FILE, line 1: it is not in UTF-8"),
        ("q.jsonl", "[" * 100_000, "FILE, line 1: "),
        ("q.jsonl", "", "FILE: there is no row in it"),
        ("q.csv", "", "FILE: there is no row in it"),
        ("q.csv", "question\n", "FILE: there is no row in it"),
        ("q.jsonl", '{"a": NaN}', "FILE, line 1: this is no JSON: NaN is no value"),
        ("q.jsonl", '{"a": "\\ud800"}', "FILE, line 1: column 'a': half of a character is in it"),
        ("q.jsonl", '{"a": 1e400}', "FILE, line 1: column 'a': the number is too large"),
        ("q.jsonl", '{"a": 1, "a": 2}', "FILE, line 1: column 'a': it is there twice"),
        ("q.csv", "question,n\na\n\nb,c,d\n", "FILE, line 4: it has 3 cells, and the table has 2 "
         "columns; a cell with a , in it needs quotes around it"),
        ("q.csv", b"\xff\xfea", "FILE: it begins as UTF-16 does, and is not"),
        ("q.csv", "a,b,a\n1,2,3\n", "FILE, line 1: column 'a' is there twice"),
        ("q.csv", "a,,b\n1,2,3\n", "FILE, line 2: column 2 has a cell and no name"),
        ("q.csv", b"a\nb\n\xe9\n", "FILE, line 3: it is not in UTF-8"),
        ("q.csv", 'a\n"b\n', "FILE, line 2: this is no CSV"),
        ("q.csv", "a\nb\n", "FILE: it has no column 'question'"),
        ("q.csv", "question,n\n,1\n", "FILE, line 2: column 'question': it is empty"),
        ("q.csv", "question\n" + "x" * 2001, "FILE, line 2: column 'question': the question has"),
        ("q.xlsx", "no zip", "FILE: this is no Excel file"),
        ("q.txt", "a", "FILE: it must end in .jsonl, .csv or .xlsx"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, name: str, text: str | bytes, told: str
) -> None:
    assert refused(written(tmp_path, name, text)).startswith(told)


@given(st.sampled_from([".jsonl", ".csv", ".xlsx"]), st.binary(max_size=300), st.integers(0, 3))
def test_whatever_the_bytes_are_there_are_rows_or_words(
    ending: str, noise: bytes, whole: int
) -> None:
    with TemporaryDirectory() as named:
        folder = Path(named)
        path = folder / f"q{ending}"
        data = noise
        if ending == ".xlsx" and whole:
            made = sheet(folder, ["a", "b"], [1, "x"]).read_bytes()
            place = len(made) * whole // 4
            data = made[:place] + noise + made[place + len(noise) :]
        path.write_bytes(data)
        with suppress(UsageProblem):
            file = read_rows(path)
            assert all(set(row.values) == set(file.columns) for row in file.rows)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path / "q.csv")


def test_all_that_is_wrong_is_told_at_once_up_to_ten(tmp_path: Path) -> None:
    path = written(tmp_path, "q.csv", "question,n\n" + ",1\n" * 12)
    told = refused(path).splitlines()
    assert told[0] == "FILE, line 2: column 'question': it is empty"
    assert (told[9], told[10]) == ("FILE, line 11: column 'question': it is empty", "and more")


def test_a_template_is_filled_from_the_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "q.csv", "Company,Founded in\nAcme  Ltd,1949\n")
    found = asked(path, "Who founded {company} in {{{founded IN}}}?", "{Founded in} {company}")
    assert [(row.question, row.name) for row in found.rows] == [
        ("Who founded Acme Ltd in {1949}?", "1949-Acme-Ltd")
    ]


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Who founded {compny}?", "did you mean {company}? The columns are: company, year"),
        ("Who founded {?", "the { at character 13 has no partner"),
        ("Who founded }?", "the } at character 13 has no partner"),
    ],
)
def test_a_template_that_will_not_do_is_told(tmp_path: Path, question: str, told: str) -> None:
    path = written(tmp_path, "q.csv", "company,year\nAcme,1949\n")
    assert told in refused(path, question)
    assert "--name: there is no column 'x'" in refused(path, "Who founded {company}?", "{x}")


def test_names_come_from_the_column_id_or_the_question(tmp_path: Path) -> None:
    path = written(tmp_path, "q.csv", "ID,question\nA/1,Who?\na:1,When?\n")
    assert [row.name for row in asked(path).rows] == ["A-1", "a-1-2"]
    path = written(tmp_path, "q.csv", "question\nWho founded Acme?\n???\n")
    names = [row.name for row in asked(path).rows]
    assert names[0] == "Who-founded-Acme"
    assert names[1].startswith("row-")


def test_a_row_is_known_by_its_question_and_options_and_not_by_its_place_or_limits(
    tmp_path: Path,
) -> None:
    one = asked(written(tmp_path, "q.csv", "question\nWho?\nWhen?\n"))
    other = asked(written(tmp_path, "p.csv", "n,question\n1,New?\n2,When?\n3,Who?\n"), max_tokens=9)
    keys = [row.key for row in one.rows]
    assert [row.key for row in other.rows][1:] == keys[::-1]
    assert one.key != other.key
    assert not {row.key for row in asked(one.path, effort="high").rows} & set(keys)
    assert one.distinct == 2


@given(st.lists(st.text(max_size=90), max_size=12))
def test_names_are_files_of_their_own_on_any_system(wanted: list[str]) -> None:
    names = file_names(wanted)
    assert len({name.casefold() for name in names}) == len(wanted)
    for name in names:
        assert 0 < len(name.encode()) <= 200
        assert not set(name) & set('/\\:*?"<>|\0\n')
        assert name.strip(". ") == name


@pytest.mark.parametrize("words", ["nul", "CON", "com1.txt"])
def test_no_name_is_a_device_of_windows(words: str) -> None:
    assert file_name(words) == f"{words}-row"


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.text(), min_size=1))
def test_a_template_that_names_a_column_holds_its_words(values: dict[str, str]) -> None:
    for column, value in values.items():
        template = Template.of(f"<{{{column}}}>", tuple(values), "--question")
        assert template.filled(values).split() == f"<{value}>".split()
