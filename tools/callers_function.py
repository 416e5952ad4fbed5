"""Functions of whoever asks: a plan calls them like any tool, and they are run elsewhere."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue, ValidationError

from tools.given import bounded, given
from tools.schema_arguments import arguments_of
from tools.tool import Arguments, ToolResult

_LONGEST_DESCRIPTION = 1000
_LONGEST_CALL = 200
"""Characters of the arguments, where a reader is told which call it was."""


class LeftToCaller(Exception):
    """The call is not made here: whoever asked has to make it, and to say what it gave."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a function gave for some arguments."""

    name: str
    arguments: Mapping[str, JsonValue]
    text: str


class CallersFunction:
    """A function of the caller as a tool. See `Tool`."""

    is_left = True
    """A call may be left to the caller; it is never made on a guess."""
    seconds = 5.0
    side_effects = False

    def __init__(
        self, name: str, description: str, parameters: Any, outputs: Iterable[Output] = ()
    ) -> None:
        """`parameters`: a JSON schema; `outputs`: what it is known to give."""
        self.name = name
        said = " ".join(description.split())[:_LONGEST_DESCRIPTION]
        self.description = said or f"Does {name.replace('_', ' ')}."
        self.arguments: type[Arguments] = arguments_of(parameters, name)
        self.resource = f"function {name}"
        self._known = {
            self._key(output.arguments): output.text for output in outputs if output.name == name
        }

    async def call(self, arguments: Arguments) -> ToolResult:
        """What it is known to give, which proves itself. Raises LeftToCaller where nothing is."""
        values = arguments.given()
        told = self._known.get(_written(values))
        if told is None:
            raise LeftToCaller
        return given(
            bounded(_value_of(told), self.name),
            self.name,
            values,
            location=f"function:{self.name} {_written(values)}"[:_LONGEST_CALL],
            title=f"{self.name} ({_said(values)})"[:_LONGEST_CALL] if values else self.name,
        )

    def _key(self, arguments: Mapping[str, JsonValue]) -> str:
        """The same for the arguments of a call however its caller has written them."""
        try:
            return _written(self.arguments.model_validate(dict(arguments)).given())
        except ValidationError:
            return _written(arguments)


def is_left(tool: Any) -> bool:
    """Whether a tool's calls may be left to the caller, by what it says of itself."""
    return bool(getattr(tool, "is_left", False))


def _said(arguments: Mapping[str, JsonValue]) -> str:
    """For a reader; what was given says seldom itself of what it is."""
    texts = (value if isinstance(value, str) else json.dumps(value) for value in arguments.values())
    return ", ".join(f"{name}: {text}" for name, text in zip(arguments, texts, strict=True))


def _written(arguments: Mapping[str, JsonValue]) -> str:
    return json.dumps(dict(arguments), ensure_ascii=False, sort_keys=True)


def _value_of(text: str) -> JsonValue:
    """An object or a list as such, so that steps can take parts of it; anything else is a text.

    Of nothing, the value is None: there is no such thing.
    """
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return text.strip() or None
    return value if isinstance(value, dict | list) else text.strip()
