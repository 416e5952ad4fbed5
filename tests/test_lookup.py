"""The tool `lookup` and the checks of a value."""

from collections.abc import AsyncIterator

import pytest

from inference import ModelUnavailable, Request, Sample, ScriptedModel
from search import DocumentIndex, Hit, Passage, Source
from tools import Lookup, Read, Search, ToolError, listening, model_chooser
from tools.find import ReadArguments, SearchArguments
from tools.kinds import (
    Kind,
    asks_for_name,
    fits,
    fits_asked,
    kind_of,
    may_answer,
    out_of_a_date,
)
from tools.lookup import LookupArguments, checked
from tools.relevance import ranked, speaks_of

PAGES = (
    ("Daegu", "Daegu is a city in South Korea. Bong Joon-ho was born there."),
    ("Bong Joon-ho", "Bong Joon-ho (born 14 September 1969) is a film director."),
    ("Paris", "Paris is the capital of France."),
)


@pytest.fixture
async def index() -> AsyncIterator[DocumentIndex]:
    opened = DocumentIndex.open(None)
    await opened.add_passages((title, text, f"/pages/{title}") for title, text in PAGES)
    yield opened
    opened.close()


def passage(title: str, text: str) -> Passage:
    return Passage(Source(f"/{title}", title, "text/plain", "0"), 0, len(text), text)


def test_who_is_asked_for_is_not_named_by_the_question() -> None:
    text = "Vellmark has a lighthouse, designed by Tomas Brandvold. The Kay or the Lee won."
    for question, value, kept in [
        ("Who designed the lighthouse of Vellmark?", "Vellmark", None),
        ("Who designed the lighthouse of Vellmark?", "Tomas Brandvold", "Tomas Brandvold"),
        ("Who won, the Kay or the Lee?", "the Kay", "the Kay"),
        ("Which town is Vellmark in?", "Vellmark", "Vellmark"),
        ("Who designed Tomas Brandvold?", "Tomas Brandvold", "Tomas Brandvold"),
    ]:
        sample = Sample(value)
        assert checked(sample, question, passage("Town", text)) == kept


def test_a_number_does_not_stand_inside_of_another() -> None:
    page = passage("Harbour", "It is 14.2 m deep, has 1,200 berths, and opened on 02.10.2024.")
    for value, kept in [
        ("14.2", "14.2"), ("2", None), ("14", None), ("1200", "1200"), ("1,200", "1,200"),
        ("200", None), ("2024", "2024"), ("14.2 m", "14.2 m"),
    ]:  # fmt: skip
        assert checked(Sample(value), "What is the number?", page) == kept


def test_quotation_marks_come_in_pairs() -> None:
    page = passage("Songs", 'Mary "Polly" Lee sang Up and 7" records.')
    for said, kept in [
        ('"Up"', "Up"), ('Up"', "Up"), ('"Up', "Up"), ("“Up”.", "Up"), ('Mary "Polly" Lee',) * 2,
        ('"Polly" Lee', '"Polly" Lee'), ('7" records', '7" records'), ('"Up."', "Up"),
    ]:  # fmt: skip
        assert checked(Sample(said), "What did they name?", page) == kept


async def test_the_value_comes_with_the_passage_that_proves_it(index: DocumentIndex) -> None:
    model = ScriptedModel(["14 September 1969"])
    found = await Lookup(index, model).call(LookupArguments(question="When was Bong Joon-ho born?"))
    assert found.value == "14 September 1969"
    assert [proof.source.title for proof in found.evidence] == ["Bong Joon-ho"]


async def test_the_next_passage_is_read_when_one_does_not_tell(index: DocumentIndex) -> None:
    model = ScriptedModel(["none", "Daegu"])
    found = await Lookup(index, model).call(
        LookupArguments(question="Where was Bong Joon-ho born?")
    )
    assert found.value == "Daegu"
    assert [proof.source.title for proof in found.evidence] == ["Daegu"]
    assert len(model.requests) == 2


async def test_an_invented_value_is_doubted_and_the_agreed_one_taken(index: DocumentIndex) -> None:
    model = ScriptedModel(["1 May 1968", ["1969", "2 May", "14 September 1969", "1969"]])
    found = await Lookup(index, model).call(LookupArguments(question="When was Bong Joon-ho born?"))
    assert found.value == "1969"
    assert [request.n for request in model.requests] == [1, 4]


