"""Batches: asked of a server on loopback, gone on with, taken over, limited and compared."""

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import QUESTION, ChatServer, right_reply
from openpyxl import load_workbook
from rich.console import Console
from sqlalchemy import text

from inference import ModelUnavailable
from service.batches.allowance import NO_LIMIT, Means
from service.batches.asked import questions_of
from service.batches.batch import Assignment, batched
from service.batches.folder import Folder
from service.batches.outcome import Outcome
from service.batches.passes import Passes
from service.batches.progress import BatchTerminal
from service.batches.reading import read_rows
from service.batches.schedule import Schedule
from service.batches.telling import as_json, as_text
from service.errors import UsageProblem, leaves
from service.settings import Settings
from storage import BatchTaken, StorageError, TraceStore
from tests.transactions import writing

INCEPTION, PARASITE = "Who directed Inception?", "Who directed Parasite?"
NOLAN = "When was Christopher Nolan born?"


class Desk:
    """Somebody with rows, films, a folder and a model server."""

    def __init__(self, folder: Path, films: Path, server: ChatServer) -> None:
        self.folder, self.films, self.server = folder, films, server
        self.out = folder / "out"
        self.settings = Settings(
            model="openai:test",
            base_url=server.url,
            search=None,
            embeddings="off",
            plan_samples=1,
            database=None,
            data=folder / "data",
            cache=folder / "cache",
        )

    def assignment(
        self,
        *questions: str,
        formats: Sequence[str] = ("html",),
        whole: Means = NO_LIMIT,
        parallel: int | None = None,
        **settings: Any,
    ) -> Assignment:
        file = self.folder / "q.jsonl"
        lines = (json.dumps({"question": each, "n": n}) for n, each in enumerate(questions))
        file.write_text("\n".join(lines), encoding="utf-8")
        wished, roots = self.settings.model_copy(update=settings), (self.films,)
        asked = questions_of(read_rows(file), None, None, roots, wished)
        folder = Folder.of(self.out, formats, wished.citations)
        return Assignment(asked, folder, roots, wished, whole, parallel)

    async def batch(self, *questions: str, fresh: bool = False, **given: Any) -> Outcome:
        assignment = self.assignment(*questions, **given)
        with BatchTerminal(Console(stderr=True), "breadth batch", quiet=True) as display:
            return await batched(assignment, display, fresh=fresh)

    async def runs(self) -> int:
        """In the trace store."""
        async with await TraceStore.open(self.settings.store) as store:
            return len(await store.runs(limit=1000))

    def table(self) -> list[dict[str, str]]:
        """Of results.csv."""
        with (self.out / "results.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def desk(tmp_path: Path, films: Path, chat_server: ChatServer) -> Desk:
    return Desk(tmp_path, films, chat_server)


def values(outcome: Outcome) -> list[str | None]:
    return [row.result.value if row.result else None for row in outcome.rows]


async def test_each_row_has_a_report_and_a_line_in_the_tables(desk: Desk) -> None:
    outcome = await desk.batch(INCEPTION, QUESTION, formats=("md", ".html", "json"))
    assert values(outcome) == ["Christopher Nolan", "Bong Joon-ho"]
    assert outcome.is_whole
    assert outcome.busy_share is not None
    first, second = desk.table()
    assert (first["question"], first["n"], first["value"]) == (
        INCEPTION,
        "0",
        "Christopher Nolan",
    )
    assert second["sources"].split("\n") == [
        str(desk.films / "bong.md"),
        str(desk.films / "nolan.html"),
    ]
    report = desk.out / second["report"]
    assert f"# {QUESTION}" in report.read_text(encoding="utf-8")
    names = {path.suffix for path in (desk.out / "reports").iterdir()}
    assert names == {".md", ".html", ".json"}
    sheet = load_workbook(desk.out / "results.xlsx").active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][:3] == [INCEPTION, "0", "Christopher Nolan"]
    page = (desk.out / "index.html").read_text(encoding="utf-8")
    assert "<b>2</b> answered" in page
    assert 'href="reports/Who-directed-Inception.html"' in page
    async with await TraceStore.open(desk.settings.store) as store:
        assert outcome.rows[1].run is not None
        assert (await store.run(outcome.rows[1].run)).question == QUESTION


