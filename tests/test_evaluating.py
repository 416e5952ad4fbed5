"""`breadth eval` as its user runs it: scored, gone on with, compared, written."""

import asyncio
import json
import re
import signal
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import ChatServer
from question_files import QUESTIONS, write_set
from test_command_line import User

ANSWERS = {line["question"]: line["answer"] for line in QUESTIONS}
MEASURES = (
    "exact f1 judged evidence_recall citation_precision citation_recall abstained seconds"
    " model_calls tokens_read tokens_written"
)
ASKED = re.compile(r"Question: (.*?)(?:\n|$)")


def right(asked: str) -> str:
    """A model that finds what stands in what it is shown."""
    if "Given answer: " in asked:
        gold, given = (asked.partition(f"{name} answer: ")[2] for name in ("Right", "Given"))
        return "Yes" if given.splitlines()[0] in gold.splitlines()[0] else "No"
    if "Observation:" in asked:
        return json.dumps(
            {"thought": "t", "action": "finish", "answer": "Christopher Nolan", "source": 1}
        )
    (question,) = ASKED.findall(asked)[-1:] or [asked]
    if asked.startswith("Question: "):
        return json.dumps({"thought": "t", "action": "search", "input": question})
    value = ANSWERS.get(question, "none")
    if value not in asked:
        return "none"
    if "[1] " not in asked:
        return value
    shown = next(line for line in asked.splitlines() if line.startswith("[") and value in line)
    return f"{value} {shown.partition(']')[0]}]"


@pytest.fixture
def user(tmp_path: Path) -> User:
    write_set(tmp_path / "set.jsonl")
    return User(tmp_path)


@pytest.fixture
def server(chat_server: ChatServer) -> ChatServer:
    chat_server.reply = right
    return chat_server


def evaluate(server: ChatServer, *more: str) -> list[str]:
    model = ("--model", "openai:test", "--base-url", server.url)
    return ["eval", "set.jsonl", "--systems", "oneshot,react", *model, *more]


def questions_in(server: ChatServer) -> Counter[str]:
    """How often one-shot reading was asked each question."""
    shown = [asked for asked in server.asked if "[1] " in asked and "Observation" not in asked]
    return Counter(ASKED.findall(asked)[-1] for asked in shown if ASKED.findall(asked))


