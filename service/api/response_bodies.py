"""What `/v1/responses` is given."""

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from service.api.answer_forms import AnswerSchema, FormKind
from service.api.bodies import Body, Query
from service.api.errors import ApiError
from service.api.offered import EFFORTS
from service.api.response_functions import Calls

_EXAMPLE: dict[str, JsonValue] = {
    "model": "breadth",
    "input": "Who is older, the director of Roma or of Up?",
    "background": True,
}
_TEXTS = ("input_text", "output_text", "text", "refusal", "summary_text", "reasoning_text")
_STATED = ("message", "function_call", "function_call_output")
"""Items that have a status."""
_PAIRS, _KEY, _VALUE = 16, 64, 512
Verbosity = Literal["low", "medium", "high"]


Metadata = Annotated[
    dict[str, str] | None,
    Field(description=f"At most {_PAIRS} pairs; names to {_KEY}, values to {_VALUE}."),
]


class Reasoning(Body):
    """How much work the question is worth."""

    effort: str | None = None
    summary: str | None = None


class TextFormat(AnswerSchema):
    """The form of the answer."""

    type: FormKind = "text"


class TextWishes(Body):
    """How the answer is to look."""

    format: TextFormat | None = None
    verbosity: Verbosity | None = None


class ResponseBody(Body):
    """A question, and how it is to be answered."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    model: Annotated[str, Field(description="breadth, or another one of `/v1/models`.")] = "breadth"
    input: Annotated[
        str | list[dict[str, JsonValue]],
        Field(description="The question, or messages of which the last is the question."),
    ]
    instructions: Annotated[
        str | None, Field(max_length=20_000, description="How the answer is to be worded.")
    ] = None
    background: bool | None = None
    store: Annotated[
        bool | None,
        Field(
            description="true: the run goes on when the client leaves; false: it is forgotten when"
            " the answer was given."
        ),
    ] = None
    stream: bool | None = None
    tools: Annotated[list[dict[str, JsonValue]] | None, Field(max_length=128)] = None
    tool_choice: JsonValue = None
    parallel_tool_calls: bool | None = None
    max_tool_calls: Annotated[int | None, Field(ge=1)] = None
    max_output_tokens: Annotated[int | None, Field(ge=1, description="Of the answer's text.")] = (
        None
    )
    reasoning: Reasoning | None = None
    text: TextWishes | None = None
    include: list[str] | None = None
    metadata: Metadata = None
    previous_response_id: Annotated[str | None, Field(max_length=64)] = None
    temperature: Annotated[float | None, Field(ge=0, le=2, description="Has no effect.")] = None
    top_p: Annotated[float | None, Field(ge=0, le=1, description="Has no effect.")] = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    service_tier: Annotated[str | None, Field(max_length=64)] = None
    truncation: Annotated[
        Literal["auto", "disabled"] | None, Field(description="Has no effect.")
    ] = None

    @property
    def needs_client(self) -> bool:
        """Whether the run is for nothing when the client leaves."""
        return not (self.background or self.store)

    def require_sound(self) -> None:
        """Raises ApiError for what the types do not say."""
        require_pairs(self.metadata)
        effort = self.reasoning.effort if self.reasoning else None
        if effort is not None and effort not in EFFORTS:
            raise _wrong("reasoning.effort", f"use one of {', '.join(EFFORTS)}")
        if self.background and self.store is False:
            raise _wrong("store", "what runs in the background has to be stored")


def require_pairs(metadata: Mapping[str, str] | None) -> None:
    """Raises ApiError for metadata that are too many or too long."""
    pairs = metadata or {}
    if len(pairs) > _PAIRS:
        raise _wrong("metadata", f"at most {_PAIRS} pairs")
    for name, value in pairs.items():
        if len(name) > _KEY or len(value) > _VALUE:
            raise _wrong("metadata", f"names have at most {_KEY} characters, values {_VALUE}")


class StreamQuery(Query):
    """Of a response that is there."""

    stream: bool = False
    starting_after: Annotated[int, Field(ge=0)] | None = None


class ItemsQuery(Query):
    """A part of a list."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    order: Literal["asc", "desc"] = "desc"
    after: str | None = None


class DeletedResponse(BaseModel):
    """It was there."""

    id: str
    object: Literal["response"] = "response"
    deleted: Literal[True] = True


