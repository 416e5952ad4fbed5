"""Each cited sentence against its passages: kinds of falsehood, and harmless differences."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import ModelUnavailable, Request, ScriptedModel
from planner import Answer, Decided, MemoryTrace, Section, Sentence, Table
from planner.grounds import Ground, Grounds
from planner.verifying import NONE_SUPPORTED, Verifier, verified
from search import Passage, Source


def passage(title: str, text: str) -> Passage:
    return Passage(Source(title, title, "text/plain", "0"), 0, len(text), text)


BRIDGE = passage(
    "Karlin Bridge",
    "The Karlin Bridge is in Tesk. It is 1,233 m long and was built by Ann Lee in March 1908. It"
    " was never closed. About 1,204,000 people cross it a year. It was not opened to lorries until"
    " 1961. The nearby Brod Bridge is 870 m long. Brod Bridge was opened before the war.",
)
WOMAN = passage(
    "Maria Øst",
    "Maria Øst (3 May 1871 – 12 December 1944) was a chemist from Rome. She refused to sell the"
    " firm. Her assistant Per Lund, who studied with Johannes K. Brandt at University College"
    " London, beat Otto Berg in the final.",
)
GERMAN = passage("Rhein", "Der Rhein ist ein 1.233 km langer Strom. Er mündet in die Nordsee.")
JAPANESE = passage("東京タワー", "高さは333メートルで、1958年12月23日に完成した。")
BORN = Ground("When was Maria Øst born?", "3 May 1871", WOMAN)


def grounds(*facts: Ground, value: str | None = None, read: tuple[Passage, ...] = ()) -> Grounds:
    return Grounds(facts, value, (), (), read)


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


def claim_of(request: Request) -> str:
    return request.messages[-1].content.partition("Claim: ")[2]


def knows(request: Request) -> bool:
    """Asked of relations, it says that all are so but the one that is known to be wrong."""
    return len(request.messages) > 2 and claim_of(request) != "Tarn Hall was drawn by Paul Moss."


def agreeing(request: Request) -> str:
    """Takes every relation for right that may be, and has no word on anything else."""
    if len(request.messages) == 2:
        return "maybe"
    return "yes" if knows(request) else "no"


async def deliver(
    answer: Answer,
    found: Grounds,
    reply: Callable[[Request], Any] = lambda request: agreeing(request),
    *,
    strict: bool = False,
    room: Callable[[int], bool] = lambda tokens: True,
) -> tuple[Answer, list[Decided], ScriptedModel]:
    trace, model = MemoryTrace(), ScriptedModel(reply)
    verifier = Verifier(model, trace=trace, strict=strict)
    made = await verifier.verify(answer, "Which?", found, room=room)
    return made, [event for event in trace.events if isinstance(event, Decided)], model


def judge(yes: str) -> Callable[[Request], Any]:
    """Says yes to what has that in it, and to sentences of the passage."""

    def reply(request: Request) -> Any:
        data, _, claim = request.messages[-1].content.partition("Claim: ")
        told = knows(request) or claim in data or yes in claim
        return ["yes" if told else "no"] * request.n

    return reply


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


SERVANT = passage("Bo Lim", "Bo Lim was the servant of Ed Rask. Bo Lim was born in Lund.")
CHILD = Sentence("Bo Lim is the child of Ed Rask.", (1,))
OF_CHILD = Ground("Who is the child of Ed Rask?", "Bo Lim", SERVANT)


def doubting(*texts: str, unless: str = "\0") -> Callable[[Request], Any]:
    """A judge of relations who doubts these claims, unless the data have that in them."""

    def reply(request: Request) -> str:
        data, _, claim = request.messages[-1].content.partition("Claim: ")
        doubted = any(text in claim for text in texts) and unless not in data
        return "yes" if knows(request) and not doubted else "no"

    return reply


async def test_a_wrong_relation_of_the_right_names_is_marked_and_kept() -> None:
    found = grounds(OF_CHILD, value="Bo Lim", read=(SERVANT,))
    answer = Answer("Bo Lim", (CHILD,), (SERVANT,))
    assert (await deliver(answer, found))[0].sentences[0].verdict == "supported"
    made, decided, _ = await deliver(answer, found, doubting("child"))
    assert made.sentences == (Sentence(CHILD.text, (1,), "unsupported"),)
    assert made.value == "Bo Lim"
    assert [one.what for one in decided][-2:] == ["doubted", "sentence marked"]
    strict, _, _ = await deliver(answer, found, doubting("child"), strict=True)
    assert (strict.value, strict.text) == (None, NONE_SUPPORTED)


async def test_a_value_that_the_judge_rejects_is_not_supported_as_a_fact_either() -> None:
    said = Sentence("Famous painters adored Bo Lim, splendid offspring of Ed Rask.", (1,))
    found = grounds(OF_CHILD, value="Bo Lim", read=(SERVANT,))

    def reply(request: Request) -> list[str]:
        data, _, claim = request.messages[-1].content.partition("Claim: ")
        return ["yes" if knows(request) or claim in data else "no"] * request.n

    made, decided, _ = await deliver(Answer("Bo Lim", (said,), (SERVANT,)), found, reply)
    assert made.sentences == (
        Sentence("Who is the child of Ed Rask? Bo Lim.", (1,), "unsupported"),
    )
    assert decided[-1].what == "sentence rewritten"
    strict, _, _ = await deliver(Answer("Bo Lim", (said,), (SERVANT,)), found, reply, strict=True)
    assert (strict.value, strict.text) == (None, NONE_SUPPORTED)


async def test_what_is_computed_of_doubted_facts_is_doubted() -> None:
    town = passage("Wick", "Wick is on the Elm. The Wick Bridge is 233 m long.")
    long = (
        Ground("How long is the Wick Bridge?", "233 m", town),
        Ground("How long is the Elm?", "233 m", town),
        Ground("Which is longer?", "neither: both 233 m", None),
    )
    found = grounds(*long, value="neither: both 233 m", read=(town,))
    answer = Answer("neither: both 233 m", (Sentence("Neither: both 233 m.", (1,)),), (town,))
    assert (await deliver(answer, found))[0].sentences[0].verdict == "supported"
    made, decided, _ = await deliver(answer, found, doubting("the Elm?"))
    assert made.sentences[0].verdict == "unsupported"
    assert "How long is the Elm? 233 m." in decided[-1].why


async def test_a_fact_that_stands_in_for_a_sentence_is_judged_too() -> None:
    said = Sentence("Bo Lim, the child of Ed Rask, was born in 1999.", (1,))
    found = grounds(OF_CHILD, value="Bo Lim", read=(SERVANT,))
    answer = Answer("Bo Lim", (said,), (SERVANT,))
    fact = "Who is the child of Ed Rask? Bo Lim."
    made, _, _ = await deliver(answer, found)
    assert made.sentences == (Sentence(fact, (1,), "supported"),)
    made, decided, _ = await deliver(answer, found, doubting("child"))
    assert made.sentences == (Sentence(fact, (1,), "unsupported"),)
    assert "doubted" in [one.what for one in decided]
    strict, _, _ = await deliver(answer, found, doubting("child"), strict=True)
    assert strict.value is None


async def test_a_value_that_was_chosen_among_facts_is_judged_and_a_computed_one_is_not() -> None:
    chosen = Ground("Which of the two?", "Bo Lim", None)
    answer = Answer("Bo Lim", (CHILD,), (SERVANT,))
    found = grounds(OF_CHILD, chosen, value="Bo Lim", read=(SERVANT,))
    made, _, _ = await deliver(answer, found, doubting("child"))
    assert made.sentences[0].verdict == "unsupported"
    computed = grounds(chosen, value="Bo Lim", read=(SERVANT,))
    made, _, model = await deliver(answer, computed, doubting("child"))
    assert (made.sentences[0].verdict, model.requests) == ("supported", [])


async def test_a_bare_value_is_judged_as_the_fact_that_it_is() -> None:
    found = grounds(OF_CHILD, value="Bo Lim", read=(SERVANT,))
    bare = Answer("Bo Lim", (Sentence("Bo Lim.", (1,)),), (SERVANT,))
    made, _, model = await deliver(bare, found, doubting("child"))
    assert claim_of(model.requests[-1]) == "Who is the child of Ed Rask? Bo Lim."
    assert made.sentences[0].verdict == "unsupported"


async def test_a_passage_that_takes_the_doubt_away_is_cited() -> None:
    record = passage("Rask", "Ed Rask had a child, Bo Lim, and a dog.")
    found = grounds(OF_CHILD, value="Bo Lim", read=(SERVANT, record))
    answer = Answer("Bo Lim", (CHILD,), (SERVANT,))
    made, decided, _ = await deliver(answer, found, doubting("child", unless="dog"))
    assert made.citations == (SERVANT, record)
    assert made.sentences[0].verdict == "supported"
    assert decided[-1].what == "better passage cited"


async def test_who_cannot_tell_relations_apart_doubts_none() -> None:
    found = grounds(OF_CHILD, value="Bo Lim", read=(SERVANT,))
    made, decided, model = await deliver(
        Answer("Bo Lim", (CHILD,), (SERVANT,)), found, lambda request: "no"
    )
    assert made.sentences[0].verdict == "supported"
    assert decided[-1].what == "judge not heard on relations"
    assert len({claim_of(request) for request in model.requests if request.head}) == 2


async def test_a_sentence_cites_every_fact_that_it_tells() -> None:
    song = passage("Rain", "Rain is a song by Una Holm.")
    wife = passage("Una Holm", "Una Holm was the wife of Per Dahl.")
    found = grounds(
        Ground("Who wrote the song Rain?", "Una Holm", song),
        Ground("Whose wife was Una Holm?", "Per Dahl", wife),
        value="Per Dahl",
        read=(song, wife),
    )
    told = Sentence("The one who wrote the song Rain was the wife of Per Dahl.", (1,))
    made, decided, _ = await deliver(Answer("Per Dahl", (told,), (wife,)), found)
    assert made.citations == (wife, song)
    assert made.sentences[0].cites == (1, 2)
    assert decided[-1].what == "better passage cited"


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
