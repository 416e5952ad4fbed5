"""The plan language: one JSON object per line.

The long form is `{"id":"c","tool":"lookup","arguments":{"question":"When was {a} born?"}}`. The
short form says the same in half the tokens, which is half the time on a small machine:
`{"id":"c","lookup":"When was {a} born?"}`: the tool's name is the key of its first argument, and
its other arguments stand beside it.

Models without a grammar wrap plans in thinking, prose, code fences and lists; all of that is read.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from json_repair import repair_json
from pydantic import JsonValue

from planner.checking import checked_arguments
from planner.errors import PlanError
from planner.plan import LONGEST_ID, NO_ID, Step
from tools import Arguments, Tool

_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_FENCE = re.compile(r"^\s*```\w*\s*$", re.MULTILINE)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
STEP_FIELDS = frozenset(
    {"id", "tool", "arguments", "args", "needs", "for_each", "optional", "when"}
)
"""What the line itself says of a step; no tool has such a name."""
_TOOL_NAME = re.compile(r"[A-Za-z][\w-]{0,63}", re.ASCII)
_NOTHING: tuple[JsonValue, ...] = (None, True, "", {}, [])


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tools a plan may use: each name with its arguments, the first one first."""

    tools: Mapping[str, tuple[str, ...]]
    default: str
    """The tool that a bare question is for."""
    shapes: Mapping[str, type[Arguments]] = field(default_factory=dict)
    """What each tool's arguments are checked against; those of others are not."""

    @classmethod
    def of(cls, tools: Sequence[Tool[Any]], *, default: str) -> "Vocabulary":
        """From the tools at hand."""
        return cls(
            tools={tool.name: tool.arguments.field_names() for tool in tools},
            default=default,
            shapes={tool.name: tool.arguments for tool in tools},
        )

    @property
    def question(self) -> str:
        """The argument of the default tool that takes the question."""
        return self.tools[self.default][0]


class PlanReader:
    """Turns a streamed text into steps, each as soon as its line is complete."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """`problems` collects what was dropped and why."""
        self.problems: list[str] = []
        self._vocabulary = vocabulary
        self._buffer = ""
        self._lines = 0
        self._rest: list[str] = []
        self._made = 0

    def feed(self, text: str) -> list[Step]:
        """The steps of the lines that this text completes."""
        self._buffer += text
        *lines, self._buffer = self._buffer.split("\n")
        return [step for line in lines for step in self._line(line)]

    def close(self, *, cut: bool = False) -> list[Step]:
        """The steps in what is left: a last line, or a plan that was not written line by line.

        `cut`: the text ended before its time, so only what is complete counts.
        """
        last, self._buffer = self._buffer, ""
        steps = self._line(last)
        rest = "\n".join(self._rest)
        self._rest.clear()
        found = find_json(rest, repair=not cut)
        return steps + [step for value in found for step in self._steps(value)]

    def _line(self, line: str) -> list[Step]:
        """The steps of one line; what is no JSON object by itself is kept for the end."""
        self._lines += 1
        if not line.strip():
            return []
        # A plan inside thinking is no plan, and a pretty-printed one spans lines.
        if not self._rest and line.lstrip().startswith("{"):
            try:
                return self._steps(json.loads(line))
            except ValueError:
                pass
        self._rest.append(line)
        return []

    def _steps(self, value: JsonValue) -> list[Step]:
        """Every step that a JSON value holds; lists and wrappers are opened."""
        if isinstance(value, str):
            return self._checked({self._vocabulary.default: value}) if value.strip() else []
        if isinstance(value, list):
            return [step for element in value for step in self._steps(element)]
        if not isinstance(value, dict):
            return []
        if not self._is_step(value):
            lists = [inner for inner in value.values() if isinstance(inner, list)]
            if lists:
                return [step for inner in lists for step in self._steps(inner)]
            strings = [inner for inner in value.values() if isinstance(inner, str)]
            return self._steps(strings[-1]) if strings else []
        return self._checked(value)

    def _is_step(self, value: Mapping[str, JsonValue]) -> bool:
        """Whether an object is a step and not a wrapper around steps."""
        return "tool" in value or any(name in value for name in self._vocabulary.tools)

    def _checked(self, value: Mapping[str, JsonValue]) -> list[Step]:
        """The step, or a problem noted."""
        self._made += 1
        mended: list[str] = []
        steps: list[Step] = []
        try:
            id_ = _letters(self._made)
            steps.append(step_of(value, self._vocabulary, default_id=id_, problems=mended))
        except PlanError as error:
            mended.append(str(error))
        self.problems += [f"line {self._lines}: {problem}" for problem in mended]
        return steps


def step_of(
    value: Mapping[str, JsonValue],
    vocabulary: Vocabulary,
    *,
    default_id: str = "a",
    problems: list[str] | None = None,
) -> Step:
    """A step from its JSON object, in either form. Raises PlanError naming the field.

    `problems`: what the step can do without is left out and noted there, instead of refused.
    """
    fields = dict(value)
    id_ = str(fields.pop("id", default_id))
    if len(id_) > LONGEST_ID:
        raise PlanError(f"{id_!r} {NO_ID}")
    needs, for_each = fields.pop("needs", None), fields.pop("for_each", None)
    optional, when = fields.pop("optional", False), fields.pop("when", None)
    tool, arguments = _call(fields, vocabulary)
    if tool in vocabulary.shapes:
        arguments = checked_arguments(arguments, vocabulary.shapes[tool], problems)
    return Step(
        id=id_,
        tool=tool,
        arguments=arguments,
        needs=_needs(needs or []),
        for_each=_text("for_each", for_each, "a step id").strip("{}") if for_each else None,
        optional=_flag("optional", optional),
        when=_text("when", when, "a condition, such as a or not a") if when else None,
    )


def _needs(value: JsonValue) -> tuple[str, ...]:
    """Ids of steps; one may stand without a list."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise PlanError("needs: must be a list of step ids")
    return tuple(str(name).strip("{}") for name in names)


