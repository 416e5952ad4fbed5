"""Evaluations: asked of a server on loopback, scored, compared, written; and as a command, gone on
with behind Ctrl-C and behind a kill."""

import asyncio
import json
import re
import signal
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import ChatServer
from question_files import QUESTIONS, write_set
from rich.console import Console
from test_command_line import User

from inference import ModelError
from service.evaluating.evaluation import Assignment, evaluated, in_turn
from service.evaluating.markdown import write_report
from service.evaluating.progress import EvaluationTerminal
from service.evaluating.question_sets import read_questions
from service.evaluating.report import Report, as_json, as_table, compared
from service.settings import Settings
from storage import StorageError, TraceStore

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


class Here:
    """Evaluates in this process."""

    def __init__(self, folder: Path, url: str) -> None:
        self.file = write_set(folder / "set.jsonl")
        self.settings = Settings(
            model="openai:test",
            base_url=url,
            search=None,
            embeddings="off",
            plan_samples=1,
            database=None,
            data=folder / "data",
            cache=folder / "cache",
        )

    def assignment(self, systems: str = "oneshot,react", limit: int = 3, **more: Any) -> Assignment:
        questions = read_questions(self.file)
        chosen = questions.chosen(0, limit)
        fields = {"roots": (), "settings": self.settings} | more
        return Assignment(questions, chosen, tuple(systems.split(",")), **fields)

    async def report(self, *given: Any, parallel: int = 1, **more: Any) -> Report:
        with EvaluationTerminal(Console(stderr=True), "breadth eval", quiet=True) as display:
            made = self.assignment(*given, **more)
            return Report.of(await evaluated(made, display, parallel=parallel))

    async def told(self, *given: Any, **more: Any) -> dict[str, Any]:
        return as_json(await self.report(*given, **more))


@pytest.fixture
def here(tmp_path: Path, server: ChatServer) -> Here:
    return Here(tmp_path, server.url)


def shown(report: Report) -> str:
    console = Console(width=120, file=StringIO())
    with console.capture() as captured:
        console.print(as_table(report))
    return captured.get()


def evaluate(server: ChatServer, *more: str) -> list[str]:
    model = ("--model", "openai:test", "--base-url", server.url)
    return ["eval", "set.jsonl", "--systems", "oneshot,react", *model, *more]


def questions_in(server: ChatServer) -> Counter[str]:
    """How often one-shot reading was asked each question."""
    shown = [asked for asked in server.asked if "[1] " in asked and "Observation" not in asked]
    return Counter(ASKED.findall(asked)[-1] for asked in shown if ASKED.findall(asked))


