"""The OpenAI-compatible chat protocol: requests in its words, its events as our chunks.

Servers leave out what they please, so only what is used is named, and all of it may be missing.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from openai import BaseModel

from inference.errors import ModelNonsense
from inference.model import Chunk, FinishReason, Message, Request, TokenLogprob, Usage

Engine = Literal["llama.cpp", "xllamacpp", "vllm", "other"]
"""Engines differ in how a constraint is written, and in nothing else that matters here.

xllamacpp is llama.cpp as we embed it, built with LLGuidance. Builds without it end the whole server
when a grammar in LLGuidance's notation comes, so other servers are never sent one.
"""

LLAMA: frozenset[Engine] = frozenset({"llama.cpp", "xllamacpp"})
_GUIDANCE: Mapping[str, bool] = {"whitespace_flexible": False, "lenient": True}
"""Told to LLGuidance inside a schema: white space is where a small model loops, and a keyword that
it does not know is left out of the constraint, not refused."""
_LARK = "%llguidance {}\nstart: "
"""How a grammar in LLGuidance's notation begins."""
_ESCAPES: Mapping[str, str] = {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
_OWNERS: Mapping[str, Engine] = {"llamacpp": "llama.cpp", "vllm": "vllm"}
_FINISH: Mapping[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "tool_calls": "stop",
    "function_call": "stop",
    "content_filter": "content_filter",
}


class _Meta(BaseModel):
    """What llama.cpp's server tells of a model."""

    n_ctx: int | None = None
    n_ctx_train: int | None = None


class ListedModel(BaseModel):
    """A line of the server's model list."""

    id: str
    owned_by: str | None = None
    max_model_len: int | None = None
    """vLLM's window, in tokens."""
    meta: _Meta | None = None

    @property
    def window(self) -> int | None:
        """The longest prompt and text together, in tokens; None where the server does not say."""
        meta = self.meta or _Meta()
        return self.max_model_len or meta.n_ctx or meta.n_ctx_train


class ModelList(BaseModel):
    """What GET /models answers."""

    data: list[ListedModel] | None = None


class _Alternative(BaseModel):
    token: str
    logprob: float


class _Token(_Alternative):
    top_logprobs: list[_Alternative] | None = None


class _Logprobs(BaseModel):
    content: list[_Token] | None = None


class _Delta(BaseModel):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(BaseModel):
    index: int = 0
    delta: _Delta | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class PromptDetails(BaseModel):
    """Part of a usage."""

    cached_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None


class _Timings(BaseModel):
    """What llama.cpp tells beside the usage."""

    draft_n: int | None = None
    draft_n_accepted: int | None = None


class Event(BaseModel):
    """One event of the stream."""

    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    timings: _Timings | None = None


def engine_of(model: ListedModel) -> Engine:
    """Which engine serves the model, by whom the list names as its owner."""
    return _OWNERS.get(model.owned_by or "", "other")


def messages_of(messages: Sequence[Message]) -> list[dict[str, str]]:
    """The turns, as they can be sent."""
    return [{"role": turn.role, "content": _sendable(turn.content)} for turn in messages]


def body_of(request: Request, model: str) -> dict[str, Any]:
    """The request, without its constraint."""
    body: dict[str, Any] = {
        "model": model,
        "messages": messages_of(request.messages),
        "n": request.n,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "max_tokens": request.max_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.stop:
        body["stop"] = list(request.stop)
    if request.seed is not None:
        body["seed"] = request.seed
    if request.top_logprobs or request.continuation is not None:
        # llama.cpp takes 0 for none at all
        body |= {"logprobs": True, "top_logprobs": max(1, request.top_logprobs)}
    return body


def constraint_of(request: Request, engine: Engine | None) -> dict[str, Any]:
    """The request's schema, grammar or regex in the engine's own words; none where it has none."""
    match request.constraint, engine:
        case "schema", "xllamacpp":
            # As response_format it would go through llama.cpp's own reading, with white space.
            schema = {"x-guidance": _GUIDANCE} | dict(request.schema or {})
            return {"grammar": f"{_LARK}%json {json.dumps(schema)}"}
        case "schema", _:
            named = {"name": "answer", "schema": dict(request.schema or {}), "strict": True}
            return {"response_format": {"type": "json_schema", "json_schema": named}}
        case "continuation", "llama.cpp" | "xllamacpp":
            # Its log-probabilities are from before the grammar.
            return {"grammar": f"root ::= {_literal(request.continuation or '')}"}
        case "grammar", "llama.cpp" | "xllamacpp":
            return {"grammar": request.grammar}
        case "regex", "xllamacpp":
            return {"grammar": f"{_LARK}/{_lark_regex(request.regex or '')}/"}
        case ("grammar" | "regex") as kind, "vllm":
            return {"structured_outputs": {kind: getattr(request, kind)}}
        case _:
            return {}


def chunks_of(event: Event, n: int) -> Iterator[Chunk]:
    """The event's pieces of the n samples."""
    for choice in event.choices or ():
        if not 0 <= choice.index < n:
            raise ModelNonsense(f"a sample of number {choice.index} came, of {n} asked for")
        yield _chunk(choice)


class Meter:
    """What the server counts.

    vLLM sends one sum at the end, llama.cpp a count for each sample, prompt included; both without
    choices beside it. Others send the sum so far with each event; it counts if nothing else comes.
    """

    def __init__(self) -> None:
        """Nothing counted yet."""
        self._final = self._running = Usage()

    def read(self, event: Event) -> None:
        """Take the event's count, if it has one."""
        if event.usage is None:
            return
        if event.choices:
            self._running = _merged(Usage(), event)
        else:
            self._final = _merged(self._final, event)

    @property
    def usage(self) -> Usage:
        """The sum over all samples."""
        return self._final if self._final.total_tokens else self._running


def _chunk(choice: _Choice) -> Chunk:
    """One choice of an event."""
    delta = choice.delta or _Delta()
    reason = choice.finish_reason
    return Chunk(
        index=choice.index,
        text=delta.content or "",
        reasoning=delta.reasoning_content or delta.reasoning or "",
        logprobs=_logprobs(choice.logprobs),
        # A reason that nobody knows (abort, error, ...) is no sign that the text is whole.
        finish_reason=_FINISH.get(reason, "length") if reason else None,
    )


def _lark_regex(regex: str) -> str:
    """The expression between Lark's slashes, in which no slash and no line break may stand."""
    written = {"/": r"\/", "\n": r"\n"}
    return re.sub(r"\\.|/|\n", lambda found: written.get(found[0], found[0]), regex, flags=re.S)


def _merged(usage: Usage, event: Event) -> Usage:
    """One more count: completion tokens add up, the prompt is the same one."""
    counted, timings = event.usage or _Usage(), event.timings or _Timings()
    details = counted.prompt_tokens_details or PromptDetails()
    return Usage(
        prompt_tokens=max(usage.prompt_tokens, counted.prompt_tokens or 0),
        completion_tokens=usage.completion_tokens + (counted.completion_tokens or 0),
        cached_tokens=max(usage.cached_tokens, details.cached_tokens or 0),
        drafted_tokens=usage.drafted_tokens + (timings.draft_n or 0),
        accepted_tokens=usage.accepted_tokens + (timings.draft_n_accepted or 0),
    )


def _logprobs(logprobs: _Logprobs | None) -> tuple[TokenLogprob, ...]:
    """The protocol's log-probabilities, where there are any."""
    tokens = (logprobs.content if logprobs else None) or ()
    return tuple(
        TokenLogprob(
            token.token,
            token.logprob,
            tuple((other.token, other.logprob) for other in token.top_logprobs or ()),
        )
        for token in tokens
    )


def _literal(text: str) -> str:
    """A text in a GBNF grammar."""
    escaped = (_ESCAPES.get(character, character) for character in _sendable(text))
    return f'"{"".join(escaped)}"'


def _sendable(text: str) -> str:
    """The text without half surrogate pairs, which models write as escapes and UTF-8 has not."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
