"""A server on loopback that plays what a test tells it to, and models to ask it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from inference import (
    Completion,
    EndpointModel,
    Message,
    Persistence,
    PooledModel,
    Request,
    complete,
)

ASKED = Request((Message("user", "Who directed Roma?"),))
SCHEMA = {"type": "object", "properties": {"value": {"type": "string"}}}
GRAMMAR = 'root ::= "yes" | "no"'
PAGE = "<!doctype html><html><head><title>502 Bad Gateway</title></head>" + "<p>nginx</p>" * 999

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Played:
    """A server that gives its answers one after another; the last one is given again."""

    answers: Sequence[Answer] = ()
    models: Answer | None = None
    bodies: list[dict[str, Any]] = field(default_factory=list)
    heads: list[Mapping[str, str]] = field(default_factory=list)
    listed: int = 0
    others: dict[str, Answer] = field(default_factory=dict)
    """What other paths answer."""
    url: str = ""

    async def list(self, request: web.Request) -> web.StreamResponse:
        """GET /v1/models."""
        self.listed += 1
        if self.models is None:
            raise web.HTTPNotFound
        return await self.models(request)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/chat/completions."""
        self.heads.append(dict(request.headers))
        self.bodies.append(await request.json())
        return await self.answers[min(len(self.bodies), len(self.answers)) - 1](request)

    async def other(self, request: web.Request) -> web.StreamResponse:
        """Any other path."""
        if request.path not in self.others:
            raise web.HTTPNotFound
        return await self.others[request.path](request)


@asynccontextmanager
async def serving(*answers: Answer, models: Answer | None = None) -> AsyncIterator[Played]:
    """The server, on a free port."""
    played = Played(answers, models)
    app = web.Application()
    app.router.add_get("/v1/models", played.list)
    app.router.add_post("/v1/chat/completions", played.chat)
    app.router.add_route("*", "/{path:.*}", played.other)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    played.url = f"http://{host}:{port}/v1"
    try:
        yield played
    finally:
        await runner.cleanup()


class Clock:
    """Does not wait but moves on, and keeps how long it was asked to wait."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def persistence(self, **options: Any) -> Persistence:
        return Persistence(**{"clock": self, "sleep": self.sleep} | options)


@asynccontextmanager
async def asking(url: str, **options: Any) -> AsyncIterator[EndpointModel]:
    """A model of that server, closed at the end."""
    model = EndpointModel("m", base_url=url, **{"engine": "other"} | options)
    try:
        yield model
    finally:
        await model.close()


@asynccontextmanager
async def pooling(
    *urls: str, persistence: Persistence | None = None, **options: Any
) -> AsyncIterator[PooledModel]:
    """A pool of those servers, closed at the end."""
    options = {"engine": "other"} | options
    endpoints = [EndpointModel("m", base_url=url, **options) for url in urls]
    model = PooledModel(endpoints, persistence or Clock().persistence())
    try:
        yield model
    finally:
        await model.close()


async def asked(*answers: Answer, request: Request = ASKED, **options: Any) -> Completion:
    """What one question to such a server gives."""
    async with serving(*answers) as played, asking(played.url, **options) as model:
        return await complete(model, request)


def piece(text: str = "", index: int = 0, **more: Any) -> dict[str, Any]:
    """An event with one choice."""
    reason = more.pop("reason", None)
    delta = {"content": text, **more.pop("delta", {})}
    return {"choices": [{"index": index, "delta": delta, "finish_reason": reason, **more}]}


def count(prompt: int, completion: int, cached: int | None = None) -> dict[str, Any]:
    """An event that only counts."""
    usage: dict[str, Any] = {"prompt_tokens": prompt, "completion_tokens": completion}
    if cached is not None:
        usage["prompt_tokens_details"] = {"cached_tokens": cached}
    return {"choices": [], "usage": usage}


def line(event: Any) -> bytes:
    """An event as it is sent."""
    data = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)
    return f"data: {data}\n\n".encode()


def stream(*events: Any, done: bool = True) -> Answer:
    """These events, and [DONE]."""
    return sent(*map(line, events), *([line("[DONE]")] if done else []))


def sent(*parts: bytes, kind: str = "text/event-stream", then: str = "end") -> Answer:
    """These bytes, one write each; then the end, a broken connection, or silence."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        for part in parts:
            await response.write(part)
        if then == "break":
            assert request.transport is not None
            request.transport.abort()
        if then == "silence":
            await asyncio.Event().wait()
        return response

    return answer


def status(code: int, body: Any = None, **headers: str) -> Answer:
    """An answer with this status."""

    async def answer(_: web.Request) -> web.StreamResponse:
        if isinstance(body, str):
            return web.Response(status=code, text=body, content_type="text/html", headers=headers)
        return web.json_response(body, status=code, headers=headers)

    return answer


def models(*names: str, owner: str = "vllm") -> Answer:
    """A model list."""
    return status(200, {"data": [{"id": name, "owned_by": owner} for name in names]})


WHOLE = stream(piece("Cuarón"), piece(reason="stop"), count(7, 2))