async def test_the_command_prints_one_object_by_system(user: User, server: ChatServer) -> None:
    ended = await user.types(*evaluate(server, "--judge", "--json", "--quiet", "-o", "results.md"))
    assert (ended.code, ended.err) == (0, "")
    told = json.loads(ended.out)
    assert list(told["systems"]) == ["oneshot", "react"]
    assert set(MEASURES.split()) <= set(told["systems"]["react"])
    assert told["systems"]["oneshot"]["exact"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    run = told["questions"][0]["systems"]["oneshot"]["run"]
    traced = json.loads((await user.types("trace", run, "--json")).out)
    assert traced["run"]["question"] == "Who directed Inception?"
    assert "## Losses of oneshot" in (user.home / "results.md").read_text(encoding="utf-8")
    assert (user.home / "results.svg").exists()


async def test_each_system_has_its_scores(here: Here) -> None:
    told = await here.told(judge=True)
    oneshot, react = (told["systems"][system] for system in ("oneshot", "react"))
    for measure in ("exact", "judged", "evidence_recall", "citation_precision", "citation_recall"):
        assert oneshot[measure]["mean"] == 1, measure
    assert oneshot["abstained"]["mean"] == 0
    assert oneshot["model_calls"]["mean"] == 1
    assert oneshot["tokens_written"]["mean"] == 9
    assert react["exact"]["mean"] == react["judged"]["mean"] == pytest.approx(1 / 3, abs=1e-4)
    assert react["model_calls"]["mean"] == 2
    assert told["differences"]["oneshot - react"]["exact"]["mean"] == pytest.approx(2 / 3, abs=1e-4)
    assert "Say yes or no" in told["configuration"]["judge"]
    first = told["questions"][0]
    assert (first["id"], first["gold"]) == ("q1", ["Christopher Nolan", "Nolan"])
    result = first["systems"]["oneshot"]
    assert (result["value"], result["exact"]) == ("Christopher Nolan", True)
    assert result["judge"] == pytest.approx(0.804, abs=1e-3)


async def test_the_report_is_a_table_and_files(here: Here, tmp_path: Path) -> None:
    report = await here.report(limit=2, judge=True)
    assert "0.50 (0.00 to 1.00)" in shown(report)
    assert "judged by openai:test, seed 0" in shown(report)
    write_report(report, tmp_path / "results.md")
    text = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert "## Losses of oneshot\n\n0 of 2 questions" in text
    assert "](<results.svg>)" in text
    picture = ElementTree.parse(tmp_path / "results.svg").getroot()
    assert picture.tag.endswith("svg")
    assert "0.50 (0.00 to 1.00)" in "".join(picture.itertext())


async def test_losses_are_listed_one_by_one(here: Here, tmp_path: Path) -> None:
    write_report(await here.report("react,oneshot"), tmp_path / "results.md")
    text = (tmp_path / "results.md").read_text(encoding="utf-8")
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
    assert set(questions_in(server) - before) == {"When was Christopher Nolan born?"}


async def test_one_that_has_ended_begins_anew(here: Here, server: ChatServer) -> None:
    first = await here.report(limit=1)
    asked = len(server.asked)
    again = await here.report(limit=1)
    assert again.record.id != first.record.id
    assert len(server.asked) == 2 * asked


async def test_questions_are_asked_at_once_if_that_is_wanted(
    here: Here, server: ChatServer
) -> None:
    other = asyncio.Event()

    def reply(asked: str) -> str:
        if "When was" in asked:
            other.set()
        return right(asked)

    server.reply = reply
    server.hold("Who directed Inception?")
    asking = asyncio.create_task(here.report("oneshot", parallel=2))
    async with asyncio.timeout(60):
        await server.held.wait()
        await other.wait()
    server.release.set()
    assert len((await asking).questions()) == 3


def test_systems_take_turns_at_being_the_first(here: Here) -> None:
    order = [(system, question.id) for system, question in in_turn(here.assignment(limit=2))]
    assert order == [("oneshot", "q1"), ("react", "q1"), ("react", "q2"), ("oneshot", "q2")]


async def test_two_evaluations_are_compared(here: Here, server: ChatServer) -> None:
    before = await here.report("oneshot,react", name="before")
    server.reply = lambda asked: "none" if "[1] " in asked else right(asked)
    after = await here.report("oneshot", name="after")
    found = compared(before, after)
    assert list(found) == ["oneshot"]
    exact = found["oneshot"]["exact"]
    assert exact is not None
    assert (exact.mean, exact.low, exact.high) == (1, 1, 1)


async def test_evaluations_are_listed_shown_and_compared(
    user: User, here: Here, server: ChatServer
) -> None:
    await here.report("oneshot", name="before")
    server.reply = lambda asked: "none"
    await here.report("oneshot", name="after")
    compared_ = await user.types("evals", "compare", "before", "after")
    assert "+1.00* (+1.00 to +1.00)" in compared_.out
    rows = json.loads((await user.types("evals", "--json")).out)
    assert [(row["name"], row["finished"]) for row in rows] == [("after", True), ("before", True)]
    listed = await user.types("evals", "--limit", "1")
    assert "3 of set.jsonl" in listed.out
    assert "before" not in listed.out
    assert json.loads((await user.types("runs", "--json")).out) == []


async def test_without_their_support_questions_are_to_be_abstained_on(
    here: Here, server: ChatServer
) -> None:
    told = await here.told(limit=1, unanswerable=True, judge=True)
    oneshot, react = (told["systems"][system] for system in ("oneshot", "react"))
    for measure in ("exact", "f1", "judged", "abstained"):
        assert oneshot[measure]["mean"] == 1, measure
    assert oneshot["evidence_recall"] is None
    assert (oneshot["unanswerable"], oneshot["cited_in_abstentions"]) == (1, 0)
    assert react["exact"]["mean"] == react["abstained"]["mean"] == 0
    assert not any("2010" in asked for asked in server.asked)


async def test_a_set_without_passages_is_asked_over_documents(here: Here, films: Path) -> None:
    bare = [{"question": "Who directed Inception?", "answer": "Christopher Nolan"}]
    write_set(here.file, bare)
    told = await here.told(roots=(films,))
    assert told["systems"]["oneshot"]["exact"]["mean"] == 1
    assert told["systems"]["oneshot"]["evidence_recall"] is None


async def test_a_planned_run_is_measured(here: Here) -> None:
    (told,) = (await here.told("planned", 1))["questions"]
    result = told["systems"]["planned"]
    assert result["value"] == "Christopher Nolan"
    assert (result["support_read"], result["support"]) == (1, 1)
    assert result["model_calls"] > 0


async def test_a_run_of_an_evaluation_is_not_resumed_by_itself(
    user: User, here: Here, server: ChatServer
) -> None:
    server.hold("Who directed Inception?")
    asking = asyncio.create_task(here.report("oneshot", 1))
    async with asyncio.timeout(30):
        await server.held.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    async with await TraceStore.open(here.settings.store) as store:
        record = (await store.evaluations.newest())[0]
        assert record.ended_at is None
    report = await user.types("resume", "1")
    assert report.code == 2
    assert f"belongs to evaluation {record.id}: `breadth eval`" in report.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["eval", "bad.jsonl"], "bad.jsonl, line 2: this is no JSON"),
        (["eval", "set.jsonl", "-o", "results.html"], "must end in .md"),
        (["evals", "compare", "zz", "zz"], "there is no evaluation 'zz'"),
    ],
)
async def test_wrong_use_is_told_in_words(user: User, words: list[str], message: str) -> None:
    (user.home / "bad.jsonl").write_text('{"question": "Who?", "answer": "A"}\n{"question')
    ended = await user.types(*words)
    assert ended.code == 2
    assert message in ended.err
    assert ended.out == ""


