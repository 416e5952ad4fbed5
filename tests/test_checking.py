"""Arguments are checked when their line is read, as far as they can be known."""

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from planner import PlanError, PlanReader, Vocabulary, step_of
from tools import Arguments, Calculate, Compare, Lookup, ToolResult


class Place(BaseModel):
    name: str
    number: int = 1


class BookArguments(Arguments):
    place: str = Field(min_length=2)
    nights: int = Field(ge=1)
    kind: Literal["hotel", "hostel"] = "hotel"
    via: list[Place] = Field(default=[], max_length=2)


class Book:
    name = "book"
    description = "for tests"
    arguments: type[Arguments] = BookArguments
    resource = "cpu"
    seconds = 1.0

    async def call(self, arguments: BookArguments) -> ToolResult:
        return ToolResult(arguments.place)


VOCABULARY = Vocabulary.of([Lookup, Compare, Calculate, Book()], default="lookup")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"place": "Rome"}, "nights: Field required"),
        ({"place": "Rome", "nights": "many"}, "nights: Input should be a valid integer"),
        ({"place": "Rome", "nights": 0}, "nights: Input should be greater than or equal to 1"),
        ({"place": "{a}", "nights": 0}, "nights: Input should be greater"),
        ({"place": "Rome", "nights": 2, "stars": "{a}"}, "stars: Extra inputs"),
        ({"place": "Rome", "nights": 2, "kind": "tent"}, "kind: Input should be 'hotel' or"),
        ({"place": "Rome", "nights": 2, "via": [{"name": "{a}", "number": "x"}]}, "via.0.number"),
        ({"place": "Rome", "nights": 2, "via": [{"number": 2}]}, "via.0.name: Field required"),
        ({"place": ["Rome"], "nights": 2}, "place: Input should be a valid string"),
    ],
)
def test_what_can_be_known_to_be_wrong_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words) as caught:
        step_of({"id": "b", "tool": "book", "arguments": arguments}, VOCABULARY)
    assert str(caught.value).startswith("arguments: ")


@pytest.mark.parametrize(
    "arguments",
    [
        {"place": "Rome", "nights": "3"},
        {"place": "{a}", "nights": "{b.nights}"},
        {"place": "{a}", "nights": 1, "kind": "{c}"},
        {"place": "{a}", "nights": 1, "via": "{c}"},
        {"place": "{a}", "nights": 1, "via": ["{c}", {"name": "{d}", "number": "{d.n}"}]},
    ],
)
def test_what_a_template_may_become_is_left_open(arguments: dict[str, Any]) -> None:
    step = step_of({"id": "b", "tool": "book", "arguments": arguments}, VOCABULARY)
    assert step.arguments == arguments


def test_a_number_where_a_text_belongs_becomes_one() -> None:
    assert step_of({"calculate": 12}, VOCABULARY).arguments == {"expression": "12"}


def test_a_line_that_cannot_run_is_dropped_and_one_that_says_too_much_is_kept() -> None:
    reader = PlanReader(VOCABULARY)
    lines = [
        {"id": "a", "lookup": "Who directed Up?", "reason": "to know"},
        {"id": "b", "book": "{a}"},
        {"id": "c", "compare": "Who is older?", "facts": ["{a}"]},
        {"id": "d", "lookup": "x", "when": "a or b"},
    ]
    steps = reader.feed("".join(json.dumps(line) + "\n" for line in lines))
    assert [(step.id, dict(step.arguments)) for step in steps] == [
        ("a", {"question": "Who directed Up?"}),
        ("c", {"question": "Who is older?", "facts": ["{a}"]}),
    ]
    assert reader.problems == [
        "line 1: arguments: reason: left out, the tool has no such field",
        "line 2: arguments: nights: Field required",
        "line 4: when: 'a or b' is no condition; write a, not a, a = yes, a != yes, a failed"
        " or a skipped",
    ]


@pytest.mark.parametrize(
    ("optional", "read"),
    [("true", True), ("no", False), (None, False), (1, True), (False, False)],
)
def test_a_flag_may_be_written_out(optional: object, read: bool) -> None:
    step = step_of({"lookup": "Who?", "optional": optional}, VOCABULARY)  # type: ignore[dict-item]
    assert step.optional is read


@pytest.mark.parametrize("optional", ["perhaps", 3, ["x"]])
def test_another_flag_is_refused(optional: Any) -> None:
    with pytest.raises(PlanError, match="optional: must be true or false"):
        step_of({"lookup": "Who?", "optional": optional}, VOCABULARY)
