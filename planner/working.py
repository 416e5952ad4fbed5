"""A step that has begun: its calls, which can be ended early, and its elements as they end."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from planner.outcomes import Failed, Outcome, Skipped

T = TypeVar("T")


class Halted(Exception):
    """The step is to end now. `outcome` is what becomes of the call that was asked for."""

    def __init__(self, outcome: Outcome) -> None:
        """Failed where the call had begun, else Skipped."""
        super().__init__()
        self.outcome = outcome


class Work:
    """The calls that run for one step. Each is a task of its own: ending it never ends the step."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self.halted: Outcome | None = None
        """What the step has come to, once it was ended early."""
        self._reason = ""
        self._calls: set[asyncio.Task[Any]] = set()

    def halt(self, how: str, reason: str) -> None:
        """End what runs, and let nothing begin. `how`: stopped or cancelled."""
        if self.halted is None:
            self.halted = Failed(f"{how}: {reason}")
            self._reason = reason
            for call in self._calls:
                call.cancel()

    async def call(self, made: Coroutine[Any, Any, T]) -> T:
        """Run it. Raises Halted where the step is ended first."""
        if self.halted is not None:
            made.close()
            raise Halted(Skipped(self._reason))
        call = asyncio.create_task(made)
        self._calls.add(call)
        try:
            return await call
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self.halted is None or task is None or task.cancelling():
                raise
            raise Halted(self.halted) from None
        finally:
            self._calls.discard(call)

    async def wait(self, future: asyncio.Future[T]) -> T:
        """What others will have. Raises Halted, as Skipped: nothing was called."""
        if future.done():
            return future.result()
        try:
            return await self.call(_shielded(future))
        except Halted:
            raise Halted(Skipped(self._reason)) from None


class Fan:
    """The elements of a for_each, each of which can be taken up as soon as it has ended."""

    def __init__(self, count: int) -> None:
        """None has ended."""
        loop = asyncio.get_running_loop()
        self.ends: Sequence[asyncio.Future[Outcome]] = [loop.create_future() for _ in range(count)]
        self.whole: asyncio.Future[None] = loop.create_future()
        """Done when the step itself has its outcome."""

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> "Fan":
        """One that has ended before."""
        fan = cls(len(outcomes))
        for end, outcome in zip(fan.ends, outcomes, strict=True):
            end.set_result(outcome)
        return fan


async def _shielded(future: asyncio.Future[T]) -> T:
    """Its result; who stops waiting does not stop others from it."""
    return await asyncio.shield(future)
