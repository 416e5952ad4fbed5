"""Paragraphs: written from notes, and every sentence held against what it cites."""

from collections.abc import Sequence
from typing import Any

import pytest

from inference import ModelUnavailable, Request, Sample, ScriptedModel
from planner import Decided, MemoryTrace, Select
from planner.essay_checks import Job, kept_of, score_of
from planner.essays import Essayist
from planner.notes import Note
from planner.style import Style
from search import Passage, Source


def passage(title: str, text: str) -> Passage:
    return Passage(Source(f"/{title}", title, "text/plain", "0" * 64), 0, len(text), text)


BONG = passage(
    "Bong Joon-ho",
    "Bong Joon-ho was born on 14 September 1969 in Daegu. His father taught design.",
)
PARASITE = passage("Parasite", "Song Kang-ho plays the father. The film lasts 132 minutes.")
NOTES = {
    1: Note("Bong Joon-ho was born on 14 September 1969 in Daegu.", BONG, place=(1, 0)),
    2: Note("His father taught design.", BONG, place=(1, 54)),
    3: Note("Song Kang-ho plays the father.", PARASITE, place=(2, 0)),
    4: Note("The film lasts 132 minutes.", PARASITE, place=(2, 31)),
}
JOB = Job("Describe Bong Joon-ho.", tuple(NOTES.values()), 6)
BORN = "Bong Joon-ho was born on 14 September 1969 in Daegu [1]."
DESIGN = "His father taught design [2]."


def kept(text: str, job: Job = JOB, finish: Any = "stop") -> list[str]:
    return [told.text for told in kept_of(Sample(text, finish_reason=finish), job, NOTES)]


@pytest.mark.parametrize(
    "text",
    [
        BORN,
        f"{BORN} {DESIGN}",
        f"{BORN} Song Kang-ho plays the father in Parasite [3].",
        "Bong Joon-ho was born in Daegu [1], and his father taught design [2].",
        "Parasite lasts 132 minutes [4].",
    ],
)
def test_what_the_notes_say_is_kept(text: str) -> None:
    assert len(kept(text)) == text.count(".")


@pytest.mark.parametrize(
    "text",
    [
        "Bong Joon-ho was born in Seoul [1].",
        "Bong Joon-ho was born on 15 September 1969 [1].",
        "Parasite lasts 123 minutes [4].",
        "He is married to Song Kang-ho and has a son [3].",
        "Bong Joon-ho was born in Daegu.",
        "Bong Joon-ho was born on 14 September 1969 [4].",
        "Song Kang-ho was born on 14 September 1969 [1][3].",
    ],
)
def test_what_they_do_not_say_is_left_out(text: str) -> None:
    assert kept(text) == []


def test_he_is_not_whom_another_note_names() -> None:
    assert kept(f"{BORN} He plays the father [3].") == kept(BORN)
    assert len(kept("Song Kang-ho is in Parasite [3]. He plays the father [3].")) == 2


def test_the_reader_sees_no_notes() -> None:
    assert kept(f"The notes say that {BORN}") == kept(BORN)
    assert kept("According to the notes, the film Parasite lasts 132 minutes [4].") == [
        "The film Parasite lasts 132 minutes."
    ]


def test_nothing_is_said_twice_and_a_cut_sentence_not_at_all() -> None:
    assert kept(f"{BORN} Bong Joon-ho was born in Daegu [1].") == kept(BORN)
    assert kept(f"{BORN} {DESIGN}", finish="length") == kept(BORN)


def test_in_another_language_numbers_alone_are_compared() -> None:
    german = Job("Beschreibe Bong Joon-ho.", JOB.notes, 6, in_english=False)
    assert kept("Der Regisseur Bong wurde am 14.9.1969 in Daegu geboren [1].", german)
    assert not kept("Der Film dauert 123 Minuten [4].", german)


def test_the_score_counts_what_holds_and_what_does_not() -> None:
    def score(text: str) -> float:
        return score_of(Sample(text, finish_reason="stop"), JOB, NOTES)

    assert score("Nothing [9].") == 0
    assert score(BORN) == 1
    assert score(f"{BORN} {DESIGN}") == 2
    assert score(f"{BORN} {DESIGN} He won in 1999 [1].") == 1
    assert score(f"{BORN} He won in 1999 [1]. He lost in 1998 [1].") == 0.5


