"""Each cited sentence against its passages: kinds of falsehood, and harmless differences."""

import pytest
from answers_to_verify import (
    BORN,
    BRIDGE,
    GERMAN,
    JAPANESE,
    WOMAN,
    deliver,
    grounds,
    judge,
    passage,
)
from hypothesis import given
from hypothesis import strategies as st

from inference import ModelUnavailable
from planner import Answer, Decided, Section, Sentence, Table
from planner.grounds import Ground
from planner.verifying import NONE_SUPPORTED, verified
from search import Passage


def check(text: str, *cited: Passage) -> str:
    """The verdict by the rules, or that it was left out."""
    numbers = tuple(range(1, len(cited) + 1))
    answer = Answer(None, (Sentence("Kept."), Sentence(text, numbers)), cited)
    found = verified(answer, "", grounds(value="?"), strict=False).sentences
    told = [sentence for sentence in found if sentence.text == text]
    return told[0].verdict if told else "left out"


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("The Karlin Bridge is 1,333 m long.", BRIDGE),
        ("The Karlin Bridge is 1,233 km long.", BRIDGE),
        ("The Karlin Bridge is 870 m long.", BRIDGE),
        ("Brod Bridge is 1,233 m long.", BRIDGE),
        ("The bridge was built by Eve Ray.", BRIDGE),
        ("Ann Lee built it in May 1908.", BRIDGE),
        ("Maria Øst was born on 4 May 1871.", WOMAN),
        ("Maria Øst was born on 12 December 1944.", WOMAN),
        ("The Karlin Bridge was closed.", BRIDGE),
        ("The Karlin Bridge was opened to lorries in 1908.", BRIDGE),
        ("Brod Bridge was opened after the war.", BRIDGE),
        ("Brod Bridge was not opened before the war.", BRIDGE),
        ("Maria Øst sold the firm.", WOMAN),
        ("Otto Berg beat Per Lund in the final.", WOMAN),
        ("Anna Øst was a chemist.", WOMAN),
        ("Der Rhein ist 1.332 km lang.", GERMAN),
        ("東京タワーは1968年に完成した。", JAPANESE),
    ],
)
def test_a_falsehood_is_not_told_as_supported(text: str, cited: Passage) -> None:
    assert check(text, cited) != "supported"


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("The Karlin Bridge is 1233 metres long.", BRIDGE),
        ("The Karlin Bridge is 1.233 km long.", BRIDGE),
        ("About 1.2 million people cross it.", BRIDGE),
        ("The Karlin Bridge was built in 1908.", BRIDGE),
        ("Ann Lee built the Karlin Bridge in March 1908.", BRIDGE),
        ("The Karlin Bridge was opened to lorries in 1961.", BRIDGE),
        ("The Karlin Bridge didn't close.", BRIDGE),
        ("Ann Lee was the one who built the Karlin Bridge in 1908.", BRIDGE),
        ("Maria Ost was born on May 3, 1871.", WOMAN),
        ("Maria Øst was born on 1871-05-03.", WOMAN),
        ("M. Øst died in December 1944.", WOMAN),
        ("Maria Oest did not sell the firm.", WOMAN),
        ("Per Lund studied with J. K. Brandt at UCL.", WOMAN),
        ("Der Rhein hat eine Länge von 1233 km.", GERMAN),
        ("Le Rhin se jette dans la mer ; il a 1.233 km de long.", GERMAN),
        ("東京タワーの高さは333メートルです。", JAPANESE),
        ("The tower is 333 metres high.", JAPANESE),
    ],
)
def test_a_harmless_difference_is_none(text: str, cited: Passage) -> None:
    assert check(text, cited) == "supported"


@given(st.integers(100, 999_999), st.integers(100, 999_999))
def test_another_number_is_never_supported_and_the_same_one_always(said: int, told: int) -> None:
    place = passage("Tarn", f"Tarn is a town. It has {said:,} trees.")
    expected = "supported" if said == told else "left out"
    assert check(f"Tarn has {told} trees.", place) == expected


async def test_a_better_passage_of_those_that_were_read_is_cited() -> None:
    sentence = Sentence("Maria Øst was a chemist from Rome.", (1,))
    made, decided, _ = await deliver(
        Answer("Rome", (sentence,), (BRIDGE,)), grounds(BORN, value="Rome", read=(BRIDGE, WOMAN))
    )
    assert made.citations == (BRIDGE, WOMAN)
    assert made.sentences == (Sentence(sentence.text, (1, 2), "supported"),)
    assert [one.what for one in decided] == ["better passage cited"]


async def test_a_claim_that_nothing_supports_is_taken_out_of_its_sentence() -> None:
    sentence = Sentence("The Karlin Bridge was built in 1908 and was closed in 1999.", (1,))
    made, decided, _ = await deliver(
        Answer("1908", (sentence,), (BRIDGE,)), grounds(value="1908", read=(BRIDGE,))
    )
    assert [(s.text, s.verdict) for s in made.sentences] == [
        ("The Karlin Bridge was built in 1908.", "supported")
    ]
    assert decided[0].what == "sentence rewritten"
    assert "1999" in decided[0].why


async def test_a_wrong_sentence_becomes_the_fact_written_out() -> None:
    sentence = Sentence("Maria Øst was born on 5 May 1871.", (1,))
    made, decided, _ = await deliver(
        Answer("3 May 1871", (sentence,), (WOMAN,)), grounds(BORN, value="3 May 1871")
    )
    assert made.sentences == (Sentence("When was Maria Øst born? 3 May 1871.", (1,), "supported"),)
    assert decided[0].what == "sentence rewritten"


