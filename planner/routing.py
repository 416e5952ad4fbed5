"""Which look-ups are a tool's to answer, and with what arguments.

A small planner model splits a question well and fills in calls of tools that it has never seen
badly: it writes what stood in their description. So a plan is made of look-ups, and each one's
question is then asked about by itself: which of the tools answers it (one word, under a grammar),
and what its arguments are (under the tool's schema). What is filled in has to stand in the
question. Only the plan's own text is shown: what was read never picks a tool.

Published relatives: ReWOO (Xu et al. 2023, arXiv:2305.18323) plans before it calls; Toolformer and
Gorilla train what is asked for here.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from inference import Message, Model, ModelError, Request, complete, p_yes, structured
from planner import template
from planner.errors import BudgetExceeded, PlanError
from planner.events import Decided, Trace
from planner.language import Vocabulary, step_of
from planner.plan import Step
from tools import Tool, has_side_effects, is_function_word, stems, words

_MOST = 6
"""Tools that are told of in one question: those nearest to it by their words."""
_LONGEST = 120
"""Characters of a description."""
_SPAN = 6
"""Words of a value that is copied out of the question."""
_CHOOSE = "Which tool answers the question? Say its name."
_GIVES = "Does the tool give what the question asks for? Say yes or no."
_SURE = 0.2
"""p(yes) from which a tool is called. Small models are never sure: of 25 questions, those that were
a tool's had 0.09 and, but for one, at least 0.27, and those that were not 0.10 at most."""
_FILL = "Write the tool's arguments, copied from the question, as JSON."
_LOOKUP = "lookup: A fact that texts tell."
_EXAMPLE = "stock_price(company): The price of a company's share now."
_CHOSEN = (
    ("When was {a} founded?", "lookup"),
    ("What is the price of a share of {a}?", "stock_price"),
    ("Who owns Acme Rail?", "lookup"),
)
_FILLED = (
    ("What is the price of a share of {a}?", {"company": "{a}"}),
    ("How much does a share of Acme Rail cost?", {"company": "Acme Rail"}),
)
_SCALARS = frozenset({"string", "integer", "number", "boolean"})
_SHORT = 3
"""Characters of a text that is a code, and need not stand in the question."""
_NUMBER = re.compile(r"(?:(?<!\w)[-−])?\d+(?:,\d{3})*(?:\.\d+)?")
_TIMES = frozenset({"date", "date-time", "time", "duration"})
"""Formats in which a question writes nothing."""


class Router:
    """Hands look-ups to tools."""

    def __init__(
        self,
        model: Model,
        tools: Sequence[Tool[Any]],
        vocabulary: Vocabulary,
        *,
        trace: Trace,
        looks: bool = True,
        seed: int = 0,
    ) -> None:
        """`looks`: whether there is anything to look into; if not, the model need not be sure.

        `tools`: those that may be chosen. What changes something outside is left out, and what
        needs more than texts and numbers: a plan has to name these itself.
        """
        self._model = model
        self._sure = _SURE if looks else 0.0
        self.tools = [tool for tool in tools if not has_side_effects(tool) and _is_plain(tool)]
        self._vocabulary = vocabulary
        self._trace = trace
        self._seed = seed

    async def handed(self, step: Step) -> Step:
        """The step, or the call of a tool that answers its question."""
        question = step.arguments.get(self._vocabulary.question)
        if not self.tools or step.tool != self._vocabulary.default or len(step.arguments) != 1:
            return step
        if not isinstance(question, str):
            return step
        try:
            tool = await self._chosen(question)
            called = None
            if tool is not None and await self._is_its(tool, question):
                called = await self._called(step, tool, question)
        except (ModelError, BudgetExceeded) as error:
            await self._trace.record(Decided("no tool chosen", str(error)))
            return step
        if called is None:
            return step
        told = json.dumps(dict(called.arguments), ensure_ascii=False)
        await self._trace.record(Decided("tool chosen", f"{step.id}: {called.tool} {told}"))
        return called

    async def _chosen(self, question: str) -> Tool[Any] | None:
        """None: it is to be looked up."""
        near = _nearest(self.tools, question)
        names = [tool.name for tool in near]
        told = list(map(_told, near))
        if self._sure:
            names.insert(0, self._vocabulary.default)
            told.insert(0, _LOOKUP)
        messages = [Message("system", _CHOOSE)]
        for asked, name in _CHOSEN:
            shown = f"{_LOOKUP}\n{_EXAMPLE}\nQuestion: {asked}"
            messages += [Message("user", shown), Message("assistant", name)]
        messages.append(Message("user", "\n".join([*told, f"Question: {question}"])))
        request = Request(
            tuple(messages),
            max_tokens=40,
            grammar="root ::= " + " | ".join(map(json.dumps, names)),
            seed=self._seed,
            purpose="route",
        )
        said = (await complete(self._model, request)).samples[0].text.strip()
        return next((tool for tool in near if tool.name == said), None)

    async def _is_its(self, tool: Tool[Any], question: str) -> bool:
        """Asked by itself, too: who has to choose takes what is only near."""
        if not self._sure:
            return True
        asked = f"Tool: {' '.join(tool.description.split())[:_LONGEST]}\nQuestion: {question}"
        messages = (Message("system", _GIVES), Message("user", asked))
        sure = await p_yes(self._model, messages, at=self._sure)
        return sure.value >= self._sure

    async def _called(self, step: Step, tool: Tool[Any], question: str) -> Step | None:
        """The step as a call of the tool; None where its arguments are not in the question."""
        schema = _asked_for(tool, question)
        arguments: JsonValue = {}
        if schema["properties"]:
            arguments = await self._filled(tool, question, schema)
            if not _stands_in(arguments, schema, question):
                arguments = await self._filled(tool, question, _copying(schema, question))
        if not isinstance(arguments, dict) or not _stands_in(arguments, schema, question):
            return None
        line: dict[str, JsonValue] = {
            "id": step.id,
            "tool": tool.name,
            "arguments": {key: _as_template(value, step) for key, value in arguments.items()},
            "needs": list(step.needs),
            "optional": step.optional,
        }
        line |= {"for_each": step.for_each} if step.for_each else {}
        line |= {"when": step.when} if step.when else {}
        try:
            return step_of(line, self._vocabulary)
        except PlanError:
            return None

    async def _filled(self, tool: Tool[Any], question: str, schema: Mapping[str, Any]) -> JsonValue:
        """What the model takes for the arguments."""
        messages = [Message("system", _FILL)]
        for asked, arguments in _FILLED:
            messages += [
                Message("user", f"{_EXAMPLE}\nQuestion: {asked}"),
                Message("assistant", json.dumps(arguments, separators=(",", ":"))),
            ]
        messages.append(Message("user", f"{_told(tool)}\nQuestion: {question}"))
        request = Request(
            tuple(messages), max_tokens=120, schema=dict(schema), seed=self._seed, purpose="route"
        )
        return (await structured(self._model, request, attempts=1)).value