async def test_rows_that_are_unchanged_are_taken_over_wherever_they_stand_now(desk: Desk) -> None:
    await desk.batch(INCEPTION, PARASITE)
    asked = len(desk.server.asked)
    written = (desk.out / "reports" / "Who-directed-Parasite.html").stat().st_mtime_ns
    outcome = await desk.batch(NOLAN, PARASITE, INCEPTION)
    assert values(outcome) == ["30 July 1970", "Bong Joon-ho", "Christopher Nolan"]
    assert [row.taken for row in outcome.rows] == [False, True, True]
    new = desk.server.asked[asked:]
    assert new
    assert not [request for request in new if INCEPTION in request or PARASITE in request]
    assert (desk.out / "reports" / "Who-directed-Parasite.html").stat().st_mtime_ns == written
    assert await desk.runs() == 3


async def test_a_report_that_another_row_has_overwritten_is_written_again(desk: Desk) -> None:
    def assignment(*questions: str) -> Assignment:
        asked = desk.assignment(*questions)
        rows = tuple(replace(row, name=f"r{n}") for n, row in enumerate(asked.questions.rows))
        return replace(asked, questions=replace(asked.questions, rows=rows))

    for questions in ((INCEPTION, PARASITE), (PARASITE, INCEPTION), (INCEPTION, PARASITE)):
        with BatchTerminal(Console(stderr=True), "breadth batch", quiet=True) as display:
            await batched(assignment(*questions), display)
        for number, question in enumerate(questions):
            assert question in (desk.out / f"reports/r{number}.html").read_text(encoding="utf-8")


async def test_other_options_are_another_row_and_other_limits_are_not(desk: Desk) -> None:
    await desk.batch(INCEPTION)
    assert (await desk.batch(INCEPTION, max_tokens=100_000, seconds=50.0)).rows[0].taken
    assert not (await desk.batch(INCEPTION, language="de")).rows[0].taken
    assert not (await desk.batch(INCEPTION, language="de", fresh=True)).rows[0].taken
    assert await desk.runs() == 3


async def test_rows_that_ask_the_same_share_one_run_and_have_reports_of_their_own(
    desk: Desk,
) -> None:
    outcome = await desk.batch(INCEPTION, INCEPTION, PARASITE)
    assert outcome.rows[0].run == outcome.rows[1].run
    assert [row.files for row in outcome.rows] == [
        ("reports/Who-directed-Inception.html",),
        ("reports/Who-directed-Inception-2.html",),
        ("reports/Who-directed-Parasite.html",),
    ]
    assert all((desk.out / row.files[0]).is_file() for row in outcome.rows)
    assert await desk.runs() == 2


async def test_reports_that_are_missing_are_written_again_and_nothing_is_asked(desk: Desk) -> None:
    await desk.batch(INCEPTION)
    asked = len(desk.server.asked)
    report = desk.out / "reports" / "Who-directed-Inception.html"
    report.unlink()
    await desk.batch(INCEPTION)
    assert report.is_file()
    await desk.batch(INCEPTION, formats=("md",))
    assert report.with_suffix(".md").is_file()
    assert len(desk.server.asked) == asked


async def test_a_run_that_ended_before_that_was_noted_is_not_run_again(desk: Desk) -> None:
    await desk.batch(INCEPTION, PARASITE)
    asked = len(desk.server.asked)
    async with await TraceStore.open(desk.settings.store) as store, writing(store) as connection:
        await connection.execute(text("UPDATE batch SET ended_at = NULL"))
        await connection.execute(text("UPDATE batch_line SET result = NULL, files = NULL"))
    outcome = await desk.batch(INCEPTION, PARASITE)
    assert outcome.is_whole
    assert len(desk.server.asked) == asked
    assert await desk.runs() == 2


async def test_a_row_that_fails_is_listed_with_its_reason_and_tried_again_next_time(
    desk: Desk,
) -> None:
    def breaking(asked: str) -> str:
        if PARASITE in asked:
            raise ConnectionResetError
        return right_reply(asked)

    desk.server.reply = breaking
    outcome = await desk.batch(INCEPTION, PARASITE)
    assert [row.state for row in outcome.rows] == ["answered", "failed"]
    told = "\n".join(as_text(outcome))
    assert "1 of 2 rows have an answer, 1 failed" in told
    assert "Who-directed-Parasite (line 2): failed: " in told
    assert desk.table()[1]["status"] == "failed"
    desk.server.reply = right_reply
    again = await desk.batch(INCEPTION, PARASITE)
    assert values(again) == ["Christopher Nolan", "Bong Joon-ho"]
    assert await desk.runs() == 2


