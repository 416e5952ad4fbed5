"""The Model port and its words: a Request, the Chunks that stream back, the Samples they make."""

import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from math import inf
from typing import Any, Literal, Protocol, get_args

from inference.thinking import unopened

Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "content_filter", "halted"]
"""`halted`: its reader ended it; every reason but `stop` means that the text is not whole."""
Constraint = Literal["schema", "grammar", "regex", "continuation"]
"""What a request can hold the text to."""
ALL = -1
"""The index of a chunk that is about all samples together."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked. A request that exists can be sent."""

    messages: tuple[Message, ...]
    """Where the last one is the assistant's, the samples go on with its text."""
    n: int = 1
    """Samples of the same prompt; engines compute the prompt once for all of them."""
    head: int = 0
    """So many leading messages are the same in every request of this purpose: an engine of our own
    computes them once and keeps the result, on disk too."""
    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 256
    """At most so many new tokens for each sample."""
    stop: tuple[str, ...] = ()
    seed: int | None = None
    schema: Mapping[str, Any] | None = None
    """A JSON schema that the text must satisfy, as far as the engine can hold it to that: only
    `structured` validates what comes."""
    grammar: str | None = None
    """A GBNF grammar that the text must satisfy. vLLM is not told the upper count of a long run of
    nearly any character, as of `[^"]{2,240}`, here and in `regex`: see `inference.loosening`."""
    regex: str | None = None
    """A regular expression that the whole text must match, in what Python and the engines share: no
    anchors, look-around or back-references."""
    continuation: str | None = None
    """A text that is not written but weighed: the sample is this text, with the log-probability of
    each of its tokens behind the messages. Engines that cannot say are `Unsupported`. At most one
    of schema, grammar, regex and continuation is given."""
    top_logprobs: int = 0
    """0: no log-probabilities; k: those of the chosen token and of the k likeliest."""
    purpose: str = ""
    """Why it is asked (plan, read, write, ...): for the trace and for roles; never sent."""
    session: str = ""
    """Requests of one session stay, while they can, at the endpoint that has their prefix in its
    cache; never sent."""

    def __post_init__(self) -> None:
        """Refuses what no engine could run."""
        if not self.messages:
            raise ValueError("a request needs at least one message")
        if self.n < 1 or self.max_tokens < 1:
            raise ValueError("n and max_tokens must be at least 1")
        if not (0 <= self.temperature < inf and 0 < self.top_p <= 1):
            raise ValueError("temperature must be 0 or more, top_p more than 0 and at most 1")
        if self.top_logprobs < 0 or "" in self.stop:
            raise ValueError("top_logprobs cannot be negative, nor a stop text empty")
        if not 0 <= self.head < len(self.messages):
            raise ValueError("the head must leave at least one message")
        if sum(getattr(self, kind) is not None for kind in get_args(Constraint)) > 1:
            raise ValueError("a request takes one of schema, grammar, regex and continuation")
        if self.regex is not None:
            _require_regex(self.regex)
        if self.continuation is not None and (self.continuation == "" or self.n > 1):
            raise ValueError("a continuation is weighed once, and cannot be empty")

    @property
    def begun(self) -> str:
        """What the assistant has said already, and goes on with; "": nothing."""
        last = self.messages[-1]
        return last.content if last.role == "assistant" else ""

    @property
    def constraint(self) -> Constraint | None:
        """Which of schema, grammar, regex and continuation it has."""
        kinds: tuple[Constraint, ...] = get_args(Constraint)
        return next((kind for kind in kinds if getattr(self, kind) is not None), None)


def _require_regex(regex: str) -> None:
    """Raise ValueError for what is none."""
    try:
        re.compile(regex)
    except re.error as error:
        raise ValueError(f"{regex!r} is no regular expression: {error}") from error


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A token, its natural-log probability, and the likeliest tokens in its place."""

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()
    raw: bytes | None = field(default=None, compare=False)
    """The token itself, where the engine tells: it may be a part of a character."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request, all its samples together, or of one sample."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    """Part of prompt_tokens that the engine did not have to read again."""
    drafted_tokens: int = 0
    """Guessed by speculative decoding, where the engine tells."""
    accepted_tokens: int = 0
    """Part of drafted_tokens that the model agreed with."""
    queued_seconds: float = 0.0
    """How long it waited for its turn, with us, before the engine had it; of several samples, the
    longest wait."""

    def __add__(self, other: "Usage") -> "Usage":
        """Field by field; waits are not added up, for samples wait side by side."""
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
            self.drafted_tokens + other.drafted_tokens,
            self.accepted_tokens + other.accepted_tokens,
            max(self.queued_seconds, other.queued_seconds),
        )

    @property
    def total_tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the stream.

    The usages of a stream add up to what it cost. Where the engine counts each sample, their index
    says which one; else it is `ALL`.
    """

    index: int = 0
    """Which of the n samples it belongs to."""
    text: str = ""
    reasoning: str = ""
    """Thinking that the engine kept apart from the answer."""
    logprobs: tuple[TokenLogprob, ...] = ()
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    endpoint: str = ""
    """The address that answers, where there may be several; with a sample's first chunk."""

    @property
    def says(self) -> bool:
        """Whether anything of a sample is in it; a stream's first event mostly names the role."""
        return bool(self.text or self.reasoning or self.logprobs or self.finish_reason)


