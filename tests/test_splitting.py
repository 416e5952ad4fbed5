"""Splitting documents into passages, and text into sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import Document, Passage, Source, sentences, split
from search.scripts import count_words

SOURCE = Source("/a.txt", "A", "text/plain", "0" * 64)

pieces = st.sampled_from(
    [
        "word ",
        "Dr. ",
        "A sentence with eight words stands right here. ",
        "Is it? ",
        "\n",
        "\n\n",
        "\f",
        "# Heading\n",
        "- item\n",
        "| a | b |\n",
        "吾輩は猫である。",
        "名前はまだ無い、",
        "x" * 700,
        "e\u0301",
        "　",
        "U.S. ",
        "\u00a0",
    ]
)
texts = st.one_of(st.text(max_size=300), st.lists(pieces, max_size=60).map("".join))


def passages_of(text: str, words: int = 120) -> list[Passage]:
    return split(Document(SOURCE, text), words=words)


def said(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@given(texts, st.integers(1, 150))
def test_offsets_are_exact_and_only_white_space_is_left_out(text: str, words: int) -> None:
    at = 0
    for passage in passages_of(text, words):
        assert text[at : passage.start].strip() == ""
        assert passage.text == text[passage.start : passage.end] == passage.text.strip() != ""
        at = passage.end
    assert text[at:].strip() == ""


@given(texts, st.integers(20, 150))
def test_no_passage_is_much_longer_than_asked(text: str, words: int) -> None:
    assert all(count_words(p.text) <= 2.6 * words for p in passages_of(text, words))


@given(st.lists(st.sampled_from(["one", "two.", "three,", "Four", "\n\n"]), max_size=200))
def test_no_word_is_cut(words: list[str]) -> None:
    text = " ".join(words)
    assert [w for p in passages_of(text, 10) for w in p.text.split()] == text.split()


@given(texts)
def test_sentences_cover_everything_that_is_not_white_space(text: str) -> None:
    at = 0
    for start, end in sentences(text):
        assert text[at:start].strip() == ""
        assert text[start:end].strip() == text[start:end] != ""
        at = end
    assert text[at:].strip() == ""


def test_passages_have_about_the_words_that_were_asked_for() -> None:
    text = "A sentence with eight words stands right here. " * 200
    sizes = [len(p.text.split()) for p in passages_of(text)]
    assert all(110 <= size <= 150 for size in sizes[:-1])


def test_a_paragraph_that_nearly_fits_stays_whole() -> None:
    paragraph = "A sentence with eight words stands right here. " * 17
    found = passages_of(f"{paragraph}\n\n{paragraph}\n\n{paragraph}")
    assert [p.text for p in found] == [paragraph.strip()] * 3


def test_passages_end_where_sentences_end() -> None:
    text = "A sentence with eight words stands right here. " * 50
    assert all(p.text.endswith("here.") for p in passages_of(text, 30))


def test_a_heading_stays_with_what_follows() -> None:
    body = "A sentence with eight words stands right here. " * 14
    found = passages_of(f"# One\n\n{body}\n\n## Two\n\n### Three\n\n{body}")
    assert [p.text.split("\n")[0] for p in found] == ["# One", "## Two"]


def test_a_short_tail_joins_the_passage_before() -> None:
    text = "A sentence with eight words stands right here. " * 15 + "\n\nThe end."
    assert [p.text[-8:] for p in passages_of(text)] == ["The end."]


def test_a_short_document_is_one_passage() -> None:
    assert [p.text for p in passages_of("\n\n  Hello there.\n")] == ["Hello there."]


def test_japanese_is_counted_by_characters_and_cut_at_its_own_marks() -> None:
    text = "吾輩は猫である。名前はまだ無い。" * 100
    found = passages_of(text)
    assert len(found) == 7
    assert all(p.text.endswith("。") and len(p.text) <= 300 for p in found)


def test_a_chinese_text_without_full_stops_is_cut_at_commas() -> None:
    found = passages_of("北京是中国的首都，" * 200)
    assert len(found) > 5
    assert all(p.text.endswith("，") for p in found)


def test_a_giant_unbroken_string_is_cut_by_characters() -> None:
    found = passages_of("a" * 100_000)
    assert len(found) > 20
    assert "".join(p.text for p in found) == "a" * 100_000


def test_no_passage_begins_with_a_combining_mark() -> None:
    found = passages_of("x\u0301" * 20_000)
    assert len(found) > 5
    assert not any(p.text.startswith("\u0301") for p in found)


def test_nothing_comes_of_nothing() -> None:
    assert passages_of(" \n\n\t") == []
    assert sentences("") == []


def test_passages_need_a_size() -> None:
    with pytest.raises(ValueError, match="0 words"):
        passages_of("text", 0)


@pytest.mark.parametrize(
    "sentence",
    [
        "J. R. R. Tolkien wrote The Hobbit.",
        "Dr. Watson met Mr. and Mrs. Hudson.",
        "He served in the U.S. Army until 1945.",
        "Some films, e.g. the last one, are long.",
        "Symphony No. 5 is in C minor.",
        "It cost $3.50 in v. 2.1 of the game.",
        "George W. Bush and Philip K. Dick never met.",
        '"Is it?" he asked.',
        "He was born on 5 Jan. 1941 in St. Petersburg.",
        "「どこ？」と言った。",
    ],
)
def test_a_full_stop_inside_a_sentence_does_not_end_it(sentence: str) -> None:
    assert said(f"{sentence} It rained.") == [sentence, "It rained."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He moved to the U.S. The war began.", ["He moved to the U.S.", "The war began."]),
        ("Really?! Yes… It is.", ["Really?!", "Yes…", "It is."]),
        ('"He died." She left.', ['"He died."', "She left."]),
        ("It ended in 1941. Peace came.", ["It ended in 1941.", "Peace came."]),
        ("He said no. They left.", ["He said no.", "They left."]),
        ("猫である。名前は無い！本当？", ["猫である。", "名前は無い！", "本当？"]),
        ("# Title\nText goes on", ["# Title", "Text goes on"]),
        ("One\n\nTwo", ["One", "Two"]),
        ("- one\n- two", ["- one", "- two"]),
        ("1. First thing\n2. Second thing", ["1. First thing", "2. Second thing"]),
        ("| a | b |\n| c | d |", ["| a | b |", "| c | d |"]),
        ("A line that\nis wrapped.", ["A line that\nis wrapped."]),
    ],
)
def test_sentences_end_at_marks_and_lines(text: str, expected: list[str]) -> None:
    assert said(text) == expected
