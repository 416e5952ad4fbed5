"""`breadth ask --approve` as somebody at a terminal uses it: a process on a pseudo-terminal."""

import asyncio
import json
import os
import pty
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PLAN, QUESTION, ChatServer
from test_command_line import User, ask


class Terminal:
    """A pseudo-terminal: its user waits for a text to be shown, and types."""

    def __init__(self) -> None:
        self._ours, self.theirs = pty.openpty()
        self.shown = ""
        self._seen = 0
        self._more = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._ours, self._read)

    def _read(self) -> None:
        self.shown += os.read(self._ours, 65536).decode(errors="replace")
        self._more.set()

    async def until(self, text: str) -> None:
        """Shown after what was waited for before."""
        async with asyncio.timeout(60):
            while (at := self.shown.find(text, self._seen)) < 0:
                self._more.clear()
                await self._more.wait()
        self._seen = at + len(text)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._ours)
        os.close(self._ours)
        os.close(self.theirs)


@pytest.fixture
def user(tmp_path: Path) -> User:
    made = User(tmp_path)
    for name in ("VISUAL", "EDITOR"):
        made.environment.pop(name, None)
    made.environment |= {"TERM": "xterm-256color", "COLUMNS": "200"}
    return made


@pytest.fixture
async def terminal() -> Iterator[Terminal]:  # type: ignore[misc]
    made = Terminal()
    yield made
    made.close()


async def start(user: User, terminal: Terminal, *words: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "service", *words),
        stdin=terminal.theirs,
        stdout=PIPE,
        stderr=terminal.theirs,
        env=user.environment,
        cwd=user.home,
    )


async def out(process: Process) -> str:
    async with asyncio.timeout(60):
        return (await process.communicate())[0].decode()


async def trace_of(user: User) -> dict[str, list[dict[str, str]]]:
    (run, *_) = json.loads((await user.types("runs", "--json")).out)
    whole: dict[str, list[dict[str, str]]] = json.loads(
        (await user.types("trace", run["run"], "--json")).out
    )
    return whole


async def test_a_plan_is_shown_accepted_and_run(
    user: User, terminal: Terminal, chat_server: ChatServer, films: Path
) -> None:
    process = await start(user, terminal, *ask(chat_server, films, "--approve", "--json"))
    await terminal.until('{"id":"a","lookup":"Who directed Inception?"}\r\n')
    await terminal.until("accept, edit or cancel? ")
    assert not any("Question: Who directed" in asked for asked in chat_server.asked)
    terminal.type("what?\n")
    await terminal.until("accept, edit or cancel? ")
    terminal.type("a\n")
    given = json.loads(await out(process))
    assert (process.returncode, given["value"]) == (0, "Bong Joon-ho")
    events = (await trace_of(user))["events"]
    decided = {event["what"]: event["why"] for event in events if event["kind"] == "decided"}
    assert decided["plan approved"] == "as it was written"


async def test_a_typed_plan_is_checked_asked_for_again_and_stored(
    user: User, terminal: Terminal, chat_server: ChatServer, films: Path
) -> None:
    process = await start(user, terminal, *ask(chat_server, films, "--approve"))
    await terminal.until("accept, edit or cancel? ")
    terminal.type("edit\n")
    await terminal.until("an empty line ends it.")
    terminal.type('{"id":"a","lookup":"Who directed Parasite?"}\n{"id":"b","lookup":"{z}?"}\n\n')
    await terminal.until("the plan: line 2: step 'b' names 'z', which is no step")
    await terminal.until("accept, edit or cancel? ")
    terminal.type("a\n")  # there is nothing to accept
    await terminal.until("accept, edit or cancel? ")
    terminal.type("e\n")
    await terminal.until("an empty line ends it.")
    terminal.type('{"id":"start","lookup":"Who directed Parasite?"}\n\n')
    await terminal.until("the id 'start' is taken")
    terminal.type("e\n")
    await terminal.until("an empty line ends it.")
    terminal.type('{"id":"p","lookup":"Who directed Parasite?"}\n\n')
    await terminal.until("accept, edit or cancel? ")
    terminal.type("accept\n")
    await out(process)
    steps = (await trace_of(user))["steps"]
    assert [(step["id"], step["by"]) for step in steps[:2]] == [
        ("start", "search-at-start"),
        ("p", "person"),
    ]


async def test_a_plan_is_edited_in_the_editor(
    user: User, terminal: Terminal, chat_server: ChatServer, films: Path
) -> None:
    editor = user.home / "editor"
    editor.write_text('#!/bin/sh\nsed -i s/Inception/Tosca/ "$1"\n')
    editor.chmod(0o755)
    user.environment["EDITOR"] = str(editor)
    process = await start(user, terminal, *ask(chat_server, films, "--approve", "-q"))
    await terminal.until("accept, edit or cancel? ")
    terminal.type("edit\n")
    await terminal.until('{"id":"a","lookup":"Who directed Tosca?"}\r\n')
    await terminal.until("accept, edit or cancel? ")
    terminal.type("accept\n" * 3)  # further plans, since nothing is found
    await out(process)
    assert "Who directed Tosca?" in [
        step["arguments"].get("question")  # type: ignore[attr-defined]
        for step in (await trace_of(user))["steps"]
    ]


