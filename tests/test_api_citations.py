"""Where in a text which source is cited."""

import json
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from planner import Answer, Section, Sentence, Table
from search import Passage, Source
from service.api.citations import cited_text


def passage(number: int, location: str = "https://example.org/page") -> Passage:
    source = Source(f"{location}/{number}", f"Page {number}", "text/html", f"{number:064}")
    return Passage(source, 0, 4, "text")


WORDS = st.text(max_size=12) | st.sampled_from(["", "[1]", "Roma 🎬.", "\U0001f469‍💻", "a | b"])
SENTENCES = st.builds(
    Sentence, WORDS, st.lists(st.integers(-1, 6), max_size=4).map(tuple), st.just("supported")
)
MANY = st.lists(SENTENCES, max_size=4).map(tuple)


@st.composite
def tables(draw: Callable[..., object]) -> Table:
    columns = draw(st.lists(WORDS, max_size=3).map(tuple))
    row = st.lists(SENTENCES, min_size=len(columns), max_size=len(columns)).map(tuple)  # type: ignore[arg-type]
    return Table(columns, draw(st.lists(row, max_size=3).map(tuple)))  # type: ignore[arg-type]


ANSWERS = st.builds(
    Answer,
    value=st.none(),
    sentences=MANY,
    citations=st.integers(0, 6).map(lambda count: tuple(map(passage, range(1, count + 1)))),
    title=WORDS,
    sections=st.lists(
        st.builds(Section, WORDS, MANY, st.none() | tables()),
        max_size=3,  # type: ignore[call-arg]
    ).map(tuple),
)


@given(ANSWERS)
def test_the_text_is_the_answers_and_each_span_is_a_mark(answer: Answer) -> None:
    cited = cited_text(answer)
    assert cited.text == answer.text
    at = 0
    for each in cited.citations:
        assert cited.text[each.start : each.end] == f"[{each.number}]"
        assert at <= each.start
        at = each.end
        assert each.passage == answer.citations[each.number - 1].id
    there = range(1, len(answer.citations) + 1)
    said = [number for each in answer.every_sentence for number in each.cites if number in there]
    shown = [each.number for each in cited.citations]
    assert sorted(shown) == sorted(said)


@given(ANSWERS, st.integers(0, 200))
def test_a_cut_text_has_no_half_mark(answer: Answer, length: int) -> None:
    whole = cited_text(answer)
    cut = whole.cut(length)
    assert whole.text.startswith(cut.text)
    assert len(cut.text) <= length
    assert all(cut.text[each.start : each.end] == f"[{each.number}]" for each in cut.citations)
    assert not any(each.start < len(cut.text) < each.end for each in whole.citations)


def test_a_sign_beyond_the_first_plane_counts_as_one() -> None:
    answer = Answer(None, (Sentence("Roma 🎬", (1,), "supported"),), (passage(1),))
    (found,) = cited_text(answer).citations
    assert (found.start, found.end) == (7, 10)


def test_halves_of_characters_are_counted_as_whoever_reads_the_json_counts() -> None:
    answer = Answer(None, (Sentence("\ud83c\udfac and \udfac", (1,), "supported"),), (passage(1),))
    cited = cited_text(answer)
    assert cited.text == "🎬 and \ufffd [1]"
    assert json.loads(json.dumps(cited.text)) == cited.text
    assert cited.text[cited.citations[0].start :] == "[1]"


def test_a_mark_that_a_sentence_has_in_its_own_words_is_no_citation() -> None:
    answer = Answer(None, (Sentence("The list [1] is long", (2,)),), (passage(1), passage(2)))
    assert [(each.number, each.start) for each in cited_text(answer).citations] == [(2, 21)]


def test_documents_are_named_without_the_servers_folders() -> None:
    file = Source("/srv/secret/films/roma.md", "", "text/markdown", "0" * 64)
    cited = replace(passage(1), source=file)
    (found,) = cited_text(Answer(None, (Sentence("So.", (1,)),), (cited,))).citations
    assert (found.url, found.title) == ("roma.md", "roma.md")


def test_an_address_is_told_without_its_password() -> None:
    page = Source("https://ann:secret@example.org/a b", "A", "text/html", "0" * 64)
    cited = replace(passage(1), source=page)
    (found,) = cited_text(Answer(None, (Sentence("So.", (1,)),), (cited,))).citations
    assert found.url == "https://example.org/a%20b"


def test_no_answer_is_an_empty_text() -> None:
    assert cited_text(None).text == ""
