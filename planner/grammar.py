"""The grammar of a plan (GBNF), built from the tools at hand: nothing else can be written."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from planner.language import has_short_form
from tools import Arguments, Tool

_TEXT = r"""text ::= "\"" mark? [^"\\\x00-\x1F]{2,240} (mark [^"\\\x00-\x1F]{1,100}){0,4} mark? "\""
mark ::= "\\\""
reference ::= "\"{" id "}\""
id ::= [a-z]
"""
"""Quotation marks stand between counted runs of a class. With counted alternatives instead,
xgrammar takes a tenth of a second for each token."""
_EDGES = r"""each ::= ",\"for_each\":\"" id "\""
when ::= ",\"when\":\"" (id (" = " word | " != " word | " failed")? | "not " id) "\""
word ::= first [^"\\\x00-\x1F=!]{0,40}
first ::= [A-Za-z0-9\u00A1-\u167F\u1681-\u1FFF\u2070-\u2FFF\u3001-\uD7FF]
needs ::= ",\"needs\":[" name ("," name){0,3} "]"
name ::= "\"" id "\""
optional ::= ",\"optional\":true"
"""
_PARTS = r"""own ::= "\"{" ("item" | "index" | id) part{0,2} "}\""
part ::= "." [a-z0-9_]{1,24}
"""
_MOST_ELEMENTS = 8
_DEEPEST = 4
"""Objects and lists inside each other; below, a reference must do."""


def plan_grammar(
    tools: Sequence[Tool[Any]],
    *,
    max_steps: int = 6,
    comparing: bool = False,
    edges: bool = False,
) -> str:
    """At most `max_steps` lines in the short form, each calling one of the tools.

    Fields that take facts hold names of steps only; everything else is what the tool's schema
    says, of a bounded length, so that a small model cannot loop (on vLLM its tokens alone are
    bounded). `comparing`: the last line, and no other, takes facts, and at least two lines stand
    before it; a small model left alone asks the whole comparison in one line. `edges`: a line may
    also have `for_each`, `when`, `needs` and `optional`, in this order; without them a small model
    has less to get wrong.
    """
    takes_facts = {
        f"call-{number}": bool(tool.arguments.fact_fields) for number, tool in enumerate(tools)
    }
    tail = " each? when? needs? optional?" if edges else ""
    if comparing and any(takes_facts.values()):
        plain = " | ".join(name for name, facts in takes_facts.items() if not facts)
        last = " | ".join(name for name, facts in takes_facts.items() if facts)
        root = f'root ::= (line "\\n"){{2,{max_steps - 1}}} last'
        rules = [root, _line("line", plain, tail), _line("last", last, tail)]
    else:
        root = f'root ::= line ("\\n" line){{0,{max_steps - 1}}}'
        rules = [root, _line("line", " | ".join(takes_facts), tail)]
    calls = [_Shapes(tool, edges=edges).call for tool in tools]
    rules += [f"call-{number} ::= {call}" for number, call in enumerate(calls)]
    named = any(" own" in call for call in calls)
    return "\n".join(rules) + "\n" + _TEXT + (_EDGES if edges else "") + (_PARTS if named else "")


def _line(name: str, calls: str, tail: str) -> str:
    """The rule of a line that makes one of the calls."""
    return f'{name} ::= "{{\\"id\\":\\"" id "\\"," ({calls}){tail} "}}"'


class _Shapes:
    """What may stand as the arguments of one tool, by its JSON schema."""

    def __init__(self, tool: Tool[Any], *, edges: bool) -> None:
        """With `edges`, what is no text may also come from another step or an element."""
        self._tool = tool
        self._schema = _schema(tool.arguments)
        self._edges = edges

    @property
    def call(self) -> str:
        """The tool's name as the key of its first argument, its other required ones behind it.

        The long form where the short one could not be told from the fields of the step itself.
        """
        fields = self._schema.get("properties", {})
        short = has_short_form(tuple(fields))
        required = self._schema.get("required", [])
        written = []
        for position, (field, shape) in enumerate(fields.items()):
            if position and field not in required:
                continue
            key = self._tool.name if position == 0 and short else field
            comma = "," if position else ""
            written.append(
                _literal(f"{comma}{json.dumps(key)}:") + " " + self._argument(field, shape)
            )
        if short:
            return " ".join(written)
        tool = f'"tool":{json.dumps(self._tool.name)}'
        if not written:
            return _literal(tool)
        return " ".join([_literal(tool + ',"arguments":{'), *written, '"}"'])

    def _argument(self, field: str, shape: Mapping[str, Any]) -> str:
        """What may stand as a field's value."""
        if field in self._tool.arguments.fact_fields:
            return '"[" reference ("," reference){1,7} "]"'
        value = self._value(shape, 0)
        return f"({value} | own)" if self._edges and value != "text" else value

    def _value(self, shape: Mapping[str, Any], depth: int) -> str:
        """A JSON value of a shape."""
        shape = self._resolved(shape)
        choices = [shape["const"]] if "const" in shape else shape.get("enum")
        if choices:
            written = (_literal(json.dumps(one, ensure_ascii=False)) for one in choices)
            return f"({' | '.join(written)})"
        if depth > _DEEPEST:
            return "reference"
        if "anyOf" in shape:
            kinds = dict.fromkeys(self._value(one, depth + 1) for one in shape["anyOf"])
            return f"({' | '.join(kinds)})" if len(kinds) > 1 else next(iter(kinds))
        match shape.get("type"):
            case "array":
                return self._list(shape, depth)
            case "object":
                return self._object(shape, depth)
            case "integer":
                return f"{_sign(shape)}{_digits(shape)}"
            case "number":
                return f'{_sign(shape)}{_digits(shape)} ("." [0-9]{{1,9}})?'
            case "boolean":
                return '("true" | "false")'
            case "null":
                return '"null"'
            case _:
                return "text"

    def _resolved(self, shape: Mapping[str, Any]) -> Mapping[str, Any]:
        """Behind a reference into the schema's definitions."""
        while "$ref" in shape:
            shape = self._schema["$defs"][shape["$ref"].rpartition("/")[2]]
        return shape

    def _list(self, shape: Mapping[str, Any], depth: int) -> str:
        """As many elements as the schema allows, of those that fit into a line."""
        element = self._value(shape.get("items", {}), depth + 1)
        least = shape.get("minItems", 1)
        most = max(least, min(shape.get("maxItems", _MOST_ELEMENTS), _MOST_ELEMENTS))
        if most == 0:
            return '"[]"'
        listed = f'"[" {element} ("," {element}){{{max(least, 1) - 1},{most - 1}}} "]"'
        return f'({listed} | "[]")' if least == 0 else listed

    def _object(self, shape: Mapping[str, Any], depth: int) -> str:
        """Its required fields, or all where none is, in the schema's order."""
        properties = shape.get("properties", {})
        required = shape.get("required") or list(properties)
        fields = [
            _literal(json.dumps(name) + ":") + " " + self._value(one, depth + 1)
            for name, one in properties.items()
            if name in required
        ]
        return '"{" ' + ' "," '.join(fields) + ' "}"' if fields else '"{}"'


@lru_cache(maxsize=512)
def _schema(arguments: type[Arguments]) -> Mapping[str, Any]:
    """Read once for each tool and not for each run: pydantic takes a millisecond."""
    return arguments.model_json_schema()


def _sign(shape: Mapping[str, Any]) -> str:
    """A minus where the schema lets it be."""
    least = shape.get("minimum", shape.get("exclusiveMinimum"))
    return '"-"? ' if least is None or least < 0 else ""


def _digits(shape: Mapping[str, Any]) -> str:
    """Without zeros in front, and not zero where the schema begins above."""
    least = max(shape.get("minimum", 0), shape.get("exclusiveMinimum", 0))
    above = least >= 1 or "exclusiveMinimum" in shape
    return "[1-9] [0-9]{0,8}" if above else '("0" | [1-9] [0-9]{0,8})'


def _literal(text: str) -> str:
    """A text as a GBNF literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
