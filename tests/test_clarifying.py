"""Asking back what an ambiguous question means."""

import json
import os
from pathlib import Path

import platformdirs
import pytest

from inference import PACKAGED, EmbeddedModel, ModelUnavailable, Request, ScriptedModel
from planner import Decided, MemoryTrace, clarified

ROOT = Path(__file__).parent.parent
CACHE = Path(os.environ.get("BREADTH_CACHE") or platformdirs.user_cache_path("breadth"))


def judging(*said: str) -> ScriptedModel:
    """Says so as a judge, sample by sample; has one question back."""

    def reply(request: Request) -> list[str]:
        if request.purpose == "judge":
            return [said[number % len(said)] for number in range(request.n)]
        return ["Which Cambridge do you mean?"]

    return ScriptedModel(reply)


def decided(trace: MemoryTrace) -> list[tuple[str, str]]:
    return [(event.what, event.why) for event in trace.events if isinstance(event, Decided)]


async def test_a_sure_yes_is_asked_about_and_the_answer_is_added() -> None:
    trace, asked = MemoryTrace(), []

    async def person(question: str) -> str:
        asked.append(question)
        return " the one in\nMassachusetts "

    made = await clarified("When was Cambridge founded?", judging("yes"), person, trace, 0)
    assert asked == ["Which Cambridge do you mean?"]
    assert made == "When was Cambridge founded? (the one in Massachusetts)"
    assert decided(trace) == [
        ("clarifying question", "Which Cambridge do you mean? (ambiguous with 0.90, by sampled)"),
        ("clarified", "the one in Massachusetts"),
    ]


@pytest.mark.parametrize("said", [("no",), ("yes", "no"), ("yes", "yes", "yes", "no"), ("hm",)])
async def test_nobody_is_asked_where_the_model_is_not_sure(said: tuple[str, ...]) -> None:
    trace = MemoryTrace()

    async def person(question: str) -> str:
        raise AssertionError(question)

    assert await clarified("Who?", judging(*said), person, trace, 0) == "Who?"
    assert [what for what, _ in decided(trace)] == ["nothing to clarify"]


async def test_nobody_is_asked_a_question_that_was_cut() -> None:
    async def person(question: str) -> str:
        raise AssertionError(question)

    def reply(request: Request) -> list[str]:
        return ["yes"] * request.n if request.purpose == "judge" else ["Which Cambridge " * 20]

    asked = "When was Cambridge founded?"
    assert await clarified(asked, ScriptedModel(reply), person, MemoryTrace(), 0) == asked


async def test_who_says_nothing_leaves_the_question_as_it_is() -> None:
    trace = MemoryTrace()

    async def person(question: str) -> str:
        return ""

    assert await clarified("Who?", judging("yes"), person, trace, 0) == "Who?"
    assert decided(trace)[-1] == ("clarified", "nothing was said")


async def test_a_model_that_fails_leaves_the_question_as_it_is() -> None:
    trace = MemoryTrace()

    async def person(question: str) -> str:
        raise AssertionError(question)

    model = ScriptedModel([ModelUnavailable("gone")])
    assert await clarified("Who?", model, person, trace, 0) == "Who?"
    assert decided(trace) == [("nothing to clarify", "gone")]


@pytest.mark.model
async def test_no_clear_question_is_asked_about() -> None:
    """The small corpus has 24 questions, each of which says what it means."""
    asked = []

    async def person(question: str) -> str:
        asked.append(question)
        return ""

    lines = (ROOT / "examples" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    model = EmbeddedModel(PACKAGED["base"], cache=CACHE)
    try:
        for line in lines:
            await clarified(json.loads(line)["question"], model, person, MemoryTrace(), 0)
    finally:
        await model.close()
    assert (asked, len(lines)) == ([], 24)