class Turns:
    """What the input says: the question, what stands before it, and what functions gave."""

    def __init__(
        self,
        given: str | list[dict[str, JsonValue]],
        calls: Collection[Mapping[str, Any]] = (),
    ) -> None:
        """`calls`: of functions, by the response that is gone on from.

        Raises ApiError where the last turn is no question, or something is no text.
        """
        items: list[dict[str, JsonValue]]
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        self._calls = Calls(calls)
        said = [self._said(item, f"input[{place}]") for place, item in enumerate(items)]
        turns = [each for each in said if each is not None]
        orders = [text for role, text in turns if role in ("system", "developer")]
        spoken = [(role, text) for role, text in turns if role in ("user", "assistant")]
        self.instructions = "\n\n".join(filter(None, orders)) or None
        self.outputs = self._calls.outputs
        self.question: str | None = None
        """None: what functions gave is for the question of before."""
        if self.outputs and not spoken:
            self.earlier: list[JsonValue] | None = None
            return
        while self.outputs and spoken[-1][0] != "user" and len(spoken) > 1:
            spoken.pop()  # what was said when the functions were called
        if not spoken or spoken[-1][0] != "user" or not spoken[-1][1].strip():
            raise _wrong("input", "its last message has to be the user's, and to say something")
        self.question = " ".join(spoken[-1][1].split())
        self.earlier = [
            {"role": role, "content": text} for role, text in spoken[:-1] if text
        ] or None

    def _said(self, item: dict[str, JsonValue], where: str) -> tuple[str, str] | None:
        """Role and text of a message; None for an item of another kind."""
        kind = item.get("type", "message")
        if kind == "message":
            return _message(item, where)
        if kind == "function_call":
            self._calls.take_call(item, where)
        elif kind == "function_call_output":
            self._calls.take_output(item, where)
        elif not (isinstance(kind, str) and (kind == "reasoning" or kind.endswith("_call"))):
            # Those are of an earlier response, handed back.
            said = "use message, function_call and function_call_output"
            raise _wrong(f"{where}.type", said)
        return None


def input_items(given: str | list[dict[str, Any]], response: str) -> list[dict[str, Any]]:
    """The input as items with ids, in its order."""
    if isinstance(given, str):
        given = [{"role": "user", "content": [{"type": "input_text", "text": given}]}]
    items = []
    for place, item in enumerate(given):
        content = item.get("content")
        kind = "output_text" if item.get("role") == "assistant" else "input_text"
        more: dict[str, Any] = {"id": f"item_{response.partition('_')[2]}_{place}"}
        if "type" not in item:
            more |= {"type": "message"}
        if item.get("type", "message") in _STATED and not item.get("status"):
            more |= {"status": "completed"}
        if isinstance(content, str):
            part: dict[str, Any] = {"type": kind, "text": content}
            more |= {"content": [part | ({"annotations": []} if kind == "output_text" else {})]}
        items.append(item | more)
    return items


def _message(item: dict[str, JsonValue], where: str) -> tuple[str, str]:
    """Role and text."""
    role, content = item.get("role"), item.get("content")
    if role not in ("system", "developer", "user", "assistant"):
        raise _wrong(f"{where}.role", "use system, developer, user or assistant")
    if isinstance(content, str):
        return str(role), content
    if not isinstance(content, list):
        raise _wrong(f"{where}.content", "has to be a text, or a list of parts")
    return str(role), "\n".join(
        _text(part, f"{where}.content[{number}]") for number, part in enumerate(content)
    )


def _text(part: JsonValue, where: str) -> str:
    """Of a part of a message."""
    if not isinstance(part, dict):
        raise _wrong(where, "has to be an object with a type")
    kind = part.get("type")
    if kind not in _TEXTS:
        named = kind if isinstance(kind, str) and re.fullmatch(r"\w{1,40}", kind) else "that"
        raise _wrong(f"{where}.type", f"{named} is not understood, only text is")
    text = part.get("refusal" if kind == "refusal" else "text")
    if not isinstance(text, str):
        raise _wrong(f"{where}.text", "is required")
    return text


def _wrong(param: str, what: str) -> ApiError:
    return ApiError(400, f"{param}: {what}", param=param)
