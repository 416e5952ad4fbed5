"""What `breadth tools` does: rows of the tools that there are, and one call of one of them."""

import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from typing import Any, assert_never

from pydantic import JsonValue
from rich.table import Table
from rich.text import Text

from inference import Model
from planner import (
    Budget,
    Caller,
    Done,
    Failed,
    Limits,
    MemoryTrace,
    PlanError,
    RefusingModel,
    Skipped,
    checked_arguments,
    template,
)
from search import DocumentIndex, Passage
from service.display import Display
from service.errors import ToolFailed, UsageProblem
from service.formats import source_line
from service.legible import legible
from service.models import models_of
from service.others import Offered, Others, others_of
from service.plans import TOOLS
from service.settings import Settings
from service.sources import Sources, root_of, sources
from service.workplace import own_tools
from tools import Tool, cost_of, has_side_effects

_NEEDS_DOCUMENTS = frozenset({"lookup", "search", "read"})
_NEEDS_MODEL = frozenset({"lookup", "compare"})
_OWN = "Breadth"


@dataclass(frozen=True, slots=True)
class Called:
    """A call that went well."""

    tool: str
    done: Done

    @property
    def passages(self) -> list[Passage]:
        """What it rests on and what was read besides, each once."""
        found = (*self.done.evidence, *self.done.read)
        return [*{passage.id: passage for passage in found}.values()]


async def listed(settings: Settings, display: Display) -> dict[str, Any]:
    """The tools that there are, and why others are not, for JSON."""
    async with others_of(settings, display, every=True, fresh=True) as others:
        index = DocumentIndex.open(None)
        with closing(index):
            own = _own(Sources(index, index), RefusingModel(), settings)
            return {
                "tools": [_row(one) for one in (*own, *others.offered)],
                "problems": list(others.problems),
            }


async def called(
    name: str,
    given: Sequence[str],
    documents: Sequence[str],
    settings: Settings,
    display: Display,
) -> Called:
    """One call. `given`: KEY=VALUE, a value as JSON or as it stands. Raises ToolFailed."""
    values = dict(_argument(text) for text in given)
    roots = [root_of(given) for given in documents]
    if name in _NEEDS_DOCUMENTS and not roots and not settings.search:
        raise UsageProblem(f"{name} needs documents: name a folder or a file with --documents")
    async with AsyncExitStack() as stack:
        others = await stack.enter_async_context(
            others_of(settings, display, every=name not in TOOLS, approver=_typed)
        )
        found = await stack.enter_async_context(sources(roots, settings, display, needed=False))
        model: Model = RefusingModel()
        if name in _NEEDS_MODEL:
            models = await models_of(settings, display.loading)
            stack.push_async_callback(models.close)
            await models.ready()
            model = models.model
        tool = _named(name, _own(found, model, settings), others)
        try:
            values = checked_arguments(values, tool.arguments)
        except PlanError as error:
            raise UsageProblem(f"{name}: {error}") from error
        caller = Caller({name: tool}, budget=Budget(Limits()), trace=MemoryTrace())
        outcome, _ = await caller.call("call", name, values)
    match outcome:
        case Done():
            return Called(name, outcome)
        case Failed(error=reason) | Skipped(reason=reason):
            raise ToolFailed(reason if reason.startswith(name) else f"{name}: {reason}")
        case never:
            assert_never(never)


def table(document: Mapping[str, Any]) -> Table:
    """For a terminal."""
    shown = Table(show_lines=True)
    shown.add_column("tool", ratio=3)
    shown.add_column("arguments", ratio=2)
    for name in ("limits", "effects", "from"):
        shown.add_column(name)
    for row in document["tools"]:
        first = Text(legible(row["name"]), "bold").append(f"\n{legible(row['description'])}", "dim")
        arguments = "\n".join(
            legible(f"{name}: {shape['type']}{'' if shape['required'] else ', optional'}")
            for name, shape in row["arguments"].items()
        )
        limits = f"{row['seconds']:g} s" + (f"\ncosts {row['cost']:g}" if row["cost"] else "")
        effects = "yes" if row["side_effects"] else "no"
        effects += "" if row["approval"] == "auto" else f"\napproval: {row['approval']}"
        shown.add_row(first, Text(arguments), limits, effects, legible(row["origin"]))
    return shown