def _told(tool: Tool[Any]) -> str:
    """A tool in a line."""
    names = ", ".join(tool.arguments.field_names())
    return f"{tool.name}({names}): {' '.join(tool.description.split())[:_LONGEST]}"


def _nearest(tools: Sequence[Tool[Any]], question: str) -> list[Tool[Any]]:
    """Those whose words are most in the question, in the order given."""
    asked = stems(question)

    def shared(tool: Tool[Any]) -> int:
        return len(asked & stems(_spelt(f"{tool.name} {tool.description}")))

    best = sorted(tools, key=lambda tool: -shared(tool))[:_MOST]
    return [tool for tool in tools if tool in best]


def _spelt(name: str) -> str:
    """`shop_getStock` as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("_", " "))


def _is_plain(tool: Tool[Any]) -> bool:
    """Whether what it needs are texts and numbers."""
    schema = tool.arguments.model_json_schema()
    needed = (schema.get("properties", {}).get(name, {}) for name in schema.get("required", ()))
    return all(one.get("type") in _SCALARS or "enum" in one for one in needed)


def _asked_for(tool: Tool[Any], question: str) -> dict[str, Any]:
    """The schema of the arguments that it needs, and of those that the question speaks of."""
    schema = tool.arguments.model_json_schema()
    needed = schema.get("required", [])
    spoken = stems(question)
    properties = {
        name: one
        for name, one in schema.get("properties", {}).items()
        if name in needed or (one.get("type") in _SCALARS and spoken & stems(_spelt(name)))
    }
    return {
        **({"$defs": schema["$defs"]} if "$defs" in schema else {}),
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _is_open(one: Mapping[str, Any]) -> bool:
    """Whether any text will do, so that it has to be the question's."""
    coded = {"enum", "const", "pattern"} & one.keys() or one.get("format") in _TIMES
    return one.get("type") == "string" and not coded and one.get("maxLength", 99) > _SHORT


def _stands_in(arguments: JsonValue, schema: Mapping[str, Any], question: str) -> bool:
    """Whether every text and number is the question's, and what the question waits for is used."""
    if not isinstance(arguments, dict):
        return False
    numbers = {float(_plain(said)) for said in _NUMBER.findall(question)}
    for name, value in arguments.items():
        if isinstance(value, bool):
            continue
        if isinstance(value, int | float) and value not in numbers:
            return False
        if isinstance(value, str) and _is_open(schema["properties"][name]):
            found = _words(value)
            if not found or not found <= _words(question):
                return False
    return set(template.names(question)) <= set(template.names(dict(arguments)))


def _plain(number: str) -> str:
    """As Python reads it."""
    return number.replace(",", "").replace("−", "-")


def _words(text: str) -> set[str]:
    """With the names of steps as a plan writes them: the word `a` is not `{a}`."""
    named = set(template.names(text))
    return {f"{{{name}}}" for name in named} | set(words(template.without_names(text)))


def _copying(schema: Mapping[str, Any], question: str) -> dict[str, Any]:
    """The schema with texts that are pieces of the question, and nothing else."""
    pieces = question.rstrip(" ?.!").split()
    spans = [
        " ".join(pieces[start : start + length]).strip(",;:")
        for length in range(1, _SPAN + 1)
        for start in range(1, len(pieces) - length + 1)
        if not (is_function_word(pieces[start]) and length == 1)
    ]
    properties = {
        name: {"enum": list(dict.fromkeys(spans))} if spans and _is_open(one) else one
        for name, one in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def _as_template(value: JsonValue, step: Step) -> JsonValue:
    """The value as a plan has it: of the names, those that the step had are kept."""
    if not isinstance(value, str):
        return value
    known = set(step.inputs) | (template.OWN if step.for_each else set())
    return value if set(template.names(value)) <= known else template.literal(value)
