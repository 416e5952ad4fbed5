"""n samples as n requests: each can be ended by itself, and their chunks are one stream; or as one,
which can be given up.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from inference.errors import AnswerEmpty
from inference.metering import estimated_prompt
from inference.model import ALL, Chunk, Halt, Request, Usage

Ask = Callable[[Request], AsyncGenerator[Chunk]]
"""Streams a request of one sample."""


async def separately(
    ask: Ask, request: Request, halt: Halt, *, staggered: bool = False
) -> AsyncGenerator[Chunk]:
    """The samples of a request, each asked for by itself, with a seed of its own.

    `staggered`: the others are sent when the first one has begun, so that they find its prompt in
    the engine's cache. The first error of any ends all of them; a sample that is AnswerEmpty is an
    error only where all are.
    """
    arriving: asyncio.Queue[Chunk | _Empty | BaseException | None] = asyncio.Queue()
    begun = asyncio.Event()
    if not staggered:
        begun.set()
    samples = [_Sample(index, arriving, begun) for index in range(request.n)]
    tasks = [asyncio.create_task(sample.run(ask, request)) for sample in samples]
    for sample, task in zip(samples, tasks, strict=True):
        task.add_done_callback(sample.ended)
    try:
        halt.attach(lambda index: tasks[index].cancel() if 0 <= index < len(tasks) else None)
        running, empty = request.n, list[_Empty]()
        while running:
            match await arriving.get():
                case None:
                    running -= 1
                case Chunk() as chunk:
                    yield chunk
                case _Empty() as nothing:
                    empty.append(nothing)
                case error:
                    raise error
        if len(empty) == request.n:
            raise empty[0].error
        for nothing in empty:
            yield nothing.chunk
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def together(
    chunks: AsyncGenerator[Chunk], request: Request, halt: Halt
) -> AsyncGenerator[Chunk]:
    """The samples of one request, which is given up as soon as all that have not ended are halted.

    What the engine has not counted by then is estimated.
    """
    going, counted, written = set(range(request.n)), Usage(), 0
    async with aclosing(chunks):
        async for chunk in chunks:
            counted += chunk.usage or Usage()
            written += bool(chunk.text or chunk.reasoning)
            if chunk.finish_reason is not None:
                going.discard(chunk.index)
            yield chunk
            if going and all(index in halt for index in going):
                break
        else:
            return
    for index in sorted(going):
        yield Chunk(index, finish_reason="halted")
    prompt = 0 if counted.prompt_tokens else estimated_prompt(request.messages)
    yield Chunk(ALL, usage=Usage(prompt, max(0, written - counted.completion_tokens)))


@dataclass(frozen=True, slots=True)
class _Empty:
    """A sample that said nothing."""

    index: int
    error: AnswerEmpty

    @property
    def chunk(self) -> Chunk:
        """Its end, where others have said something."""
        return Chunk(index=self.index, finish_reason="stop", usage=self.error.usage)


class _Sample:
    """One of the requests: what it says, its error, and at last None go into the queue."""

    def __init__(
        self,
        index: int,
        arriving: "asyncio.Queue[Chunk | _Empty | BaseException | None]",
        begun: asyncio.Event,
    ) -> None:
        self._index = index
        self._arriving = arriving
        self._begun = begun
        self._finished = False
        self._prompt = 0
        """A guess; 0 before it is sent."""
        self._written = 0
        """Chunks: each is a token, or more."""
        self._counted = Usage()

    async def run(self, ask: Ask, request: Request) -> None:
        seed = None if request.seed is None else request.seed + self._index
        if self._index:
            await self._begun.wait()
        self._prompt = estimated_prompt(request.messages)
        async with aclosing(ask(replace(request, n=1, seed=seed))) as chunks:
            async for chunk in chunks:
                self._has_begun()
                self._finished |= chunk.finish_reason is not None
                self._counted += chunk.usage or Usage()
                self._written += bool(chunk.text or chunk.reasoning)
                self._arriving.put_nowait(replace(chunk, index=self._index))

    def ended(self, task: "asyncio.Task[None]") -> None:
        """Not the end of `run`: a task that is cancelled before it starts never runs."""
        self._has_begun()
        if task.cancelled():
            if not self._finished:
                self._arriving.put_nowait(
                    Chunk(index=self._index, finish_reason="halted", usage=self._uncounted())
                )
        elif (error := task.exception()) is not None:
            failed = _Empty(self._index, error) if isinstance(error, AnswerEmpty) else error
            self._arriving.put_nowait(failed)
        self._arriving.put_nowait(None)

    def _uncounted(self) -> Usage:
        """What it cost beyond what the engine has counted, most of which do so at the end."""
        counted = self._counted
        return Usage(
            0 if counted.prompt_tokens else self._prompt,
            0 if counted.completion_tokens else self._written,
        )

    def _has_begun(self) -> None:
        """The others wait for the first one only."""
        if self._index == 0:
            self._begun.set()