async def test_not_found_is_an_answer(index: DocumentIndex) -> None:
    model = ScriptedModel(lambda request: "none")
    found = await Lookup(index, model).call(LookupArguments(question="Who is Bong's editor?"))
    assert found.value is None
    assert found.evidence == ()


async def test_a_model_that_fails_fails_the_step(index: DocumentIndex) -> None:
    model = ScriptedModel([ModelUnavailable("gone")])
    with pytest.raises(ToolError, match="could not read: gone"):
        await Lookup(index, model).call(LookupArguments(question="Who is Bong?"))


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When was he born?", "date"),
        ("In what year did it close?", "date"),
        ("How many people live there?", "number"),
        ("Is Paris in France?", "yes-no"),
        ("Is it Paris or Rome?", "any"),
        ("Who wrote it?", "name"),
        ("In which town was he born?", "name"),
        ("Name the town.", "any"),
        ("It was covered by what band?", "name"),
        ("Which town has the population of two villages?", "name"),
        ("What is the population of Bari?", "number"),
        ("Which actor has the date of birth of a king?", "name"),
        ("What was his date of birth?", "date"),
    ],
)
def test_the_kind_of_value_is_read_off_the_question(question: str, kind: Kind) -> None:
    assert kind_of(question) == kind


@pytest.mark.parametrize(
    ("value", "kind", "fit"),
    [
        ("14 May", "date", True),
        ("the spring", "date", True),
        ("Paris", "date", False),
        ("twelve", "number", True),
        ("many", "number", False),
        ("3 March 1955", "number", False),
        ("March 3, 1955", "number", False),
        ("may be 33", "number", True),
        ("No", "name", False),
        ("Norway", "name", True),
        ("yes, it is", "yes-no", True),
        ("Paris", "yes-no", False),
    ],
)
def test_a_value_of_the_wrong_kind_does_not_fit(value: str, kind: Kind, fit: bool) -> None:
    assert fits(value, kind) is fit


@pytest.mark.parametrize(
    ("question", "value", "fit"),
    [
        ("How long is Inception?", "four Academy Awards", False),
        ("How long is Inception?", "148 minutes", True),
        ("How long is the series?", "45 episodes", True),
        ("How tall is it?", "330", True),
        ("How many awards did it win?", "four Academy Awards", True),
        ("How long is the Rhine?", "1,233 km (766 mi)", True),
        ("How high is it?", "8,849 m above Mean Sea Level", True),
    ],
)
def test_a_measure_is_no_number_of_named_things(question: str, value: str, fit: bool) -> None:
    assert fits_asked(value, question) is fit


@pytest.mark.parametrize(
    ("value", "text", "is_day"),
    [
        ("15", "He was born on 15 December 1832 in Dijon.", True),
        ("7", "Born on November 7, 1867, she moved to Paris.", True),
        ("15", "Born on 15 December 1832, he had 15 workers.", False),
        ("91", "He died on 27 December 1923, aged 91.", False),
        ("15 years", "Born on 15 December 1832.", False),
        ("7", "The house has 7 doors.", False),
    ],
)
def test_the_day_of_a_date_counts_nothing(value: str, text: str, is_day: bool) -> None:
    assert out_of_a_date(value, text) is is_day


def test_only_who_and_where_ask_for_a_name_for_certain() -> None:
    assert asks_for_name("Who directed Up?")
    assert asks_for_name("Where is it?")
    assert not asks_for_name("What is the height of it?")
    assert not asks_for_name("When was Whoopi born?")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Paris.", "Paris"),
        ('"PARIS"', "PARIS"),
        ("the capital", "the capital"),
        ("Rome", None),
        ("none", None),
        ("Not found.", None),
        ("", None),
    ],
)
def test_a_value_has_to_stand_in_the_passage(text: str, value: str | None) -> None:
    shown = passage("Paris", "Paris is the capital of France.")
    assert checked(Sample(text), "What is it?", shown) == value


def test_a_cut_sample_is_no_value() -> None:
    shown = passage("Paris", "Paris is the capital of France.")
    assert checked(Sample("Paris", "length"), "What is it?", shown) is None


