"""Receivers of webhooks on loopback, and ends of runs to tell them of."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from planner import RunEnded, RunStarted
from search import WebClient
from service.work.telling import Teller, webhook_settings
from storage import Asked, Asker, TraceStore

ANN = Asker("ann", None, 1)
Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Receiver:
    """Answers as it is told, the last one again and again; keeps what it got."""

    answers: list[Callable[[], web.Response]] = field(default_factory=list)
    answering: Answering | None = None
    """Instead of `answers`: what is to be done with the request itself."""
    got: list[tuple[dict[str, str], str]] = field(default_factory=list)
    url: str = ""

    async def receive(self, request: web.Request) -> web.StreamResponse:
        self.got.append((dict(request.headers), await request.text()))
        if self.answering is not None:
            return await self.answering(request)
        if len(self.answers) > 1:
            return self.answers.pop(0)()
        return self.answers[0]() if self.answers else web.Response()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.receive)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.fixture
async def teller(store: TraceStore) -> AsyncIterator[Teller]:
    async with WebClient(webhook_settings("127.0.0.1, localhost", "Breadth")) as client:
        yield Teller(store, client)


async def ended(store: TraceStore, status: str = "completed", asker: Asker = ANN) -> str:
    """A response whose run has ended; gives its id."""
    made, _ = await store.responses.create(Asked("response", "Who?", {}, {}), asker)
    trace = store.trace(made.run)
    await trace.record(RunStarted("Who?"))
    await trace.record(RunEnded(status))  # type: ignore[arg-type]
    return made.id
