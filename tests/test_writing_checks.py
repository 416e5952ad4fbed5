"""What a draft says has to be what was found, of the thing of which it was found."""

import pytest

from inference import Sample, ScriptedModel
from planner import Answer, MemoryTrace, Sentence
from planner.draft_checks import fault_of
from planner.grounds import Ground, Grounds
from planner.plainly import plain, without_value
from planner.style import style_of
from planner.verifying import verified
from planner.writing import Writer
from search import Passage, Source

GUIDO = "Guido van Rossum was born on 31 January 1956."
LARRY = "Larry Wall was born on 27 September 1954."
BOTH = "When were Guido van Rossum and Larry Wall born?"


def proof(text: str) -> Passage:
    return Passage(Source(text[:5], text[:5], "text/plain", "0"), 0, len(text), text)


def grounds(*facts: tuple[str, str, str]) -> Grounds:
    """Of questions, values and passages; the first value is the answer."""
    found = tuple(Ground(question, value, proof(text)) for question, value, text in facts)
    return Grounds(found, facts[0][1], (), (), ())


BIRTHS = grounds(
    ("When was Guido van Rossum born?", "31 January 1956", GUIDO),
    ("When was Larry Wall born?", "27 September 1954", LARRY),
)
FILMS = grounds(
    ("Who directed Roma?", "Alfonso Cuarón", "Roma is by Alfonso Cuarón."),
    ("When was Alfonso Cuarón born?", "28 November 1961", "Alfonso Cuarón, 28 November 1961."),
)
SAME = grounds(
    ("When was Guido van Rossum born?", "1956", GUIDO),
    ("When was Larry Wall born?", "in 1956", LARRY),
)


@pytest.mark.parametrize(
    ("text", "found", "is_right"),
    [
        ("Guido van Rossum and Larry Wall were both born on 31 January 1956 [1].", BIRTHS, False),
        ("Larry Wall was born on 31 January 1956 [2].", BIRTHS, False),
        ("Guido van Rossum was born on 31 January 1956 [1].", BIRTHS, True),
        (
            "Guido van Rossum was born on 31 January 1956 [1], Larry Wall on 27 September"
            " 1954 [2].",
            BIRTHS,
            True,
        ),
        ("Guido was born on 31 January 1956 [1]. Larry Wall is younger [2].", BIRTHS, True),
        ("Alfonso Cuarón [1], who directed Roma, was born on 28 November 1961 [2].", FILMS, True),
        ("Guido van Rossum and Larry Wall were both born in 1956 [1][2].", SAME, True),
    ],
)
def test_what_was_found_of_one_thing_is_not_told_of_another(
    text: str, found: Grounds, is_right: bool
) -> None:
    fault = fault_of(Sample(text, finish_reason="stop"), BOTH, found)
    assert (fault is None) is is_right, fault
    if not is_right:
        assert "what was found of another" in str(fault)


def test_an_abstention_says_whether_anything_was_found() -> None:
    nothing = Grounds((), None, ("Who?",), (), ())
    assert without_value(nothing, stopped=False).text.startswith("No sources found")
    beside = Grounds(BIRTHS.grounds, None, ("Who?",), (), ())
    answer = without_value(beside, stopped=False)
    assert answer.text.startswith("What was found does not answer this question.")
    assert answer.citations == ()


def test_documents_are_not_blamed_where_the_model_failed() -> None:
    for error, told in {"not read": "not read.", "gone.": "gone.", "gone?": "gone?"}.items():
        failed = Grounds((), None, (), (error,), BIRTHS.citations)
        text = without_value(failed, stopped=False).text
        assert text == f"Nothing was found out. Some steps failed: {told}"


def test_a_run_that_was_stopped_says_so_in_its_answer() -> None:
    nothing = without_value(Grounds((), None, (), (), ()), stopped=True)
    assert "stopped before its end; nothing had been found" in nothing.text
    some = without_value(Grounds(BIRTHS.grounds, None, (), (), ()), stopped=True)
    assert "Found so far:" in some.text
    assert len(some.citations) == 2


def test_what_no_passage_says_is_left_out() -> None:
    proofs = BIRTHS.citations
    said = Sentence("Guido van Rossum was born on 31 January 1956.", (1,))
    wrong = Sentence("He was born in 1999 in Paris, beside Ann Lee.", (1,))
    written = Answer("31 January 1956", (said, wrong), proofs)
    checked = verified(written, BOTH, BIRTHS)
    assert [sentence.text for sentence in checked.sentences] == [said.text]


def test_a_fact_that_repeats_its_question_is_not_told() -> None:
    place = proof("Ann Lee and Bo Lim.")
    facts = (
        Ground("What is the name of Ann Lee?", "Ann Lee", place),
        Ground("Who is older, Ann Lee or Bo Lim?", "Bo Lim", place),
        Ground("Where was Ann Lee born?", "Lund", place),
    )
    told = plain(Grounds(facts, "Lund", (), (), (place,))).sentences
    assert [one.text for one in told] == ["Lund.", *(one.written_out for one in facts[1:])]


@pytest.mark.parametrize(("language", "last"), [("en", "born?"), ("de", "Answer in German.")])
async def test_another_language_than_english_is_named_behind_the_question(
    language: str, last: str
) -> None:
    question = "When was Larry Wall born?"
    model = ScriptedModel(["Larry Wall wurde am 27 September 1954 geboren [1]."])
    larry = grounds((question, "27 September 1954", LARRY))
    style = style_of(question, language=language)
    await Writer(model, trace=MemoryTrace(), style=style).write(question, larry)
    assert model.requests[0].messages[-1].content.endswith(last)
