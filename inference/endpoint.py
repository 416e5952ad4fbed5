"""EndpointModel: any OpenAI-compatible server, the embedded one included.

Engines differ in how a constraint is written, and in nothing else that matters here; the server's
own model list says which engine it is.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, Literal

import openai
from openai import AsyncOpenAI, AsyncStream, DefaultAioHttpClient
from openai.types.chat import ChatCompletionChunk
from openai.types.completion_usage import CompletionUsage
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from inference.errors import ModelError, ModelNonsense, ModelRefused, ModelUnavailable
from inference.model import Chunk, FinishReason, Request, TokenLogprob, Usage

Engine = Literal["llama.cpp", "vllm", "other"]

_FINISH: Mapping[str, FinishReason] = {
    "stop": "stop",
    "tool_calls": "stop",
    "length": "length",
    "content_filter": "content_filter",
}
_OWNERS: Mapping[str, Engine] = {"llamacpp": "llama.cpp", "vllm": "vllm"}


class EndpointModel:
    """A model behind an OpenAI-compatible endpoint."""

    def __init__(
        self,
        name: str,
        *,
        base_url: str,
        api_key: str = "",
        engine: Engine | None = None,
        idle_seconds: float = 300.0,
    ) -> None:
        """`engine` None: found out by the first request.

        `idle_seconds`: so long may the server be silent; a slow model is not a dead one.
        """
        self.name = name
        self.base_url = base_url.rstrip("/")
        self._engine = engine
        self._unconstrained = False
        # llama.cpp's server closes idle connections without notice; on loopback a new one is free.
        headers = {"Connection": "close"} if engine == "llama.cpp" else {}
        self._client = AsyncOpenAI(
            base_url=self.base_url,
            api_key=api_key or "none",
            max_retries=0,
            timeout=idle_seconds,
            default_headers=headers,
            http_client=DefaultAioHttpClient(timeout=idle_seconds),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def check(self) -> None:
        """See that the server is there and has the model, or raise a ModelError."""
        try:
            listed = [model async for model in self._client.models.list()]
        except openai.NotFoundError:
            self._engine = self._engine or "other"  # servers without a model list exist
            return
        except openai.OpenAIError as error:
            raise self._translated(error) from error
        names = [model.id for model in listed]
        if names and self.name not in names:
            raise ModelRefused(
                f"{self.base_url} has no model {self.name!r}; it has: {', '.join(names[:10])}"
            )
        owner = listed[0].owned_by if listed else ""
        self._engine = self._engine or _OWNERS.get(owner, "other")

    async def stream(self, request: Request) -> AsyncGenerator[Chunk]:
        """See `Model.stream`. Retries until the stream begins, never after."""
        if self._engine is None:
            await self.check()
        response = await self._open(request)
        try:
            async with response:
                async for chunk in _chunks(response):
                    yield chunk
        except openai.OpenAIError as error:
            raise self._translated(error) from error
        except ValueError as error:  # a line of the stream that is no JSON
            raise ModelNonsense(f"{self.base_url} sent a broken stream: {error}") from error

    async def _open(self, request: Request) -> AsyncStream[ChatCompletionChunk]:
        """Send the request, again where the failure may pass; without constraint if refused."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(ModelUnavailable),
            stop=stop_after_attempt(3),
            wait=wait_random_exponential(multiplier=0.5, max=8),
            reraise=True,
        ):
            with attempt:
                return await self._send(request)
        raise AssertionError("unreachable: the last attempt raises")

    async def _send(self, request: Request) -> AsyncStream[ChatCompletionChunk]:
        """One try."""
        constraint = {} if self._unconstrained else self._constraint(request)
        try:
            response: AsyncStream[ChatCompletionChunk] = await self._client.chat.completions.create(
                model=self.name, **_body(request), **constraint
            )
        except openai.BadRequestError as error:
            if not constraint:
                raise self._translated(error) from error
            self._unconstrained = True
            return await self._send(request)
        except openai.OpenAIError as error:
            raise self._translated(error) from error
        return response

    def _constraint(self, request: Request) -> dict[str, Any]:
        """The request's schema or grammar in the engine's own words; none where it has none."""
        if request.schema is not None:
            named = {"name": "answer", "schema": dict(request.schema), "strict": True}
            return {"response_format": {"type": "json_schema", "json_schema": named}}
        if request.grammar is None:
            return {}
        match self._engine:
            case "llama.cpp":
                return {"extra_body": {"grammar": request.grammar}}
            case "vllm":
                return {"extra_body": {"structured_outputs": {"grammar": request.grammar}}}
            case _:
                return {}

    def _translated(self, error: openai.OpenAIError) -> ModelError:
        """The client's error as ours, saying which endpoint and what to do."""
        where = f"{self.base_url} (model {self.name!r})"
        match error:
            case openai.APITimeoutError():
                return ModelUnavailable(f"{where} did not answer in time: is it overloaded?")
            case openai.APIConnectionError():
                return ModelUnavailable(
                    f"cannot reach {where}: is the server running, and is --base-url right?"
                )
            case openai.AuthenticationError() | openai.PermissionDeniedError():
                return ModelRefused(f"{where} refused the key: set BREADTH_API_KEY")
            case openai.RateLimitError() | openai.InternalServerError() | openai.ConflictError():
                return ModelUnavailable(f"{where} answered {error.status_code}: {_reason(error)}")
            case openai.APIStatusError():
                return ModelRefused(f"{where} answered {error.status_code}: {_reason(error)}")
            case _:
                return ModelNonsense(f"{where} sent what is no completion: {_reason(error)}")


