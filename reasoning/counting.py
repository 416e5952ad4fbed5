"""CountedModel: what a method's calls cost, all together."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

from inference import Chunk, Halt, HandingOn, Model, Request, Usage


@dataclass
class Counts:
    """Of one method's run."""

    usage: Usage = field(default_factory=Usage)
    calls: int = 0


class CountedModel(HandingOn):
    """Hands on to another model, and counts."""

    def __init__(self, model: Model, counts: Counts | None = None) -> None:
        """Nothing has been asked; or `counts` goes on, where several models share one."""
        super().__init__(model)
        self._counts = counts or Counts()

    def like(self, model: Model) -> "CountedModel":
        """Another model, whose calls are counted here, too."""
        return CountedModel(model, self._counts)

    @property
    def usage(self) -> Usage:
        """Of all calls."""
        return self._counts.usage

    def spent(self, usage: Usage) -> None:
        """Add what was spent elsewhere for the same work."""
        self._counts.usage += usage

    @property
    def calls(self) -> int:
        """Samples that were asked for: a request for n of them counts n times."""
        return self._counts.calls

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """See `Model.stream`."""
        self._counts.calls += request.n
        async with aclosing(super().stream(request, halt)) as chunks:
            async for chunk in chunks:
                if chunk.usage is not None:
                    self._counts.usage += chunk.usage
                yield chunk
