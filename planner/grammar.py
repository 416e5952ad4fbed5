"""The grammar of a plan (GBNF), built from the tools at hand: nothing else can be written."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from tools import Arguments, Tool

_TEXT = r"""text ::= "\"" letter{2,240} "\""
letter ::= [^"\\\x00-\x1F] | "\\\""
reference ::= "\"{" id "}\""
id ::= [a-z]
"""


def plan_grammar(tools: Sequence[Tool[Any]], *, max_steps: int = 6, comparing: bool = False) -> str:
    """At most `max_steps` lines in the short form, each calling one of the tools.

    Fields that take facts hold names of steps only; everything else is text of a bounded length,
    so that a small model cannot loop. `comparing`: the last line, and no other, takes facts, and at
    least two lines stand before it; a small model left alone asks the whole comparison in one line.
    """
    takes_facts = {
        f"call-{number}": bool(tool.arguments.fact_fields) for number, tool in enumerate(tools)
    }
    if comparing and any(takes_facts.values()):
        plain = " | ".join(name for name, facts in takes_facts.items() if not facts)
        last = " | ".join(name for name, facts in takes_facts.items() if facts)
        root = f'root ::= (line "\\n"){{2,{max_steps - 1}}} last'
        rules = [root, _line("line", plain), _line("last", last)]
    else:
        root = f'root ::= line ("\\n" line){{0,{max_steps - 1}}}'
        rules = [root, _line("line", " | ".join(takes_facts))]
    rules += [f"call-{number} ::= {_call(tool)}" for number, tool in enumerate(tools)]
    return "\n".join(rules) + "\n" + _TEXT


def _line(name: str, calls: str) -> str:
    """The rule of a line that makes one of the calls."""
    return f'{name} ::= "{{\\"id\\":\\"" id "\\"," ({calls}) "}}"'


def _call(tool: Tool[Any]) -> str:
    """The tool's name as the key of its first argument, its other required ones behind it."""
    schema = _schema(tool.arguments)
    required = schema.get("required", [])
    parts = []
    for position, (field, shape) in enumerate(schema["properties"].items()):
        if position and field not in required:
            continue
        key = tool.name if position == 0 else field
        comma = "," if position else ""
        parts.append(_literal(f"{comma}{json.dumps(key)}:") + " " + _value(field, shape, tool))
    return " ".join(parts)


@cache
def _schema(arguments: type[Arguments]) -> Mapping[str, Any]:
    """Read once for each tool and not for each run: pydantic takes a millisecond."""
    return arguments.model_json_schema()


def _value(field: str, shape: Mapping[str, Any], tool: Tool[Any]) -> str:
    """What may stand as a field's value."""
    if field in tool.arguments.fact_fields:
        return '"[" reference ("," reference){1,7} "]"'
    match shape.get("type"):
        case "array":
            return '"[" text ("," text){0,7} "]"'
        case "integer" | "number":
            return "[0-9]{1,9}"
        case "boolean":
            return '("true" | "false")'
        case _:
            return "text"


def _literal(text: str) -> str:
    """A text as a GBNF literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