async def test_a_server_that_is_not_there_stops_it_and_it_can_go_on(here: Here) -> None:
    away = here.settings.model_copy(update={"base_url": "http://127.0.0.1:9/v1"})
    with pytest.raises(ModelError, match=r"127\.0\.0\.1:9"):
        await here.report(settings=away)
    async with await TraceStore.open(here.settings.store) as store:
        (left,) = await store.evaluations.newest()
    assert left.ended_at is None


async def test_it_is_worked_on_by_one_at_a_time(here: Here) -> None:
    made = here.assignment()
    async with await TraceStore.open(here.settings.store) as store:
        await store.evaluations.begin(made.key, made.configuration())
    with pytest.raises(StorageError, match="is being worked on by another process"):
        await here.report()


@pytest.mark.model
async def test_the_small_model_answers_all_three_ways(here: Here) -> None:
    """Its answers are not judged: that it keeps to the forms is."""
    real = Settings()
    settings = here.settings.model_copy(
        update={"model": "small", "base_url": None, "cache": real.cache}
    )
    told = await here.told("planned,oneshot,react", 2, settings=settings, judge=True)
    for system in told["systems"].values():
        assert (system["asked"], system["incomplete"]) == (2, 0)
        assert system["model_calls"]["mean"] >= 1
        assert system["judged"] is not None
    assert told["systems"]["react"]["model_calls"]["mean"] <= 7
    assert told["systems"]["oneshot"]["exact"]["mean"] == 1
