"""A typed async function as a Tool: its signature is the schema, its docstring the description."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, get_type_hints, overload

from pydantic import ConfigDict, create_model
from pydantic_core import to_jsonable_python

from tools.given import given
from tools.tool import Arguments, ToolResult

Function = Callable[..., Awaitable[Any]]

_SECONDS = 30.0
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True)
class FunctionTool:
    """See `Tool`. Made by `function_tool`."""

    function: Function
    name: str
    description: str
    arguments: type[Arguments]
    resource: str
    seconds: float
    side_effects: bool
    cost: float

    async def call(self, arguments: Arguments) -> ToolResult:
        """What the function returns, as JSON that proves itself; a ToolResult as it is.

        Raises what the function raises: ToolError for what went wrong outside.
        """
        values = {field: getattr(arguments, field) for field in type(arguments).model_fields}
        value = await self.function(**values)
        if isinstance(value, ToolResult):
            return value
        made = to_jsonable_python(value, inf_nan_mode="null")
        return given(made, self.name, arguments.given())


@overload
def function_tool(function: Function, /) -> FunctionTool: ...


@overload
def function_tool(
    *,
    name: str | None = None,
    seconds: float = _SECONDS,
    resource: str | None = None,
    side_effects: bool = False,
    cost: float = 0.0,
) -> Callable[[Function], FunctionTool]: ...


def function_tool(
    function: Function | None = None,
    /,
    *,
    name: str | None = None,
    seconds: float = _SECONDS,
    resource: str | None = None,
    side_effects: bool = False,
    cost: float = 0.0,
) -> FunctionTool | Callable[[Function], FunctionTool]:
    """A decorator, bare or with limits, that makes a tool of an async function.

    `name`: the function's own by default. `seconds`: after so long a call is given up. `resource`:
    what it occupies; its name by default. `side_effects`: whether it changes something outside.
    `cost`: of a call, in the money of the price list. Raises TypeError for a function that is not
    async, has no docstring, takes what has no type or no name, or has a limit below 0.
    """
    if min(seconds, cost) < 0:
        raise TypeError("seconds and cost cannot be below 0")

    def made(function: Function) -> FunctionTool:
        called = name or function.__name__
        return FunctionTool(
            function=function,
            name=called,
            description=_description(function),
            arguments=_arguments(function, called),
            resource=resource or called,
            seconds=seconds,
            side_effects=side_effects,
            cost=cost,
        )

    return made if function is None else made(function)


def _description(function: Function) -> str:
    """The first paragraph of the docstring, in one line."""
    if not inspect.iscoroutinefunction(function):
        raise TypeError(f"{_named(function)} must be an async function")
    first = (inspect.getdoc(function) or "").partition("\n\n")[0]
    if not first:
        raise TypeError(f"{_named(function)} needs a docstring: it is what the planner is told")
    return " ".join(first.split())


def _arguments(function: Function, name: str) -> type[Arguments]:
    """A field for each parameter, with its type, its default and what Annotated says of it."""
    types = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in _NAMED or parameter.name not in types:
            raise TypeError(f"{_named(function)}: {parameter} needs a name and a type")
        if hasattr(Arguments, parameter.name):
            raise TypeError(f"{_named(function)}: call {parameter.name!r} otherwise, it is taken")
        empty = parameter.default is inspect.Parameter.empty
        fields[parameter.name] = (types[parameter.name], ... if empty else parameter.default)
    made: type[Arguments] = create_model(f"{name}_arguments", __base__=_FunctionArguments, **fields)
    return made


class _FunctionArguments(Arguments):
    """Parameters may begin with `model_`, and may be of any type that pydantic knows."""

    model_config = ConfigDict(protected_namespaces=())


def _named(function: Function) -> str:
    """For errors."""
    return getattr(function, "__qualname__", repr(function))
