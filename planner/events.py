"""What happens in a run. The trace is the list of these; everything else is a view of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from inference import Completion, Request
from planner.outcomes import Answer, Outcome, Status
from planner.plan import Step


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins, or goes on (`resumed`)."""

    question: str
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """A phase of the research loop begins: plan, gather, reflect, write or verify."""

    phase: str
    round: int


@dataclass(frozen=True, slots=True)
class StepAdded:
    """A line of the plan was accepted."""

    step: Step
    round: int
    by: str
    """Who wrote it: planner, search-at-start, reflect, fallback, given, person."""


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step (or an element of a for_each: `b[0]`) is called with these arguments."""

    id: str
    arguments: Mapping[str, JsonValue]
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step, or an element, has its outcome; it will have no other."""

    id: str
    outcome: Outcome
    reused: bool = False
    """The outcome was already in the trace; nothing was called."""


@dataclass(frozen=True, slots=True)
class ModelCalled:
    """A model was asked and answered, failed (`error`) or was stopped (error `cancelled`)."""

    step: str | None
    """The step that asked; None for the planner and the writer."""
    model: str
    request: Request
    completion: Completion
    seconds: float
    first_token_seconds: float | None
    error: str | None = None
    cost: float | None = None
    """In the money of the price list; None where the model has no price."""
    reused: bool = False
    """The reply was stored by the run that this one replays; nothing was asked."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A choice that was made in code or by a model, and why: for whoever reads the trace."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class PlanEnded:
    """No further line comes in this round."""

    round: int


@dataclass(frozen=True, slots=True)
class AnswerWritten:
    """The answer, as it is delivered."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run is over. `reason` says why it is not `completed`."""

    status: Status
    reason: str | None = None


Event = (
    RunStarted
    | PhaseStarted
    | StepAdded
    | StepStarted
    | StepEnded
    | ModelCalled
    | Decided
    | PlanEnded
    | AnswerWritten
    | RunEnded
)


class Trace(Protocol):
    """Takes the events of one run, in order. What it has taken survives a crash."""

    async def record(self, event: Event) -> None:
        """Returns when the event is stored (or shown)."""
        ...


class MemoryTrace:
    """The public fake: keeps the events in a list."""

    def __init__(self) -> None:
        """Empty."""
        self.events: list[Event] = []

    async def record(self, event: Event) -> None:
        """Append."""
        self.events.append(event)
