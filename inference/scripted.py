"""ScriptedModel: the public fake. It says what it was told to say, as a stream, with usage."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

from inference.errors import Unsupported
from inference.model import ALL, Chunk, Halt, Message, Request, Usage
from inference.scoring import Unscoring

Reply = str | Sequence[str] | BaseException
"""One text (every sample says it), one text for each sample, or an error to raise."""


class ScriptedModel(Unscoring):
    """Answers from a list, or by a function of the request.

    `requests` keeps what was asked; `closed_early` counts streams that their reader closed.
    """

    def __init__(
        self,
        replies: Iterable[Reply] | Callable[[Request], Reply],
        *,
        name: str = "scripted",
        window: int | None = None,
        pause: Callable[[Request], "asyncio.Future[None] | None"] | None = None,
    ) -> None:
        """`pause` may give a future to wait for before the first chunk: to prove overlap."""
        self.name = name
        self.window = window
        self.requests: list[Request] = []
        self.closed_early = 0
        self._pause = pause
        self._reply = replies if callable(replies) else _in_turn(replies)

    def constrains(self, request: Request) -> bool:
        """Whatever the script says counts as held to it."""
        return True

    async def count(self, messages: Sequence[Message]) -> int:
        """Four characters a token."""
        return sum(len(message.content) for message in messages) // 4

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """The reply, cut into pieces of a few characters."""
        if request.continuation is not None:
            raise Unsupported(f"{self.name} cannot say how likely a given text is")
        self.requests.append(request)
        reply = self._reply(request)
        if isinstance(reply, BaseException):
            raise reply
        texts = [reply] * request.n if isinstance(reply, str) else list(reply)
        assert len(texts) == request.n, f"the script has {len(texts)} texts for n={request.n}"
        try:
            waiting = self._pause(request) if self._pause else None
            if waiting is not None:
                await waiting
            halted: set[int] = set()
            for chunk in _chunks(texts, request.max_tokens):
                if halt is None or chunk.index not in halt:
                    yield chunk
                elif chunk.index not in halted:
                    halted.add(chunk.index)
                    yield Chunk(index=chunk.index, finish_reason="halted")
                await asyncio.sleep(0)
        except (GeneratorExit, asyncio.CancelledError):
            self.closed_early += 1
            raise
        yield Chunk(index=ALL, usage=_usage(request, texts))


def _in_turn(replies: Iterable[Reply]) -> Callable[[Request], Reply]:
    """The replies one after another; running out is a mistake of the test."""
    rest = iter(replies)

    def following(request: Request) -> Reply:
        try:
            return next(rest)
        except StopIteration:
            asked = request.messages[-1].content
            raise AssertionError(f"the script has no reply left for: {asked[:200]}") from None

    return following


def _chunks(texts: Sequence[str], max_tokens: int) -> Iterable[Chunk]:
    """Pieces of about a token (four characters), the samples by turns."""
    pieces = [[text[at : at + 4] for at in range(0, len(text), 4)] for text in texts]
    for position in range(max(map(len, pieces), default=0)):
        for index, sample in enumerate(pieces):
            if position < min(len(sample), max_tokens):
                yield Chunk(index=index, text=sample[position])
    for index, sample in enumerate(pieces):
        cut = len(sample) > max_tokens
        yield Chunk(index=index, finish_reason="length" if cut else "stop")


def _usage(request: Request, texts: Sequence[str]) -> Usage:
    """Four characters a token, and one that ends the text if nothing cut it."""
    prompt = sum(len(message.content) for message in request.messages)
    completion = sum(min(len(text) // 4 + 1, request.max_tokens) for text in texts)
    return Usage(prompt_tokens=prompt // 4, completion_tokens=completion)
