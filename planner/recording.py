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

current_step: ContextVar[str | None] = ContextVar("current_step", default=None)
"""The step on whose behalf the running task works."""

_CHARACTERS_PER_TOKEN = 3
"""On the safe side for English; the engine's own count replaces the estimate afterwards."""


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

    async def count(self, messages: Sequence[Message]) -> int:
        """See `Model.count`; costs nothing."""
        return await self._model.count(messages)

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """See `Model.stream`. Raises BudgetExceeded before anything is sent."""
        asked = replace(request, session=request.session or self._session)
        name = answering(self._model, request).name
        price = self._prices.get(name)
        promised = _spending(_estimate(request, separately=halt is not None), price)
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
            usage = collector.completion.usage
            spent = _spending(usage if usage.total_tokens else _guess(request, collector), price)
            self._budget.settle(promised, spent)
            called = ModelCalled(
                step=current_step.get(),
                model=name,
                request=request,
                completion=collector.completion,
                seconds=clock.seconds,
                first_token_seconds=clock.first,
                cost=spent.cost if price else None,
                error=error,
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


def _estimate(request: Request, *, separately: bool) -> Usage:
    """What the request can cost at most, roughly.

    `separately`: its samples are requests of their own, each with the prompt.
    """
    characters = sum(len(message.content) for message in request.messages)
    prompts = request.n if separately else 1
    return Usage(prompts * characters // _CHARACTERS_PER_TOKEN, request.n * request.max_tokens)


def _guess(request: Request, collector: Collector) -> Usage:
    """What a call cost that ended before the engine could say."""
    written = sum(len(sample.text) for sample in collector.completion.samples)
    read = sum(len(message.content) for message in request.messages) if written else 0
    return Usage(read // _CHARACTERS_PER_TOKEN, written // _CHARACTERS_PER_TOKEN)
