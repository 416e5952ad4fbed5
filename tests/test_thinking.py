"""Thinking is kept apart from the answer, however a server sends it."""

import pytest
from endpoint_server import asked, piece, stream
from hypothesis import given
from hypothesis import strategies as st

from inference import Message, Request, Sample
from inference.thinking import ThinkingFilter, unopened


def sifted(pieces: list[str]) -> tuple[str, str]:
    """(reasoning, text) of a sample that arrives in these pieces."""
    sieve = ThinkingFilter()
    parts = [sieve.feed(piece) for piece in pieces] + [sieve.feed("", last=True)]
    return "".join(part[0] for part in parts), "".join(part[1] for part in parts)


WHOLES = [
    ("<think>He was born in 1970.</think>\n\nIn 1970.", "He was born in 1970.", "In 1970."),
    ("\n<think>\n</think>\nYes", "\n", "Yes"),
    ("<think>cut off", "cut off", ""),
    ("<think>a </thin b</think>c", "a </thin b", "c"),
    (" a < b and <think> is a tag", "", " a < b and <think> is a tag"),
    ("<thin", "", "<thin"),
    ("", "", ""),
]


@pytest.mark.parametrize(("whole", "reasoning", "text"), WHOLES)
def test_thinking_is_told_from_the_answer(whole: str, reasoning: str, text: str) -> None:
    assert sifted([whole]) == (reasoning, text)


@given(st.sampled_from(WHOLES), st.data())
def test_it_does_not_matter_where_the_pieces_are_cut(
    case: tuple[str, str, str], data: st.DataObject
) -> None:
    whole, reasoning, text = case
    cuts = sorted(data.draw(st.sets(st.integers(0, len(whole)))))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert sifted(pieces) == (reasoning, text)


async def test_a_server_that_mixes_them_is_understood() -> None:
    events = [piece("<thi"), piece("nk>Hm.</th"), piece("ink>"), piece("\n\nCuarón")]
    made = await asked(stream(*events, piece(reason="stop")))
    assert made.samples == (Sample("Cuarón", reasoning="Hm."),)


async def test_each_sample_thinks_for_itself() -> None:
    request = Request((Message("user", "?"),), n=2)
    events = [piece("<think>", 0), piece("No", 1), piece("Hm.</think>Yes", 0), piece(" one", 1)]
    ends = [piece(index=index, reason="stop") for index in range(2)]
    made = await asked(stream(*events, *ends), request=request)
    assert made.samples == (Sample("Yes", reasoning="Hm."), Sample("No one"))


async def test_thinking_that_the_template_began_ends_with_its_tag() -> None:
    made = await asked(stream(piece("Hm, "), piece("so.</think> Cuarón"), piece(reason="stop")))
    assert made.samples == (Sample("Cuarón", reasoning="Hm, so."),)


async def test_what_the_server_keeps_apart_stays_apart() -> None:
    events = [piece(delta={"reasoning_content": "Hm."}), piece("Cuarón"), piece(reason="stop")]
    assert (await asked(stream(*events))).samples == (Sample("Cuarón", reasoning="Hm."),)


@pytest.mark.parametrize("text", ["<think> opens and </think> closes", '{"tag": "</think>"}'])
def test_a_tag_in_the_middle_of_an_answer_is_text(text: str) -> None:
    assert unopened(text) == ("", text)
