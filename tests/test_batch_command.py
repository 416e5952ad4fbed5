"""`breadth batch` as its user runs it: a process that is stopped, killed, limited and asked."""

import asyncio
import json
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import QUESTION, ChatServer
from test_command_line import User

INCEPTION, PARASITE = "Who directed Inception?", "Who directed Parasite?"
NOLAN = "When was Christopher Nolan born?"


@pytest.fixture
def user(tmp_path: Path) -> User:
    rows = [INCEPTION, PARASITE, NOLAN]
    lines = "".join(f'{{"question": "{row}"}}\n' for row in rows)
    (tmp_path / "q.jsonl").write_text(lines, encoding="utf-8")
    return User(tmp_path)


def batch(server: ChatServer, films: Path, *more: str) -> list[str]:
    model = ("--model", "openai:test", "--base-url", server.url, "--plans", "1")
    return ["batch", "q.jsonl", "-o", "out", "-d", str(films), *model, *more]


async def told(user: User, *words: str) -> dict[str, Any]:
    ended = await user.types(*words)
    found: dict[str, Any] = json.loads(ended.out)
    return found


async def test_it_prints_one_object_and_nothing_else_for_programs(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    ended = await user.types(*batch(chat_server, films, "--json", "--quiet"))
    assert (ended.code, ended.err) == (0, "")
    found = json.loads(ended.out)
    assert (found["rows"], found["answered"], found["failed"], found["not_run"]) == (3, 3, 0, 0)
    assert found["finished"]
    assert [row["value"] for row in found["results"]] == [
        "Christopher Nolan",
        "Bong Joon-ho",
        "30 July 1970",
    ]
    assert found["results"][0]["columns"] == {"question": INCEPTION}
    assert found["changes"] is None
    assert 0 < found["model_busy_share"] <= 1
    run = found["results"][0]["run"]
    assert (
        json.loads((await user.types("trace", run, "--json")).out)["run"]["question"] == INCEPTION
    )


async def test_a_person_reads_a_line_for_each_row_and_where_the_reports_are(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    ended = await user.types(*batch(chat_server, films))
    assert ended.code == 0
    assert "3 of 3 rows have an answer" in ended.out
    assert "out/index.html" in ended.out
    assert "/3 Who-directed-Inception: Christopher Nolan" in ended.err


@pytest.mark.parametrize("way", ["kill", "ctrl-c"])
async def test_it_goes_on_where_it_was_stopped(
    user: User, chat_server: ChatServer, films: Path, way: str
) -> None:
    (user.home / "q.jsonl").write_text(
        "".join(json.dumps({"question": row}) + "\n" for row in (INCEPTION, QUESTION)),
        encoding="utf-8",
    )
    chat_server.hold("Question: When was Bong Joon-ho born?")
    words = batch(chat_server, films, "--json", "--parallel", "1")
    process = await user.start(*words)
    async with asyncio.timeout(60):
        await chat_server.held.wait()
    process.send_signal(signal.SIGKILL if way == "kill" else signal.SIGINT)
    ended = await user.end(process)
    if way == "ctrl-c":
        assert ended.code == 130
        assert "stopped; to go on: breadth batch q.jsonl -o out" in ended.err
        assert "(1 of 2 rows are kept)" in ended.err
        assert "Traceback" not in ended.err
        page = (user.home / "out" / "index.html").read_text(encoding="utf-8")
        assert "This batch was stopped" in page
    chat_server.release.set()
    found = await told(user, *words)
    assert [row["value"] for row in found["results"]] == ["Christopher Nolan", "Bong Joon-ho"]
    runs = json.loads((await user.types("runs", "--json")).out)
    assert Counter(run["question"] for run in runs) == {INCEPTION: 1, QUESTION: 1}
    run = found["results"][1]["run"]
    events = json.loads((await user.types("trace", run, "--json")).out)["events"]
    kinds = Counter(event["kind"] for event in events)
    assert (kinds["run_started"], kinds["answer_written"]) == (2, 1)
    ended_steps = [event["id"] for event in events if event["kind"] == "step_ended"]
    assert max(Counter(ended_steps).values()) == 1


async def test_what_is_not_run_is_told_and_the_exit_code_says_so(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    words = batch(chat_server, films, "--parallel", "1", "--total-tool-calls", "2")
    ended = await user.types(*words)
    assert ended.code == 1
    assert "1 of 3 rows have an answer, 2 not run" in ended.out
    assert "Who-directed-Parasite (line 2): not run: " in ended.out


async def test_a_dry_run_shows_the_questions_and_asks_none(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    template = ("--question", "Tell: {question}", "--name", "{question}")
    ended = await user.types(*batch(chat_server, films, "--dry-run", *template))
    assert ended.code == 0
    assert f"Who-directed-Inception (line 1): Tell: {INCEPTION}" in ended.out
    assert "3 rows" in ended.out
    planned = await told(user, *batch(chat_server, films, "--dry-run", "--json"))
    assert [row["question"] for row in planned["planned"]] == [INCEPTION, PARASITE, NOLAN]
    assert chat_server.asked == []
    assert not (user.home / "out").exists()


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (("--format", "odt"), "--format: there is no format 'odt'"),
        (("--question", "Who is {name}?"), "--question: there is no column 'name'"),
        (("--every", "x"), "--every 'x':"),
        (("--once-due",), "--once-due goes with --every"),
        (("--total-cost", "1"), "there is no price for 'test'"),
    ],
)
async def test_a_call_that_cannot_be_is_told(
    user: User, chat_server: ChatServer, films: Path, more: tuple[str, ...], problem: str
) -> None:
    ended = await user.types(*batch(chat_server, films, *more))
    assert ended.code == 2
    assert problem in ended.err


async def test_a_bad_row_is_told_with_its_file_and_line(user: User) -> None:
    (user.home / "q.csv").write_text("question,n\nWho?,1\n,2\n", encoding="utf-8")
    ended = await user.types("batch", "q.csv", "-o", "out", "-d", ".")
    assert ended.code == 2
    assert ended.err == "breadth: q.csv, line 3: column 'question': it is empty\n"


async def test_a_pass_is_made_when_it_is_due_and_else_told_when_that_is(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    words = batch(chat_server, films, "--every", "@yearly", "--once-due")
    assert "3 of 3 rows" in (await user.types(*words)).out
    ended = await user.types(*words)
    assert (ended.code, ended.out) == (0, "")
    assert "the next pass is due at " in ended.err
