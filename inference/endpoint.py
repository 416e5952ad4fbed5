"""EndpointModel: any OpenAI-compatible server, the embedded one included.

The server's own model list says which engine it is; `inference.wire` knows how engines differ.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial
from typing import Any

import openai
from openai import AsyncStream

from inference.arriving import arriving
from inference.capabilities import Capabilities
from inference.connecting import NO_REUSE, Patience, client_of
from inference.doors import Doors
from inference.errors import (
    AnswerEmpty,
    ModelRefused,
    ModelUnavailable,
    NoAddress,
    Unsupported,
)
from inference.fanout import Ask, separately, together
from inference.model import ALL, Chunk, Halt, Message, Request
from inference.translation import translating
from inference.wire import (
    LLAMA,
    Engine,
    Event,
    ListedModel,
    ModelList,
    body_of,
    constraint_of,
    engine_of,
    named,
    wishes_of,
)


class EndpointModel:
    """A model behind an OpenAI-compatible endpoint. A request is sent once: see PooledModel."""

    def __init__(
        self,
        name: str,
        *,
        base_url: str,
        api_key: str = "",
        engine: Engine | None = None,
        patience: Patience | None = None,
        known: Capabilities | None = None,
    ) -> None:
        """`engine` None: found out by the first request; `known`: what the server was seen to do,
        as `probe` says it: what it cannot is Unsupported and not asked for.

        Raises ModelSetupError for an address or a key that cannot be used.
        """
        self.name = name
        self.base_url = base_url.rstrip("/")
        self._engine = engine
        self._served = name
        """The name that the server has for it."""
        self._refused: set[str] = set()
        """Constraints, and `logprobs`: what requests are sent without."""
        self._known = known
        self.one_by_one = known is not None and not known.samples
        """It is known to give one sample a request."""
        self.window: int | None = None
        """Tokens of prompt and text together, as far as the server says; known after `check`."""
        self._patience = patience or Patience()
        self._client = client_of(self.base_url, api_key, engine, self._patience)
        self.doors = Doors(self._client, name, self._where)
        """What the server can do besides writing."""

    @property
    def engine(self) -> Engine | None:
        """Which engine serves it, as far as is known."""
        return self._engine

    def constrains(self, request: Request) -> bool:
        """Whether the engine is known to hold the text to the request's schema, grammar or regex.

        Others may know schemas, too; but some refuse them, and some take them and do not care: they
        have to have been seen to.
        """
        if self._engine in {None, "other"}:
            return request.constraint == "schema" and self._known is not None and self._known.schema
        return bool(constraint_of(request, self._engine))

    async def close(self) -> None:
        """Close the connections; what still reads from them, or begins to, is ModelUnavailable."""
        await self._client.close()

    async def check(self) -> None:
        """See that the server is there and has the model, or raise a ModelError."""
        listed = await self.listed()
        found = named(listed, self.name)
        if listed and found is None:
            names = ", ".join(model.id for model in listed[:10])
            raise ModelRefused(f"{self.base_url} has no model {self.name!r}; it has: {names}")
        self.window = found.window if found else None
        self._served = found.id if found else self.name
        self._engine = self._engine or (engine_of(found) if found else "other")
        if self._engine in LLAMA:
            self._client = self._client.with_options(default_headers=NO_REUSE)
        self.doors = Doors(self._client, self._served, self._where)

    async def engine_known(self) -> Engine:
        """Which engine serves it; asked once."""
        if self._engine is None:
            await self.check()
        assert self._engine is not None
        return self._engine

    async def count(self, messages: Sequence[Message]) -> int:
        """See `Model.count`."""
        return await self.doors.count(messages, await self.engine_known())

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """See `Model.embed`."""
        self._require("embedding", "makes no embeddings")
        await self.engine_known()  # with it comes the name that the server has for the model
        return await self.doors.embed(texts)

    async def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """See `Model.rerank`."""
        self._require("reranking", "does not rerank")
        await self.engine_known()
        return await self.doors.rerank(query, texts)

    async def listed(self) -> list[ListedModel]:
        """The models that the server says it has; none where it keeps no list."""
        with translating(self._where, self._client.api_key):
            try:
                return (await self._client.get("/models", cast_to=ModelList)).data or []
            except openai.NotFoundError:
                await self._require_address()
                return []

    async def _require_address(self) -> None:
        """Raises NoAddress where the server's models are one folder further down."""
        if self.base_url.rstrip("/").endswith("/v1"):
            return
        try:
            there = (await self._client.get("/v1/models", cast_to=ModelList)).data
        except openai.OpenAIError:
            return
        if there:
            right = f"{self.base_url.rstrip('/')}/v1"
            raise NoAddress(f"{self.base_url} has no models, {right} has: write --base-url {right}")

    def stream(
        self,
        request: Request,
        halt: Halt | None = None,
        *,
        extra: Mapping[str, Any] | None = None,
    ) -> AsyncGenerator[Chunk]:
        """See `Model.stream`. `extra`: fields of the body that only this server knows."""
        ask = partial(self._stream, extra=extra or {})
        alone = halt is not None and not halt.together
        if alone or (request.n > 1 and self.one_by_one):
            return separately(ask, request, halt or Halt(), staggered=True)
        chunks = ask(request) if request.n == 1 else self._several(ask, request)
        return chunks if halt is None else together(chunks, request, halt)

    async def _several(self, ask: Ask, request: Request) -> AsyncGenerator[Chunk]:
        """n samples in one request; from a server that does not know n, the rest one by one."""
        missing = dict.fromkeys(range(request.n))
        try:
            async with aclosing(ask(request)) as chunks:
                async for chunk in chunks:
                    missing.pop(chunk.index, None)
                    yield chunk
            if self._engine == "vllm" or len(missing) in {0, request.n}:
                return  # all came, or nothing at all: that has nothing to do with n
        except ModelRefused:
            if self._engine == "vllm" or len(missing) < request.n:
                raise
        self.one_by_one = True
        indexes = list(missing)
        seed = None if request.seed is None else request.seed + indexes[0]
        rest = replace(request, n=len(indexes), seed=seed)
        try:
            async with aclosing(separately(ask, rest, Halt(), staggered=True)) as chunks:
                async for chunk in chunks:
                    yield replace(chunk, index=indexes[chunk.index])
        except AnswerEmpty as error:
            if len(indexes) == request.n:
                raise
            for index in indexes:  # what came before has said something
                yield Chunk(index=index, finish_reason="stop")
            yield Chunk(index=ALL, usage=error.usage)

    async def _stream(self, request: Request, extra: Mapping[str, Any]) -> AsyncGenerator[Chunk]:
        """One request to the server."""
        weighs = request.continuation is not None
        if weighs:
            self._require("weighing", "cannot say how likely a given text is")
        if request.top_logprobs:
            self._require("top_logprobs", "tells no log-probabilities")
        if weighs and await self.engine_known() not in LLAMA:
            yield await self._weighed(request)
            return
        response = await self._send(request, extra)
        seconds = self._patience.token_seconds
        with translating(self._where, self._client.api_key):
            told = arriving(response, request, self._engine, seconds=seconds, where=self._where)
            async with aclosing(told) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def _weighed(self, request: Request) -> Chunk:
        """A continuation, weighed by an engine that has a way of its own."""
        if self._engine == "vllm":
            return await self.doors.likelihood(request)
        raise Unsupported(f"{self._where} cannot say how likely a given text is")

    def _require(self, ability: str, lacking: str) -> None:
        """Raise Unsupported where it was seen that the server cannot."""
        if self._known is not None and not getattr(self._known, ability):
            raise Unsupported(f"{self._where} {lacking}, as `breadth models check` found")

    async def _send(self, request: Request, extra: Mapping[str, Any]) -> AsyncStream[Event]:
        """Send it; without the constraint or the log-probabilities where the server takes none."""
        if self._client.is_closed():
            raise ModelUnavailable(f"the connection to {self._where} was closed by us")
        await self.engine_known()
        wishes = {
            name: fields
            for name, fields in wishes_of(request, self._engine).items()
            if fields and name not in self._refused
        }
        body = {**body_of(request, self._served, self._engine), **extra}
        with translating(self._where, self._client.api_key):
            if self._engine != "other":  # these can: a refusal has another reason
                return await self._post(body, wishes)
            try:
                return await self._post(body, wishes)
            except (openai.BadRequestError, openai.UnprocessableEntityError):
                if not wishes:
                    raise
                return await self._without(body, wishes)

    async def _without(
        self, body: dict[str, Any], wishes: Mapping[str, dict[str, Any]]
    ) -> AsyncStream[Event]:
        """Leave out one wish after another, then all; what had to be left out stays so."""
        single = [{name} for name in wishes] if len(wishes) > 1 else []
        *some, whole = [*single, set(wishes)]
        for left in some:
            kept = {name: fields for name, fields in wishes.items() if name not in left}
            with suppress(openai.BadRequestError, openai.UnprocessableEntityError):
                response = await self._post(body, kept)
                self._refused |= left
                return response
        response = await self._post(body, {})
        self._refused |= whole
        return response

    async def _post(
        self, body: dict[str, Any], wishes: Mapping[str, dict[str, Any]]
    ) -> AsyncStream[Event]:
        """Until the answer's head is there."""
        for fields in wishes.values():
            body = body | fields
        return await self._client.post(
            "/chat/completions",
            cast_to=Event,
            body=body,
            stream=True,
            stream_cls=AsyncStream[Event],
        )

    @property
    def _where(self) -> str:
        """How an error names it."""
        return f"{self.base_url} (model {self.name!r})" if self.name else self.base_url
