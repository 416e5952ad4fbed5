"""Plans that somebody else wrote: a file of lines, a JSON list, an assistant's tool calls.

A person mends what is wrong, so nothing is repaired or dropped: an error names line and field.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from string import ascii_lowercase

from pydantic import JsonValue, ValidationError

from planner import template
from planner.answering import WHOLE, answering_steps
from planner.contradictions import RELINKED
from planner.errors import PlanError
from planner.grounds import RESEARCH
from planner.language import Vocabulary, step_of
from planner.plan import LONGEST_ID, Plan, Step
from tools import Arguments

_ODD = re.compile(r"\W", re.ASCII)
_BETWEEN = re.compile(r"[\s,]*")
_TAKEN = re.compile(rf"start|{WHOLE}|(?:check|again)_.*|.*{RELINKED}")
"""Ids of the steps that a run adds by itself."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A step's JSON object, and where it begins, from 1."""

    number: int
    value: JsonValue


def read_plan(text: str, tools: Mapping[str, type[Arguments]]) -> Plan:
    """The plan in a text, its steps in an order in which each can be added. Raises PlanError.

    `text`: one JSON object a line, in the long or the short form; a JSON list of such objects; or
    an OpenAI-style assistant message with `tool_calls`, alone or in its list of messages.
    `tools`: what each tool takes, by its name.
    """
    vocabulary = Vocabulary(
        {name: arguments.field_names() for name, arguments in tools.items()},
        default=next(iter(tools)),
    )
    steps: list[Step] = []
    lines: list[int] = []
    """Where each step stands."""
    for number, line in enumerate(_lines(text.removeprefix("\ufeff")), 1):
        try:
            step = _step(line.value, vocabulary, number)
            _check(step, tools)
        except PlanError as error:
            raise PlanError(str(error), line=line.number) from None
        steps.append(step)
        lines.append(line.number)
    if not steps:
        raise PlanError("the plan is empty")
    try:
        return in_order(Plan(tuple(steps)))
    except PlanError as error:
        if error.line is None:
            raise
        told = str(error).partition(": ")[2]
        raise PlanError(told, line=lines[error.line - 1]) from None


def in_order(plan: Plan) -> Plan:
    """The same steps, each behind those that it names; as they stand where that is so."""
    places = {step.id: place for place, step in enumerate(plan.steps)}
    if all(places[name] < places[step.id] for step in plan.steps for name in step.inputs):
        return plan
    order = TopologicalSorter({step.id: step.inputs for step in plan.steps}).static_order()
    return Plan(tuple(plan.steps[places[name]] for name in order))


def question_of(plan: Plan) -> str:
    """What the plan asks, in the words of the step that answers; '' where it has no words.

    Names of other steps stand as what those steps ask, in brackets.
    """
    steps = {step.id: step for step in plan.steps}
    last = next(iter(answering_steps(plan, None, "", {})), plan.final_steps[-1])

    def asked(step: Step, depth: int = 0) -> str:
        texts = [value for value in step.arguments.values() if isinstance(value, str)]

        def named(name: str) -> JsonValue:
            inner = step.for_each if name == template.ITEM else name
            return f"({asked(steps[inner], depth + 1)})" if inner and depth < 3 else "(...)"

        if not texts:
            return ""
        return template.as_text(template.fill(template.without_paths(texts[0]), named))

    return " ".join(asked(last).split())


def _check(step: Step, tools: Mapping[str, type[Arguments]]) -> None:
    """Raise PlanError for arguments that the tool would refuse whatever the names stand for."""
    if _TAKEN.fullmatch(step.id):
        raise PlanError(f"the id {step.id!r} is taken; choose another")
    if step.tool == RESEARCH:
        _check_allowed(step.arguments.get("tools"), tools)
    try:
        tools[step.tool].model_validate(dict(step.arguments))
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            field = str(problem["loc"][0]) if problem["loc"] else "arguments"
            if not list(template.names(step.arguments.get(field))):
                known = ", ".join(tools[step.tool].field_names())
                said = problem["msg"].removeprefix("Value error, ")
                raise PlanError(f"{field}: {said}; {step.tool} takes: {known}") from None


def _check_allowed(names: JsonValue, tools: Iterable[str]) -> None:
    """Raise PlanError for a tool of a sub-run that there is not."""
    known = sorted(tools)
    for name in names if isinstance(names, list) else ():
        if name not in known and not list(template.names(name)):
            raise PlanError(f"tools: there is no {name!r}; there are: {', '.join(known)}")


