"""What a server can do besides writing: count tokens, embed, rerank, tell how likely a text is.

Each engine has these behind other paths and in other words, and not all of them; what an engine
does not have is `Unsupported`, and `inference.scoring` has the fallbacks.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import openai
from openai import AsyncOpenAI, BaseModel

from inference.errors import ModelNonsense, ModelUnavailable, Unsupported
from inference.model import Chunk, Message, Request, TokenLogprob, Usage
from inference.spelling import spelling_at_the_end
from inference.translation import translating
from inference.wire import Counted, Engine, PromptDetails, messages_of

_NO_SUCH_DOOR = frozenset({404, 405, 501})
_REFUSED = frozenset({400, 422})
"""Only where the words say so: a text may be too long, too."""
_NOT_SERVED = re.compile(r"\b(not|n't|no) (\w+ )?(support|serve|enabled|allow)", re.IGNORECASE)
_NO_MODEL = re.compile(r"\bmodel\b.*\b(not exist|not found|unknown)|no (such )?model", re.I | re.S)
_GUESSES = re.compile(
    r"^vllm:spec_decode_num_(draft|accepted)_tokens_total(?:\{[^}]*\})? ([\d.e+]+)", re.MULTILINE
)
_WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "the weather in a town",
        "parameters": {
            "type": "object",
            "properties": {"town": {"type": "string"}},
            "required": ["town"],
        },
    },
}


class _Tokenized(BaseModel):
    """vLLM counts, llama.cpp lists."""

    count: int | None = None
    tokens: list[Any] | None = None
    prompt: str | None = None


class _Vector(BaseModel):
    index: int = 0
    embedding: list[float]


class _Vectors(BaseModel):
    data: list[_Vector]


class _Ranked(BaseModel):
    index: int
    relevance_score: float


class _Ranking(BaseModel):
    results: list[_Ranked]


class _PromptToken(BaseModel):
    logprob: float
    decoded_token: str | None = None


class _Scored(BaseModel):
    prompt_logprobs: list[dict[str, _PromptToken] | None] | None = None
    usage: Counted | None = None


class _Message(BaseModel):
    tool_calls: list[Any] | None = None


class _Choice(BaseModel):
    message: _Message | None = None


class _Called(BaseModel):
    choices: list[_Choice] | None = None


class Doors:
    """The other paths of one server."""

    def __init__(self, client: AsyncOpenAI, model: str, where: str) -> None:
        """`model`: as the server calls it; `where`: how errors name the server."""
        self._client = client
        self._model = model
        self._where = where
        self._root = str(client.base_url).rstrip("/").removesuffix("/v1")

    async def count(self, messages: Sequence[Message], engine: Engine | None) -> int:
        """Tokens of the prompt that the messages make, by the server's tokenizer."""
        turns = messages_of(messages)
        match engine:
            case "vllm":
                body = {"model": self._model, "messages": turns, "add_generation_prompt": True}
                counted = await self._ask(f"{self._root}/tokenize", body, _Tokenized)
            case "llama.cpp" | "xllamacpp":
                body = {"messages": turns}
                prompt = await self._ask(f"{self._root}/apply-template", body, _Tokenized)
                body = {"content": prompt.prompt or "", "add_special": True, "parse_special": True}
                counted = await self._ask(f"{self._root}/tokenize", body, _Tokenized)
            case _:
                raise Unsupported(f"{self._where} has no tokenizer that we know of")
        return len(counted.tokens or ()) if counted.count is None else counted.count

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text."""
        body = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        made = sorted((await self._ask("/embeddings", body, _Vectors)).data, key=lambda v: v.index)
        if [vector.index for vector in made] != list(range(len(texts))):
            raise ModelNonsense(f"{self._where} sent {len(made)} vectors for {len(texts)} texts")
        return [vector.embedding for vector in made]

    async def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the query; higher is better, on the server's own scale."""
        body = {"model": self._model, "query": query, "documents": list(texts)}
        ranking = (await self._ask("/rerank", body, _Ranking)).results
        if sorted(ranked.index for ranked in ranking) != list(range(len(texts))):
            raise ModelNonsense(f"{self._where} ranked {len(ranking)} of {len(texts)} texts")
        scores = {ranked.index: ranked.relevance_score for ranked in ranking}
        return [scores[index] for index in range(len(texts))]

    async def likelihood(self, request: Request) -> Chunk:
        """vLLM's way: a continuation in the prompt, whose tokens have log-probabilities.

        Raises Unsupported where the prompt does not end in the continuation: chat templates may
        strip it, or write something else.
        """
        assert request.continuation is not None
        whole = (*request.messages, Message("assistant", request.continuation))
        body = {
            "model": self._model,
            "messages": messages_of(whole),
            "add_generation_prompt": False,
            "continue_final_message": True,
            "prompt_logprobs": request.top_logprobs,
            "max_tokens": 1,
            "temperature": 0,
        }
        scored = await self._ask("/chat/completions", body, _Scored)
        prompt = [_token(entry) for entry in scored.prompt_logprobs or () if entry]
        tokens = spelling_at_the_end(prompt, request.continuation)
        if not tokens:
            raise Unsupported(f"{self._where} has no log-probabilities of just this text")
        counted = scored.usage or Counted()
        details = counted.prompt_tokens_details or PromptDetails()
        usage = Usage(
            counted.prompt_tokens or 0,
            counted.completion_tokens or 0,
            details.cached_tokens or 0,
        )
        return Chunk(
            text=request.continuation, logprobs=tuple(tokens), finish_reason="stop", usage=usage
        )

    async def calls_tools(self) -> bool:
        """Whether the model, offered the one tool that the question needs, calls it."""
        body = {
            "model": self._model,
            "messages": messages_of(
                [Message("user", "What is the weather in Bari? Use the tool.")]
            ),
            "tools": [_WEATHER],
            "max_tokens": 64,
            "temperature": 0,
        }
        answer = await self._ask("/chat/completions", body, _Called)
        return any(choice.message and choice.message.tool_calls for choice in answer.choices or ())

    async def guesses(self) -> tuple[int, int]:
        """(Drafted, accepted) tokens of vLLM's speculation since it was started."""
        with translating(self._where, self._client.api_key), self._knowing("/metrics"):
            text = await self._client.get(f"{self._root}/metrics", cast_to=str)
        found = {name: float(value) for name, value in _GUESSES.findall(text)}
        if len(found) < 2:
            raise Unsupported(f"{self._where} does not count guesses")
        return int(found["draft"]), int(found["accepted"])

    async def _ask(self, path: str, body: dict[str, Any], kind: type[Any]) -> Any:
        """Post, and read the answer as this kind."""
        if self._client.is_closed():
            raise ModelUnavailable(f"the connection to {self._where} was closed by us")
        with translating(self._where, self._client.api_key), self._knowing(path):
            return await self._client.post(path, cast_to=kind, body=body)

    @contextmanager
    def _knowing(self, path: str) -> Iterator[None]:
        """A path that the server does not serve is Unsupported; a model that it has not is not."""
        try:
            yield
        except openai.APIStatusError as error:
            told = str(error.body)
            refused = error.status_code in _REFUSED and _NOT_SERVED.search(told)
            missing = error.status_code in _NO_SUCH_DOOR and not _NO_MODEL.search(told)
            if refused or missing:
                raise Unsupported(
                    f"{self._where} does not serve {path} ({error.status_code})"
                ) from error
            raise


def _token(entry: dict[str, _PromptToken]) -> TokenLogprob:
    """The prompt's own token stands first, the likeliest ones behind it."""
    chosen, *others = entry.values()
    return TokenLogprob(
        chosen.decoded_token or "",
        chosen.logprob,
        tuple((other.decoded_token or "", other.logprob) for other in others),
    )
