"""What is already known of a run that goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from planner.budget import Spending
from planner.outcomes import Answer, Done, Outcome
from planner.plan import Plan, Step
from planner.replaying import Reply, top_step

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
    cut: str | None = None
    """Which limit ended it before its time."""
    unworded: bool = False
    """In the run that this one replays no model worded the answer."""
    nested: Mapping[str, "History"] = field(default_factory=dict)
    """The pasts of its sub-runs by the call that each is: `b`, `b[0]`, `b/a` for one inside b."""
    known: Mapping[str, Done] = field(default_factory=dict)
    """Results by call key that are nobody's outcome any more."""
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
    """The results of a run's past by call key, for a Caller.

    Those of a sub-run that has not ended are among them: its step may be planned anew, and then
    gets another id.
    """
    own = {
        key: outcome
        for call_id, key in history.arguments.items()
        if _worked(outcome := history.outcomes.get(call_id))
    }
    inside: dict[str, Done] = {}
    for call, past in history.nested.items():
        if top_step(call) not in history.outcomes:
            inside |= known_results(past)
    return {**inside, **history.known, **own}


def another_try(history: History) -> History:
    """The past of a run that ended without a full answer: what failed or was cut is tried again.

    So is all that was built on it; a call that comes to be the same as before is not made again.
    """
    again = _not_whole(history)
    built: set[str] = set()
    for step in Plan(history.steps).ordered:
        if not built.isdisjoint(step.inputs) or not again.isdisjoint(step.inputs):
            built.add(step.id)
    kept = {
        call: outcome
        for call, outcome in history.outcomes.items()
        if _worked(outcome) and call not in again and top_step(call) not in built
    }
    return replace(
        history,
        outcomes=kept,
        known=known_results(history),
        cancelled={},  # what was not needed beside a poorer outcome may be needed now
        answer=None,
        cut=None,
        seconds=0.0,
        spent=Spending(cost=history.spent.cost),  # money is not granted twice
        tool_calls=0,
        nested={
            call: _begun_anew(past) if top_step(call) in built else another_try(past)
            for call, past in history.nested.items()
        },
    )


def _not_whole(history: History) -> set[str]:
    """The steps that did not work, or of which an element did not."""
    failed = {top_step(call) for call, outcome in history.outcomes.items() if not _worked(outcome)}
    return failed | {step.id for step in history.steps if step.id not in history.outcomes}


def _begun_anew(past: History) -> History:
    """Of a sub-run that may have another objective now; its new steps get ids of their own."""
    results = known_results(another_try(past))
    return History(steps=past.steps, step_rounds=past.step_rounds, known=results)


def _worked(outcome: Outcome | None) -> TypeGuard[Done]:
    """Whether it is done, and nothing cut it short."""
    return isinstance(outcome, Done) and outcome.cut is None
