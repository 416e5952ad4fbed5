"""How many rows are under way: so many that the model is busy while some wait for others."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager

from inference import Chunk, Halt, Model, Request, RoledModel, answering

_SETTLED = 0.25
"""Seconds for which the model has to have room: a run asks again at once where it can."""


class Load:
    """Counts requests to a model that are under way, and the time in which there are some."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """None yet."""
        self._clock = clock
        self._since = 0.0
        self._busy = 0.0
        self.requests = 0
        self.changed = asyncio.Event()

    @property
    def busy_seconds(self) -> float:
        """With at least one request under way."""
        return self._busy + (self._clock() - self._since if self.requests else 0.0)

    @contextmanager
    def request(self) -> Iterator[None]:
        """One is under way."""
        if not self.requests:
            self._since = self._clock()
        self.requests += 1
        self.changed.set()
        try:
            yield
        finally:
            self.requests -= 1
            if not self.requests:
                self._busy += self._clock() - self._since
            self.changed.set()


class CountedModel(RoledModel):
    """Passes requests on to another model, and counts them."""

    def __init__(self, model: Model, load: Load) -> None:
        """Of `model`, which may have roles."""
        super().__init__(model, {})
        self._model = model
        self._load = load

    def answering(self, request: Request) -> Model:
        """See RoledModel."""
        return answering(self._model, request)

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """See `Model.stream`."""
        with self._load.request():
            async with aclosing(self._model.stream(request, halt)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """See `Model.embed`."""
        with self._load.request():
            return await self._model.embed(texts)

    async def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """See `Model.rerank`."""
        with self._load.request():
            return await self._model.rerank(query, texts)


class Gate:
    """Lets rows begin, one after another."""

    def __init__(self, load: Load, *, slots: int, least: int, most: int) -> None:
        """So many at `least`; more, up to the `most`, while the model has fewer requests than
        `slots`."""
        self._load = load
        self._slots = slots
        self._least = least
        self._most = most
        self.running = 0

    @classmethod
    def of(cls, load: Load, *, slots: int, parallel: int | None) -> "Gate":
        """`parallel`: exactly so many; None: by the model's slots."""
        if parallel is not None:
            return cls(load, slots=slots, least=parallel, most=parallel)
        return cls(load, slots=slots, least=max(1, slots // 2), most=2 * slots)

    @property
    def most(self) -> int:
        """At once."""
        return self._most

    async def enter(self) -> None:
        """Wait until one more may begin; it has to `leave`. For one who waits at a time."""
        while True:
            while not self._has_room:
                await self._changed()
            if self.running < self._least or await self._stays_free():
                self.running += 1
                return

    def leave(self) -> None:
        """One has ended."""
        self.running -= 1
        self._load.changed.set()

    @property
    def _has_room(self) -> bool:
        if self.running < self._least:
            return True
        return self.running < self._most and self._load.requests < self._slots

    async def _stays_free(self) -> bool:
        """Whether the room is there for a while."""
        try:
            async with asyncio.timeout(_SETTLED):
                while self._has_room:
                    await self._changed()
        except TimeoutError:
            return True
        return False

    async def _changed(self) -> None:
        """Until something begins or ends."""
        self._load.changed.clear()
        await self._load.changed.wait()