def _step(value: JsonValue, vocabulary: Vocabulary, number: int) -> Step:
    """The step of one line."""
    if not isinstance(value, dict):
        raise PlanError("a step must be a JSON object")
    letter = ascii_lowercase[number - 1 : number] or f"s{number}"
    return step_of(value, vocabulary, default_id=letter)


def _lines(text: str) -> Iterator[_Line]:
    """The steps' objects, from whichever form. Raises PlanError for what is no JSON."""
    try:
        whole: JsonValue = json.loads(text)
    except json.JSONDecodeError as error:
        if text.lstrip().startswith("["):
            raise _no_json(error, error.lineno) from None
        yield from _json_lines(text)
        return
    except RecursionError:
        raise PlanError("this is nested too deeply") from None
    messages = whole if isinstance(whole, list) else [whole]
    calls = [call for message in messages for call in _tool_calls(message)]
    if calls:
        yield from (_Line(line, step) for line, step in enumerate(_steps_of_calls(calls), 1))
    elif isinstance(whole, dict) and whole.get("role") == "assistant":
        raise PlanError("this message of an assistant calls no tool")
    elif isinstance(whole, list):
        yield from _elements(text)
    else:
        yield _Line(1, whole)


def _json_lines(text: str) -> Iterator[_Line]:
    """One object a line; empty lines are left out."""
    for number, line in enumerate(text.split("\n"), 1):  # others stand in texts
        if line.strip():
            try:
                yield _Line(number, json.loads(line))
            except json.JSONDecodeError as error:
                raise _no_json(error, number) from None
            except RecursionError:
                raise PlanError("this is nested too deeply", line=number) from None


def _elements(text: str) -> Iterator[_Line]:
    """The elements of a list that is known to be JSON, with the lines on which they begin."""
    decoder = json.JSONDecoder()
    at, line, counted = text.index("[") + 1, 1, 0
    while True:
        found = _BETWEEN.match(text, at)
        at = found.end() if found else at
        if text[at] == "]":
            return
        line, counted = line + text.count("\n", counted, at), at
        value, at = decoder.raw_decode(text, at)
        yield _Line(line, value)


def _no_json(error: json.JSONDecodeError, line: int) -> PlanError:
    """In the words of the parser."""
    return PlanError(f"this is no JSON: {error.msg} (column {error.colno})", line=line)


def _tool_calls(message: JsonValue) -> list[JsonValue]:
    """The calls of an assistant's message, or of the first choice of a whole reply."""
    if not isinstance(message, dict):
        return []
    choices = message.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return _tool_calls(choices[0].get("message"))
    calls = message.get("tool_calls")
    return calls if isinstance(calls, list) else []


def _steps_of_calls(calls: Iterable[JsonValue]) -> Iterator[JsonValue]:
    """Each call as a step in the long form; `{id}` of another call is an edge, nothing else is."""
    found = [_named_call(call, place) for place, call in enumerate(calls, 1)]
    ids = {id_: _step_id(id_) for id_, _, _ in found}

    def linked(value: JsonValue) -> JsonValue:
        if isinstance(value, str):
            return re.sub(r"\{([^{}\s]*)\}", name, value)
        if isinstance(value, list):
            return [linked(element) for element in value]
        if isinstance(value, dict):
            return {key: linked(element) for key, element in value.items()}
        return value

    def name(match: "re.Match[str]") -> str:
        return f"{{{ids[match[1]]}}}" if match[1] in ids else f"({match[1]})"

    for id_, tool, arguments in found:
        yield {"id": ids[id_], "tool": tool, "arguments": linked(arguments)}


def _named_call(call: JsonValue, place: int) -> tuple[str, JsonValue, JsonValue]:
    """Id, function and arguments of a tool call."""
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(call, dict) or not isinstance(function, dict):
        raise PlanError("function: missing in this tool call", line=place)
    arguments = function.get("arguments", {})
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments or "{}")
        except (json.JSONDecodeError, RecursionError) as error:
            raise PlanError(f"arguments: this is no JSON: {error}", line=place) from None
    return str(call.get("id") or f"call_{place}"), function.get("name"), arguments


def _step_id(id_: str) -> str:
    """The id as a plan can have it: servers give long ones, with hyphens."""
    fitting = _ODD.sub("_", id_)
    if len(fitting) > LONGEST_ID:
        fitting = fitting[-LONGEST_ID + 1 :]
    return fitting if fitting[:1].isalpha() else f"c{fitting}"[:LONGEST_ID]