async def test_what_failed_is_told_in_the_page_the_table_and_words(desk: Desk) -> None:
    outcome = await desk.batch(
        INCEPTION, PARASITE, whole=replace(NO_LIMIT, tool_calls=2), parallel=1
    )
    states = [row.state for row in outcome.rows]
    assert states == ["answered", "not run"]
    assert not outcome.is_whole
    told = "\n".join(as_text(outcome))
    assert "1 of 2 rows have an answer, 1 not run" in told
    assert "Who-directed-Parasite (line 2): not run: " in told
    assert "tool calls are left, too little for a row (--total-tool-calls)" in told
    assert desk.table()[1]["status"] == "not run"
    page = (desk.out / "index.html").read_text(encoding="utf-8")
    assert "Without an answer: 1" in page
    assert "(--total-tool-calls)" in page
    later = await desk.batch(INCEPTION, PARASITE)
    assert later.is_whole
    assert [row.taken for row in later.rows] == [True, False]


async def test_rows_of_which_the_documents_say_nothing_are_told_from_answers(desk: Desk) -> None:
    outcome = await desk.batch(INCEPTION, "When was the film about nobody made?")
    assert [row.state for row in outcome.rows] == ["answered", "nothing found"]
    assert outcome.is_whole
    assert next(iter(as_text(outcome))).startswith("1 of 2 rows have an answer, 1 nothing found; ")
    assert (as_json(outcome)["answered"], as_json(outcome)["nothing_found"]) == (1, 1)
    assert [row["status"] for row in desk.table()] == ["answered", "nothing found"]
    assert "<b>1</b> nothing found" in (desk.out / "index.html").read_text(encoding="utf-8")


async def test_a_batch_without_its_model_stops_and_goes_on_later(desk: Desk) -> None:
    await desk.batch(INCEPTION)
    questions = [f"When was film {number} made?" for number in range(6)]

    def gone(asked: str) -> str:
        raise ConnectionResetError

    desk.server.reply = gone
    with pytest.raises(ExceptionGroup, match="unhandled") as problem:
        await desk.batch(INCEPTION, *questions, parallel=1, seconds=5.0)
    assert [type(leaf) for leaf in leaves(problem.value)] == [ModelUnavailable]
    page = (desk.out / "index.html").read_text(encoding="utf-8")
    assert "This batch was stopped" in page
    desk.server.reply = right_reply
    outcome = await desk.batch(INCEPTION, *questions)
    assert outcome.ended
    assert outcome.rows[0].taken


async def test_what_a_row_takes_counts_in_the_batch_that_asked_it_again(desk: Desk) -> None:
    def breaks(asked: str) -> str:
        if PARASITE in asked:
            raise ConnectionResetError
        return right_reply(asked)

    desk.server.reply = breaks
    first = await desk.batch(INCEPTION, PARASITE)
    assert [row.state for row in first.rows] == ["answered", "failed"]
    desk.server.reply = right_reply
    again = await desk.batch(INCEPTION, PARASITE)
    assert again.is_whole
    assert [row.taken for row in again.rows] == [True, False]
    results = [row.result for row in (first.rows[1], again.rows[1])]
    had, has = (result.taken.tokens for result in results if result)
    assert 0 < again.taken.tokens == has - had
    assert (await desk.batch(INCEPTION, PARASITE)).taken.tokens == 0


async def test_two_at_once_do_not_work_in_one_folder(desk: Desk) -> None:
    assignment = desk.assignment(INCEPTION)
    async with await TraceStore.open(desk.settings.store) as store:
        lines = [row.line for row in assignment.questions.rows]
        await store.batches.begin(str(desk.out), "other", {}, lines)
    with pytest.raises(BatchTaken, match="of this folder is being worked on"):
        await desk.batch(INCEPTION)
    assert issubclass(BatchTaken, StorageError)


async def test_a_row_that_failed_is_compared_with_its_last_answer(desk: Desk) -> None:
    await desk.batch(INCEPTION, PARASITE)

    def gone(asked: str) -> str:
        if INCEPTION in asked:
            raise ConnectionResetError
        return right_reply(asked)

    desk.server.reply = gone
    failed = await desk.batch(INCEPTION, PARASITE, fresh=True)
    assert [row.state for row in failed.rows] == ["failed", "answered"]
    assert [change.question for change in failed.changes] == [PARASITE]
    (desk.films / "inception.md").write_text(
        "# Inception\n\nInception is a film of 2010, directed by Jane Campion.\n", encoding="utf-8"
    )
    desk.server.reply = lambda asked: (
        "Jane Campion" if asked.endswith(f"Question: {INCEPTION}") else right_reply(asked)
    )
    outcome = await desk.batch(INCEPTION, PARASITE, fresh=True)
    kinds = {change.question: (change.kind, change.before) for change in outcome.changes}
    assert kinds[INCEPTION] == ("changed", "Christopher Nolan")
    assert kinds[PARASITE] == ("same", "Bong Joon-ho")


