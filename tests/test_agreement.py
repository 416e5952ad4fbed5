"""Values for one question: the same in other words, a contradiction, or unclear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import agree

BORN = "When was Bong Joon-ho born?"


@pytest.mark.parametrize(
    ("question", "a", "b"),
    [
        (BORN, "30 July 1970", "July 30, 1970"),
        (BORN, "1970-07-30", "30 July 1970"),
        ("How long is the Rhine?", "1,233 km", "766 miles"),
        ("How many people live in Roanne?", "34,366", "about 34 thousand"),
        ("Who was president?", "Barack Obama", "Barack Hussein Obama"),
        ("Who was president?", "Barack H. Obama", "Barack Obama"),
        ("Where was he born?", "Paris, France", "Paris"),
        ("Which country?", "USA", "United States"),
        ("Who directed Up?", "the Pete Docter", "Pete Docter."),
    ],
)
def test_the_same_in_other_words_is_no_contradiction(question: str, a: str, b: str) -> None:
    assert agree(a, b, question) is True
    assert agree(b, a, question) is True


@pytest.mark.parametrize(
    ("question", "a", "b"),
    [
        (BORN, "30 July 1970", "14 September 1969"),
        (BORN, "30 July 1970", "31 July 1970"),
        (BORN, "1970", "14 September 1969"),
        ("How long is the Rhine?", "1,233 km", "1,320 km"),
        ("How many children did she have?", "3", "4"),
        ("Who directed Up?", "Pete Docter", "Christopher Nolan"),
        ("Was it he?", "yes", "no"),
    ],
)
def test_values_that_cannot_both_be_right_contradict_each_other(
    question: str, a: str, b: str
) -> None:
    assert agree(a, b, question) is False
    assert agree(b, a, question) is False


@pytest.mark.parametrize(
    ("question", "a", "b"),
    [
        (BORN, "1970", "30 July 1970"),
        (BORN, "July 1970", "30 July 1970"),
        ("Where was he born?", "Westminster, London", "London"),
        ("Who directed Up?", "Bong Joon-ho", "Bong Joon Ho"),
        ("How long is it?", "12 km", "2 hours"),
        ("Who wrote it?", "Fyodor Dostoevsky", "Fedor Dostoyevsky"),
    ],
)
def test_what_may_be_both_is_no_contradiction(question: str, a: str, b: str) -> None:
    assert agree(a, b, question) is not False
    assert agree(b, a, question) is not False


@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from([BORN, "Who?", "How long?"]))
def test_agreement_is_the_same_from_both_sides(a: str, b: str, question: str) -> None:
    assert agree(a, a, question) is True
    assert agree(a, b, question) == agree(b, a, question)
