"""No answer of the research loop says what nobody read."""

import re
from dataclasses import replace
from typing import Any

import pytest
from research_films import ANSWER, Fixed, outcomes, run, scripted

from inference import Request, ScriptedModel
from planner import Decided, History, MemoryTrace, Sentence, StepAdded
from search import DocumentIndex


@pytest.mark.parametrize(
    "draft",
    [
        "Bong Joon-ho is older, says Steven Spielberg [4].",
        "Bong Joon-ho was born in 1066 [4].",
        "Bong Joon-ho [7].",
        "Bong Joon-ho [0].",
        "Bong Joon-ho is older.",
        "Spielberg saw it: Bong Joon-ho is older [4].",
        "It is Christopher Nolan [3].",
        "",
        "Bong " * 500,
    ],
)
async def test_a_draft_that_brings_in_what_nobody_read_is_not_delivered(
    film_index: DocumentIndex, draft: str
) -> None:
    def reply(request: Request) -> Any:
        return draft if request.purpose == "write" else scripted(request)

    result = await run(film_index, ScriptedModel(reply), MemoryTrace())
    assert result.answer.value == "Bong Joon-ho"
    assert result.answer.text.startswith("Bong Joon-ho. [1] [2] [3] [4] ")
    assert "When was Bong Joon-ho born? 14 September 1969. [4]" in result.answer.text


@pytest.mark.parametrize("question", ["What does {name} mean?", "{item}", "???", "🎬", "{"])
async def test_any_question_ends_in_an_answer(film_index: DocumentIndex, question: str) -> None:
    for plan in ("", '{"id":"a","lookup":"' + question + '"}'):

        def reply(request: Request, plan: str = plan) -> str:
            return plan if request.purpose == "plan" else "none"

        result = await run(film_index, ScriptedModel(reply), MemoryTrace(), question=question)
        assert result.status == "completed"
        assert result.answer.value is None


async def test_a_value_from_the_model_s_memory_is_no_answer(film_index: DocumentIndex) -> None:
    def reply(request: Request) -> str:
        memory = '{"id":"a","calculate":"1969 - 1954"}'
        return memory if request.purpose == "plan" else "none"

    result = await run(film_index, ScriptedModel(reply), MemoryTrace(), question="How old was he?")
    assert result.answer.value is None
    own = '{"id":"a","calculate":"12% of 340"}'
    model = ScriptedModel(lambda request: own if request.purpose == "plan" else "none")
    result = await run(film_index, model, MemoryTrace(), question="What is 12% of 340?")
    assert result.answer.text == "40.8."


async def test_reported_fault_r1_no_sources_no_citations() -> None:
    question = "What did the (non-existent) Zorblatt Act of 2031 change?"

    def reply(request: Request) -> str:
        if request.purpose == "plan":
            return '{"id":"a","lookup":"' + question + '"}'
        return "It changed https://example.org/zorblatt [1]."

    result = await run(Fixed(), ScriptedModel(reply), MemoryTrace(), question=question)
    assert result.status == "completed"
    assert result.answer.text.startswith("No sources found")
    assert result.answer.citations == ()
    assert not re.search(r"https?://", result.answer.text)


async def test_nonsense_from_the_model_is_no_answer(film_index: DocumentIndex) -> None:
    model = ScriptedModel(lambda request: "la la la " * 40)
    result = await run(film_index, model, MemoryTrace())
    assert result.status == "completed"
    assert result.answer.value is None
    assert result.answer.text.startswith("No sources found")


async def test_which_of_several_drafts_was_taken_is_in_the_trace(film_index: DocumentIndex) -> None:
    drafts = ["It is Christopher Nolan [3].", ANSWER, "Bong Joon-ho is older."]

    def reply(request: Request) -> Any:
        return drafts if request.purpose == "write" else scripted(request)

    trace = MemoryTrace()
    result = await run(film_index, ScriptedModel(reply), trace, drafts=3)
    assert result.answer.text.startswith("Bong Joon-ho is older: he was born on 14 September 1969")
    [why] = [e.why for e in trace.events if isinstance(e, Decided) and e.what == "draft chosen"]
    assert why == (
        "number 2 of 3 by best; number 1 does not say the value;"
        " number 3 has a sentence that cites nothing"
    )


async def test_a_sentence_that_verification_left_out_is_in_the_trace(
    film_index: DocumentIndex,
) -> None:
    """An answer that was written before the run was cut off is verified when it goes on."""
    first = MemoryTrace()
    written = (await run(film_index, ScriptedModel(scripted), first)).answer
    wrong = Sentence("He met Ann Lee in Paris in 1999.", (1,))
    added = tuple(event.step for event in first.events if isinstance(event, StepAdded))
    past = History(
        steps=added,
        step_rounds={step.id: 1 for step in added},
        outcomes=outcomes(first),
        planned={1: tuple(step.id for step in added)},
        answer=replace(written, sentences=(*written.sentences, wrong)),
    )
    trace = MemoryTrace()
    result = await run(film_index, ScriptedModel(scripted), trace, history=past)
    assert result.answer == written
    assert (
        Decided("sentence left out", f"what it cites does not say {wrong.text!r}") in trace.events
    )
