"""`breadth run` and `breadth replay`, as their user runs them."""

import asyncio
import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from conftest import PLAN, QUESTION, ChatServer
from test_command_line import User, ask

from planner import Step, StepAdded
from storage import TraceStore


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


async def test_a_step_of_a_plan_file_can_be_a_research_run(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    (user.home / "p.jsonl").write_text(
        '{"id":"a","research":"Who directed Inception?","output":"a name"}\n'
        '{"id":"b","lookup":"When was {a} born?"}'
    )
    ended = await user.types(*run(chat_server, films, "p.jsonl", "--json"))
    assert ended.code == 0, ended.err
    given = json.loads(ended.out)
    assert (given["status"], given["value"]) == ("completed", "30 July 1970")
    trace = json.loads((await user.types("trace", given["run"], "--json")).out)
    assert {step["within"] for step in trace["steps"]} == {None, "a"}
    again = json.loads((await user.types("replay", given["run"], "--strict", "--json")).out)
    assert same(given, again)


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


async def test_a_run_that_was_killed_in_an_element_that_is_a_run_goes_on_there(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    born, right = "When was the director of {} born?", chat_server.reply
    (films / "two.md").write_text("# Films\n\nThe two films are Inception and Parasite.\n")
    (user.home / "p.jsonl").write_text(
        '{"id":"a","research":"Which are the two films?","output":"a list"}\n'
        f'{{"id":"b","research":"{born.format("{item}")}","for_each":"a"}}\n'
        '{"id":"c","compare":"Who is older?","facts":["{b}"]}'
    )

    def reply(asked: str) -> str:
        planned = [film for film in ("Inception", "Parasite") if asked == born.format(film)]
        if planned:
            first = f'{{"id":"a","lookup":"Who directed {planned[0]}?"}}'
            return first + '\n{"id":"b","lookup":"When was {a} born?"}'
        if "two films" in asked.partition("Question: ")[0]:
            return "Inception and Parasite"
        return "no plan" if asked == "Which are the two films?" else right(asked)

    chat_server.reply = reply
    chat_server.hold("When was Bong Joon-ho born?")
    process = await user.start(*run(chat_server, films, "p.jsonl"))
    async with asyncio.timeout(60):
        await chat_server.held.wait()
    process.kill()
    run_id = (await user.end(process)).err.partition("  run ")[2].split()[0]
    chat_server.release.set()
    chat_server.asked.clear()
    resumed = json.loads((await user.types("resume", run_id, "--json")).out)
    assert (resumed["status"], resumed["value"]) == ("completed", "Bong Joon-ho")
    again = [asked.rpartition("Question: ")[2] for asked in chat_server.asked]
    assert "When was Bong Joon-ho born?" in again
    assert not {"Which are the two films?", "Who directed Parasite?"} & set(again)
    replayed = json.loads((await user.types("replay", run_id, "--strict", "--json")).out)
    assert same(resumed, replayed)


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
        ('{"lookup":"x"}', ["p.jsonl", "-o", "x.txt"], "must end in .md, .html, "),
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


async def asked_once(user: User, server: ChatServer, films: Path) -> dict[str, Any]:
    given: dict[str, Any] = json.loads((await user.types(*ask(server, films, "--json"))).out)
    assert given["value"] == "Bong Joon-ho"
    server.asked.clear()
    return given


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """But for the run's own names."""
    return {**one, "run": 0, "parent": 0} == {**other, "run": 0, "parent": 0}


@pytest.mark.parametrize("more", [(), ("--strict",)])
async def test_a_replay_gives_the_same_answer_and_asks_nobody(
    user: User, chat_server: ChatServer, films: Path, more: tuple[str, ...]
) -> None:
    first = await asked_once(user, chat_server, films)
    if more:  # nothing of what it was made of is needed
        shutil.rmtree(films)
        chat_server.reply = lambda asked: "no"
    ended = await user.types("replay", first["run"], "--json", *more)
    again = json.loads(ended.out)
    assert ended.code == 0
    assert same(first, again)
    assert again["parent"] == first["run"] != again["run"]
    assert chat_server.asked == []
    assert "e taken over: Bong Joon-ho" in ended.err
    trace = json.loads((await user.types("trace", again["run"], "--json")).out)
    assert all(call["reused"] for call in (*trace["calls"], *trace["model_calls"]))
    assert sum(call["prompt_tokens"] for call in trace["model_calls"]) == 0
    drawn = await user.types("trace", again["run"])
    assert f"Replays {first['run']}" in drawn.out
    third = json.loads((await user.types("replay", again["run"], "--strict", "--json")).out)
    assert same(first, third)


async def test_a_run_that_a_limit_ended_is_replayed_to_the_same_answer(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    words = ask(chat_server, films, "--json", "--max-tool-calls", "4")
    first = json.loads((await user.types(*words)).out)
    assert first["status"] == "incomplete"
    assert first["answer"].startswith("The question is not answered: the run was stopped")
    again = json.loads((await user.types("replay", first["run"], "--strict", "--json")).out)
    assert same(first, again)
    resumed = json.loads((await user.types("resume", again["run"], "--json")).out)
    assert (resumed["status"], resumed["value"]) == ("completed", "Bong Joon-ho")


async def test_an_answer_that_no_model_worded_is_replayed_without_one(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    reply = chat_server.reply

    def broken(asked: str) -> str:
        if "Result:" in asked:
            raise ValueError("the connection breaks")
        return reply(asked)

    chat_server.reply = broken
    first = await asked_once(user, chat_server, films)
    assert first["answer"].startswith("Bong Joon-ho. [1]")
    for more in ((), ("--strict",)):
        ended = await user.types("replay", first["run"], "--json", *more)
        assert same(first, json.loads(ended.out)), ended.err
    assert chat_server.asked == []


async def test_a_replay_from_a_step_runs_it_and_all_behind_it_anew(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    first = await asked_once(user, chat_server, films)
    (films / "bong.md").write_text("# Bong Joon-ho\n\nBong Joon-ho was born on 14 May 1971.\n")
    reply = chat_server.reply
    chat_server.reply = lambda asked: "14 May 1971" if "1971.\n" in asked else reply(asked)
    ended = await user.types("replay", first["run"], "--from", "d", "--json")
    again = json.loads(ended.out)
    assert again["value"] == "Christopher Nolan"
    assert "When was Bong Joon-ho born?" in "".join(chat_server.asked)
    assert not any("Who directed" in asked for asked in chat_server.asked if "Result" not in asked)
    trace = json.loads((await user.types("trace", again["run"], "--json")).out)
    reused = {call["id"] for call in trace["calls"] if call["reused"]}
    assert reused == {"start", "a", "b", "c"}
    assert "plan" not in {call["purpose"] for call in trace["model_calls"]}


async def test_a_replay_that_was_stopped_can_be_resumed(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    first = await asked_once(user, chat_server, films)
    chat_server.hold("When was Bong Joon-ho born?")
    process = await user.start("replay", first["run"], "--from", "d")
    async with asyncio.timeout(60):
        await chat_server.held.wait()
    process.send_signal(signal.SIGINT)
    ended = await user.end(process)
    assert ended.code == 130
    chat_server.release.set()
    chat_server.asked.clear()
    run_id = ended.err.rpartition("breadth resume ")[2].strip()
    again = json.loads((await user.types("resume", run_id, "--json")).out)
    assert same(first, again)
    assert again["parent"] == first["run"]
    assert not any("Who directed" in asked for asked in chat_server.asked if "Result" not in asked)


async def test_a_run_that_was_stopped_is_replayed_as_far_as_it_came_and_goes_on(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    chat_server.hold("When was Christopher Nolan born?")
    process = await user.start(*ask(chat_server, films))
    async with asyncio.timeout(60):
        await chat_server.held.wait()
    process.kill()
    run_id = (await user.end(process)).err.partition("  run ")[2].split()[0]
    refused = await user.types("replay", run_id, "--strict")
    # What else had ended by then is a matter of milliseconds.
    assert (refused.code, "was stopped before" in refused.err) == (2, True)
    chat_server.release.set()
    chat_server.asked.clear()
    again = json.loads((await user.types("replay", run_id, "--json")).out)
    assert again["value"] == "Bong Joon-ho"
    assert not any("Who directed" in asked for asked in chat_server.asked if "Result" not in asked)


async def test_lines_of_a_plan_that_was_cut_off_do_not_keep_a_run_from_being_replayed(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    """It was planned anew when it went on, and then came to its end."""
    first = await asked_once(user, chat_server, films)
    async with await TraceStore.open(str(user.home / "data" / "runs.db")) as store:
        line = Step("old", "lookup", {"question": "Who wrote Inception?"})
        await store.trace(first["run"]).record(StepAdded(line, 1, "planner"))
    ended = await user.types("replay", first["run"], "--strict", "--json")
    assert ended.code == 0, ended.err
    assert same(first, json.loads(ended.out))


@pytest.mark.parametrize("form", ["{}", "step_{}"])
async def test_a_given_plan_is_replayed_too(
    user: User, chat_server: ChatServer, films: Path, form: str
) -> None:
    """Whatever its ids look like."""
    text = PLAN
    for number, id_ in enumerate("abcde", 1):
        named = form.format(number if form == "step_{}" else id_)
        text = text.replace(f'"id":"{id_}"', f'"id":"{named}"').replace(
            f"{{{id_}}}", f"{{{named}}}"
        )
    (user.home / "plan.jsonl").write_text(text)
    first = json.loads((await user.types(*run(chat_server, films, "plan.jsonl", "--json"))).out)
    again = json.loads((await user.types("replay", first["run"], "--strict", "--json")).out)
    assert same(first, again)


async def test_what_cannot_be_replayed_is_told_in_words(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    first = await asked_once(user, chat_server, films)
    for words, message in (
        (["zzzz"], "zzzz"),
        ([first["run"], "--from", "z"], "--from: there is no step 'z'; there are: start, a, b,"),
        ([first["run"], "--from", "a", "--strict"], "leave one of them"),
        ([first["run"], "-o", "x.txt"], "must end in .md, .html, "),
    ):
        ended = await user.types("replay", *words)
        assert (ended.code, ended.out) == (2, "")
        assert message in ended.err
    assert len(json.loads((await user.types("runs", "--json")).out)) == 1


async def test_a_plan_of_one_s_own_may_use_every_tool_of_its_page(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    """Those that the planner model is not told of, too."""
    plan = (
        '{"id":"a","python":"[6 * 7, 8]"}\n'
        '{"id":"b","table":"{a}","operation":"sum"}\n'
        '{"id":"c","calculate":"{b} / 2"}\n'
    )
    (user.home / "p.jsonl").write_text(plan)
    words = run(chat_server, films, "p.jsonl", "--question", "What is half of it?", "--json")
    given = json.loads((await user.types(*words)).out)
    trace = json.loads((await user.types("trace", given["run"], "--json")).out)
    values = {call["id"]: call["value"] for call in trace["calls"]}
    assert (values["a"], str(values["b"]), str(values["c"])) == ([42, 8], "50", "25")
