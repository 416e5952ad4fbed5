"""RecordedModel: every call is paid from the budget and written to the trace."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import replace
from secrets import token_hex

from inference import (
    Chunk,
    Collector,
    Halt,
    Message,
    Model,
    ModelError,
    Price,
    Request,
    Usage,
    answering,
)
from planner.budget import Budget, Spending
from planner.events import ModelCalled, Trace
from planner.guesses import guessing

current_step: ContextVar[str | None] = ContextVar("current_step", default=None)
"""The step on whose behalf the running task works."""

_BYTES_PER_TOKEN = 3
"""On the safe side for most languages; the engine's own count replaces the estimate afterwards."""


class RecordedModel:
    """A Model that passes requests on to another."""

    def __init__(
        self,
        model: Model,
        *,
        budget: Budget,
        trace: Trace,
        prices: Mapping[str, Price] | None = None,
    ) -> None:
        """All models of a run share its budget and its trace, and its calls are one session.

        `prices`: by the model's name.
        """
        self.name = model.name
        self._model = model
        self._budget = budget
        self._trace = trace
        self._prices = prices or {}
        self._session = token_hex(8)

    @property
    def window(self) -> int | None:
        """See `Model.window`."""
        return self._model.window

    def constrains(self, request: Request) -> bool:
        """See `Model.constrains`."""
        return self._model.constrains(request)

    async def count(self, messages: Sequence[Message]) -> int:
        """See `Model.count`; costs nothing."""
        return await self._model.count(messages)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """See `Model.embed`; no call of the budget."""
        return await self._model.embed(texts)

    async def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """See `Model.rerank`; no call of the budget."""
        return await self._model.rerank(query, texts)

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """See `Model.stream`. Raises BudgetExceeded before anything is sent."""
        asked = replace(request, session=request.session or self._session)
        name = answering(self._model, request).name
        price = self._prices.get(name)
        promised = _spending(_estimate(request), price)
        self._budget.promise(promised)
        collector, clock = Collector(request.n), _Clock()
        error: str | None = "stopped"
        try:
            async with aclosing(self._model.stream(asked, halt)) as chunks:
                async for chunk in chunks:
                    clock.chunk()
                    collector.add(chunk)
                    yield chunk
            error = None
        except ModelError as failure:
            error = str(failure)
            raise
        finally:
            completion = collector.completion
            if error is not None or not completion.usage.total_tokens:
                completion = replace(
                    completion, usage=_at_least(completion.usage, _guess(collector, request))
                )
            spent = _spending(completion.usage, price)
            self._budget.settle(promised, spent)
            called = ModelCalled(
                step=current_step.get(),
                model=name,
                request=request,
                completion=completion,
                seconds=clock.seconds,
                first_token_seconds=clock.first,
                cost=spent.cost if price else None,
                error=error,
                guess=guessing.get(),
            )
            # A cancelled call is a call too: it is recorded before the cancellation goes on.
            await asyncio.shield(self._trace.record(called))


class _Clock:
    """Seconds since the request, and until its first chunk."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self.first: float | None = None

    def chunk(self) -> None:
        if self.first is None:
            self.first = self.seconds

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._start


def _spending(usage: Usage, price: Price | None) -> Spending:
    """What the budget counts of it."""
    return Spending(usage.total_tokens, price.of(usage) if price else 0.0)


def _estimate(request: Request) -> Usage:
    """What the request can cost at most, roughly: its samples may be requests of their own."""
    prompt = sum(map(_length, (message.content for message in request.messages)))
    return Usage(request.n * prompt // _BYTES_PER_TOKEN, request.n * request.max_tokens)


def _length(text: str) -> int:
    """Bytes."""
    return len(text.encode("utf-8", "surrogatepass"))


def _at_least(counted: Usage, guessed: Usage) -> Usage:
    """What was counted, where it is more than the guess."""
    return replace(
        counted,
        prompt_tokens=max(counted.prompt_tokens, guessed.prompt_tokens),
        completion_tokens=max(counted.completion_tokens, guessed.completion_tokens),
    )


def _guess(collector: Collector, request: Request) -> Usage:
    """What a call cost that ended before the engine could say all."""
    written = sum(_length(sample.text) for sample in collector.completion.samples)
    read = sum(_length(message.content) for message in request.messages) if written else 0
    return Usage(read // _BYTES_PER_TOKEN, written // _BYTES_PER_TOKEN)
