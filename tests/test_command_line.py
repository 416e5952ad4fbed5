"""The command `breadth` as its user runs it: a process, a folder, a model server on loopback."""

import asyncio
import json
import os
import resource
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import QUESTION, ChatServer

from service import start
from service.formats import ENDINGS
from service.formats.pdf import why_no_pdf

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def user(tmp_path: Path) -> "User":
    return User(tmp_path)


class User:
    """Somebody at a shell, with folders of their own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("BREADTH_")},
            "BREADTH_DATA": str(home / "data"),
            "BREADTH_CACHE": str(home / "cache"),
            "PYTHONPATH": str(ROOT),
            "BREADTH_EMBEDDINGS": "off",  # its weights take a second to load, each time
            "COLUMNS": "100",
        }

    async def start(
        self, *words: str, limit: Callable[[], None] | None = None, stdin: str = ""
    ) -> Process:
        (self.home / "stdin").write_text(stdin)
        with (self.home / "stdin").open() as typed:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "service", *words),
                stdin=typed,
                stdout=PIPE,
                stderr=PIPE,
                env=self.environment,
                cwd=self.home,
                preexec_fn=limit,
            )

    async def end(self, process: Process) -> Ended:
        async with asyncio.timeout(90):
            out, err = await process.communicate()
        assert process.returncode is not None
        return Ended(process.returncode, out.decode(), err.decode())

    async def types(self, *words: str, limit: Callable[[], None] | None = None) -> Ended:
        ended = await self.end(await self.start(*words, limit=limit))
        assert "Traceback" not in ended.err, ended.err
        return ended


def ask(server: ChatServer, films: Path, *more: str) -> list[str]:
    model = ("--model", "openai:test", "--base-url", server.url)
    return ["ask", QUESTION, "--documents", str(films), *model, "--plans", "1", *more]


async def test_a_question_is_answered_with_sources(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    ended = await user.types(*ask(chat_server, films))
    assert ended.code == 0
    assert ended.out.startswith("Bong Joon-ho is older: he was born on 14 September 1969, ")
    assert "[1] Bong Joon-ho (" in ended.out
    assert str(films / "bong.md") in ended.out
    assert "e planned: compare" in ended.err
    assert "e Bong Joon-ho" in ended.err
    assert "\x1b" not in ended.out + ended.err


async def test_json_is_one_object_and_its_marks_are_where_it_says(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    ended = await user.types(*ask(chat_server, films, "--json", "--quiet"))
    given = json.loads(ended.out)
    assert ended.err == ""
    assert given["status"] == "completed"
    assert given["value"] == "Bong Joon-ho"
    for citation in given["citations"]:
        mark = given["answer"][citation["start_index"] : citation["end_index"]]
        assert mark == f"[{citation['number']}]"
        document = Path(citation["location"]).read_text(encoding="utf-8")
        if citation["location"].endswith(".md"):
            place = citation["passage"]
            assert document[place["start"] : place["end"]] == place["text"]
    assert {source["title"] for source in given["sources"]} == {"Bong Joon-ho", "Christopher Nolan"}


@pytest.mark.parametrize(
    ("name", "begins", "holds"),
    [
        ("answer.md", f"# {QUESTION}\n", "**[1]**"),
        ("answer.html", "<!doctype html>", 'href="#source-1"'),
        ("answer.bib", "@misc{", "howpublished = {"),
        ("answer.json", '{\n  "run": ', '"citations": ['),
    ],
)
async def test_an_answer_is_written_to_a_file(
    user: User, chat_server: ChatServer, films: Path, name: str, begins: str, holds: str
) -> None:
    ended = await user.types(*ask(chat_server, films, "-o", name))
    text = (user.home / name).read_text(encoding="utf-8")
    assert ended.code == 0
    assert text.startswith(begins)
    assert holds in text


async def test_a_kept_run_is_written_again_in_every_format_under_any_locale(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    user.environment |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with (films / "bong.md").open("a", encoding="utf-8") as film:
        film.write("\nHis name is written 봉준호.\n")
    run = json.loads((await user.types(*ask(chat_server, films, "--json"))).out)["run"]
    names = [f"답{ending}" for ending in ENDINGS if ending != ".pdf" or not why_no_pdf()]
    outputs = [word for name in names for word in ("-o", name)]
    ended = await user.types("write", run, *outputs, "--citations", "footnotes")
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert {path.name for path in user.home.iterdir() if path.suffix in ENDINGS} == set(names)
    written = (user.home / "답.md").read_text(encoding="utf-8")
    assert "[^1]: " in written
    assert "봉준호" in written
    assert "<svg" in (user.home / "답.html").read_text(encoding="utf-8")


async def test_what_cannot_be_written_again_is_told(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    run = json.loads((await user.types(*ask(chat_server, films, "--json", "-q"))).out)["run"]
    for words, message in (
        ([run], "name a file to write"),
        ([run, "-o", "x.txt"], "must end in"),
        ([run, "-o", "x.md", "--citations", "harvard"], "--citations: "),
        (["zzzz", "-o", "x.md"], "there is no run"),
    ):
        ended = await user.types("write", *words)
        assert (ended.code, message in ended.err) == (2, True), ended.err
    assert not list(user.home.glob("x.*"))


async def test_runs_and_traces_can_be_looked_at(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    given = json.loads((await user.types(*ask(chat_server, films, "--json"))).out)
    listed = await user.types("runs")
    assert given["run"] in listed.out
    drawn = await user.types("trace", given["run"][:12])
    assert drawn.code == 0
    assert "When was Christopher Nolan born?" in drawn.out
    whole = json.loads((await user.types("trace", given["run"], "--json")).out)
    assert whole["run"]["question"] == QUESTION
    assert {step["id"] for step in whole["steps"]} == {"start", "a", "b", "c", "d", "e"}
    assert "read" in {call["purpose"] for call in whole["model_calls"]}


async def test_ctrl_c_stops_every_call_and_the_run_can_go_on(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    chat_server.hold("When was Bong Joon-ho born?")
    process = await user.start(*ask(chat_server, films))
    async with asyncio.timeout(60):
        await chat_server.held.wait()
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(30):
        await chat_server.dropped.wait()
    ended = await user.end(process)
    assert ended.code == 130
    assert "Traceback" not in ended.err
    run = ended.err.rpartition("breadth resume ")[2].strip()
    assert (await user.types("runs")).out.count("cancelled") == 1

    chat_server.release.set()
    chat_server.asked.clear()
    resumed = await user.types("resume", run)
    assert resumed.code == 0
    assert resumed.out.startswith("Bong Joon-ho is older")
    again = [asked for asked in chat_server.asked if "Result" not in asked]
    assert not any("Who directed Inception" in asked for asked in again), "what was held needs it"


async def test_a_killed_run_goes_on_without_repeating_finished_steps(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    chat_server.hold("When was Christopher Nolan born?")
    process = await user.start(*ask(chat_server, films))
    async with asyncio.timeout(60):
        await chat_server.held.wait()
    process.kill()
    ended = await user.end(process)
    assert ended.code == -signal.SIGKILL
    (run,) = json.loads((await user.types("runs", "--json")).out)
    assert run["status"] == "interrupted"

    chat_server.release.set()
    chat_server.asked.clear()
    resumed = await user.types("resume", run["run"], "--json")
    assert json.loads(resumed.out)["value"] == "Bong Joon-ho"
    again = [asked for asked in chat_server.asked if "Result" not in asked]
    assert not any("Who directed Inception" in asked for asked in again), "what was held needs it"
    once_more = await user.types("resume", run["run"])
    assert once_more.out.startswith("Bong Joon-ho is older")


async def test_a_limit_of_money_holds_after_a_resumption(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    user.environment["BREADTH_PRICES"] = '{"test": {"prompt": 1000, "completion": 1000}}'
    ended = await user.types(*ask(chat_server, films, "--max-cost", "0.001", "--json"))
    run = json.loads(ended.out)
    assert (run["status"], "max-cost: 0 of " in run["reason"]) == ("incomplete", True)
    asked = len(chat_server.asked)
    del user.environment["BREADTH_PRICES"]
    again = json.loads((await user.types("resume", run["run"], "--json")).out)
    assert (again["status"], "max-cost: 0 of " in again["reason"]) == ("incomplete", True)
    assert len(chat_server.asked) == asked == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ask", "  ", "-d", "films"], "the question is empty"),
        (["ask", "Who?"], "no documents: name a folder or a file with --documents"),
        (["ask", "Who?", "-d", "nowhere"], "nowhere"),
        (["ask", "Who?", "-d", "films", "--model", "nonesuch"], "unknown model 'nonesuch'"),
        (["ask", "Who?", "-d", "films", "--seconds", "0"], "--seconds"),
        (["ask", "Who?", "-d", "films", "--seconds", "soon"], "seconds"),
        (["ask", "Who?", "-d", "films", "-o", "answer.xyz"], "must end in .md, .html, "),
        (["ask", "Who?", "-d", "films", "-o", "no/answer.md"], "there is no folder"),
        (["ask", "Who?", "-d", "films", "--plans", "0"], "--plans: "),
        (["ask", "Who?", "-d", "films", "--speculate", "magic"], "--speculate 'magic': write off"),
        (["ask", "Who?", "-d", "films", "--speculate", "suffix"], "are for vLLM"),
        (["ask", "Who?", "-d", "films", "--model", "no.gguf"], "there is no file no.gguf"),
        (["ask", "Who?", "-d", "films", "--max-cost", "1"], "there is no price for 'base'"),
        (["resume", "zzzz"], "there is no run yet"),
        (["trace", "zzzz"], "there is no run yet"),
        (["fly"], "fly"),
    ],
)
async def test_wrong_use_is_told_in_words(
    user: User, films: Path, words: list[str], message: str
) -> None:
    ended = await user.types(*words)
    assert ended.code == 2
    assert message in ended.err
    assert ended.out == ""


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("BREADTH_MAX_TOKENS", "none", "BREADTH_MAX_TOKENS: "),
        ("BREADTH_PRICES", "{", "BREADTH_PRICES: this is no JSON"),
        ("BREADTH_PRICES", '{"m": {"prompt": 1}}', "BREADTH_PRICES (m, completion): "),
    ],
)
async def test_a_wrong_setting_of_the_environment_is_named(
    user: User, name: str, value: str, message: str
) -> None:
    user.environment[name] = value
    ended = await user.types("runs")
    assert ended.code == 2
    assert message in ended.err


async def test_a_server_that_is_not_there_is_named(user: User, films: Path) -> None:
    address = "http://127.0.0.1:9/v1"
    words = ["ask", "Who?", "-d", str(films), "--model", "openai:x", "--base-url", address]
    ended = await user.types(*words)
    assert ended.code == 1
    assert address in ended.err
    assert "server" in ended.err


async def test_unreadable_files_are_left_out_and_the_rest_answers(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    (films / "empty.md").write_text("")
    (films / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)
    with (films / "huge.txt").open("wb") as file:
        file.truncate(300 * 2**20)
    ended = await user.types(*ask(chat_server, films))
    assert ended.code == 0
    for name, reason in {
        "empty.md": "empty",
        "picture.txt": "looks like a PNG image",
        "huge.txt": "300",
    }.items():
        (line,) = [text for text in ended.err.splitlines() if f"left out {films / name}" in text]
        assert reason in line


async def test_of_many_files_that_cannot_be_read_the_rest_is_counted(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    for number in range(6):
        (films / f"empty{number}.md").write_text("")
    ended = await user.types(*ask(chat_server, films))
    told = [line for line in ended.err.splitlines() if "left out" in line]
    assert len(told) == 6
    assert told[-1].endswith("left out 1 more file")
    (films / "empty6.md").write_text("")
    ended = await user.types(*ask(chat_server, films))
    assert "left out 2 more files" in ended.err


async def test_a_folder_with_nothing_to_read_is_refused(
    user: User, chat_server: ChatServer
) -> None:
    folder = user.home / "bad"
    folder.mkdir()
    (folder / "empty.md").write_text("")
    ended = await user.types(*ask(chat_server, folder))
    assert ended.code == 2
    assert str(folder) in ended.err
    assert "empty" in ended.err


async def test_a_server_without_the_model_lists_what_it_has(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    words = ask(chat_server, films)
    words[words.index("openai:test")] = "openai:other"
    ended = await user.types(*words)
    assert ended.code == 1
    assert "has no model 'other'; it has: test" in ended.err


async def test_a_model_that_loops_ends_in_an_honest_answer(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    chat_server.reply = lambda asked: "again and " * 200
    ended = await user.types(*ask(chat_server, films))
    assert ended.code == 0
    assert ended.out.startswith("No sources found")


async def test_a_full_disk_is_told_in_words(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    """No file may grow beyond 64 KiB, which the trace store's does."""

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, 2**16))

    ended = await user.types(*ask(chat_server, films), limit=small_files)
    assert ended.code == 1
    assert "breadth: " in ended.err
    assert str(user.home) in ended.err


def test_ctrl_c_before_the_imports_are_done_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "import_module", interrupted)
    with pytest.raises(SystemExit) as ended:
        start.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "\nstopped\n"
