"""The interface over a real store, and a Front that lets a test play the worker."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web
from openai import AsyncOpenAI

from planner import (
    Answer,
    AnswerWritten,
    Done,
    Event,
    PhaseStarted,
    RunEnded,
    RunStarted,
    Sentence,
    Status,
    Step,
    StepAdded,
    StepEnded,
    StepStarted,
)
from search import Passage, Source
from service.api.access import ASKER
from service.api.app import application
from service.api.errors import Handler
from service.api.pace import server_options
from service.api.server_events import PING
from service.settings import Settings
from storage import Asked, Asker, Logged, ResponseRecord, RunRecord, TraceStore

FILE = Source("/srv/films/deep/roma.md", "Roma", "text/markdown", "0" * 64)
PAGE = Source("https://example.org/roma", "Roma, the film", "text/html", "1" * 64)
READ = Passage(FILE, 0, 20, "Roma is of 2018.", "page 1")
FOUND = Passage(PAGE, 5, 30, "Cuarón directed Roma.")
ANSWER = Answer(
    "Alfonso Cuarón",
    (
        Sentence("Alfonso Cuarón 🎬 directed Roma.", (1, 2), "supported"),
        Sentence("It is of 2018.", (2,), "partly"),
    ),
    (FOUND, READ),
)
TEXT = "Alfonso Cuarón 🎬 directed Roma. [1] [2] It is of 2018. [2]"
STEP = Step("a", "lookup", {"question": "Who directed /srv/films/deep/roma.md?"})


@dataclass
class PlayedFront:
    """Keeps what is asked; a test says what becomes of it."""

    store: TraceStore
    settings: Settings
    asked: list[tuple[Asked, Asker]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    leaving: asyncio.Queue[bool] = field(default_factory=asyncio.Queue)
    """Whether each client that left was the last one."""
    created: asyncio.Event = field(default_factory=asyncio.Event)
    was_stopped: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    script: tuple[Event, ...] | None = None
    """What happens to every run as soon as it is made."""

    async def create(self, asked: Asked, asker: Asker) -> ResponseRecord:
        record, is_new = await self.store.responses.create(asked, asker)
        self.asked.append((asked, asker))
        if self.script is not None and is_new:
            await self.play(record.run, *self.script)
        self.created.set()
        return record

    async def follow(self, run: str, after: int = 0) -> AsyncGenerator[Logged]:
        while True:
            async with self.changed:
                is_over = (await self.store.run(run)).is_over
                new = await self.store.log(run, after)
                if not new and not is_over:
                    await self.changed.wait()
            for logged in new:
                yield logged
                after = logged.seq
            if is_over:
                return

    async def ended(self, run: str) -> RunRecord:
        async with self.changed:
            while not (record := await self.store.run(run)).is_over:
                await self.changed.wait()
        return record

    async def leave(self, record: ResponseRecord) -> bool:
        is_last = await self.store.responses.leave(record.id)
        if is_last:
            await self.stop(record.run, record.user)
        self.leaving.put_nowait(is_last)
        return is_last

    async def stop(self, run: str, user: str | None) -> RunRecord:
        record = await self.store.ask_to_stop(run, user)
        if not record.is_over:
            await self.play(record.id, RunEnded("cancelled", "somebody stopped it"))
        self.stopped.append(record.id)
        self.was_stopped.set()
        async with self.changed:
            self.changed.notify_all()
        return await self.store.run(record.id)

    async def play(self, run: str, *events: Event) -> None:
        """They happen."""
        trace = self.store.trace(run)
        async with self.changed:
            for event in events:
                await trace.record(event)
            self.changed.notify_all()

    async def play_next(self, *events: Event) -> str:
        """To the run that was made last, or is being made."""
        await self.created.wait()
        run = (await self.store.runs(1))[0].id
        await self.play(run, *events)
        return run


def working(question: str = "Who directed Roma?") -> tuple[Event, ...]:
    """A run that has found something."""
    return (
        RunStarted(question),
        PhaseStarted("plan", 1),
        StepAdded(STEP, 1, "planner"),
        StepStarted("a", STEP.arguments),
        StepEnded("a", Done("Alfonso Cuarón", (FOUND,), (READ,))),
    )


def ending(status: Status = "completed", reason: str | None = None) -> tuple[Event, ...]:
    """It has written its answer."""
    return (AnswerWritten(ANSWER), RunEnded(status, reason))


@dataclass
class Service:
    """A real server on loopback."""

    front: PlayedFront
    url: str
    client: AsyncOpenAI
    http: ClientSession
    app: web.Application


USER = "X-Test-User"


@web.middleware
async def asking(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Who asks, by a header of these tests."""
    if USER in request.headers:
        request[ASKER] = Asker(user=request.headers[USER])
    return await handler(request)


@asynccontextmanager
async def serving_api(
    folder: Path, *, ping: float = 10.0, also: Sequence[Any] = (), **settings: Any
) -> AsyncIterator[Service]:
    """The application, with clients to ask it. `also`: further middlewares."""
    wished = Settings(database=str(folder / "runs.db")).model_copy(update=settings)
    async with await TraceStore.open(wished.store) as store:
        front = PlayedFront(store, wished)
        app = application(front)
        app[PING] = ping
        app.middlewares.extend((asking, *also))
        runner = web.AppRunner(
            app, handler_cancellation=True, shutdown_timeout=1, **server_options(wished)
        )
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            async with (
                AsyncOpenAI(
                    base_url=f"{url}/v1", api_key="the-clients-key", max_retries=0
                ) as client,
                ClientSession(url) as http,
            ):
                yield Service(front, url, client, http, app)
        finally:
            await runner.cleanup()
