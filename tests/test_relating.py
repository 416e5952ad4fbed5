"""Claims of right names and wrong relations: what the judge doubts, and what becomes of it."""

from collections.abc import Callable
from typing import Any

from answers_to_verify import claim_of, deliver, grounds, knows, passage

from inference import Request
from planner import Answer, Sentence
from planner.grounds import Ground
from planner.verifying import NONE_SUPPORTED

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


async def test_a_value_that_was_chosen_among_facts_stands_and_falls_with_them() -> None:
    chosen = Ground("Which of the two is older?", "Bo Lim", None)
    older = Answer("Bo Lim", (Sentence("Bo Lim is older.", (1,)),), (SERVANT,))
    found = grounds(OF_CHILD, chosen, value="Bo Lim", read=(SERVANT,))
    made, _, model = await deliver(older, found, doubting("older"))
    assert made.sentences[0].verdict == "supported"
    assert not any("older" in claim_of(request) for request in model.requests)
    made, _, _ = await deliver(older, found, doubting("child"))
    assert made.sentences[0].verdict == "unsupported"
    computed = grounds(chosen, value="Bo Lim", read=(SERVANT,))
    made, _, model = await deliver(older, computed, doubting("child"))
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
