"""A long text read by several in turn."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from method_tasks import scripted, task

from inference import Message, ModelUnavailable, as_data, estimated_tokens
from reasoning import Crew, Task, Trail, method_of
from reasoning.methods.relaying import chunked, parted


@given(st.text(max_size=400), st.integers(16, 60), st.integers(1, 6))
def test_chunks_are_the_text_in_its_order(text: str, size: int, most: int) -> None:
    chunks = chunked(text, size, most)
    assert "".join(chunks) == text
    assert 1 <= len(chunks) <= most


@given(st.text(max_size=400), st.integers(16, 60))
def test_chunks_are_no_longer_than_was_asked(text: str, size: int) -> None:
    assert all(estimated_tokens(one) <= size for one in chunked(text, size, 1000))


def test_chunks_end_where_sentences_do() -> None:
    text = "The first sentence is here. The second one is here. And a third."
    assert chunked(text, 10, 9) == ["The first sentence is here. ", text[28:52], text[52:]]


LONG = "This is a long text. " * 100


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (f"Who?\n\n{as_data('A text.')}\n\n{as_data('More.')}", ("A text.\n\nMore.", "Who?")),
        ("A text.\n\nMore.\n\nWho?", ("A text.\n\nMore.", "Who?")),
        ("Who is it?\n\nA text.\n\nMore.", ("A text.\n\nMore.", "Who is it?")),
        ("A text.\n\nName her.", ("A text.", "Name her.")),
        ("Who?", ("Who?", "Who?")),
        (f"{as_data('More.')}\n{LONG}\n\nWho?", (f"More.\n\n{LONG.strip()}", "Who?")),
    ],
)
def test_a_question_is_told_from_its_text(asked: str, expected: tuple[str, str]) -> None:
    assert parted(asked) == expected


def long_task(trail: Trail) -> Task:
    """Two sentences of sixteen tokens each, and a question."""
    text = "The cat of this house has four legs, as we saw. The other one also has four legs, now."
    asked = Message("user", f"{as_data(text)}\n\nHow many legs?")
    return replace(task(trail=trail), request=replace(task().request, messages=(asked,)))


async def test_each_reads_its_chunk_and_the_note_of_the_one_before() -> None:
    trail = Trail()
    model = scripted(["One has four.", "Both have four.", "Answer: 8"])
    made = await method_of("chain-of-agents(chunk=16)", Crew(model))(long_task(trail))
    assert made.best.text == "Answer: 8"
    first, second, last = (request.messages[-1].content for request in model.requests)
    assert "The cat of this house" in first
    assert "The other one" not in first
    assert "The other one" in second
    assert "One has four." in second
    assert "The cat of this house" not in second
    assert "Both have four." in last
    assert "The other one" not in last
    assert [request.purpose for request in model.requests] == ["think", "think", "merge"]
    assert [(one.by, one.saw) for one in trail.candidates] == [
        ("worker", ()),
        ("worker", ("1",)),
        ("manager", ("2",)),
    ]


@pytest.mark.parametrize("failing", [0, 1, 2])
async def test_who_fails_is_passed_over(failing: int) -> None:
    said: list[str | Exception] = ["One has four.", "Both have four.", "Answer: 8"]
    said[failing] = ModelUnavailable("gone")
    made = await method_of("coa(chunk=16)", Crew(scripted(said)))(long_task(Trail()))
    assert made.best.text == ("Both have four." if failing == 2 else "Answer: 8")


async def test_a_short_text_needs_no_chain_and_a_small_window_shortens_the_chunks() -> None:
    model = scripted(["Answer: 8"])
    await method_of("coa", Crew(model))(long_task(Trail()))
    assert len(model.requests) == 1
    model = scripted(["One.", "Both.", "Answer: 8"])
    model.window = 32
    await method_of("coa", Crew(model))(long_task(Trail()))
    assert len(model.requests) == 3
