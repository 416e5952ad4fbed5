"""What is already known of a run that goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from planner.budget import Spending
from planner.outcomes import Answer, Done, Outcome
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
    cancelled: Mapping[str, str] = field(default_factory=dict)
    """Why a step is not wanted any more, by its id."""
    replaced: frozenset[str] = frozenset()
    """Steps that are not what they were added as; `steps` has what they became."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """What each ended call did: tool and filled-in arguments, as canonical JSON
    (`{"arguments": ..., "tool": ...}`, keys sorted)."""
    planned: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """The ids of the lines of each plan that was written to its end, by its round."""
    seconds: float = 0.0
    spent: Spending = _NOTHING
    """By model calls, before the run was cut off."""
    tool_calls: int = 0
    answer: Answer | None = None
    nested: Mapping[str, "History"] = field(default_factory=dict)
    """The pasts of its sub-runs by the call that each is: `b`, `b[0]`, `b/a` for one inside b."""
    replies: tuple[Reply, ...] = ()
    """Of the models, in the run that this one replays: the same request gets the same reply."""

    @property
    def planned_rounds(self) -> int:
        """How many plans were written to their end."""
        return len(self.planned)

    def elements(self, step_id: str, whole: Outcome) -> list[Outcome]:
        """How the elements of an ended for_each ended; a value stands in for what is not known."""
        prefix = f"{step_id}["
        known = {id_: outcome for id_, outcome in self.outcomes.items() if id_.startswith(prefix)}
        values = whole.value if isinstance(whole, Done) and isinstance(whole.value, list) else []
        places = (int(id_.removeprefix(prefix).rstrip("]")) + 1 for id_ in known)
        values = values + [None] * (max(places, default=0) - len(values))
        return [known.get(f"{prefix}{n}]", Done(value)) for n, value in enumerate(values)]

    def within(self, call: str) -> "History":
        """The past of a sub-run; an empty one where it never began."""
        way = f"{call}/"
        inside = {
            name.removeprefix(way): past
            for name, past in self.nested.items()
            if name.startswith(way)
        }
        replies = tuple(
            replace(reply, step=reply.step.removeprefix(call).removeprefix("/") or None)
            for reply in self.replies
            if reply.step is not None and f"{reply.step}/".startswith(way)
        )
        return replace(self.nested.get(call, History()), nested=inside, replies=replies)


def known_results(history: History) -> Mapping[str, Done]:
    """The results of a run's past by call key, for a Caller."""
    return {
        key: outcome
        for call_id, key in history.arguments.items()
        if isinstance(outcome := history.outcomes.get(call_id), Done) and outcome.cut is None
    }
