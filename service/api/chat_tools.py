"""Functions of the caller in chat completions: what is offered, asked for, and handed back."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, Field, JsonValue

from service.api.bodies import Body
from service.api.errors import ApiError
from service.api.front import Front
from service.api.response_calls import Item
from service.api.response_functions import Calls, function_of
from service.settings import Settings
from storage import RunRecord, UnknownRun

_OF_RUN = re.compile(r"call_([0-9a-z]{16})_\d+")
"""The ids of calls that the service asked for."""


class ChatFunction(Body):
    """What the caller can do."""

    name: Annotated[str, Field(json_schema_extra={"pattern": "^[A-Za-z0-9_-]{1,64}$"})]
    description: str | None = None
    parameters: dict[str, JsonValue] | None = None
    strict: bool | None = None


class ChatTool(Body):
    """A function; the other tools are those of `/v1/responses`."""

    type: Literal["function"]
    function: ChatFunction


class CalledFunction(Body):
    """A function, with its arguments as JSON."""

    name: str
    arguments: str


class ToolCall(Body):
    """A call that the caller made, handed back."""

    id: str
    type: Literal["function"] = "function"
    function: CalledFunction


class AskedFunction(BaseModel):
    """A function, with its arguments as JSON."""

    name: str
    arguments: str


class AskedCall(BaseModel):
    """A call that the caller is to make."""

    id: str
    type: Literal["function"] = "function"
    function: AskedFunction


class Spoken(Protocol):
    """A message."""

    @property
    def role(self) -> str:
        """Who speaks."""
        ...

    @property
    def tool_calls(self) -> Sequence[ToolCall] | None:
        """Calls that it asked for."""
        ...

    @property
    def tool_call_id(self) -> str | None:
        """The call that it says the result of."""
        ...


def functions_by(
    tools: Sequence[ChatTool] | None, choice: JsonValue, settings: Settings
) -> list[JsonValue] | None:
    """The functions, as `Wishes` has them. Raises ApiError."""
    functions: dict[str, JsonValue] = {}
    for place, tool in enumerate(tools or ()):
        where, given = f"tools[{place}].function", tool.function.model_dump()
        taken = {*functions, *settings.tools}
        functions[tool.function.name] = function_of(given, where, taken)
    return [each for name, each in functions.items() if _allowed(name, choice)] or None


def _allowed(name: str, choice: JsonValue) -> bool:
    """Whether it may be called: `allowed_tools` may name those that may."""
    if not isinstance(choice, dict) or choice.get("type") != "allowed_tools":
        return choice != "none"
    within = choice.get("allowed_tools")
    named = within.get("tools") if isinstance(within, dict) else None
    return {"type": "function", "function": {"name": name}} in (
        named if isinstance(named, list) else ()
    )


def asked_calls(items: Sequence[Item]) -> list[AskedCall]:
    """In the words of this interface."""
    return [
        AskedCall(
            id=item["call_id"],
            function=AskedFunction(name=item["name"], arguments=item["arguments"]),
        )
        for item in items
    ]


class HandedBack:
    """What the caller says that its functions gave, behind the question."""

    def __init__(self, messages: Sequence[Spoken], said: Sequence[str], asked: int) -> None:
        """`said`: the text of each message; `asked`: the place of the question. Results of earlier
        questions may be out of date by now, and are not taken.

        Raises ApiError where a result has no call.
        """
        calls, self._last = Calls(), ""
        for place, turn in enumerate(messages[asked + 1 :], asked + 1):
            for call in turn.tool_calls or ():
                self._last = call.id
                calls.take_call({"call_id": call.id} | call.function.model_dump(), "")
            if turn.role == "tool":
                _take(calls, turn.tool_call_id, said[place], f"messages[{place}]")
        self.outputs: list[JsonValue] | None = calls.outputs or None
        """As `Wishes` has them."""

    async def waiting(self, front: Front, user: str, question: str) -> RunRecord | None:
        """The run that waits for these calls; None: it was not this user's, or of another
        question, and all is made anew."""
        named = _OF_RUN.fullmatch(self._last)
        if named is None or not self.outputs:
            return None
        try:
            run = await front.store.run(named[1], user)
        except UnknownRun:
            return None
        waits = run.status == "completed" and run.answer is None
        return run if waits and run.options.get("asked", run.question) == question else None


def _take(calls: Calls, id_: str | None, output: str, where: str) -> None:
    """The result of a call."""
    if id_ is None or id_ not in calls:
        param = f"{where}.tool_call_id"
        told = f"{param}: there is no such call: send the message with its tool_calls before it"
        raise ApiError(400, told, param=param)
    calls.take_output({"call_id": id_, "output": output}, where)


def call_deltas(calls: Sequence[AskedCall]) -> list[dict[str, Any]]:
    """The calls as they are streamed: each with its name, then its arguments."""
    deltas: list[dict[str, Any]] = []
    for index, call in enumerate(calls):
        begun = call.model_dump() | {
            "index": index,
            "function": {"name": call.function.name, "arguments": ""},
        }
        written = {"index": index, "function": {"arguments": call.function.arguments}}
        deltas += [{"tool_calls": [begun]}, {"tool_calls": [written]}]
    return deltas