async def test_answers_that_changed_are_told_with_both_values(desk: Desk) -> None:
    await desk.batch(INCEPTION, PARASITE)
    (desk.films / "inception.md").write_text(
        "# Inception\n\nInception is a film of 2010, directed by Jane Campion.\n", encoding="utf-8"
    )
    desk.server.reply = lambda asked: (
        "Jane Campion" if "Question: Who directed Inception?" in asked and "Jane" in asked
        else right_reply(asked)
    )  # fmt: skip
    outcome = await desk.batch(INCEPTION, NOLAN, fresh=True)
    changes = {
        change.question: (change.kind, change.before, change.now) for change in outcome.changes
    }
    assert changes == {
        INCEPTION: ("changed", "Christopher Nolan", "Jane Campion"),
        NOLAN: ("new", None, "30 July 1970"),
        PARASITE: ("gone", "Bong Joon-ho", None),
    }
    told = "\n".join(as_text(outcome))
    assert "0 same, 1 changed, 1 new, 1 gone" in told
    assert f"changed: {INCEPTION}: Christopher Nolan -> Jane Campion" in told
    row = desk.table()[0]
    assert (row["change"], row["before"]) == ("changed", "Christopher Nolan")
    page = (desk.out / "index.html").read_text(encoding="utf-8")
    assert "Christopher Nolan" in page
    object_ = as_json(outcome)
    assert object_["changes"] == {"same": 0, "changed": 1, "new": 1, "gone": 1}
    assert object_["gone"] == [{"question": PARASITE, "value": "Bong Joon-ho"}]


class Enough(Exception):
    """Three hours were waited for."""


class Walking:
    """A clock that jumps to what is waited for; ends the waiting for a third hour."""

    def __init__(self) -> None:
        self.waits: list[datetime] = []
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at

    async def until(self, moment: datetime) -> None:
        self.waits.append(moment)
        if len(self.waits) > 2:
            raise Enough
        self.at = moment + timedelta(seconds=1)


async def test_passes_ask_everything_again_each_time_that_one_is_due(desk: Desk) -> None:
    shown: list[Outcome] = []
    with BatchTerminal(Console(stderr=True), "breadth batch", quiet=True) as display:
        passes = Passes(
            Schedule("0 * * * *"), lambda: desk.assignment(INCEPTION), display, Walking()
        )
        with pytest.raises(Enough):
            await passes.all(shown.append)
    assert [row.taken for outcome in shown for row in outcome.rows] == [False] * 3
    assert [len(outcome.changes) for outcome in shown] == [0, 1, 1]
    assert await desk.runs() == 3


async def test_a_pass_that_fails_is_tried_again_when_the_next_is_due(desk: Desk) -> None:
    shown: list[Outcome] = []
    clock = Walking()
    tries = 0

    def assignment() -> Assignment:
        nonlocal tries
        tries += 1
        if tries == 2:
            raise UsageProblem("q.csv: it cannot be read")
        return desk.assignment(INCEPTION)

    with BatchTerminal(Console(stderr=True), "breadth batch", quiet=True) as display:
        passes = Passes(Schedule("0 * * * *"), assignment, display, clock)
        with pytest.raises(Enough):
            await passes.all(shown.append)
    assert len(shown) == 2
    assert clock.waits[0].minute == 0


async def test_once_due_does_nothing_before_its_hour(desk: Desk) -> None:
    with BatchTerminal(Console(stderr=True), "breadth batch", quiet=True) as display:
        clock = Walking()
        passes = Passes(Schedule("@yearly"), lambda: desk.assignment(INCEPTION), display, clock)
        first = await passes.due_once(desk.assignment(INCEPTION))
        assert first is not None
        assert await passes.due_once(desk.assignment(INCEPTION)) is None
        clock.at += timedelta(days=367)
        later = await passes.due_once(desk.assignment(INCEPTION))
        assert later is not None
        assert not later.rows[0].taken


async def test_no_cell_of_the_tables_is_a_formula(desk: Desk) -> None:
    question = '=HYPERLINK("http://x") who directed Inception?'
    await desk.batch(question, "-1 + 1?")
    with (desk.out / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'" + question in cells
    assert "'-1 + 1?" in cells
    book = load_workbook(desk.out / "results.xlsx")
    assert book.active is not None
    assert book.active["A2"].value == question
    assert book.active["A2"].data_type == "s"


def test_a_format_that_there_is_not_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="--format: there is no format 'odt': use md, html"):
        Folder.of(tmp_path / "out", ["html", "odt"], "numbers")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageProblem, match="cannot be made a folder"):
        Folder.of(tmp_path / "file", ["html"], "numbers")
