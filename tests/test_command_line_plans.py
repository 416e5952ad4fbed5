"""`breadth run`: somebody's own plan, as its user runs it."""

import asyncio
import json
import signal
from pathlib import Path

import pytest
from conftest import PLAN, QUESTION, ChatServer
from test_command_line import User


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path)


def run(server: ChatServer, films: Path, plan: str, *more: str) -> list[str]:
    return ["run", plan, "-d", str(films), "-m", "openai:test", "--base-url", server.url, *more]


async def test_a_plan_file_is_run_and_its_answer_cited(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    (user.home / "plan.jsonl").write_text(PLAN)
    ended = await user.types(*run(chat_server, films, "plan.jsonl", "--json"))
    given = json.loads(ended.out)
    assert ended.code == 0
    assert given["question"] == "Who is older, the director of Inception or of Parasite?"
    assert (given["status"], given["value"]) == ("completed", "Bong Joon-ho")
    assert given["citations"]
    assert "e planned: compare" in ended.err
    trace = json.loads((await user.types("trace", given["run"], "--json")).out)
    assert {step["by"] for step in trace["steps"]} == {"given"}
    assert "plan" not in {call["purpose"] for call in trace["model_calls"]}


async def test_tool_calls_from_standard_input_answer_the_question_that_is_named(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    calls = [
        {"id": "call-1", "function": {"name": "lookup", "arguments": json.dumps({"question": q})}}
        for q in ("Who directed Inception?", "When was {call-1} born?")
    ]
    calls[1]["id"] = "call-2"
    process = await user.start(
        *run(chat_server, films, "-", "--question", "When was the director of Inception born?"),
        stdin=json.dumps({"role": "assistant", "tool_calls": calls}),
    )
    ended = await user.end(process)
    assert ended.code == 0, ended.err
    assert "30 July 1970" in ended.out
    assert "[1] " in ended.out


async def test_a_plan_that_finds_nothing_says_so(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    (user.home / "p.json").write_text('[{"lookup":"Who wrote Solaris?"}]')
    ended = await user.types(*run(chat_server, films, "p.json", "--quiet"))
    assert ended.code == 0
    assert ended.out.startswith("No sources found")
    assert ended.err == ""


async def test_a_killed_run_goes_on_with_the_plan_that_was_given(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    (user.home / "plan.jsonl").write_text(PLAN)
    chat_server.hold("When was Christopher Nolan born?")
    process = await user.start(*run(chat_server, films, "plan.jsonl", "--question", QUESTION))
    async with asyncio.timeout(60):
        await chat_server.held.wait()
    process.send_signal(signal.SIGINT)
    ended = await user.end(process)
    assert ended.code == 130
    (user.home / "plan.jsonl").unlink()
    chat_server.release.set()
    chat_server.asked.clear()
    resumed = await user.types("resume", ended.err.rpartition("breadth resume ")[2].strip())
    assert resumed.out.startswith("Bong Joon-ho is older")
    assert QUESTION not in chat_server.asked


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        (None, ["p.jsonl"], "cannot read p.jsonl: No such file"),
        ("", ["p.jsonl"], "p.jsonl: the plan is empty"),
        ('{"id":"a","lookup":"x"}\n{"id":"a","lookup":"y"}', ["p.jsonl"],
         "p.jsonl: line 2: step id 'a' is already used in line 1"),
        ('{"id":"a","lookup":"x","deep":1}', ["p.jsonl"], "p.jsonl: line 1: deep: "),
        (b"\xff\xfe", ["p.jsonl"], "p.jsonl is no UTF-8 text"),
        ("{", ["-"], "standard input: "),
        ('{"lookup":"x"}', ["p.jsonl"], "no documents: name a folder or a file"),
        ('{"lookup":"x"}', ["p.jsonl", "-o", "x.txt"], "must end in .md or .html"),
        ('{"lookup":"x"}', ["p.jsonl", "-d", ".", "--question", "x" * 3000], "3000 characters"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_plan_is_told_in_words(
    user: User, text: str | bytes | None, words: list[str], message: str
) -> None:
    if text is not None:
        (user.home / "p.jsonl").write_bytes(text.encode() if isinstance(text, str) else text)
    ended = await user.end(await user.start("run", *words, stdin="{"))
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
