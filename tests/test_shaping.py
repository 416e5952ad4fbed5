"""The form of a value, and whether it is the thing that is asked for."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
from making import lookup

from inference import Request, Sample, ScriptedModel
from planner.mending import named_outright, with_names
from search import DocumentIndex, Passage, Source
from tools.kinds import fits_asked
from tools.lookup import Lookup, LookupArguments, checked
from tools.relevance import speaks_of, touches
from tools.shaping import shaped
from tools.things import is_one, thing_asked


def passage(text: str, title: str = "Page") -> Passage:
    return Passage(Source(f"/{title}", title, "text/plain", "0"), 0, len(text), text)


@pytest.mark.parametrize(
    ("value", "question", "text", "told"),
    [
        ("273,282 tons", "What amount of tons did Aldern handle?", "", "273,282"),
        ("8,000 people", "How many people live in Aldern?", "", "8,000"),
        ("12 goals", "How many games did he play?", "", "12 goals"),
        ("120 minutes", "How long is Up?", "", "120 minutes"),
        ("3 million people", "How many people live there?", "", "3 million people"),
        ("Dodge", "What county borders Adams?", "In the north: Dodge County.", "Dodge County"),
        ("Kerr", "What is the name of the airport?", "At Kerr City Airport,", "Kerr City Airport"),
        ("Missouri", "Which river flows there?", "It flows into the Missouri.", "Missouri"),
        ("Hon. Ada Lenz", "Who leads it?", "", "Ada Lenz"),
        ("Dr. Dre", "Who sings it?", "", "Dr. Dre"),
    ],
)  # fmt: skip
def test_a_value_is_told_as_it_is_asked_for(
    value: str, question: str, text: str, told: str
) -> None:
    assert shaped(value, question, passage(text)) == told


def test_a_person_is_told_by_the_whole_name() -> None:
    page = passage("Lenz led the town.", "Ada Maria Lenz (politician)")
    assert shaped("Lenz", "Who led the town?", page) == "Ada Maria Lenz"
    assert shaped("Lenz", "Which village is it?", page) == "Lenz"
    assert shaped("Lenz", "Who led the town?", passage("Lenz led it.", "The town")) == "Lenz"


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("What county shares a border with Dodge County?", "county"),
        ("Which other film did she appear in?", "film"),
        ("Which professional baseball player was born in 1984?", "professional baseball player"),
        ("What is the city where Ann Lee was born?", "city"),
        ("What is the name of the airport in Rome?", "airport"),
        ("In what state is the mill?", "state"),
        ("What is the capital of France?", None),
        ("What nickname did she have?", None),
        ("What part of Iowa is it in?", None),
        ("Who lived in the city in which Up is set?", None),
        ("How many rivers are there?", None),
    ],
)
def test_the_thing_that_is_asked_for_is_read_off_the_question(
    question: str, thing: str | None
) -> None:
    assert thing_asked(question) == thing


async def test_a_value_that_is_no_such_thing_is_not_taken() -> None:
    asked: list[str] = []

    def answer(request: Request) -> str | Sequence[str]:
        text = request.messages[-1].content
        asked.append(text)
        if "Is Belgium a river" in text:
            return "No"
        if "Say yes or no" in text:
            return "Yes"
        return "Belgium" if request.n == 1 else ["Belgium", "the Senne", "Belgium", "the Senne"]

    model = ScriptedModel(answer)
    page = passage("The Senne crosses Brussels, in Belgium.")
    assert (
        await Lookup(cast("Any", None), model).read("Which river crosses Brussels?", page)
        == "the Senne"
    )
    assert await is_one(model, "Belgium", "river") is False
    assert await is_one(model, "the Senne", "river") is True


@pytest.mark.parametrize(
    ("value", "fit"),
    [("October 31, 1954", False), ("1954", False), ("3 March", False), ("May", True)],
)  # fmt: skip
def test_where_is_not_when(value: str, fit: bool) -> None:
    assert fits_asked(value, "Where was Ada Lenz born?") is fit


def test_nobody_is_a_measure() -> None:
    for value, fit in [
        ("six months", False),
        ("12 km", False),
        ("Six Brothers", True),
        ("Ann", True),
    ]:
        assert fits_asked(value, "Who was she with?") is fit


def test_the_last_point_of_an_abbreviation_stays() -> None:
    for said, kept in [
        ("3 a.m.", "3 a.m."),
        ("Washington, D.C.", "Washington, D.C."),
        ("May.", "May"),
    ]:
        page = passage("It closed at 3 a.m. in May, in Washington, D.C.")
        assert checked(Sample(said), "What is it?", page) == kept


def test_where_something_comes_from_is_no_place() -> None:
    question = "In which country was it shot? Which country was it?"
    for text, kept in [
        ("It is a Swedish film by a Swedish crew.", None),
        ("It is a film from Swedish Lapland.", "Swedish"),
        ("It was shot near Swedish built by hand.", "Swedish"),
    ]:
        assert checked(Sample("Swedish"), question, passage(text)) == kept


def test_a_place_is_spoken_of_without_the_state_that_it_is_in() -> None:
    page = passage("Kerr Airport serves Kerr.")
    assert speaks_of("What is the airport in Kerr, Delaware?", page)
    assert not speaks_of("Who met Kerr and Lenz, Brandt or Moll?", page)


def test_a_second_try_needs_half_of_the_names_each_whole() -> None:
    page = passage("The Dewey Lake Monster was seen in 1964.")
    assert touches("What creature of American folklore was seen in 1964?", page)
    assert not touches("What did Ann Dewey see?", page)
    assert not touches("what creature is it?", page)


def test_who_somebody_is_whom_the_question_names_is_not_looked_up() -> None:
    question = "What film stars Ann Lee, Bo Ray and the maker of Up?"
    assert named_outright(lookup("a", "Who is Ann Lee?"), question) == "Ann Lee"
    assert named_outright(lookup("a", "Who is the maker of Up?"), question) is None
    assert named_outright(lookup("a", "Who is Cy Orr?"), question) is None
    assert named_outright(lookup("a", "Who is Ann Lee?"), "Who is Ann Lee?") is None
    step = with_names(lookup("c", "What film stars {a} and {b}?"), {"a": "Ann Lee"})
    assert step.arguments == {"question": "What film stars Ann Lee and {b}?"}
    assert step.inputs == ("b",)


async def test_passages_that_hold_half_of_what_is_named_are_read_last() -> None:
    index = DocumentIndex.open(None)
    pages = (
        ("Folklore", "American folklore is told in many books since 1964."),
        ("The Lake Monster", "The Lake Monster is a monster that was seen in 1964 in a lake."),
    )
    await index.add_passages((title, text, f"/{title}") for title, text in pages)
    read: list[str] = []

    def answer(request: Request) -> str:
        text = request.messages[-1].content
        if "Say yes or no" in text:
            return "yes"
        read.append("lake" if "Lake Monster" in text else "books")
        return "The Lake Monster" if "Lake Monster" in text else "none"

    looked_up = Lookup(index, ScriptedModel(answer))
    question = "What monster of American folklore was seen in 1964?"
    result = await looked_up.call(LookupArguments(question=question))
    assert result.value == "The Lake Monster"
    assert read == ["books", "lake"]
    index.close()
