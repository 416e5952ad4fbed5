"""Yes or no by what a passage bears out, and the tool `which`."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import platformdirs
import pytest
from pydantic import ValidationError

from inference import PACKAGED, EmbeddedModel, ModelUnavailable, Request, ScriptedModel
from search import DocumentIndex, Passage, Source
from tools import Lookup, ToolError, Which
from tools.claims import LIKELY, is_about, sure_of
from tools.lookup import LookupArguments
from tools.which import WhichArguments

PAGES = (
    ("Bloom (magazine)", "Bloom is a quarterly about gardens, founded in Leeds."),
    ("Tide", "Tide is a monthly about the sea and those who sail on it."),
    ("Ann Lee", "Ann Lee is a Danish painter who lives in Aarhus."),
    ("Harbour", "The Danish harbour was painted by Ann Lee, and Bob Ray sailed from it."),
)


@pytest.fixture
async def index() -> AsyncIterator[DocumentIndex]:
    opened = DocumentIndex.open(None)
    await opened.add_passages((title, text, f"/pages/{title}") for title, text in PAGES)
    yield opened
    opened.close()


def judging(says_yes: Callable[[str], bool], chosen: str = "") -> ScriptedModel:
    """Says yes where a last turn is of that sort, and otherwise no."""

    def reply(request: Request) -> str:
        if request.purpose == "choose":
            return chosen
        return "yes" if says_yes(request.messages[-1].content) else "no"

    return ScriptedModel(reply)


def titles(passages: object) -> list[str]:
    assert isinstance(passages, list | tuple)
    return [passage.source.title for passage in passages]


async def test_yes_is_what_a_passage_says(index: DocumentIndex) -> None:
    model = judging(lambda turn: "Danish painter" in turn.split("Claim")[0])
    found = await Lookup(index, model).call(LookupArguments(question="Is Ann Lee a painter?"))
    assert (found.value, titles(found.evidence)) == ("yes", ["Ann Lee"])


async def test_no_is_what_the_page_about_it_does_not_say(index: DocumentIndex) -> None:
    found = await Lookup(index, judging(lambda _: False)).call(
        LookupArguments(question="Is Ann Lee a sailor?")
    )
    assert (found.value, titles(found.evidence)) == ("no", ["Ann Lee"])


async def test_another_page_says_no_of_nobody(index: DocumentIndex) -> None:
    found = await Lookup(index, judging(lambda _: False)).call(
        LookupArguments(question="Is Bob Ray a painter?")
    )
    assert found.value is None
    assert titles(found.read) == ["Harbour"]


async def test_one_passage_is_read_likewise(index: DocumentIndex) -> None:
    page = Passage(Source("/a", "Ann Lee", "text/plain", "0"), 0, 9, "Ann Lee is a painter.")
    for question, says_yes, value in [
        ("Is Ann Lee a painter?", True, "yes"),
        ("Is Ann Lee a sailor?", False, "no"),
        ("Is Bob Ray a sailor?", False, None),
    ]:
        read = Lookup(index, judging(lambda _, said=says_yes: said)).read(question, page)
        assert await read == value


async def test_the_surest_claim_wins(index: DocumentIndex) -> None:
    question = "Which magazine is about gardens, Bloom or Tide?"
    claims = ("Bloom is about gardens", "Tide is about gardens")
    model = judging(lambda turn: "quarterly about gardens" in turn)
    found = await Which(index, model).call(
        WhichArguments(question=question, of=("Tide", "Bloom"), claims=claims[::-1])
    )
    assert (found.value, titles(found.evidence)) == ("Bloom", ["Bloom (magazine)"])
    assert set(titles(found.read)) >= {"Tide", "Bloom (magazine)"}


async def test_without_claims_the_pages_are_read_side_by_side(index: DocumentIndex) -> None:
    model = judging(lambda _: False, chosen="Tide")
    found = await Which(index, model).call(
        WhichArguments(question="Which is more popular, Bloom or Tide?", of=("Bloom", "Tide"))
    )
    assert (found.value, titles(found.evidence)) == ("Tide", ["Tide"])
    (request,) = model.requests
    assert request.grammar == 'root ::= "Bloom" | "Tide"'
    assert "gardens" in request.messages[-1].content
    assert "sail on" in request.messages[-1].content


async def test_a_yes_or_no_is_chosen_where_that_is_asked(index: DocumentIndex) -> None:
    model = judging(lambda _: False, chosen="no")
    found = await Which(index, model).call(
        WhichArguments(question="Are Bloom and Tide both from Leeds?", of=("Bloom", "Tide"))
    )
    assert found.value == "no"
    assert model.requests[0].grammar == 'root ::= "yes" | "no"'


async def test_nothing_is_chosen_where_nothing_is_known_of_one() -> None:
    empty = DocumentIndex.open(None)
    await empty.add_passages([("Tide", "Tide is a monthly.", "/tide")])
    which = Which(empty, judging(lambda _: False))
    for claims in ((), ("Bloom is a daily", "Tide is a daily")):
        asked = WhichArguments(question="Which?", of=("Bloom", "Tide"), claims=claims)
        assert (await which.call(asked)).value is None
    empty.close()


async def test_a_model_that_fails_fails_the_step(index: DocumentIndex) -> None:
    which = Which(index, ScriptedModel(lambda _: ModelUnavailable("gone")))
    for claims in ((), ("Bloom is red", "Tide is red")):
        with pytest.raises(ToolError, match="gone"):
            await which.call(WhichArguments(question="Which?", of=("Bloom", "Tide"), claims=claims))


def test_each_thing_has_its_claim() -> None:
    with pytest.raises(ValidationError, match="one claim for each"):
        WhichArguments(question="Which?", of=("A", "B"), claims=("A is red",))


def test_what_a_page_is_about() -> None:
    page = Passage(Source("/a", "Bloom (magazine)", "text/plain", "0"), 0, 1, "x")
    assert is_about(page, "Is Bloom a magazine?")
    assert not is_about(page, "Is Tide a magazine?")


@pytest.mark.model
async def test_a_real_small_model_tells_what_is_borne_out_from_what_is_not() -> None:
    pytest.importorskip("xllamacpp")
    cache = Path(os.environ.get("BREADTH_CACHE") or platformdirs.user_cache_path("breadth"))
    model = EmbeddedModel(PACKAGED["base"], cache=cache)
    try:
        for title, text, claim, holds in [
            ("Ann Lee", "Ann Lee is a Danish painter.", "Is Ann Lee a painter?", True),
            ("Ann Lee", "Ann Lee is a Danish painter.", "Is Ann Lee a Swedish painter?", False),
            ("Tide", "Tide is a monthly about the sea.", "Tide is about gardens", False),
            ("Bloom", "Bloom is a quarterly about gardens.", "Bloom is about gardens", True),
        ]:
            page = Passage(Source("/a", title, "text/plain", "0"), 0, len(text), text)
            assert (await sure_of(model, claim, page) >= LIKELY) == holds
    finally:
        await model.close()