def _reason(error: openai.OpenAIError) -> str:
    """The error's text on one short line: a server may send a whole web page."""
    return " ".join(str(error).split())[:300]


def _body(request: Request) -> dict[str, Any]:
    """The request in the protocol's words."""
    body: dict[str, Any] = {
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
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
    if request.top_logprobs:
        body |= {"logprobs": True, "top_logprobs": request.top_logprobs}
    return body


async def _chunks(response: AsyncStream[ChatCompletionChunk]) -> AsyncIterator[Chunk]:
    """Our chunks from the protocol's; the usage last.

    llama.cpp counts each sample by itself, prompt included; vLLM sends one sum. So prompt tokens
    are the most that any count names, and completion tokens are added up.
    """
    usage = Usage()
    async for event in response:
        if event.usage is not None:
            usage = _merged(usage, event.usage)
        for choice in event.choices or ():
            delta = choice.delta
            reason = choice.finish_reason
            yield Chunk(
                index=choice.index,
                text=(delta.content if delta else None) or "",
                reasoning=_reasoning(delta),
                logprobs=_logprobs(choice.logprobs),
                finish_reason=_FINISH.get(reason, "stop") if reason else None,
            )
    yield Chunk(usage=usage)


def _merged(usage: Usage, counted: CompletionUsage) -> Usage:
    """One more count."""
    details = counted.prompt_tokens_details
    cached = (details.cached_tokens if details else None) or 0
    return Usage(
        prompt_tokens=max(usage.prompt_tokens, counted.prompt_tokens),
        completion_tokens=usage.completion_tokens + counted.completion_tokens,
        cached_tokens=max(usage.cached_tokens, cached),
    )


def _reasoning(delta: Any) -> str:
    """Thinking, under either of the names that servers give it."""
    extra = getattr(delta, "model_extra", None) or {}
    return extra.get("reasoning_content") or extra.get("reasoning") or ""


def _logprobs(logprobs: Any) -> tuple[TokenLogprob, ...]:
    """The protocol's log-probabilities, where there are any."""
    if logprobs is None or not logprobs.content:
        return ()
    return tuple(
        TokenLogprob(
            token.token,
            token.logprob,
            tuple((other.token, other.logprob) for other in token.top_logprobs),
        )
        for token in logprobs.content
    )