@dataclass(frozen=True, slots=True)
class Sample:
    """One completion."""

    text: str
    finish_reason: FinishReason = "stop"
    reasoning: str = ""
    logprobs: tuple[TokenLogprob, ...] = ()
    usage: Usage | None = field(default=None, compare=False)
    """What it cost; None where the engine counts all samples together only."""

    @property
    def whole(self) -> bool:
        """False when something cut it: then it must not be parsed as if it were complete."""
        return self.finish_reason == "stop"


@dataclass(frozen=True, slots=True)
class Completion:
    """All samples of one request, by index, and what they cost."""

    samples: tuple[Sample, ...]
    usage: Usage = field(default_factory=Usage)
    endpoints: tuple[str, ...] = ()
    """The addresses that answered, where there may be several."""


class Halt:
    """Ends single samples of a stream: `halt(2)` ends sample 2, and the others go on.

    Given to one stream. The engine stops computing the sample, which ends with the finish reason
    `halted`; what had arrived of it stays.
    """

    def __init__(self, *, together: bool = False) -> None:
        """Nothing is halted. `together`: all that have not ended will be, or none, so that they may
        be one request."""
        self.together = together
        self._halted: set[int] = set()
        self._react: Callable[[int], object] | None = None

    def __call__(self, index: int) -> None:
        """End a sample, before it begins, too; again changes nothing."""
        if index not in self._halted:
            self._halted.add(index)
            if self._react is not None:
                self._react(index)

    def __contains__(self, index: int) -> bool:
        """Whether a sample was ended so."""
        return index in self._halted

    def attach(self, react: Callable[[int], object]) -> None:
        """The stream tells what ends a sample, once; for those halted before, it is called now."""
        self._react = react
        for index in self._halted:
            react(index)


class Model(Protocol):
    """A language model that can be asked. Its fake is `ScriptedModel`."""

    name: str

    @property
    def window(self) -> int | None:
        """Tokens of prompt and text together, as far as is known."""
        ...

    def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """Chunks as they come. Closing the iterator stops the engine's work on the request.

        `halt`: the reader may want to end single samples; n samples are then n requests to the
        engine, which share the prompt's computation, unless it ends them `together`. Raises a
        ModelError when the engine cannot deliver.
        """
        ...

    def constrains(self, request: Request) -> bool:
        """Whether the engine is known to hold a text to the request's schema, grammar or regex."""
        ...

    async def count(self, messages: Sequence[Message]) -> int:
        """Tokens of a prompt, by the model's own tokenizer; raises Unsupported without one."""
        ...

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text; raises Unsupported where the engine has none."""
        ...

    async def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the query: higher is better, on the engine's own scale.

        Raises Unsupported where the engine cannot say.
        """
        ...


@dataclass
class _Draft:
    """A sample while it arrives."""

    text: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    logprobs: list[TokenLogprob] = field(default_factory=list)
    finish_reason: FinishReason = "length"
    usage: Usage | None = None

    def add(self, chunk: Chunk) -> None:
        """Take a chunk up."""
        self.text.append(chunk.text)
        self.reasoning.append(chunk.reasoning)
        self.logprobs.extend(chunk.logprobs)
        if chunk.finish_reason is not None:
            self.finish_reason = chunk.finish_reason
        if chunk.usage is not None:
            self.usage = (self.usage or Usage()) + chunk.usage

    def sample(self) -> Sample:
        """What has arrived so far; cut if no finish reason came."""
        thought, text = unopened("".join(self.text))
        reasoning = "".join(self.reasoning) + thought
        return Sample(text, self.finish_reason, reasoning, tuple(self.logprobs), self.usage)


class Collector:
    """Puts the chunks of one stream together; `completion` can be read at any time."""

    def __init__(self, n: int) -> None:
        """For n samples."""
        self._drafts = [_Draft() for _ in range(n)]
        self._usage = Usage()
        self._endpoints: dict[str, None] = {}

    def add(self, chunk: Chunk) -> None:
        """Take the next chunk, of one of the n samples."""
        if chunk.usage is not None:
            self._usage = self._usage + chunk.usage
        if chunk.endpoint:
            self._endpoints[chunk.endpoint] = None
        if chunk.index != ALL:
            self._drafts[chunk.index].add(chunk)

    @property
    def completion(self) -> Completion:
        """The samples so far; those that did not end count as cut."""
        samples = tuple(draft.sample() for draft in self._drafts)
        return Completion(samples, self._usage, tuple(self._endpoints))


async def complete(model: Model, request: Request) -> Completion:
    """Ask and wait for all samples."""
    collector = Collector(request.n)
    async with aclosing(model.stream(request)) as chunks:
        async for chunk in chunks:
            collector.add(chunk)
    return collector.completion
