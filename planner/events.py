"""What happens in a run. The trace is the list of these; everything else is a view of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from inference import Completion, Request
from planner.outcomes import Answer, Outcome, Status
from planner.plan import Step
from reasoning import Candidate


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
    guessed: bool = False
    """The same call runs already, or is done, on a draft value; it is waited for, not repeated."""


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step, or an element, has its outcome; it will have no other."""

    id: str
    outcome: Outcome
    reused: bool = False
    """The outcome was already in the trace; nothing was called."""


@dataclass(frozen=True, slots=True)
class SpeculationStarted:
    """A step is called before its inputs have ended, on what they may become."""

    id: str
    arguments: Mapping[str, JsonValue]
    drafts: Mapping[str, JsonValue]
    """The values by step that were not sure yet."""
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Speculated:
    """What became of a call on draft values; it never is an outcome by itself."""

    id: str
    kept: bool
    """The step made the very same call in the end, and took this one's result."""
    seconds: float
    """Saved where it was kept, else spent for nothing."""


@dataclass(frozen=True, slots=True)
class StepCancelled:
    """A step is not wanted any more. How far it had come, its outcome tells."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class StepReplaced:
    """A step that had not begun was given another tool, other arguments or other edges."""

    was: Step
    step: Step
    why: str


STOPPED = "stopped"
"""The error of a model call that was given up by who asked, which is no failure of the model."""


@dataclass(frozen=True, slots=True)
class ModelCalled:
    """A model was asked and answered, failed (`error`) or was `STOPPED`."""

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
    guess: bool = False
    """It was for a call on a draft value, before that was known to be needed."""
    reused: bool = False
    """The reply was stored by the run that this one replays; nothing was asked."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A choice that was made in code or by a model, and why: for whoever reads the trace."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A step's method of reasoning has ended: what it made, and what became of each."""

    step: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class PlanEnded:
    """No further line comes in this round."""

    round: int
    steps: tuple[str, ...] = ()
    """The ids of its lines that were accepted, in order."""


@dataclass(frozen=True, slots=True)
class AnswerWritten:
    """The answer, as it is delivered."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run is over. `reason` says why it is not `completed`."""

    status: Status
    reason: str | None = None
    cut_short: bool = False
    """A limit ended it before its time."""


@dataclass(frozen=True, slots=True)
class Within:
    """Something happened in a sub-run."""

    call: str
    """The call that the sub-run is: `b`, `b[0]`; for one inside another the way there: `b/a`."""
    event: "Event"
    """In the sub-run's own words."""


Event = (
    RunStarted
    | PhaseStarted
    | StepAdded
    | StepStarted
    | StepEnded
    | SpeculationStarted
    | Speculated
    | StepCancelled
    | StepReplaced
    | ModelCalled
    | Decided
    | Reasoned
    | PlanEnded
    | AnswerWritten
    | RunEnded
    | Within
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