def test_a_passage_under_the_name_that_is_asked_about_is_read_first() -> None:
    about = passage("Kassel", "Kassel lies on the Fulda.")
    beside = passage("Fulda", "The Fulda flows through towns; a body of water.")
    hits = [Hit(beside, 3.0), Hit(about, 2.9)]
    assert ranked("What body of water is near Kassel?", hits)[0] == about


async def test_search_gives_titles_and_read_gives_the_text(index: DocumentIndex) -> None:
    found = await Search(index).call(SearchArguments(query="capital of France"))
    assert found.value == ["Paris"]
    assert found.read[0].text == PAGES[2][1]
    assert (await Search(index).call(SearchArguments(query="zzz"))).value is None
    opened = await Read(index).call(ReadArguments(location="/pages/Paris"))
    assert opened.value == PAGES[2][1]
    with pytest.raises(ToolError, match="nowhere"):
        await Read(index).call(ReadArguments(location="/nowhere"))


async def test_the_value_that_leads_is_told_while_more_samples_are_drawn(
    index: DocumentIndex,
) -> None:
    """The first reading is doubted: its value is not in the passage."""
    model = ScriptedModel(["Rome", ["Rome", "Paris", "France", "Paris"]])
    told: list[object] = []
    with listening(told.append):
        asked = LookupArguments(question="What is the capital of France?")
        found = await Lookup(index, model, passages=1).call(asked)
    assert told[0] == found.value == "Paris"
    assert "Rome" not in told


async def test_a_chooser_says_one_of_the_labels_or_nothing() -> None:
    facts = [("Mark King", "English"), ("Nick Hexum", "American")]

    def reply(request: Request) -> str:
        assert request.grammar == 'root ::= "Mark King" | "Nick Hexum"'
        return "Nick Hexum"

    choose = model_chooser(ScriptedModel(reply))
    assert await choose("Which singer is American, Mark King or Nick Hexum?", facts) == "Nick Hexum"
    odd = model_chooser(ScriptedModel(["Elvis"]))
    assert await odd("Which singer is American?", facts) is None


async def test_a_chooser_is_not_asked_who_is_older_from_two_names() -> None:
    model = ScriptedModel([])
    assert await model_chooser(model)("Who is older?", [("Up", "A"), ("Cars", "B")]) is None
    assert model.requests == []


@pytest.mark.parametrize(
    ("question", "title", "text", "speaks"),
    [
        ("When was Ann Lee born?", "Ann Lee", "She was born in 1950.", True),
        ("When was Ann Lee born?", "Bob Ray", "He was born in 1950.", False),
        ("When was Ann Lee born?", "The Lees", "Lee was born in 1950.", False),
        ("When was Ann Mary Lee born?", "The Lees", "Ann Lee was born in 1950.", True),
        ("When was Ann Lee's son born?", "Ann Lee", "Her son was born in 1950.", True),
        ("Was Up shown in Cannes?", "Cannes", "Up was shown there.", True),
        ("Was Up shown in Cannes?", "Nice", "A town in France.", False),
        ("who directed up?", "Nice", "A town in France.", True),
        ("In welcher Stadt lebte Ann Lee?", "Bob Ray", "Er lebte in Bonn.", True),
    ],
)
def test_a_passage_that_names_nothing_of_the_question_is_not_read(
    question: str, title: str, text: str, speaks: bool
) -> None:
    assert speaks_of(question, passage(title, text)) is speaks


async def test_no_value_is_taken_from_a_passage_about_somebody_else(index: DocumentIndex) -> None:
    model = ScriptedModel(["South Korea"])
    asked = LookupArguments(question="In which country was Lee Smith born?")
    found = await Lookup(index, model).call(asked)
    assert found.value is None
    assert not found.read
    assert not model.requests


@pytest.mark.parametrize(
    ("asked", "question", "may"),
    [
        ("Who led the team?", "What team did he lead?", False),
        ("When did the team win?", "Which team won first?", False),
        ("Who led the team?", "Which player led the team?", True),
        ("Who led the team?", "Who led what team?", True),
        ("Which team was led?", "What team did he lead?", True),
        ("Who led the team?", "What is his name?", True),
        ("When did it win?", "In what year did it win?", True),
    ],
)
def test_who_led_a_team_is_not_which_team_was_led(asked: str, question: str, may: bool) -> None:
    assert may_answer(asked, question) is may