async def essay(
    replies: Sequence[Any], drafts: int = 1, select: Select = "best", *, spread: bool = False
) -> tuple[list[str], ScriptedModel, list[Decided]]:
    """The sentences with their passages' titles."""
    trace, model = MemoryTrace(), ScriptedModel(replies)
    essayist = Essayist(model, Style("answer"), trace=trace, drafts=drafts, select=select,
                        spread=spread)  # fmt: skip
    told = await essayist.written(JOB)
    texts = [f"{one.text} {[p.source.title for p in one.passages]}" for one in told]
    return texts, model, [event for event in trace.events if isinstance(event, Decided)]


async def test_a_paragraph_cites_the_passages_of_its_notes() -> None:
    texts, model, decided = await essay([f"{BORN} Parasite lasts 132 minutes [4]."])
    assert texts == [
        "Bong Joon-ho was born on 14 September 1969 in Daegu. ['Bong Joon-ho']",
        "Parasite lasts 132 minutes. ['Parasite']",
    ]
    assert decided == []
    [request] = model.requests
    assert "[2] (Bong Joon-ho) His father taught design." in request.messages[-1].content
    assert '"4"' in (request.grammar or "")
    assert '"5"' not in (request.grammar or "")


@pytest.mark.parametrize("reply", [ModelUnavailable("gone"), "It won in 1999 [1].", ""])
async def test_where_no_draft_holds_the_notes_are_the_paragraph(reply: Any) -> None:
    texts, _, [decision] = await essay([reply])
    assert texts[1] == "His father taught design. ['Bong Joon-ho']"
    assert len(texts) == 4
    assert decision.what == "notes written out"


async def test_best_takes_the_draft_with_most_that_holds() -> None:
    drafts = [BORN, f"{BORN} {DESIGN}", "It won in 1999 [1]."]
    texts, _, [decision] = await essay([drafts], 3)
    assert len(texts) == 2
    assert decision.why == "number 2 of 3 by best; scores 1, 2, 0"


async def test_vote_takes_what_most_drafts_tell() -> None:
    drafts = [f"{BORN} {DESIGN} Parasite lasts 132 minutes [4].", BORN, f"{BORN} {DESIGN}"]
    texts, _, [decision] = await essay([drafts], 3, "vote")
    assert len(texts) == 2
    assert decision.why == "number 2 of 3 by vote; scores 3, 2, 1"


async def test_synthesis_merges_and_says_where_each_sentence_comes_from() -> None:
    merged = f"{BORN} {DESIGN} Parasite lasts 132 minutes [4]."
    texts, model, [decision] = await essay([[BORN, DESIGN], merged], 2, "synthesis")
    assert len(texts) == 3
    assert decision.what == "drafts merged"
    assert decision.why.startswith(
        "sentence 1 from draft 1; sentence 2 from draft 2; sentence 3 from no single draft"
    )
    assert "Draft 2: His father taught design [2]." in model.requests[-1].messages[-1].content


@pytest.mark.parametrize("merged", ["It won in 1999 [1].", ModelUnavailable("gone")])
async def test_a_bad_synthesis_leaves_the_best_draft(merged: Any) -> None:
    texts, _, [decision] = await essay([[BORN, f"{BORN} {DESIGN}"], merged], 2, "synthesis")
    assert len(texts) == 2
    assert "number 2" in decision.why


async def test_spread_drafts_read_different_notes_and_are_the_drafters() -> None:
    trace = MemoryTrace()

    def reply(request: Request) -> str:
        shown = request.messages[-1].content
        return " ".join(text for text in (BORN, DESIGN) if text.split(" [")[0] in shown) or BORN

    model = ScriptedModel(reply)
    essayist = Essayist(model, Style("answer"), trace=trace, drafts=3, spread=True)
    told = await essayist.written(JOB)
    assert told
    assert [request.purpose for request in model.requests] == ["draft"] * 3
    assert len({request.messages[-1].content for request in model.requests}) == 3
    seen = " ".join(request.messages[-1].content for request in model.requests)
    assert all(note.text in seen for note in JOB.notes)
