"""What is asked of judges, and how what they say is read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from method_tasks import scripted, task

from inference import ModelUnavailable, Request
from reasoning.judging import chosen_number, listed, numbers, promising
from reasoning.workspace import Workspace


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("1. legs\n2) paws: 4\n\n", ["legs", "paws: 4"]),
        ("These are the steps:\n- legs 1: 2\n* paws\nDone.", ["legs 1: 2", "paws"]),
        ("legs\n  paws  \n\n", ["legs", "paws"]),
        ("", []),
    ],
)
def test_points_are_the_marked_lines_or_else_all(text: str, points: list[str]) -> None:
    assert listed(text) == points


@given(st.integers(1, 30), st.integers(1, 4), st.data())
def test_numbers_that_are_asked_for_are_those_that_there_are(
    most: int, count: int, data: st.DataObject
) -> None:
    form = re.compile(numbers(most, count))
    said = data.draw(st.lists(st.integers(1, most), min_size=count, max_size=count))
    text = ", ".join(map(str, said))
    assert form.fullmatch(text)
    assert chosen_number(text, most) == said[0]
    assert not form.fullmatch(f"{text}, {most}")
    assert not form.fullmatch(str(most + 1))


async def test_the_hope_of_a_beginning_is_a_yes_and_undecided_where_the_judge_fails() -> None:
    def say(request: Request) -> list[str] | Exception:
        asked = request.messages[-1].content
        if "gone" in asked:
            return ModelUnavailable("gone")
        return ["yes" if "<data>\ngood" in asked else "no"] * request.n

    good, bad, gone = await promising(Workspace(task(), scripted(say)), ["good", "bad", "gone"])
    assert bad < gone == 0.5 < good
