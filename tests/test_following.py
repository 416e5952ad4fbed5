"""A question that follows another one: completed, its sources first."""

from collections.abc import Sequence
from typing import Any

import pytest

from inference import ModelUnavailable, ScriptedModel
from planner import Answer, Decided, MemoryTrace, Sentence, standalone
from planner.following import refers_back
from search import Hit, Narrowing, Passage, Remembered, Source

BEFORE = "Who directed Parasite?"
ANSWER = Answer("Bong Joon-ho", (Sentence("Bong Joon-ho directed Parasite.", (1,)),))


@pytest.mark.parametrize(
    "question",
    ["And when was he born?", "What about Roma?", "Why?", "Which other films are there?"],
)
def test_what_needs_what_was_said_before(question: str) -> None:
    assert refers_back(question)


@pytest.mark.parametrize("question", ["Who directed Roma?", "How long is the film Parasite?"])
def test_what_stands_by_itself(question: str) -> None:
    assert not refers_back(question)


async def completed(question: str, replies: Sequence[Any]) -> tuple[str, ScriptedModel, list[str]]:
    model, trace = ScriptedModel(replies), MemoryTrace()
    said = await standalone(question, BEFORE, ANSWER, model, trace=trace)
    return said, model, [event.what for event in trace.events if isinstance(event, Decided)]


async def test_the_model_names_what_is_left_out() -> None:
    said, model, told = await completed("And when was he born?", ["When was Bong Joon-ho born?"])
    assert said == "When was Bong Joon-ho born?"
    assert told == ["question completed"]
    shown = model.requests[0].messages[-1].content
    assert "Answer: Bong Joon-ho directed Parasite. [1]" in shown.split("</data>")[0]


async def test_a_question_that_stands_by_itself_is_not_touched() -> None:
    said, model, told = await completed("Who directed Roma?", [])
    assert (said, model.requests, told) == ("Who directed Roma?", [], [])


@pytest.mark.parametrize(
    "reply",
    ["When was Steven Spielberg born?", "When was he born in 1969?", "", ModelUnavailable("")],
)
async def test_what_the_model_brings_in_is_not_taken(reply: Any) -> None:
    said, _, told = await completed("And when was he born?", [reply])
    assert (said, told) == ("And when was he born?", ["question left as it is"])


def passage(title: str, text: str) -> Passage:
    return Passage(Source(f"/{title}", title, "text/plain", "0" * 64), 0, len(text), text)


BORN = passage("Bong Joon-ho", "Bong Joon-ho was born in Daegu.")
OTHER = passage("Roma", "Roma is of 2018.")
NEW = passage("Daegu", "Daegu is a city where Bong Joon-ho was born.")


class Behind:
    """The engine that is asked for the rest."""

    name = "documents"

    async def search(
        self, query: str, *, limit: int = 10, within: Narrowing | None = None
    ) -> Sequence[Hit]:
        return [Hit(NEW, 3.0), Hit(BORN, 2.0)]


async def test_what_was_read_before_comes_first_where_it_speaks_of_the_query() -> None:
    engine = Remembered([OTHER, BORN], Behind())
    hits = await engine.search("Where was Bong Joon-ho born?")
    assert [hit.passage for hit in hits] == [BORN, NEW]
    assert hits[0].score > hits[1].score
    assert [hit.passage for hit in await engine.search("Who?")] == [NEW, BORN]
    assert [hit.passage for hit in await engine.search("Bong born", limit=1)] == [BORN]
    narrowed = await engine.search("Where was Bong Joon-ho born?", within=Narrowing("x"))
    assert [hit.passage for hit in narrowed] == [NEW, BORN]
