"""Functions of the caller: what is said of them, and what they gave."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from pydantic import JsonValue

from planner import Research, is_tool_name
from service.api.errors import ApiError
from service.plans import TOOLS
from tools import CrossCheck

_OWN = frozenset({*TOOLS, CrossCheck.name, Research.name})
"""Tools of Breadth."""
_LONGEST_DESCRIPTION = 4000
_ANYTHING: Mapping[str, JsonValue] = {"type": "object", "properties": {}}


def function_of(
    tool: Mapping[str, Any], where: str, taken: Collection[str]
) -> dict[str, JsonValue]:
    """The function, as `Wishes` has it. `taken`: names of other tools. Raises ApiError."""
    name, described = tool.get("name"), tool.get("description")
    if not isinstance(name, str) or not is_tool_name(name):
        raise _wrong(f"{where}.name", "has to be 1 to 64 letters, digits, _ and -")
    if name in _OWN or name in taken:
        raise _wrong(f"{where}.name", "there is another tool of this name: choose another one")
    if described is not None and not isinstance(described, str):
        raise _wrong(f"{where}.description", "has to be a text")
    parameters = tool.get("parameters")
    _require_schema(parameters, f"{where}.parameters")
    return {
        "name": name,
        "description": (described or "")[:_LONGEST_DESCRIPTION],
        "parameters": dict(parameters or _ANYTHING),
        "strict": bool(tool.get("strict")),
    }


def _require_schema(given: object, where: str) -> None:
    """Raises ApiError for what is no schema of an object."""
    if given is None:
        return
    if not isinstance(given, dict) or given.get("type", "object") != "object":
        raise _wrong(where, "has to be a JSON schema of an object")
    try:
        Draft202012Validator.check_schema(given)
    except SchemaError as error:
        raise _wrong(where, "is no JSON schema") from error


class Calls:
    """Calls of functions that an input tells of, and what they gave."""

    def __init__(self, earlier: Collection[Mapping[str, Any]] = ()) -> None:
        """`earlier`: `function_call` items of the response that is gone on from."""
        self._calls = {str(each.get("call_id")): dict(each) for each in earlier}
        self.outputs: list[JsonValue] = []
        """As `Wishes` has them."""

    def __contains__(self, call_id: str) -> bool:
        """Whether there is such a call."""
        return call_id in self._calls

    def take_call(self, item: Mapping[str, Any], where: str) -> None:
        """A `function_call` that is handed back."""
        for name in ("call_id", "name", "arguments"):
            if not isinstance(item.get(name), str):
                raise _wrong(f"{where}.{name}", "is required, and a text")
        self._calls[item["call_id"]] = dict(item)

    def take_output(self, item: Mapping[str, Any], where: str) -> None:
        """A `function_call_output`. Raises ApiError where nobody knows what it answers."""
        call = self._calls.get(str(item.get("call_id")))
        if call is None:
            text = (
                "there is no such call: send the function_call item before it, or"
                " previous_response_id"
            )
            raise _wrong(f"{where}.call_id", text)
        self.outputs.append(
            {
                "call_id": call["call_id"],
                "name": call["name"],
                "arguments": _arguments(call["arguments"], where),
                "output": _output(item.get("output"), f"{where}.output"),
            }
        )


def _arguments(text: str, where: str) -> dict[str, JsonValue]:
    """Of a call, which its caller may have written anew."""
    try:
        read = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise _wrong(where, "the arguments of its call are no JSON") from error
    if not isinstance(read, dict):
        raise _wrong(where, "the arguments of its call have to be an object")
    return read


def _output(given: object, where: str) -> str:
    """A text, or parts of which each is one."""
    if isinstance(given, str):
        return given
    if isinstance(given, list):
        texts = [part.get("text") for part in given if isinstance(part, dict)]
        if len(texts) == len(given) and all(isinstance(text, str) for text in texts):
            return "\n".join(map(str, texts))
    raise _wrong(where, "has to be a text, or a list of parts that are texts")


def _wrong(param: str, what: str) -> ApiError:
    return ApiError(400, f"{param}: {what}", param=param)
