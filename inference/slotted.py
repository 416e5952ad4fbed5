"""A llama.cpp server of our own as a model: every request in a slot that holds its prompt."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import aiohttp

from inference.endpoint import EndpointModel
from inference.fanout import separately
from inference.model import ALL, Chunk, Halt, Message, Request, Usage
from inference.slots import Messages, Shared, SlotError, SlotPool
from inference.wire import messages_of

_SECONDS = 600.0


class SlottedModel:
    """Requests to the endpoint, each with its slot; samples are requests of their own."""

    def __init__(self, endpoint: EndpointModel, pool: SlotPool, window: int) -> None:
        """`pool`: of the same server; `window`: tokens that each of its slots holds."""
        self.name = endpoint.name
        self.base_url = endpoint.base_url
        self._endpoint = endpoint
        self._pool = pool
        self.window = window

    async def close(self) -> None:
        """Close the connections."""
        await self._endpoint.close()

    def constrains(self, request: Request) -> bool:
        """See `Model.constrains`."""
        return self._endpoint.constrains(request)

    async def count(self, messages: Sequence[Message]) -> int:
        """See `Model.count`."""
        return await self._endpoint.count(messages)

    def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """See `Model.stream`."""
        if request.n == 1 and halt is None:
            return self._single(request, None, time.monotonic())
        return self._samples(request, halt or Halt())

    async def _single(
        self, request: Request, shared: Shared | None, asked: float
    ) -> AsyncGenerator[Chunk]:
        """One sample, in a slot."""
        async with self._pool.slot(request.messages, request.head, shared) as lane:
            queued = lane.since - asked
            stream = self._endpoint.stream(request, extra={"id_slot": lane.slot})
            async with aclosing(stream) as chunks:
                async for chunk in chunks:
                    if chunk.text:
                        self._pool.holds(lane, request.messages)
                    yield _charged(chunk, lane.read, queued)

    async def _samples(self, request: Request, halt: Halt) -> AsyncGenerator[Chunk]:
        """n samples, whose prompt is computed once and counted once."""
        several = request.n > 1
        preparing = self._pool.shared(request.messages, request.head) if several else nullcontext()
        async with preparing as shared:
            ask = partial(self._single, shared=shared, asked=time.monotonic())
            if shared is not None:
                yield Chunk(index=ALL, usage=shared.usage)
            async with aclosing(separately(ask, request, halt)) as chunks:
                async for chunk in chunks:
                    yield chunk if shared is None else _without_prompt(chunk)


def _charged(chunk: Chunk, read: int, queued: float) -> Chunk:
    """The usage as it was: tokens that were computed in advance are not cached ones."""
    usage = chunk.usage
    if usage is None:
        return chunk
    cached = max(0, usage.cached_tokens - read)
    return replace(chunk, usage=replace(usage, cached_tokens=cached, queued_seconds=queued))


def _without_prompt(chunk: Chunk) -> Chunk:
    """The usage of a sample, whose prompt was counted for all."""
    if chunk.usage is None:
        return chunk
    return replace(chunk, usage=replace(chunk.usage, prompt_tokens=0, cached_tokens=0))


class LlamaSlots:
    """The slots of a llama.cpp server, over HTTP."""

    def __init__(self, address: str, key: str) -> None:
        """`address`: without /v1."""
        self._address = address
        self._headers = {"Authorization": f"Bearer {key}", "Connection": "close"}

    async def read(self, slot: int, messages: Messages) -> Usage:
        """See `SlotServer.read`."""
        body = {
            "messages": messages_of(messages),
            "id_slot": slot,
            "max_tokens": 0,
            "cache_prompt": True,
        }
        counted = (await self._post("/v1/chat/completions", body)).get("usage") or {}
        cached = (counted.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
        return Usage(counted.get("prompt_tokens") or 0, 0, cached)

    async def save(self, slot: int, file: str) -> None:
        """See `SlotServer.save`."""
        await self._post(f"/slots/{slot}?action=save", {"filename": file})

    async def restore(self, slot: int, file: str) -> None:
        """See `SlotServer.restore`."""
        await self._post(f"/slots/{slot}?action=restore", {"filename": file})

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=self._headers) as session,
                session.post(self._address + path, json=body) as response,
            ):
                told = await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise SlotError(f"{path}: {error or type(error).__name__}") from error
        if not response.ok or not isinstance(told, dict):
            raise SlotError(f"{path} answered {response.status}: {_why(told)[:200]}")
        return told


def _why(told: Any) -> str:
    """The message of an error, where it has one."""
    match told:
        case {"error": {"message": str(message)}}:
            return message
        case _:
            return str(told)
