"""A door in front of an engine, the same for all who ask: it sets the temperature, and counts.

Libraries do not let one choose all of that: some sample at a temperature of their own. And engines
do not tell all of it: llama.cpp's usage is of the first of n samples alone.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

PATIENCE = 3600.0
"""Seconds for one request, and for one question by one method, whoever asks."""
SAMPLING = 0.5
"""What asks for at least this temperature wants samples that differ; below are judges."""
_TOP_P = 0.95


@dataclass
class Passed:
    """What went through since it was emptied."""

    requests: int = 0
    samples: int = 0
    """A request for n of them counts n times."""
    read: int = 0
    """Tokens of prompts, each request's once; of a stream that was left it is not told."""
    refused: int = 0
    """Requests that were answered with an error."""
    texts: list[str] = field(default_factory=list)
    """All that was written; of a stream that was left, what had come."""


class Door:
    """Hands requests on to an engine and answers back, as they come."""

    def __init__(self, engine: str, key: str, temperature: float) -> None:
        """`engine`: its address, without /v1."""
        self.passed = Passed()
        self.base_url = ""
        self._engine, self._temperature = engine, temperature
        self._under_way, self._still = 0, asyncio.Event()
        self._still.set()
        self._headers = {"Authorization": f"Bearer {key}", "Connection": "close"}

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Door"]:
        """On a free port of loopback."""
        application = web.Application(client_max_size=2**24)
        application.router.add_route("*", "/{path:.*}", self._pass)
        runner = web.AppRunner(application, handler_cancellation=True)
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with aiohttp.ClientSession(headers=self._headers, timeout=timeout) as self._session:
            await runner.setup()
            try:
                site = web.TCPSite(runner, "127.0.0.1", 0)
                await site.start()
                host, port = runner.addresses[0][:2]
                self.base_url = f"http://{host}:{port}/v1"
                yield self
            finally:
                await runner.cleanup()

    async def settled(self) -> Passed:
        """What went through, once nothing is under way: that a stream was left is noticed later."""
        await self._still.wait()
        return self.passed

    async def written(self) -> int:
        """Tokens of all that was written."""
        count = 0
        for text in filter(None, self.passed.texts):
            # llama.cpp reads the content, vLLM the prompt.
            told = {"content": text, "prompt": text, "add_special_tokens": False}
            async with self._session.post(f"{self._engine}/tokenize", json=told) as response:
                count += len((await response.json())["tokens"])
        return count

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        self._under_way += 1
        self._still.clear()
        try:
            return await self._handed(request, self.passed)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._still.set()

    async def _handed(self, request: web.Request, passed: Passed) -> web.StreamResponse:
        """One request; only those for texts are counted."""
        body = await request.json() if request.can_read_body else None
        counts = request.path.endswith("/chat/completions")
        if counts:
            assert isinstance(body, dict)
            passed.requests += 1
            passed.samples += body.get("n") or 1
            body = self._evened(body)
        asked = self._session.request(request.method, f"{self._engine}{request.path}", json=body)
        async with asked as response:
            passed.refused += counts and response.status != 200
            if counts and body and body.get("stream") and response.status == 200:
                return await self._streamed(request, response, passed)
            whole = await response.read()
            if counts and response.status == 200:
                _count(json.loads(whole), passed)
            return web.Response(
                body=whole, status=response.status, content_type=response.content_type
            )

    def _evened(self, body: dict[str, Any]) -> dict[str, Any]:
        """With the temperature that all have, where samples are wanted."""
        if (body.get("temperature") or 0.0) < SAMPLING:
            return body
        return body | {"temperature": self._temperature, "top_p": _TOP_P}

    async def _streamed(
        self, request: web.Request, response: aiohttp.ClientResponse, passed: Passed
    ) -> web.StreamResponse:
        """Event by event; who leaves early leaves the engine, too."""
        handed = web.StreamResponse(headers={"Content-Type": response.headers["Content-Type"]})
        await handed.prepare(request)
        texts: dict[int, list[str]] = {}
        read = 0
        try:
            async for line in response.content:
                if line.startswith(b"data: {"):
                    event = json.loads(line[6:])
                    read = max(read, prompt_of(event))  # llama.cpp tells it once a sample
                    for choice in event.get("choices", ()):
                        told = choice["delta"].get("content")
                        texts.setdefault(choice["index"], []).append(told or "")
                await handed.write(line)
        except ConnectionResetError:
            pass  # who asked has seen enough
        finally:
            passed.read += read
            passed.texts += ["".join(parts) for parts in texts.values()]
        return handed


def _count(answer: Mapping[str, Any], passed: Passed) -> None:
    """An answer that came as a whole."""
    passed.read += prompt_of(answer)
    passed.texts += [one["message"].get("content") or "" for one in answer["choices"]]


def prompt_of(answer: Mapping[str, Any]) -> int:
    """Tokens of the prompt, where it is told."""
    return int((answer.get("usage") or {}).get("prompt_tokens", 0))