async def test_json_is_one_object_by_system(user: User, server: ChatServer) -> None:
    ended = await user.types(*evaluate(server, "--judge", "--json", "--quiet"))
    assert (ended.code, ended.err) == (0, "")
    told = json.loads(ended.out)
    assert list(told["systems"]) == ["oneshot", "react"]
    oneshot = told["systems"]["oneshot"]
    assert set(MEASURES.split()) <= set(oneshot)
    assert oneshot["exact"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    assert oneshot["judged"]["mean"] == oneshot["evidence_recall"]["mean"] == 1
    assert oneshot["citation_precision"]["mean"] == oneshot["citation_recall"]["mean"] == 1
    assert oneshot["abstained"]["mean"] == 0
    assert oneshot["model_calls"]["mean"] == 1
    assert oneshot["tokens_written"]["mean"] == 9
    assert told["systems"]["react"]["exact"]["mean"] == pytest.approx(1 / 3, abs=1e-4)
    assert told["systems"]["react"]["model_calls"]["mean"] == 2
    assert told["differences"]["oneshot - react"]["exact"]["mean"] == pytest.approx(2 / 3, abs=1e-4)
    assert "Say yes or no" in told["configuration"]["judge"]
    first = told["questions"][0]
    assert (first["id"], first["gold"]) == ("q1", ["Christopher Nolan", "Nolan"])
    result = first["systems"]["oneshot"]
    assert (result["value"], result["exact"], result["judge"]) == ("Christopher Nolan", True, 0.9)
    traced = json.loads((await user.types("trace", result["run"], "--json")).out)
    assert traced["run"]["question"] == "Who directed Inception?"
    assert json.loads((await user.types("runs", "--json")).out) == []


async def test_the_report_is_a_table_and_files(user: User, server: ChatServer) -> None:
    ended = await user.types(*evaluate(server, "--judge", "--limit", "2", "-o", "results.md"))
    assert ended.code == 0
    assert "exact" in ended.out
    assert "0.50 (0.00 to 1.00)" in ended.out
    assert "judged by openai:test, seed 0" in ended.out
    assert "4/4" in ended.err
    text = (user.home / "results.md").read_text(encoding="utf-8")
    assert "## Losses of oneshot\n\n0 of 2 questions" in text
    assert "](<results.svg>)" in text
    picture = ElementTree.parse(user.home / "results.svg").getroot()
    assert picture.tag.endswith("svg")
    again = await user.types("evals", "show", "1", "-o", "again.md")
    assert again.out == ended.out
    assert (user.home / "again.md").read_text().replace("again.svg", "results.svg") == text


async def test_losses_are_listed_one_by_one(user: User, server: ChatServer) -> None:
    words = evaluate(server, "-o", "results.md", "--quiet")
    words[words.index("oneshot,react")] = "react,oneshot"
    await user.types(*words)
    text = (user.home / "results.md").read_text(encoding="utf-8")
    assert "2 of 3 questions" in text
    assert "### 1. Who directed Parasite?" in text
    assert "- gold: Bong Joon-ho" in text
    assert "**Christopher Nolan**" in text
    assert "**Bong Joon-ho**" in text


@pytest.mark.parametrize("way", ["kill", "ctrl-c"])
async def test_it_goes_on_where_it_was_stopped(user: User, server: ChatServer, way: str) -> None:
    server.hold("When was Christopher Nolan born?")
    words = evaluate(server, "--parallel", "1", "--json")
    process = await user.start(*words)
    async with asyncio.timeout(60):
        await server.held.wait()
    process.send_signal(signal.SIGKILL if way == "kill" else signal.SIGINT)
    ended = await user.end(process)
    if way == "ctrl-c":
        assert ended.code == 130
        assert "stopped; to go on: breadth eval set.jsonl" in ended.err
        assert "(4 of 6 answers are kept)" in ended.err
        assert "Traceback" not in ended.err
    partial = json.loads((await user.types("evals", "show", "1", "--json")).out)
    assert (partial["finished"], partial["systems"]["oneshot"]["asked"]) == (False, 2)

    server.release.set()
    before = questions_in(server)
    told = json.loads((await user.types(*words)).out)
    assert (told["evaluation"], told["finished"]) == (partial["evaluation"], True)
    assert [len(one["systems"]) for one in told["questions"]] == [2, 2, 2]
    new = questions_in(server) - before
    assert set(new) == {"When was Christopher Nolan born?"}

    asked = len(server.asked)
    fresh = json.loads((await user.types(*words)).out)
    assert fresh["evaluation"] != told["evaluation"], "one that has ended begins anew"
    assert len(server.asked) > asked


async def test_two_evaluations_are_compared(user: User, server: ChatServer) -> None:
    await user.types(*evaluate(server, "--name", "before", "--quiet"))
    server.reply = lambda asked: "none" if "[1] " in asked else right(asked)
    await user.types(*evaluate(server, "--name", "after", "--quiet"))
    told = json.loads((await user.types("evals", "compare", "before", "after", "--json")).out)
    exact = told["differences"]["oneshot"]["exact"]
    assert exact == {"mean": 1.0, "low": 1.0, "high": 1.0}
    shown = await user.types("evals", "compare", "before", "after")
    assert "+1.00* (+1.00 to +1.00)" in shown.out
    listed = await user.types("evals")
    assert listed.out.index("after") < listed.out.index("before")
    rows = json.loads((await user.types("evals", "--limit", "1", "--json")).out)
    assert [(row["name"], row["finished"]) for row in rows] == [("after", True)]


async def test_without_their_support_questions_are_to_be_abstained_on(
    user: User, server: ChatServer
) -> None:
    words = evaluate(server, "--unanswerable", "--judge", "--limit", "1", "--json")
    told = json.loads((await user.types(*words)).out)
    oneshot, react = (told["systems"][system] for system in ("oneshot", "react"))
    assert (
        oneshot["exact"]["mean"] == oneshot["abstained"]["mean"] == oneshot["judged"]["mean"] == 1
    )
    assert oneshot["evidence_recall"] is None
    assert (oneshot["unanswerable"], oneshot["cited_in_abstentions"]) == (1, 0)
    assert react["exact"]["mean"] == react["abstained"]["mean"] == 0
    assert not any("2010" in asked for asked in server.asked)


async def test_a_set_without_passages_is_asked_over_documents(
    user: User, server: ChatServer, films: Path
) -> None:
    bare = [{"question": "Who directed Inception?", "answer": "Christopher Nolan"}]
    write_set(user.home / "set.jsonl", bare)
    words = evaluate(server, "--documents", str(films), "--json")
    told = json.loads((await user.types(*words)).out)
    assert told["systems"]["oneshot"]["exact"]["mean"] == 1
    assert told["systems"]["oneshot"]["evidence_recall"] is None


async def test_a_planned_run_is_measured(user: User, server: ChatServer) -> None:
    words = evaluate(server, "--limit", "1", "--json")
    words[words.index("oneshot,react")] = "planned"
    (told,) = json.loads((await user.types(*words)).out)["questions"]
    result = told["systems"]["planned"]
    assert result["value"] == "Christopher Nolan"
    assert (result["support_read"], result["support"]) == (1, 1)
    assert result["model_calls"] > 0


def bad(words: list[str], **changes: Any) -> Any:
    return pytest.param(words, changes, id=" ".join(words[1:]))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["eval", "none.jsonl"], "none.jsonl: it cannot be read"),
        (["eval", "bad.jsonl"], "bad.jsonl, line 2: this is no JSON"),
        (["eval", "set.jsonl", "--systems", "magic"], "there is no system 'magic'"),
        (["eval", "set.jsonl", "--skip", "3"], "--skip 3 leaves none of them"),
        (["eval", "set.jsonl", "-o", "results.html"], "must end in .md"),
        (["eval", "set.jsonl", "-o", "no/results.md"], "there is no folder"),
        (["eval", "set.jsonl", "--limit", "0"], "limit"),
        (["evals", "show", "zz"], "there is no evaluation 'zz'"),
        (["evals", "compare", "zz", "zz"], "there is no evaluation 'zz'"),
    ],
)
async def test_wrong_use_is_told_in_words(user: User, words: list[str], message: str) -> None:
    (user.home / "bad.jsonl").write_text('{"question": "Who?", "answer": "A"}\n{"question')
    ended = await user.types(*words)
    assert ended.code == 2
    assert message in ended.err
    assert ended.out == ""


async def test_a_server_that_dies_stops_it_and_it_can_go_on(user: User, server: ChatServer) -> None:
    words = evaluate(server)
    words[words.index(server.url)] = "http://127.0.0.1:9/v1"
    ended = await user.types(*words)
    assert ended.code == 1
    assert "127.0.0.1:9" in ended.err
