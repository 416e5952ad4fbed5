"""RecordedModel: every call is paid from the budget and written to the trace."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from secrets import token_hex

from inference import (
    Chunk,
    Collector,
    Completion,
    Halt,
    Message,
    Model,
    ModelError,
    Price,
    Request,
    Unsupported,
    Usage,
    answering,
    estimated_prompt,
    estimated_tokens,
)
from planner.budget import Budget, Spending
from planner.events import STOPPED, ModelCalled, Trace
from planner.guesses import guessing

current_step: ContextVar[str | None] = ContextVar("current_step", default=None)
"""The step on whose behalf the running task works."""


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
        """See `Model.embed`. Raises BudgetExceeded before anything is sent."""
        async with self._paid("embed", texts):
            return await self._model.embed(texts)

    async def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """See `Model.rerank`. Raises BudgetExceeded before anything is sent."""
        async with self._paid("rerank", (query, *texts)):
            return await self._model.rerank(query, texts)

    @asynccontextmanager
    async def _paid(self, purpose: str, texts: Sequence[str]) -> AsyncIterator[None]:
        """A call that writes nothing: what it reads is estimated, and only told of in the trace.

        One that the model is not able to make costs nothing.
        """
        told = f"{len(texts)} texts, {sum(map(len, texts))} characters"
        request = Request((Message("user", told),), max_tokens=1, purpose=purpose)
        name = answering(self._model, request).name
        price, usage = self._prices.get(name), Usage(estimated_tokens(*texts))
        promised = spent = _spending(usage, price)
        step, guess, clock = current_step.get(), guessing.get(), _Clock()
        self._budget.promise(promised, step=step is not None, guess=guess)
        error: str | None = STOPPED
        try:
            yield
            error = None
        except Unsupported as failure:
            error, spent, usage = str(failure), Spending(), Usage()
            raise
        except ModelError as failure:
            error = str(failure)
            raise
        finally:
            self._budget.settle(promised, spent)
            if usage.total_tokens:
                called = ModelCalled(
                    step=step,
                    model=name,
                    request=request,
                    completion=Completion((), usage),
                    seconds=clock.seconds,
                    first_token_seconds=None,
                    cost=spent.cost if price else None,
                    error=error,
                    guess=guess,
                )
                await asyncio.shield(self._trace.record(called))

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """See `Model.stream`. Raises BudgetExceeded before anything is sent."""
        asked = replace(request, session=request.session or self._session)
        name = answering(self._model, request).name
        price = self._prices.get(name)
        promised = _spending(_estimate(request), price)
        self._budget.promise(promised, step=current_step.get() is not None, guess=guessing.get())
        collector, clock = Collector(request.n), _Clock()
        error: str | None = STOPPED
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
                    completion, usage=_at_least(completion.usage, _guess(completion, request, halt))
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
    return Usage(request.n * estimated_prompt(request.messages), request.n * request.max_tokens)


def _at_least(counted: Usage, guessed: Usage) -> Usage:
    """What was counted, where it is more than the guess."""
    return replace(
        counted,
        prompt_tokens=max(counted.prompt_tokens, guessed.prompt_tokens),
        completion_tokens=max(counted.completion_tokens, guessed.completion_tokens),
    )


def _guess(completion: Completion, request: Request, halt: Halt | None) -> Usage:
    """What a call cost that ended before the engine could say all.

    Samples that could be halted are requests of their own, unless a prompt was counted for all.
    """
    written = [sample.reasoning + sample.text for sample in completion.samples]
    begun = sum(map(bool, written))
    charged = sum(sample.usage.prompt_tokens for sample in completion.samples if sample.usage)
    if halt is None or completion.usage.prompt_tokens > charged:
        begun = min(begun, 1)
    return Usage(begun * estimated_prompt(request.messages), estimated_tokens(*written))
