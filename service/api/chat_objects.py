"""What `/v1/chat/completions` answers."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from inference import estimated_tokens
from service.api.answer_forms import told
from service.api.chat_tools import AskedCall, call_deltas
from service.api.citations import Citation, CitedText
from service.api.errors import ApiError
from storage import ResponseRecord, RunRecord, Spent

_WORDS_AT_ONCE = 6
_WORDS = re.compile(rf"(?:\s*\S+){{1,{_WORDS_AT_ONCE}}}\s*|\s+")
_NOT_AGAIN = {"x-should-retry": "false"}
"""The official clients ask again after such a status; the run would only be made again."""

Finish = Literal["stop", "length", "tool_calls"]


class UrlCitation(BaseModel):
    """Where a mark stands, in code points, and what it points at."""

    url: str
    title: str
    start_index: int
    end_index: int


class ChatAnnotation(BaseModel):
    """A citation."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class ChatMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str | None
    """None where functions are to be called."""
    refusal: None = None
    annotations: list[ChatAnnotation]
    tool_calls: list[AskedCall] | None = None
    """Only where there are any."""


class ChatChoice(BaseModel):
    """The only one."""

    index: Literal[0] = 0
    message: ChatMessage
    finish_reason: Finish
    logprobs: None = None


class CachedTokens(BaseModel):
    """Of the prompts."""

    cached_tokens: int


class ChatUsage(BaseModel):
    """Of all model calls of the run."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: CachedTokens


class OfRun(BaseModel):
    """What other interfaces do not have."""

    run: str
    status: str
    value: str | None
    """The shortest form of the answer."""


class ChatCompletion(BaseModel):
    """An answer."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]
    usage: ChatUsage
    breadth: OfRun

    def told(self) -> dict[str, Any]:
        """As it is sent: clients look whether a message has calls."""
        without = {"message": {"tool_calls"}}
        silent = all(choice.message.tool_calls is None for choice in self.choices)
        return self.model_dump(exclude={"choices": {"__all__": without}} if silent else None)


@dataclass(frozen=True, slots=True)
class Said:
    """The answer of a run that has ended."""

    text: CitedText
    finish: Finish
    value: str | None
    calls: Sequence[AskedCall] = ()
    """That the caller is to make."""


def said_by(run: RunRecord, most_tokens: int | None, calls: Sequence[AskedCall] = ()) -> Said:
    """What is to be told. `calls`: that the run waits for, if it has no answer. Raises ApiError
    for a run that failed or was stopped."""
    match run.status:
        case "completed" | "incomplete":
            text = told(run.answer)
        case "cancelled":
            why = f"the run was stopped: {run.reason or 'somebody asked for it'}"
            raise ApiError(409, why, code="run_cancelled", headers=_NOT_AGAIN)
        case _:
            why = f"the run failed: {run.reason or 'no reason is known'}"
            raise ApiError(500, why, code="run_failed", headers=_NOT_AGAIN)
    if calls and run.answer is None:
        return Said(text, "tool_calls", None, calls)
    shown = text if most_tokens is None else within(text, most_tokens)
    whole = run.status == "completed" and shown == text
    return Said(shown, "stop" if whole else "length", run.answer.value if run.answer else None)


def completion(record: ResponseRecord, run: RunRecord, said: Said, spent: Spent) -> ChatCompletion:
    """The whole answer in one."""
    message = ChatMessage(
        content=None if said.calls else said.text.text,
        annotations=annotations(said.text.citations),
        tool_calls=list(said.calls) or None,
    )
    return ChatCompletion(
        id=record.id,
        created=int(record.created_at.timestamp()),
        model=model_of(record),
        choices=[ChatChoice(message=message, finish_reason=said.finish)],
        usage=usage(spent),
        breadth=OfRun(run=run.id, status=run.status, value=said.value),
    )


def annotations(citations: Sequence[Citation]) -> list[ChatAnnotation]:
    """As they stand beside a text."""
    return [
        ChatAnnotation(
            url_citation=UrlCitation(
                url=each.url, title=each.title, start_index=each.start, end_index=each.end
            )
        )
        for each in citations
    ]


def usage(spent: Spent) -> ChatUsage:
    """In the words of this interface."""
    return ChatUsage(
        prompt_tokens=spent.prompt,
        completion_tokens=spent.completion,
        total_tokens=spent.prompt + spent.completion,
        prompt_tokens_details=CachedTokens(cached_tokens=spent.cached),
    )


class Chunks:
    """The pieces of one streamed answer."""

    def __init__(self, record: ResponseRecord, *, with_usage: bool) -> None:
        """`with_usage`: every piece has the field, and the last one has a value in it."""
        self._head: dict[str, Any] = {
            "id": record.id,
            "object": "chat.completion.chunk",
            "created": int(record.created_at.timestamp()),
            "model": model_of(record),
        }
        self._nothing: dict[str, Any] = {"usage": None} if with_usage else {}

    def delta(
        self, delta: dict[str, Any], finish: Finish | None = None, **more: Any
    ) -> dict[str, Any]:
        """What is new."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self._head | {"choices": [choice]} | self._nothing | more

    def usage(self, spent: Spent) -> dict[str, Any]:
        """Without anything new."""
        return self._head | {"choices": [], "usage": usage(spent).model_dump()}

    def answer(self, said: Said) -> Iterator[dict[str, Any]]:
        """The text a few words at a time, or calls, then how it ended, with its citations."""
        for call in call_deltas(said.calls):
            yield self.delta(call)
        for piece in pieces(said.text.text):
            yield self.delta({"content": piece})
        found = [each.model_dump() for each in annotations(said.text.citations)]
        yield self.delta({"annotations": found}, said.finish)


def pieces(text: str) -> list[str]:
    """A few words each; one behind the other they are the text."""
    return _WORDS.findall(text)


def model_of(record: ResponseRecord) -> str:
    """As it was asked for."""
    return str(record.request.get("model", "breadth"))


def within(text: CitedText, most_tokens: int) -> CitedText:
    """Its first words that have about so many tokens."""
    ends = [word.end() for word in re.finditer(r"\S+", text.text)]
    fitting = bisect_right(ends, most_tokens, key=lambda end: estimated_tokens(text.text[:end]))
    return text if fitting == len(ends) else text.cut(ends[fitting - 1] if fitting else 0)