async def test_what_is_contradicted_is_left_out_and_never_marked() -> None:
    said = Sentence("The Karlin Bridge was closed.", (1,))
    for value in (None, "1,233 m"):
        made, decided, _ = await deliver(Answer(value, (said,), (BRIDGE,)), grounds(value=value))
        assert said.text not in made.text
        assert decided[0].what == "sentence left out"


async def test_without_a_value_what_is_unsupported_is_marked() -> None:
    said = Sentence("Eve Ray saw the Karlin Bridge.", (1,))
    made, _, _ = await deliver(Answer(None, (said,), (BRIDGE,)), grounds())
    assert [sentence.verdict for sentence in made.sentences] == ["unsupported"]


VAGUE = Sentence("Famous painters adored Ann Lee for splendid colours.", (1,))


async def test_the_judge_decides_what_the_rules_cannot() -> None:
    answer, found = Answer("Ann Lee", (VAGUE,), (BRIDGE,)), grounds(value="Ann Lee")
    yes, decided, model = await deliver(answer, found, judge("painters"))
    assert yes.sentences[0].verdict == "supported"
    assert decided[-1].what == "judged whether it is supported"
    assert {request.purpose for request in model.requests} == {"judge"}
    assert "<data>" in model.requests[0].messages[-1].content
    no, _, _ = await deliver(answer, found, judge("nothing of the kind"))
    assert VAGUE.text not in no.text


async def test_a_judge_that_doubts_all_decides_nothing() -> None:
    answer, found = Answer("Ann Lee", (VAGUE,), (BRIDGE,)), grounds(value="Ann Lee")
    made, _, _ = await deliver(answer, found, lambda request: ["no"] * request.n)
    assert made.sentences[0].verdict == "partly"


async def test_what_stands_there_word_for_word_is_not_put_to_the_judge() -> None:
    said = Sentence("was built by ANN LEE in March 1908", (1,))
    made, decided, model = await deliver(Answer(None, (said,), (BRIDGE,)), grounds())
    assert (made.sentences[0].verdict, decided, model.requests) == ("supported", [], [])


async def test_without_a_model_or_budget_the_rules_stand() -> None:
    answer, found = Answer("Ann Lee", (VAGUE,), (BRIDGE,)), grounds(value="Ann Lee")
    gone, decided, _ = await deliver(answer, found, lambda request: ModelUnavailable("gone"))
    assert gone.sentences[0].verdict == "partly"
    assert Decided("judge not heard", "gone") in decided
    spent, decided, model = await deliver(answer, found, judge("painters"), room=lambda _: False)
    assert (spent, model.requests) == (gone, [])
    assert decided[0].what == "claim not judged"


async def test_strict_delivers_supported_sentences_alone() -> None:
    good = Sentence("The Karlin Bridge is 1,233 m long.", (1,))
    alone = Sentence("Everybody knows that bridge.")
    answer = Answer("1,233 m", (good, VAGUE, alone), (BRIDGE,))
    loose, _, _ = await deliver(answer, grounds(value="1,233 m"))
    assert [s.verdict for s in loose.sentences] == ["supported", "partly", "uncited"]
    made, decided, _ = await deliver(answer, grounds(value="1,233 m"), strict=True)
    assert [sentence.text for sentence in made.sentences] == [good.text]
    assert [one.what for one in decided][-2:] == ["sentence left out"] * 2


async def test_a_strict_answer_of_which_nothing_is_left_is_an_abstention() -> None:
    made, decided, _ = await deliver(
        Answer("blue", (Sentence("It is blue.", (1,)), VAGUE), (BRIDGE,)),
        grounds(value="blue"),
        strict=True,
    )
    assert (made.value, made.text, made.citations) == (None, NONE_SUPPORTED, ())
    assert decided[-1].what == "answer withheld"


async def test_sections_and_the_cells_of_tables_are_checked_each_in_its_row() -> None:
    rows = (
        (Sentence("Karlin Bridge"), Sentence("1233 m", (1,)), Sentence("1908", (1,))),
        (Sentence("Brod Bridge"), Sentence("1233 m", (1,)), Sentence("1999", (1,))),
    )
    sections = (
        Section("Bad", (Sentence("It is in Paris.", (1,)),)),
        Section("Both", table=Table(("Bridge", "Length", "Built"), rows)),
    )
    answer = Answer("1,233 m", (Sentence("It is 1,233 m long.", (1,)),), (BRIDGE,), "B", sections)
    made, _, _ = await deliver(answer, grounds(value="1,233 m"))
    assert [section.heading for section in made.sections] == ["Both"]
    table = made.sections[0].table
    assert table is not None
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["Karlin Bridge", "1233 m", "1908"],
        ["Brod Bridge", "", ""],
    ]


async def test_what_was_computed_needs_no_passage() -> None:
    sum_ = Ground("How many in all?", "2103", None)
    said = Sentence("Together the bridges have 2103 m.", (1,))
    found = grounds(sum_, Ground("How long?", "870 m", BRIDGE), value="2103")
    made, decided, _ = await deliver(Answer("2103", (said,), (BRIDGE,)), found)
    assert (made.sentences[0].verdict, decided) == ("supported", [])


async def test_a_verified_answer_stays_as_it_is() -> None:
    sentence = Sentence("The Karlin Bridge was built in 1908 and was closed in 1999.", (1,))
    found = grounds(value="1908", read=(BRIDGE,))
    once = verified(Answer("1908", (sentence,), (BRIDGE,)), "Which?", found)
    assert verified(once, "Which?", found) == once
