"""Facts that come while the answer is written get into it, and break nothing."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from research_films import run, scripted

from inference import ModelUnavailable, Request, ScriptedModel
from planner import Answer, Decided, Limits, MemoryTrace, StepEnded
from planner.grounds import Ground, Grounds
from planner.telling import whole_sentences
from planner.verifying import verified
from planner.writing import Drafting, Writer
from search import DocumentIndex, Passage, Source

QUESTION = "When was Christopher Nolan born?"


def proof(text: str) -> Passage:
    source = Source(f"/films/{text[:9]}", text[:9], "text/plain", "0" * 64)
    return Passage(source, 0, len(text), text)


BORN = Ground(QUESTION, "30 July 1970", proof("Christopher Nolan was born on 30 July 1970."))
FILM = Ground("Who directed Inception?", "Christopher Nolan", proof("Inception is by Nolan."))
PLACE = Ground("Where was Nolan born?", "London", proof("Nolan was born in London."))
FIRST = "Nolan was born on 30 July 1970 [1]. He directed Inception [2]."


def grounds(*more: Ground) -> Grounds:
    return Grounds((BORN, FILM, *more), "30 July 1970", (), (), ())


async def written(
    replies: Sequence[Any], facts: Sequence[Ground]
) -> tuple[Answer, ScriptedModel, list[Decided]]:
    """The late facts are there when the first sentence is."""
    trace, model = MemoryTrace(), ScriptedModel(replies)
    answer = await Writer(model, trace=trace).write(QUESTION, grounds(), late=lambda: facts)
    return answer, model, [event for event in trace.events if isinstance(event, Decided)]


async def test_a_late_fact_is_told_behind_the_sentence_and_cited() -> None:
    # In the plan's order the new fact stands first; what is written already keeps its numbers.
    answer, model, decided = await written([FIRST, "It was in London [3]."], [PLACE, BORN, FILM])
    assert answer.text == "Nolan was born on 30 July 1970. [1] It was in London. [3]"
    assert answer.citations[2] == PLACE.proof
    assert [decision.what for decision in decided] == ["late facts"]
    first, second = model.requests
    assert second.messages[: len(first.messages)] == first.messages
    told, news = second.messages[len(first.messages) :]
    assert (told.role, told.content) == ("assistant", "Nolan was born on 30 July 1970 [1].")
    assert "[3] Where was Nolan born? London" in news.content
    assert '"3"' in (second.grammar or "")
    assert '"3"' not in (first.grammar or "")
    assert "{0,1}" in (second.grammar or "").splitlines()[0]
    checked = verified(answer, QUESTION, grounds(PLACE))
    assert {sentence.verdict for sentence in checked.sentences} == {"supported"}


async def test_what_was_known_already_is_no_news() -> None:
    answer, model, decided = await written([FIRST], [FILM, BORN])
    assert answer.text == "Nolan was born on 30 July 1970. [1] He directed Inception. [2]"
    assert (len(model.requests), decided) == (1, [])


@pytest.mark.parametrize(
    "bad",
    [
        "It was in Paris [3].",
        "It was in London [4].",
        "It was in London.",
        "It was in London " * 200,
        ModelUnavailable("gone"),
    ],
)
async def test_what_a_late_fact_spoils_is_left_out(bad: Any) -> None:
    answer, _, decided = await written([FIRST, bad], [BORN, FILM, PLACE])
    assert answer.text == "Nolan was born on 30 July 1970. [1]"
    assert [decision.what for decision in decided] == ["late facts", "late facts left out"]


async def test_where_nothing_passes_the_facts_are_written_out_with_the_late_one() -> None:
    spoilt = FIRST.replace("Nolan was", "Spielberg was")
    answer, _, _ = await written([spoilt, "It was in London [3]."], [BORN, FILM, PLACE])
    assert answer.text.startswith("30 July 1970. [1] [2] [3] ")
    assert "Where was Nolan born? London. [3]" in answer.text


async def test_several_drafts_are_not_interrupted() -> None:
    model = ScriptedModel([[FIRST, FIRST]])
    writer = Writer(model, trace=MemoryTrace(), drafting=Drafting(2))
    answer = await writer.write(QUESTION, grounds(), late=lambda: [PLACE])
    assert len(answer.sentences) == 2


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("He left.", ""),
        ("He left. ", ""),
        ("He left. S", "He left."),
        ("He left. [1", ""),
        ("He left. [1] S", ""),
        ("He saw St. Louis", ""),
        ("He left [1]. She saw St. L", "He left [1]."),
    ],
)
def test_a_boundary_is_behind_a_sentence_and_its_marks(text: str, whole: str) -> None:
    assert text[: whole_sentences(text)] == whole


async def test_a_step_that_ends_while_the_answer_is_written_is_in_it(
    film_index: DocumentIndex,
) -> None:
    """Gathering is over by the clock; the look-up that still runs ends in the writing phase."""
    loop = asyncio.get_running_loop()
    writing, ended = loop.create_future(), loop.create_future()

    class Watching(MemoryTrace):
        async def record(self, event: Any) -> None:
            await super().record(event)
            if isinstance(event, StepEnded) and event.id == "b":
                ended.set_result(None)

    def pause(request: Request) -> "asyncio.Future[None] | None":
        asked = request.messages[-1].content
        if request.purpose == "write" and not writing.done():
            writing.set_result(None)
            return ended
        return writing if request.purpose == "read" and asked.endswith("Parasite?") else None

    def reply(request: Request) -> Any:
        if request.purpose == "plan":
            return (
                '{"id":"a","lookup":"Who directed Inception?"}\n'
                '{"id":"b","lookup":"Who directed Parasite?"}'
            )
        if request.purpose == "write":
            more = request.messages[-1].content.startswith("<data>\n[2]")
            return "Bong Joon-ho did Parasite [2]." if more else "Christopher Nolan [1]. Nolan [1]."
        return scripted(request)

    trace, model = Watching(), ScriptedModel(reply, pause=pause)
    async with asyncio.timeout(20):
        result = await run(
            film_index,
            model,
            trace,
            question="Who directed the film Inception?",
            limits=Limits(seconds=2.0),
        )
    assert result.answer.text == "Christopher Nolan. [1] Bong Joon-ho did Parasite. [2]"
    assert [p.source.title for p in result.answer.citations] == ["Inception", "Parasite"]
    assert "late facts" in [e.what for e in trace.events if isinstance(e, Decided)]
    assert result.status == "incomplete"


async def test_a_step_that_does_not_end_is_stopped_when_the_answer_is_written(
    film_index: DocumentIndex,
) -> None:
    def pause(request: Request) -> "asyncio.Future[None] | None":
        hangs = request.purpose == "read" and request.messages[-1].content.endswith("Parasite?")
        return asyncio.get_running_loop().create_future() if hangs else None

    def reply(request: Request) -> Any:
        if request.purpose == "plan":
            return (
                '{"id":"a","lookup":"Who directed Inception?"}\n'
                '{"id":"b","lookup":"Who directed Parasite?"}'
            )
        return "Christopher Nolan [1]." if request.purpose == "write" else scripted(request)

    trace = MemoryTrace()
    async with asyncio.timeout(20):
        result = await run(
            film_index,
            ScriptedModel(reply, pause=pause),
            trace,
            question="Who directed the film Inception?",
            limits=Limits(seconds=1.0),
        )
    assert result.answer.text == "Christopher Nolan. [1]"
    [outcome] = [e.outcome for e in trace.events if isinstance(e, StepEnded) and e.id == "b"]
    assert outcome.error == "stopped: the answer is written"
