"""Which passages come first: fusion, and the links between documents."""

from hypothesis import given
from hypothesis import strategies as st

from search import Passage, Source
from search.ranking import fused, linked

# In steps: what differs by less than a rounding is one score behind any sum.
SCORES = st.dictionaries(
    st.integers(0, 30), st.integers(0, 10_000).map(lambda steps: steps / 100), max_size=20
)


def passage(title: str, text: str = "", location: str = "") -> Passage:
    return Passage(Source(location or f"/{title}", title, "text/plain", ""), 0, len(text), text)


def titles(ranked: list[tuple[Passage, float]]) -> list[str]:
    return [found.source.title for found, _ in ranked]


@given(SCORES, SCORES)
def test_a_fusion_has_every_passage_once_best_first(
    lexical: dict[int, float], semantic: dict[int, float]
) -> None:
    scores = fused("who is it", lexical, semantic)
    assert set(scores) == set(lexical) | set(semantic)
    assert list(scores.values()) == sorted(scores.values(), reverse=True)


@given(SCORES)
def test_without_vectors_the_order_is_that_of_the_words(lexical: dict[int, float]) -> None:
    scores = fused("who is it", lexical, {})
    assert list(scores) == sorted(lexical, key=lambda row: -lexical[row])


def test_words_weigh_more_in_a_short_question() -> None:
    lexical, semantic = {1: 10.0, 2: 1.0}, {1: 0.1, 2: 1.0}
    assert list(fused("Who wrote Roma?", lexical, semantic)) == [1, 2]
    long = "Which prize did the director of the longest film that was made in Mexico in 2018 win?"
    assert list(fused(long, lexical, semantic)) == [2, 1]


def test_a_passage_without_a_vector_is_as_near_as_the_middle() -> None:
    scores = fused("Roma", {1: 5.0, 2: 5.0, 3: 5.0, 4: 5.0}, {1: 1.0, 2: 0.5, 3: 0.0})
    assert next(iter(scores)) == 1
    assert list(scores)[-1] == 3


def test_a_document_that_a_good_passage_names_comes_up() -> None:
    ranked = [
        (passage("Fist Power", "It was filmed in Hong Kong (film studios)."), 1.0),
        (passage("British Empire", "The British took it."), 0.6),
        (passage("Hong Kong (territory)", "It was taken in 1841."), 0.5),
        (passage("Hong", "A name."), 0.3),
    ]
    assert titles(linked(ranked))[:2] == ["Fist Power", "Hong Kong (territory)"]


def test_pieces_and_copies_of_one_document_do_not_lift_each_other() -> None:
    ranked = [
        (passage("Roma", "Other things."), 1.0),
        (passage("Up", "The film Psycho."), 0.9),
        (passage("Psycho film", "Psycho film.", "/a"), 0.5),
        (passage("Psycho film", "The Psycho film.", "/b"), 0.45),
    ]
    assert [score for _, score in linked(ranked)] == [1.0, 0.9, 0.5, 0.45]


@given(st.lists(st.tuples(st.text("ab (", max_size=8), st.text("ab ", max_size=20)), max_size=12))
def test_links_lose_no_passage_and_lower_none(texts: list[tuple[str, str]]) -> None:
    ranked = [(passage(title, text, f"/{i}"), 1 / (i + 1)) for i, (title, text) in enumerate(texts)]
    after = {found.source.location: score for found, score in linked(ranked)}
    assert len(after) == len(ranked)
    assert all(after[found.source.location] >= score for found, score in ranked)