def as_json(called: Called) -> dict[str, Any]:
    """The value and what it rests on."""
    return {
        "tool": called.tool,
        "value": called.done.value,
        "sources": [
            {
                "title": passage.source.title,
                "location": passage.source.location,
                "start": passage.start,
                "end": passage.end,
                "part": passage.part,
                "text": passage.text,
            }
            for passage in called.passages
        ],
        "cut": called.done.cut,
    }


def as_text(called: Called) -> str:
    """The value, and its sources below."""
    value = called.done.value
    lines = [template.as_text(value) if isinstance(value, str) else _written(value)]
    lines += ["", "Sources"] if called.passages else []
    lines += [f"[{number}] {source_line(one)}" for number, one in enumerate(called.passages, 1)]
    shown = (line for text in lines for line in text.split("\n"))
    return "\n".join(_indent(line) + legible(line) for line in shown)


async def _typed(tool: str, arguments: Mapping[str, JsonValue]) -> bool:
    """Who types the call has approved it."""
    return True


def _indent(line: str) -> str:
    """The blanks in front."""
    return " " * (len(line) - len(line.lstrip(" ")))


def _own(found: Sources, model: Model, settings: Settings) -> list[Offered]:
    """The tools of Breadth that a plan may name."""
    own = own_tools(found, model, settings)
    return [Offered(tool, _OWN) for tool in own if tool.name in TOOLS]


def _named(name: str, own: Sequence[Offered], others: Others) -> Tool[Any]:
    """The tool. Raises UsageProblem where there is none."""
    tools = {one.tool.name: one.tool for one in (*own, *others.offered)}
    if name not in tools:
        raise UsageProblem(f"there is no tool {name!r}; there are: {', '.join(sorted(tools))}")
    return tools[name]


def _row(offered: Offered) -> dict[str, Any]:
    """All that is known of a tool before it is called."""
    tool = offered.tool
    schema = tool.arguments.model_json_schema()
    required = schema.get("required", ())
    return {
        "name": tool.name,
        "description": tool.description,
        "arguments": {
            name: {
                "type": _type(shape),
                "required": name in required,
                "description": shape.get("description", ""),
            }
            for name, shape in schema.get("properties", {}).items()
        },
        "seconds": getattr(tool, "limit", tool.seconds),
        "resource": tool.resource,
        "cost": cost_of(tool),
        "side_effects": has_side_effects(tool),
        "approval": getattr(tool, "approval", "auto"),
        "origin": offered.origin,
    }


def _type(shape: Mapping[str, Any]) -> str:
    """What a value may be, in a word or a few."""
    if "enum" in shape or "const" in shape:
        choices = shape.get("enum", [shape.get("const")])
        return " | ".join(json.dumps(one, ensure_ascii=False) for one in choices)
    if "anyOf" in shape:
        return " | ".join(dict.fromkeys(_type(one) for one in shape["anyOf"]))
    if shape.get("type") == "array":
        return f"list of {_type(shape.get('items', {}))}"
    return str(shape.get("type", "object" if "$ref" in shape else "any"))


def _argument(text: str) -> tuple[str, JsonValue]:
    """KEY=VALUE. Raises UsageProblem."""
    key, sign, value = text.partition("=")
    if not (key and sign):
        raise UsageProblem(f"--arg {text!r}: write KEY=VALUE, as in --arg city=Paris")
    try:
        parsed: JsonValue = json.loads(value)
    except ValueError:
        return key, value
    return key, parsed


def _written(value: JsonValue) -> str:
    """A value that is no text."""
    return "nothing found" if value is None else json.dumps(value, ensure_ascii=False, indent=2)
