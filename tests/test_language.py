"""The plan language: what models write, with and without a grammar."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import VOCABULARY

from planner import PlanError, PlanReader, Step, step_of, written


def read(text: str, pieces: int = 3) -> list[Step]:
    """The steps of a text that arrives in pieces."""
    reader = PlanReader(VOCABULARY)
    steps = [
        step for at in range(0, len(text), pieces) for step in reader.feed(text[at : at + pieces])
    ]
    return steps + reader.close()


def questions(steps: list[Step]) -> list[Any]:
    return [step.arguments["question"] for step in steps]


def test_both_forms_say_the_same() -> None:
    long = '{"id":"c","tool":"compare","arguments":{"question":"Older?","facts":["{a}","{b}"]}}'
    short = '{"id":"c","compare":"Older?","facts":["{a}","{b}"]}'
    assert read(long) == read(short)
    assert read(short)[0].inputs == ("a", "b")


def test_a_step_is_given_out_as_soon_as_its_line_is_complete() -> None:
    reader = PlanReader(VOCABULARY)
    assert reader.feed('{"id":"a","lookup":"Who?"}') == []
    assert questions(reader.feed('\n{"id":"b",')) == ["Who?"]


def test_reported_fault_r2_thinking_and_nested_lists() -> None:
    text = '<think>hmm ["x"]</think>\n["", ["subquery1","subquery2","subquery3"]]'
    assert questions(read(text)) == ["subquery1", "subquery2", "subquery3"]


def test_reported_fault_r3_prose_fences_and_wrappers() -> None:
    text = 'Sure, here is the plan:\n```json\n{"steps":[{"q":"a"}]}\n```\nLet me know!'
    assert questions(read(text)) == ["a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<think>first {"id":"z","lookup":"no"}\n</think>\n{"id":"a","lookup":"yes"}', ["yes"]),
        ('<think>\n{"id":"z","lookup":"no"}\n</think>{"id":"a","lookup":"yes"}', ["yes"]),
        ('<think>never closed {"id":"z","lookup":"no"}', []),
        ('[{"id":"a","lookup":"x"},\n {"id":"b","lookup":"{a}?"}]', ["x", "{a}?"]),
        ('{\n  "plan": [\n    {"id": "a", "lookup": "x"}\n  ]\n}', ["x"]),
        ("{'id': 'a', 'lookup': 'single quotes'}", ["single quotes"]),
        ('{"id":"a","lookup":"x"},\n{"id":"b","lookup":"y"}', ["x", "y"]),
        ('{"id":"a","lookup":"cut in the mid', ["cut in the mid"]),
        ('["one", "two"]', ["one", "two"]),
        ("no plan at all", []),
        ("", []),
        ('{"id":"a","lookup":"日本の首都は？"}', ["日本の首都は？"]),
    ],
)
def test_what_models_wrap_around_plans_is_read(text: str, expected: list[str]) -> None:
    assert questions(read(text)) == expected


def test_a_line_that_cannot_run_is_dropped_and_named() -> None:
    reader = PlanReader(VOCABULARY)
    steps = reader.feed('{"id":"a","tool":"fly","arguments":{}}\n{"id":"b","lookup":"x"}\n')
    assert questions(steps) == ["x"]
    assert reader.problems == ["line 1: tool: there is no 'fly'; there are: compare, lookup"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"id": "a", "lookup": "x", "needs": [1]}, "needs: must be a list"),
        ({"id": "a", "lookup": "x", "for_each": 3}, "for_each: must be"),
        ({"id": "a", "tool": "lookup", "arguments": 3}, "arguments: must be an object"),
        ({"id": "a"}, "tool: missing"),
        ({"id": "a" * 41, "lookup": "x"}, "is no step id: letters, digits and _, at most 40"),
    ],
)
def test_an_error_names_the_field(value: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        step_of(value, VOCABULARY)


NAMES = st.text("abcxyz_09", min_size=1, max_size=8).map(lambda tail: "s" + tail)
TEXTS = st.text(min_size=1, max_size=40).map(lambda text: text.replace("{", "("))


@st.composite
def steps(draw: st.DrawFn) -> Step:
    return Step(
        id=draw(NAMES),
        tool="compare",
        arguments={"question": draw(TEXTS), "facts": draw(st.lists(TEXTS, max_size=3))},
        needs=tuple(draw(st.lists(NAMES.map(lambda name: "n" + name), unique=True, max_size=2))),
        for_each=draw(st.none() | NAMES),
        when=draw(st.none() | NAMES.map(lambda name: f"not {name}.x = yes")),
        optional=draw(st.booleans()),
    )


@given(st.lists(steps(), max_size=5), st.integers(1, 50))
def test_what_is_written_is_read_again(plan: list[Step], pieces: int) -> None:
    text = "\n".join(written(step, VOCABULARY) for step in plan)
    assert read(text, pieces) == plan


def json_values() -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=10)
    return st.recursive(
        leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner)
    )


@given(json_values())
def test_any_json_is_read_without_an_error(value: Any) -> None:
    for step in read(json.dumps(value)):
        assert isinstance(step, Step)


@given(st.text(max_size=80))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read(text)


def lines() -> Iterator[str]:
    for number in range(10_000):
        yield json.dumps({"id": f"s{number}", "lookup": f"question {number}"})


def test_a_plan_of_ten_thousand_lines() -> None:
    assert len(read("\n".join(lines()), 4096)) == 10_000
