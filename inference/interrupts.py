"""Interrupts: what happens while a model writes is told to it at a safe boundary.

After AsyncLM (arXiv:2412.07017). The stream is stopped behind a whole sentence, and a request is
sent that begins with the same turns, goes on with what the model has written, and ends with what is
new: the engine finds all of it but the new in its cache. The news stand in a user's turn behind the
text, and not in front of it, where they would change the prefix; so no engine needs to be able to
go on inside a turn.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace

from inference.errors import AnswerEmpty
from inference.model import Chunk, Halt, Message, Model, Request

Interrupt = Callable[[str], Awaitable[Request | None]]
"""Given what was written since the last interruption, the request that goes on behind it; None
where nothing has happened."""
Boundary = Callable[[str], int]
"""How many characters of a text that is being written are whole sentences; 0 where none is."""


async def interruptible(
    model: Model, request: Request, interrupt: Interrupt, boundary: Boundary
) -> AsyncGenerator[Chunk]:
    """The chunks of one sample that is written in one go, or in several with news in between.

    Their texts put together are the whole text, without what the model had begun behind the
    boundary. `interrupt` is asked at each boundary, and at the end. Raises what `Model.stream`
    raises, and ValueError for a request of several samples.
    """
    if request.n != 1:
        raise ValueError("only a request of one sample can be interrupted")
    joint, following = "", request
    while True:
        part = _Part(boundary, interrupt)
        async with aclosing(part.written(model, following)) as chunks:
            try:
                async for chunk in chunks:
                    if joint and chunk.text:
                        yield Chunk(text="" if chunk.text[0].isspace() else joint)
                        joint = ""
                    yield chunk
            except AnswerEmpty as error:
                if following is request:
                    raise
                yield Chunk(finish_reason="stop", usage=error.usage)  # the news change nothing
        if part.following is None:
            return
        following, joint = part.following, part.joint


def behind(request: Request, *, written: str, news: str) -> Request:
    """The same request with what was written and what is new behind it, for an `Interrupt`."""
    turns = (Message("assistant", written), Message("user", news))
    return replace(request, messages=(*request.messages, *turns))


class _Part:
    """What is written between two interruptions."""

    def __init__(self, boundary: Boundary, interrupt: Interrupt) -> None:
        self.following: Request | None = None
        self.joint = " "
        """What stands between this part and the next: the white space that the model wrote."""
        self._boundary = boundary
        self._interrupt = interrupt
        self._text = ""
        self._asked = 0
        """The boundary at which was asked whether there is news."""

    async def written(self, model: Model, request: Request) -> AsyncGenerator[Chunk]:
        """The chunks up to the end, or up to the boundary where there is news."""
        halt = Halt()
        async with aclosing(model.stream(request, halt)) as chunks:
            async for chunk in chunks:
                if self.following is not None:
                    yield _without_text(chunk)  # it was under way already
                    continue
                kept = await self._kept(chunk)
                if self.following is not None:
                    halt(0)
                    yield replace(_without_text(chunk), text=kept)
                else:
                    yield chunk

    async def _kept(self, chunk: Chunk) -> str:
        """The part of the chunk's text that stays; sets `following` where there is news."""
        given, self._text = self._text, self._text + chunk.text
        ends = chunk.finish_reason == "stop"
        whole = len(self._text) if ends else self._boundary(self._text)
        # Words that were given out cannot be taken back: then the next boundary has to do.
        if whole >= max(1, len(given.rstrip())) and (ends or whole > self._asked):
            self._asked = whole
            self.following = await self._interrupt(self._text[:whole])
        if self.following is None:
            return chunk.text
        if whole < len(given) or self._text[whole - 1].isspace():
            self.joint = ""  # the white space was given out, too
        elif self._text[whole : whole + 1].isspace():
            self.joint = self._text[whole]
        return self._text[len(given) : whole]


def _without_text(chunk: Chunk) -> Chunk:
    """What it cost, and who answered."""
    return replace(chunk, text="", reasoning="", logprobs=(), finish_reason=None)
