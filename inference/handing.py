"""HandingOn: what models have in common that put something before another model."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from inference.model import Chunk, Halt, Message, Model, Request


class HandingOn:
    """A Model that hands everything on. What it is for, its heirs add."""

    def __init__(self, model: Model) -> None:
        """It goes by the name of the model."""
        self.name: str = model.name
        self._model = model

    @property
    def window(self) -> int | None:
        """See `Model.window`."""
        return self._model.window

    def constrains(self, request: Request) -> bool:
        """See `Model.constrains`."""
        return self._model.constrains(request)

    async def count(self, messages: Sequence[Message]) -> int:
        """See `Model.count`."""
        return await self._model.count(messages)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """See `Model.embed`."""
        return await self._model.embed(texts)

    async def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """See `Model.rerank`."""
        return await self._model.rerank(query, texts)

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """See `Model.stream`."""
        async with aclosing(self._model.stream(request, halt)) as chunks:
            async for chunk in chunks:
                yield chunk
