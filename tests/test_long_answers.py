"""Paragraphs and reports, from the question to the answer, over a real index."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from research_films import scripted, toolbox

from inference import ModelUnavailable, Request, ScriptedModel
from planner import (
    Decided,
    Limits,
    MemoryTrace,
    ResearchSettings,
    Result,
    StepAdded,
    research,
    style_of,
)
from planner.grounds import Ground, Grounds
from planner.notes import notes_of
from planner.tabulating import table_of
from search import DocumentIndex, Passage, Source

OPEN = "Describe the life of Bong Joon-ho."
CLOSED = "Who is older, the director of Inception or the director of Parasite?"
NOTE = re.compile(r"\[(\d+)\] (?:\([^)]*\) )?(.+)")


def told(request: Request) -> str:
    """The notes as they are, each under its own number: a writer that invents nothing."""
    shown = request.messages[-1].content.split("<data>")[-1]
    found = NOTE.findall(shown.split("</data>")[0])[:3]
    return " ".join(f"{text.rstrip('.')} [{number}]." for number, text in found)


def reply(request: Request) -> Any:
    """Aspects, outlines and paragraphs; the rest as a small model that does everything right."""
    asked = request.messages[0].content
    if "aspects" in asked:
        return "Bong Joon-ho birth\nBong Joon-ho films"
    if "outline" in asked and request.schema is not None:
        return json.dumps({"title": "Bong", "headings": ["Birth", "Films"]})
    if "Under which heading" in request.messages[-1].content:
        count = len(NOTE.findall(request.messages[1].content.split("</data>")[0]))
        return "\n".join(f"[{n}] {'A' if n <= count / 2 else 'B'}" for n in range(1, count + 1))
    if "from the notes" in asked:
        return told(request)
    return scripted(request)


async def asked(
    index: DocumentIndex,
    question: str,
    size: Any = "auto",
    *,
    answer: Callable[[Request], Any] = reply,
    limits: Limits | None = None,
) -> tuple[Result, MemoryTrace, ScriptedModel]:
    trace, model = MemoryTrace(), ScriptedModel(answer)
    settings = ResearchSettings(
        limits=limits or Limits(), plan_samples=1, style=style_of(question, size)
    )
    result = await research(
        question, model=model, toolbox=toolbox(index), trace=trace, settings=settings
    )
    return result, trace, model


async def test_an_open_question_is_searched_by_its_aspects(film_index: DocumentIndex) -> None:
    result, trace, model = await asked(film_index, OPEN)
    steps = [event.step for event in trace.events if isinstance(event, StepAdded)]
    assert [step.id for step in steps] == ["start", "aspect_1", "aspect_2"]
    assert {step.tool for step in steps} == {"search"}
    assert result.status == "completed"
    assert "Bong Joon-ho was born on 14 September 1969 in Daegu. [" in result.answer.text
    assert all(s.verdict == "supported" for s in result.answer.sentences)
    assert not any(request.purpose == "read" for request in model.requests)


async def test_what_nothing_speaks_of_is_not_described(film_index: DocumentIndex) -> None:
    result, _, model = await asked(film_index, "Describe the Zorblatt Act.")
    assert result.answer.citations == ()
    assert result.answer.text.startswith("No sources found")
    assert not any(request.purpose == "write" for request in model.requests)


@pytest.mark.parametrize(("sure", "sources"), [("yes", True), ("no", False)])
async def test_the_judge_says_whether_notes_answer(
    film_index: DocumentIndex, sure: str, *, sources: bool
) -> None:
    def judged(request: Request) -> Any:
        return sure if request.purpose == "judge" else reply(request)

    # Of the two names the pages know one.
    question = "Describe how Bong Joon-ho met Karl Marx."
    result, trace, _ = await asked(film_index, question, answer=judged)
    assert bool(result.answer.citations) is sources
    assert any("judged" in e.what for e in trace.events if isinstance(e, Decided))


async def test_a_report_has_summary_sections_and_a_title(film_index: DocumentIndex) -> None:
    question = "Describe the lives of Bong Joon-ho and Christopher Nolan."
    result, _, _ = await asked(film_index, question, "report")
    answer = result.answer
    assert answer.title == "Bong"
    assert answer.sentences
    assert [section.heading for section in answer.sections] == ["Birth", "Films"]
    every = [sentence.text for section in answer.sections for sentence in section.sentences]
    assert len(every) == len(set(every))
    assert all(sentence.cites for sentence in answer.every_sentence)


async def test_a_report_on_a_value_begins_with_it_and_has_a_table(
    film_index: DocumentIndex,
) -> None:
    result, trace, _ = await asked(film_index, CLOSED, "report")
    answer = result.answer
    assert answer.value == "Bong Joon-ho"
    assert answer.sentences[0].text.startswith("Bong Joon-ho is older")
    overview = answer.sections[0]
    assert overview.table is not None
    rows = [[cell.text for cell in row] for row in overview.table.rows]
    assert rows == [
        ["Inception", "Christopher Nolan", "30 July 1970"],
        ["Parasite", "Bong Joon-ho", "14 September 1969"],
    ]
    assert all(cell.cites for row in overview.table.rows for cell in row[1:])
    assert any(e.step.tool == "lookup" for e in trace.events if isinstance(e, StepAdded))


@pytest.mark.parametrize("size", ["answer", "report"])
async def test_without_a_model_for_writing_the_notes_are_the_answer(
    film_index: DocumentIndex, size: str
) -> None:
    def silent(request: Request) -> Any:
        return ModelUnavailable("gone") if request.purpose == "write" else reply(request)

    result, _, _ = await asked(film_index, OPEN, size, answer=silent)
    assert result.status == "completed"
    assert "Bong Joon-ho was born on 14 September 1969 in Daegu. [" in result.answer.text
    assert all(sentence.cites for sentence in result.answer.every_sentence)


async def test_a_spent_budget_still_gives_what_was_read(film_index: DocumentIndex) -> None:
    result, _, _ = await asked(film_index, OPEN, "report", limits=Limits(tokens=300))
    assert result.answer.citations
    assert "14 September 1969" in result.answer.text


@pytest.mark.parametrize("outline", ["", "{}", '{"title":"T","headings":["Summary"]}', "no"])
async def test_without_an_outline_the_sources_are_the_sections(
    film_index: DocumentIndex, outline: str
) -> None:
    def unwilling(request: Request) -> Any:
        return outline if request.schema is not None else reply(request)

    result, trace, _ = await asked(film_index, OPEN, "report", answer=unwilling)
    assert result.answer.sections
    assert any(e.what == "outline by sources" for e in trace.events if isinstance(e, Decided))


def passage(title: str, text: str) -> Passage:
    return Passage(Source(f"/{title}", title, "text/plain", "0" * 64), 0, len(text), text)


def test_notes_are_sentences_of_what_speaks_of_the_question() -> None:
    read = (
        passage("Rhine", "# Rhine\nThe *Rhine* is **1,233 km** long. | a | b |\nShort one."),
        passage("Tea", "Tea is drunk in all of Asia every day."),
        passage("Copy", "The Rhine is 1,233 km long, as said."),
    )
    notes = notes_of("Describe the river Rhine.", Grounds((), None, (), (), read), 9)
    assert [note.text for note in notes] == ["The Rhine is 1,233 km long."]
    assert notes[0].line == "The Rhine is 1,233 km long."
    assert replace(notes[0], text="It is long.").line == "(Rhine) It is long."


def test_one_thing_is_no_table() -> None:
    proof = passage("Rhine", "1,233 km")
    one = Ground("How long is Rhine?", "1,233 km", proof)
    assert table_of(Grounds((one,), None, (), (), ())) is None
    two = Ground("How long is Elbe?", "1,094 km", proof)
    table = table_of(Grounds((one, two), None, (), (), ()))
    assert table is not None
    assert table.columns == ("", "How long is …?")
