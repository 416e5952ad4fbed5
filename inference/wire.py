"""The OpenAI-compatible chat protocol: requests in its words, its events as our chunks.

Servers leave out what they please, so only what is used is named, and all of it may be missing.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from openai import BaseModel
from pydantic import BeforeValidator

from inference.control import uncontrolling
from inference.errors import ModelNonsense
from inference.loosening import loosened_grammar, loosened_regex
from inference.model import Chunk, FinishReason, Message, Request, TokenLogprob

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
_GO_ON = "Go on exactly where you stopped. Repeat nothing, and explain nothing."
_Count = Annotated[int, BeforeValidator(lambda told: _bounded(told))]
"""Some servers count below nothing, and a budget has to survive one that counts to the stars."""
_MOST_TOKENS = 10**9
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
    bytes: list[int] | None = None
    top_logprobs: list[_Alternative] | None = None


class _Logprobs(BaseModel):
    content: list[_Token] | None = None


class _Delta(BaseModel):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[Any] | None = None
    function_call: Any = None


class _Choice(BaseModel):
    index: int = 0
    delta: _Delta | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class PromptDetails(BaseModel):
    """Part of a usage."""

    cached_tokens: _Count | None = None


class Counted(BaseModel):
    """What a server counted."""

    prompt_tokens: _Count | None = None
    completion_tokens: _Count | None = None
    prompt_tokens_details: PromptDetails | None = None


class _Timings(BaseModel):
    """What llama.cpp tells beside the usage."""

    draft_n: _Count | None = None
    draft_n_accepted: _Count | None = None


class _Guesses(BaseModel):
    """What vLLM tells of speculation, for a request of one sample."""

    num_draft_tokens: _Count | None = None
    num_accepted_draft_tokens: _Count | None = None


class _Metrics(BaseModel):
    speculative_decoding: _Guesses | None = None


class Event(BaseModel):
    """One event of the stream."""

    choices: list[_Choice] | None = None
    usage: Counted | None = None
    timings: _Timings | None = None
    metrics: _Metrics | None = None

    @property
    def acts(self) -> bool:
        """Whether a tool is called, or refused in a field of its own: no text, and not nothing."""
        deltas = [choice.delta for choice in self.choices or () if choice.delta]
        return any(d.tool_calls or d.function_call or d.refusal for d in deltas)

    @property
    def guesses(self) -> tuple[int, int]:
        """Tokens guessed, and those of them that were right."""
        told = (self.metrics or _Metrics()).speculative_decoding or _Guesses()
        timings = self.timings or _Timings()
        return (
            timings.draft_n or told.num_draft_tokens or 0,
            timings.draft_n_accepted or told.num_accepted_draft_tokens or 0,
        )


def _bounded(told: Any) -> Any:
    """A count of tokens that can be one."""
    return min(max(told, 0), _MOST_TOKENS) if isinstance(told, int | float) else told


def engine_of(model: ListedModel) -> Engine:
    """Which engine serves the model, by whom the list names as its owner."""
    return _OWNERS.get(model.owned_by or "", "other")


def named(listed: Sequence[ListedModel], name: str) -> ListedModel | None:
    """The model of this name: its whole name, or the last part of it, where that is one model's.

    llama.cpp's server calls a model by the path of its file, others by owner and name.
    """
    models = {model.id: model for model in listed}  # some list a model twice
    if name in models:
        return models[name]
    wanted = {name, f"{name}.gguf"}
    ends = [model for id_, model in models.items() if re.split(r"[/\\]", id_)[-1] in wanted]
    return ends[0] if len(ends) == 1 else None


def messages_of(messages: Sequence[Message]) -> list[dict[str, str]]:
    """The turns, as they can be sent: with nothing in them that a tokenizer takes for control."""
    return [
        {"role": turn.role, "content": uncontrolling(_sendable(turn.content))} for turn in messages
    ]


def body_of(request: Request, model: str, engine: Engine | None) -> dict[str, Any]:
    """The request, without what it wishes besides."""
    counted = {"include_usage": True}
    if engine == "vllm":
        counted["continuous_usage_stats"] = True
    body: dict[str, Any] = {
        "model": model,
        "messages": messages_of(request.messages),
        **_going_on(request, engine),
        "n": request.n,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "max_tokens": request.max_tokens,
        "stream": True,
        "stream_options": counted,
    }
    if request.stop:
        body["stop"] = list(request.stop)
    if request.seed is not None:
        body["seed"] = request.seed
    return body


def _going_on(request: Request, engine: Engine | None) -> dict[str, Any]:
    """How an engine is told to go on with a text that it has begun; llama.cpp does so by itself."""
    if not request.begun or engine in LLAMA:
        return {}
    if engine == "vllm":
        return {"add_generation_prompt": False, "continue_final_message": True}
    told = Message("user", _GO_ON)
    return {"messages": messages_of((*request.messages, told))}


def wishes_of(request: Request, engine: Engine | None) -> dict[str, dict[str, Any]]:
    """What not every server grants, by name, and how it is asked for."""
    wishes: dict[str, dict[str, Any]] = {}
    if request.constraint:
        wishes[request.constraint] = constraint_of(request, engine)
    if request.top_logprobs or request.continuation is not None:
        # llama.cpp takes 0 for none at all
        wishes["logprobs"] = {"logprobs": True, "top_logprobs": max(1, request.top_logprobs)}
    return wishes


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
        case "grammar", "vllm":
            return {"structured_outputs": {"grammar": loosened_grammar(request.grammar or "")}}
        case "regex", "vllm":
            return {"structured_outputs": {"regex": loosened_regex(request.regex or "")}}
        case _:
            return {}


def chunks_of(event: Event, n: int) -> Iterator[Chunk]:
    """The event's pieces of the n samples."""
    for choice in event.choices or ():
        if not 0 <= choice.index < n:
            raise ModelNonsense(f"a sample of number {choice.index} came, of {n} asked for")
        yield _chunk(choice)


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


def _logprobs(logprobs: _Logprobs | None) -> tuple[TokenLogprob, ...]:
    """The protocol's log-probabilities, where there are any."""
    tokens = (logprobs.content if logprobs else None) or ()
    return tuple(
        TokenLogprob(
            token.token,
            token.logprob,
            tuple((other.token, other.logprob) for other in token.top_logprobs or ()),
            _raw(token),
        )
        for token in tokens
    )


def _raw(token: _Token) -> bytes | None:
    """Its bytes. Some servers send those of the sign that stands for what cannot be shown."""
    told = token.bytes
    if told is None or ("\ufffd" in token.token and told == list(token.token.encode())):
        return None
    try:
        return bytes(told)
    except ValueError:
        return None


def _literal(text: str) -> str:
    """A text in a GBNF grammar."""
    escaped = (_ESCAPES.get(character, character) for character in _sendable(text))
    return f'"{"".join(escaped)}"'


def _sendable(text: str) -> str:
    """The text without half surrogate pairs, which models write as escapes and UTF-8 has not."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
