"""What `/v1/chat/completions` is given."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue

from service.api.answer_forms import AnswerSchema, FormKind, form_of
from service.api.bodies import Body, Count, as_whole
from service.api.chat_tools import ChatTool, HandedBack, ToolCall
from service.api.errors import ApiError
from service.api.offered import EFFORTS
from service.api.response_asking import MOST_CHARACTERS

_MOST_INSTRUCTIONS = 20_000
_ORDERS = ("system", "developer")
_TEXTS = ("text", "input_text", "output_text", "refusal")
_EXAMPLE: dict[str, JsonValue] = {
    "model": "breadth",
    "messages": [{"role": "user", "content": "Who is older, the director of Roma or of Up?"}],
}


_SOMETHING: dict[str, JsonValue] = {"type": "string", "pattern": r"\S"}
_QUESTION: dict[str, JsonValue] = {
    "required": ["role", "content"],
    "properties": {
        "role": {"const": "user"},
        "content": {
            "anyOf": [
                _SOMETHING,
                {"contains": {"required": ["text"], "properties": {"text": _SOMETHING}},
                 "type": "array"},
            ]
        },
    },
}  # fmt: skip
"""What one turn at least has to be."""


class Part(Body):
    """A piece of a message. Only text is understood."""

    type: Annotated[str, Field(json_schema_extra={"enum": list(_TEXTS)})]
    text: str | None = None
    refusal: str | None = None


class Turn(Body):
    """A message."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None

    def said(self, place: int) -> str:
        """Its text. `place`: among the messages. Raises ApiError for what is no text."""
        if isinstance(self.content, str) or self.content is None:
            return self.content or ""
        texts = []
        for number, part in enumerate(self.content):
            if part.type not in _TEXTS:
                param = f"messages[{place}].content[{number}].type"
                raise ApiError(400, f"{param}: only text is understood", param=param)
            texts.append(part.text or part.refusal or "")
        return "\n".join(filter(None, texts))


class StreamOptions(Body):
    """How a stream is made."""

    include_usage: bool | None = None


class ChatFormat(Body):
    """The form of the answer."""

    type: FormKind = "text"
    json_schema: AnswerSchema | None = None


class ChatBody(Body):
    """A question, with the turns before it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    model: Annotated[str, Field(description="breadth, or another one of `/v1/models`.")]
    messages: Annotated[
        list[Turn],
        Field(
            min_length=1,
            description="The last one of the user is the question.",
            json_schema_extra={"contains": _QUESTION},
        ),
    ]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_completion_tokens: Count | None = None
    max_tokens: Annotated[Count | None, Field(description="The older name of it.")] = None
    temperature: Annotated[float | None, Field(ge=0, le=2, description="Has no effect.")] = None
    top_p: Annotated[float | None, Field(ge=0, le=1, description="Has no effect.")] = None
    n: Annotated[
        Annotated[int, Field(ge=1, le=1), BeforeValidator(as_whole)] | None,
        Field(description="There is one answer."),
    ] = None
    metadata: Annotated[
        dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]] | None,
        Field(max_length=16),
    ] = None
    reasoning_effort: Annotated[
        str | None,
        Field(
            description="How much work the question is worth.",
            json_schema_extra={"enum": [*EFFORTS, None]},
        ),
    ] = None
    response_format: Annotated[
        ChatFormat | None,
        Field(description="The answer as JSON, filled in from what was verified."),
    ] = None
    tools: Annotated[
        list[ChatTool] | None,
        Field(max_length=128, description="Functions of the caller; others: `/v1/responses`."),
    ] = None
    tool_choice: Annotated[
        JsonValue, Field(description="none: no function is called; the plan says which others are.")
    ] = None
    parallel_tool_calls: Annotated[bool | None, Field(description="Has no effect.")] = None
    user: str | None = None
    store: Annotated[
        bool | None, Field(description="Whether the run goes on when the client leaves.")
    ] = None

    @property
    def most_tokens(self) -> int | None:
        """Of the text."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def wants_usage(self) -> bool:
        """At the end of a stream."""
        return bool(self.stream_options and self.stream_options.include_usage)


class Conversation:
    """What the messages say: the question, and the other turns."""

    def __init__(self, messages: Sequence[Turn]) -> None:
        """Raises ApiError where nothing is asked."""
        said = [turn.said(place) for place, turn in enumerate(messages)]
        roles = [turn.role for turn in messages]
        asked = [n for n, role in enumerate(roles) if role == "user" and said[n].strip()]
        if not asked:
            text = "messages: one of them has to be the user's, and to say something"
            raise ApiError(400, text, param="messages")
        self.question = " ".join(said[asked[-1]].split())
        orders = [text for role, text in zip(roles, said, strict=True) if role in _ORDERS]
        self.instructions = "\n\n".join(filter(None, orders))
        self.handed_back = HandedBack(messages, said, asked[-1])
        _require_short("the question", self.question, MOST_CHARACTERS)
        _require_short("what is said by system", self.instructions, _MOST_INSTRUCTIONS)
        # What is said when functions are called is said behind the question, and is no answer.
        turns = range(asked[-1] if self.handed_back.outputs else len(messages))
        self.earlier: list[JsonValue] | None = [
            {"role": roles[n], "content": said[n]}
            for n in turns
            if n != asked[-1] and roles[n] not in _ORDERS and said[n]
        ] or None

    @property
    def changes(self) -> dict[str, Any]:
        """What it changes in the settings."""
        return {"instructions": self.instructions} if self.instructions else {}


def _require_short(what: str, text: str, most: int) -> None:
    if len(text) > most:
        told = f"messages: {what} has {len(text)} characters; at most {most} can be taken"
        raise ApiError(400, told, param="messages")


def form_by(body: ChatBody) -> dict[str, JsonValue] | None:
    """The form of the answer, as `Wishes` has it. Raises ApiError."""
    form = body.response_format or ChatFormat()
    return form_of(form.type, form.json_schema, "response_format.json_schema.schema")


def changes_by(body: ChatBody) -> dict[str, Any]:
    """What the body changes in the settings. Raises ApiError for an effort that is none."""
    if body.reasoning_effort is None:
        return {}
    if body.reasoning_effort not in EFFORTS:
        text = f"reasoning_effort: use one of {', '.join(EFFORTS)}"
        raise ApiError(400, text, param="reasoning_effort")
    return {"effort": EFFORTS[body.reasoning_effort]}
