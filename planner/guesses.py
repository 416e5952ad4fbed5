"""A guess: a call that is made on a draft value, before it is known to be needed."""

import asyncio
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

from pydantic import JsonValue

from planner.outcomes import Done, Outcome
from planner.plan import Step

guessing: ContextVar[bool] = ContextVar("guessing", default=False)
"""Whether the running task works on a guess."""


class Guess:
    """The call, and what is to become of it.

    It is kept when a step makes the very same call and this one is done; in all other cases it is
    as if it had never been made.
    """

    def __init__(
        self, call_id: str, key: str, resource: str, *, drafts: Mapping[str, JsonValue]
    ) -> None:
        """`drafts`: the values by step that it builds on. The call begins with `begin`."""
        self.id = call_id
        self.key = key
        self.resource = resource
        self.drafts = drafts
        self.called = False
        """The tool was called, and did not only wait for its turn."""
        self.saved: float | None = None
        """Seconds that the call had run when a step came to wait for it."""
        self.kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._began = time.monotonic()
        self._seconds: float | None = None

    def begin(self, task: "asyncio.Task[Outcome]") -> None:
        """The running call."""
        self.task = task
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[Outcome]") -> None:
        """It has an outcome, or a bug that shows when the call is made in earnest."""
        self._seconds = time.monotonic() - self._began
        if not task.cancelled():
            task.exception()

    @property
    def seconds(self) -> float:
        """How long the call has run, or ran."""
        return time.monotonic() - self._began if self._seconds is None else self._seconds

    @property
    def done(self) -> Done | None:
        """The outcome, if it is one to be kept. What failed is tried again in earnest."""
        if not self.task.done() or self.task.cancelled() or self.task.exception() is not None:
            return None
        outcome = self.task.result()
        return outcome if isinstance(outcome, Done) else None

    @property
    def joined(self) -> bool:
        """Whether a step makes the same call and waits for this one."""
        return self.saved is not None

    def join(self) -> None:
        """A step makes the same call."""
        self.saved = self.seconds

    def settle(self, *, kept: bool) -> None:
        """Decide it, once."""
        if not self.kept.done():
            self.kept.set_result(kept)
            if not kept:
                self.task.cancel()


@dataclass(slots=True)
class StepGuesses:
    """Of one step: one call, or one for each element of a list."""

    drafts: set[str]
    """The steps on whose drafts they build."""
    calls: dict[str, Guess]
    """By call key."""
    odds: float = 1.0
    wanted: list[str] = field(default_factory=list)
    """The keys of all its calls, if the drafts are right."""

    def value(self, step: Step) -> JsonValue:
        """What the step comes to then; None as long as a call is missing."""
        done = [self.calls[key].done for key in self.wanted if key in self.calls]
        values = [outcome.value for outcome in done if outcome is not None]
        if len(values) < len(self.wanted):
            return None
        return values if step.for_each else values[0]
