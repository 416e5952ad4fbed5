"""Files are written whole or not at all; what cannot be written is told before the work."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from publications import report_in

from service.errors import UsageProblem
from service.formats import ENDINGS, files, require_writable, write_files
from service.formats.layers import rows_of
from service.formats.pdf import why_no_pdf
from service.formats.word import why_no_docx


def written(*paths: Path) -> list[str]:
    return list(write_files(report_in("zh"), paths, "numbers"))


def test_every_ending_is_written(tmp_path: Path) -> None:
    paths = [tmp_path / f"答え{ending.upper()}" for ending in ENDINGS]
    if why_no_pdf():
        paths = [path for path in paths if path.suffix != ".PDF"]
    require_writable(paths)
    assert written(*paths) == []
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert all(path.stat().st_size > 300 for path in paths)


def test_a_file_that_was_there_is_kept_until_the_new_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.md"
    path.write_text("old")
    path.chmod(0o640)

    def full(descriptor: int) -> None:
        assert path.read_text() == "old"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        written(path)
    assert [one.name for one in tmp_path.iterdir()] == ["a.md"]
    assert path.read_text() == "old"
    monkeypatch.undo()
    written(path)
    assert path.read_text(encoding="utf-8").startswith("# ")
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_is_followed_and_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "a.md").symlink_to(tmp_path / "real" / "b.md")
    written(tmp_path / "a.md")
    assert (tmp_path / "a.md").is_symlink()
    (tmp_path / "usual").touch()
    mode = (tmp_path / "usual").stat().st_mode
    assert (tmp_path / "real" / "b.md").stat().st_mode == mode


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.txt", "must end in .md, .html, .pdf, .docx, .json or .bib"),
        ("a", "must end in"),
        ("no/a.md", "there is no folder"),
        ("folder.md", "is a folder"),
    ],
)
def test_what_cannot_be_written_is_told(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(UsageProblem, match=message):
        require_writable([tmp_path / "fine.md", tmp_path / name])


@pytest.mark.parametrize(("why", "ending"), [(why_no_pdf, ".pdf"), (why_no_docx, ".docx")])
def test_a_missing_extra_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: Callable[[], str], ending: str
) -> None:
    module = __import__(why.__module__, fromlist=["find_spec"])
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(UsageProblem, match=r"pip install 'breadth\[reports\]'"):
        require_writable([tmp_path / f"a{ending}"])
    assert files.ENDINGS == ENDINGS


def test_a_plan_is_in_rows_below_its_inputs() -> None:
    assert rows_of({"a": [], "b": [], "c": ["a"], "d": ["c", "b"], "e": []}, 4) == [
        ["a", "b", "e"],
        ["c"],
        ["d"],
    ]
    assert rows_of({}, 4) == []
    assert [len(row) for row in rows_of({str(n): [] for n in range(10)}, 4)] == [4, 4, 2]
    chain = {str(n): [str(n - 1)] if n else [] for n in range(2000)}
    assert len(rows_of(chain, 4)) == 2000


def test_rows_are_in_an_order_without_needless_crossings() -> None:
    crossed = {"a": [], "b": [], "c": ["b"], "d": ["a"]}
    above, below = rows_of(crossed, 4)
    places = {name: place for row in (above, below) for place, name in enumerate(row)}
    assert (places["a"] < places["b"]) == (places["d"] < places["c"])