def _text(field: str, value: JsonValue, wanted: str) -> str:
    """A string, or a PlanError that says what was wanted."""
    if not isinstance(value, str):
        raise PlanError(f"{field}: must be {wanted}")
    return value


def _flag(field: str, value: JsonValue) -> bool:
    """True or false; small models write them as texts, too."""
    written = {"true": True, "yes": True, "false": False, "no": False, "": False}
    if isinstance(value, str):
        value = written.get(value.strip().casefold(), value)
    if not isinstance(value, int | None) or value not in (True, False, None):
        raise PlanError(f"{field}: must be true or false")
    return bool(value)


_COMMON = frozenset({"question", "query", "expression", "objective", "facts", "arguments"})
"""Arguments that several tools have: none of them is a tool."""


def _call(fields: dict[str, JsonValue], vocabulary: Vocabulary) -> tuple[str, dict[str, JsonValue]]:
    """Tool and arguments, from the long or the short form."""
    if "tool" in fields:
        tool = fields["tool"]
        arguments = fields.get("arguments", fields.get("args", {}))
        if not isinstance(tool, str) or tool not in vocabulary.tools:
            raise PlanError(f"tool: there is no {tool!r}; there are: {_list(vocabulary.tools)}")
        if not isinstance(arguments, dict):
            raise PlanError("arguments: must be an object")
        return tool, arguments
    # The first key that is a tool's: those behind it are arguments, whatever they are called.
    named = next((name for name in fields if name in vocabulary.tools), None)
    if named is None:
        unknown = [name for name in fields if name not in _COMMON]
        what = f"there is no {unknown[0]!r}" if len(unknown) == 1 else "missing"
        raise PlanError(f"tool: {what}; there are: {_list(vocabulary.tools)}")
    first = fields.pop(named)
    names = vocabulary.tools[named]
    if names:
        return named, {names[0]: first, **fields}
    if first not in _NOTHING:
        raise PlanError(f"{named}: it takes no arguments")
    return named, fields


def is_tool_name(name: str) -> bool:
    """Whether a plan can name a tool so: letters, digits, _ and -, at most 64."""
    return bool(_TOOL_NAME.fullmatch(name)) and name not in STEP_FIELDS


def has_short_form(names: Sequence[str]) -> bool:
    """Whether a tool with these arguments can stand as the key of its first one."""
    return bool(names) and STEP_FIELDS.isdisjoint(names[1:])


def written(step: Step, vocabulary: Vocabulary) -> str:
    """A step as a line: in the short form where there is one, and the tool is known."""
    names = vocabulary.tools.get(step.tool, ())
    first = names[0] if has_short_form(names) else None
    line: dict[str, JsonValue] = {"id": step.id}
    if first is not None and first in step.arguments:
        line[step.tool] = step.arguments[first]
        line |= {key: value for key, value in step.arguments.items() if key != first}
    else:
        line |= {"tool": step.tool, "arguments": dict(step.arguments)}
    if step.needs:
        line["needs"] = list(step.needs)
    if step.for_each:
        line["for_each"] = step.for_each
    if step.optional:
        line["optional"] = True
    if step.when:
        line["when"] = step.when
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def find_json(text: str, *, repair: bool = True) -> Iterator[JsonValue]:
    """The JSON objects and lists in a text, outermost ones, thinking left out."""
    text = _FENCE.sub("", _THINKING.sub("", text))
    decoder = json.JSONDecoder()
    found, at = False, 0
    while (start := _next_bracket(text, at)) is not None:
        try:
            value, at = decoder.raw_decode(text, start)
        except ValueError:
            at = start + 1
            continue
        found = True
        yield value
    if repair and not found and _next_bracket(text, 0) is not None:
        repaired = repair_json(text[_next_bracket(text, 0) :], return_objects=True)
        if isinstance(repaired, dict | list):
            yield repaired


def _next_bracket(text: str, at: int) -> int | None:
    """Where the next object or list begins."""
    match = re.compile(r"[\[{]").search(text, at)
    return match.start() if match else None


def _letters(number: int) -> str:
    """1 is a, 26 is z, 27 is aa."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, len(_LETTERS))
        letters = _LETTERS[rest] + letters
    return letters


def _list(tools: Mapping[str, object]) -> str:
    """Names for an error."""
    return ", ".join(sorted(tools))
