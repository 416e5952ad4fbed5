"""The grammar of plans: all that it lets be written can be read, and is a step."""

import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Literal

import platformdirs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from inference import PACKAGED, EmbeddedModel, Message, Request, complete
from planner import PlanError, Step, Vocabulary, step_of
from planner.grammar import plan_grammar
from tools import Arguments, Calculate, Compare, Lookup, ToolResult


class Corner(BaseModel):
    name: str
    north: bool


class DrawArguments(Arguments):
    kind: Literal["map", "plan"]
    width: int = Field(ge=1)
    shift: float
    corners: list[Corner] = Field(min_length=2, max_length=3)
    note: str | None
    colours: list[Literal["red", "blue"]] = Field(min_length=0)
    size: str = "a field that is not required"


class Draw:
    name = "draw"
    description = "for tests"
    arguments: type[Arguments] = DrawArguments
    resource = "cpu"
    seconds = 1.0

    async def call(self, arguments: DrawArguments) -> ToolResult:
        return ToolResult(arguments.kind)


TOOLS = [Lookup, Compare(), Calculate(), Draw()]
VOCABULARY = Vocabulary.of(TOOLS, default="lookup")  # type: ignore[arg-type]
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|[a-z][a-z0-9-]*|\{[\d,]+\}|[()|?]|\s+')


def pattern(grammar: str) -> str:
    """A grammar without recursion as a regular expression."""
    rules = dict(line.split(" ::= ", 1) for line in grammar.splitlines())

    def expanded(rule: str) -> Iterator[str]:
        for token in _TOKEN.findall(rule):
            if token[0] == '"':
                text = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], token[1:-1])
                yield f"(?:{re.escape(text)})"
            elif token[0].islower():
                yield f"(?:{''.join(expanded(rules[token]))})"
            elif token.strip():
                yield "(?:" if token == "(" else token

    return "".join(expanded(rules["root"]))


def texts(*, edges: bool) -> st.SearchStrategy[str]:
    grammar = plan_grammar(TOOLS, max_steps=3, edges=edges)  # type: ignore[arg-type]
    grammar = grammar.replace("{2,240}", "{2,6}").replace("{0,40}", "{0,6}")  # else it takes long
    return st.from_regex(pattern(grammar), fullmatch=True)


def read(text: str) -> list[Step]:
    return [step_of(json.loads(line), VOCABULARY) for line in text.split("\n")]


@pytest.mark.parametrize("edges", [False, True])
def test_every_text_of_the_grammar_is_a_plan(edges: bool) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(texts(edges=edges))
    def every(text: str) -> None:
        try:
            steps = read(text)
        except PlanError as error:
            assert "without for_each" in str(error)  # noqa: PT017 - all that no grammar can tell
            return
        assert 1 <= len(steps) <= 3
        assert edges or not any(step.for_each or step.when or step.needs for step in steps)

    every()


LINES = [
    '{"id":"b","lookup":"When was {item.name} born?","for_each":"a","when":"a != no"}',
    '{"id":"b","lookup":"What else?","when":"not a","needs":["a","c"],"optional":true}',
    '{"id":"b","draw":"{item.kind}","width":"{index}","shift":-1.5,"corners":"{a.corners}",'
    '"note":null,"colours":[],"for_each":"a"}',
]


@pytest.mark.parametrize("line", LINES)
def test_edges_can_be_written_by_an_option(line: str) -> None:
    with_edges = pattern(plan_grammar(TOOLS, edges=True))  # type: ignore[arg-type]
    without = pattern(plan_grammar(TOOLS))  # type: ignore[arg-type]
    assert re.fullmatch(with_edges, line)
    assert not re.fullmatch(without, line)
    assert read(line)


@pytest.mark.parametrize(
    "line",
    [
        '{"id":"a","fly":"to Rome"}',
        '{"id":"a","draw":"sketch","width":1,"shift":1,"corners":[],"note":null,"colours":[]}',
        '{"id":"a","lookup":"When was {b} born?","when":"b or c"}',
    ],
)
def test_what_no_tool_takes_cannot_be_written(line: str) -> None:
    assert not re.fullmatch(pattern(plan_grammar(TOOLS, edges=True)), line)  # type: ignore[arg-type]


@pytest.fixture
async def embedded() -> AsyncIterator[EmbeddedModel]:
    cache = os.environ.get("BREADTH_CACHE") or platformdirs.user_cache_path("breadth")
    model = EmbeddedModel(PACKAGED["small"], cache=Path(cache))
    yield model
    await model.close()


@pytest.mark.model
async def test_an_engine_takes_the_grammar_with_edges(embedded: EmbeddedModel) -> None:
    grammar = plan_grammar(TOOLS, max_steps=3, edges=True)  # type: ignore[arg-type]
    asked = Request(
        (Message("user", "Plan how to draw three maps."),),
        n=2,
        temperature=1.2,
        max_tokens=400,
        grammar=grammar,
    )
    for sample in (await complete(embedded, asked)).samples:
        *lines, last = sample.text.split("\n")
        assert read("\n".join([*lines, last] if sample.whole else lines)) or not sample.whole