async def test_a_plan_that_is_not_approved_cancels_and_is_asked_about_again(
    user: User, terminal: Terminal, chat_server: ChatServer, films: Path
) -> None:
    process = await start(user, terminal, *ask(chat_server, films, "--approve"))
    await terminal.until("accept, edit or cancel? ")
    terminal.type("cancel\n")
    assert (await out(process), process.returncode) == ("", 130)
    (run,) = json.loads((await user.types("runs", "--json")).out)
    assert (run["status"], run["reason"]) == ("cancelled", "the plan was not approved")
    refused = await user.types("resume", run["run"])
    assert (refused.code, "--approve asks at the terminal" in refused.err) == (2, True)
    process = await start(user, terminal, "resume", run["run"])
    await terminal.until("accept, edit or cancel? ")
    terminal.type("accept\n")
    assert (await out(process)).startswith("Bong Joon-ho is older")


async def test_a_further_plan_is_shown_too_and_only_at_a_terminal(
    user: User, terminal: Terminal, chat_server: ChatServer, films: Path
) -> None:
    right, plans = chat_server.reply, iter(['{"id":"a","lookup":"Who directed Zzz?"}'])
    chat_server.reply = lambda asked: right(asked) if asked != QUESTION else next(plans, PLAN)
    process = await start(user, terminal, *ask(chat_server, films, "--approve"))
    await terminal.until('{"id":"a","lookup":"Who directed Zzz?"}')
    terminal.type("a\n")
    await terminal.until('{"id":"a","lookup":"Who directed Inception?"}')
    await terminal.until("accept, edit or cancel? ")
    process.send_signal(signal.SIGINT)
    assert (await out(process), process.returncode) == ("", 130)
    (run,) = json.loads((await user.types("runs", "--json")).out)
    refused = await user.types("resume", run["run"])
    assert (refused.code, "a further plan is to be approved" in refused.err) == (130, True)
    process = await start(user, terminal, "resume", run["run"])
    await terminal.until('{"id":"a","lookup":"Who directed Inception?"}')
    terminal.type("a\n")
    assert (await out(process)).startswith("Bong Joon-ho is older")


async def test_ctrl_c_ends_the_waiting(
    user: User, terminal: Terminal, chat_server: ChatServer, films: Path
) -> None:
    process = await start(user, terminal, *ask(chat_server, films, "--approve"))
    await terminal.until("accept, edit or cancel? ")
    process.send_signal(signal.SIGINT)
    assert (await out(process), process.returncode) == ("", 130)
    assert "Traceback" not in terminal.shown
    (run,) = json.loads((await user.types("runs", "--json")).out)
    assert run["status"] == "cancelled"


async def test_without_a_terminal_nobody_is_asked(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    ended = await user.types(*ask(chat_server, films, "--approve"))
    assert (ended.code, ended.out) == (2, "")
    assert "--approve asks at the terminal, and there is none" in ended.err
    assert json.loads((await user.types("runs", "--json")).out) == []


def unsure(server: ChatServer) -> None:
    """The model finds every question ambiguous."""
    right = server.reply

    def reply(asked: str) -> str:
        if asked == "Question: Who directed it?":
            return "yes" if len(server.asked) < 4 else "Which film do you mean?"
        return right(asked)

    server.reply = reply


def vague(server: ChatServer, films: Path, *more: str) -> list[str]:
    words = ask(server, films, "--clarify", *more)
    return [words[0], "Who directed it?", *words[2:]]


async def test_an_ambiguous_question_is_asked_about(
    user: User, terminal: Terminal, chat_server: ChatServer, films: Path
) -> None:
    unsure(chat_server)
    process = await start(user, terminal, *vague(chat_server, films))
    await terminal.until("Which film do you mean?")
    terminal.type("Parasite\n")
    await out(process)
    document = await trace_of(user)
    assert document["run"]["question"] == "Who directed it? (Parasite)"  # type: ignore[call-overload]
    what = [event["what"] for event in document["events"] if event["kind"] == "decided"]
    assert what[:2] == ["clarifying question", "clarified"]
    assert "judge" in {call["purpose"] for call in document["model_calls"]}


@pytest.mark.parametrize("more", ["--json", "--quiet"])
async def test_scripts_are_never_asked_back(
    user: User, terminal: Terminal, chat_server: ChatServer, films: Path, more: str
) -> None:
    unsure(chat_server)
    process = await start(user, terminal, *vague(chat_server, films, more))
    await out(process)
    assert process.returncode == 0
    assert not any(asked.startswith("Question: Who directed it?") for asked in chat_server.asked)


async def test_a_pipe_is_never_asked_back(user: User, chat_server: ChatServer, films: Path) -> None:
    unsure(chat_server)
    ended = await user.types(*vague(chat_server, films))
    assert ended.code == 0
    assert "Which film" not in ended.err
