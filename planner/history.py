"""What is already known of a run that goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from planner.budget import Spending
from planner.outcomes import Answer, Outcome
from planner.plan import Step
from planner.replaying import Reply

_NOTHING = Spending()


@dataclass(frozen=True)
class History:
    """The past of a run, as the trace store gives it back. A new run has none."""

    steps: tuple[Step, ...] = ()
    """Accepted plan lines, in order."""
    step_rounds: Mapping[str, int] = field(default_factory=dict)
    """The round in which each step was added."""
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    """By step id; elements of a for_each stand as `b[0]`."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """What each ended call did: tool and filled-in arguments, as canonical JSON
    (`{"arguments": ..., "tool": ...}`, keys sorted)."""
    planned_rounds: int = 0
    """Rounds whose plan was written to its end."""
    seconds: float = 0.0
    spent: Spending = _NOTHING
    """By model calls, before the run was cut off."""
    tool_calls: int = 0
    answer: Answer | None = None
    replies: tuple[Reply, ...] = ()
    """Of the models, in the run that this one replays: the same request gets the same reply."""
