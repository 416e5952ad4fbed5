"""Calls that are left to the caller: which wait, and what a run that goes on does again.

A function of the caller (`tools/callers_function.py`) is not run here. A step that calls one ends
as skipped, with its filled arguments on record; the others go on. When nothing else can run, the
run ends with its calls. The run that goes on from it has all its outcomes but these, and those of
what builds on them, and its tools know what the functions gave.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from planner.history import History
from planner.outcomes import Outcome, Skipped
from planner.plan import Plan
from planner.replaying import top_step

WAITS = "waits for its caller"
"""Why a step whose call is left to the caller was skipped."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that the caller is to make."""

    id: str
    """Of the step, or of its element: `a`, `b[0]`."""
    name: str
    arguments: Mapping[str, JsonValue]

    @property
    def told(self) -> str:
        """For whoever reads the trace."""
        return f"{self.id}: {self.name} {json.dumps(dict(self.arguments), ensure_ascii=False)}"


def is_waiting(outcome: Outcome | None) -> bool:
    """Whether a call was left to the caller."""
    return isinstance(outcome, Skipped) and outcome.reason == WAITS


def hangs(outcome: Outcome | None) -> bool:
    """Whether it was, or what was needed for it was."""
    return isinstance(outcome, Skipped) and outcome.reason.endswith(WAITS)


def waiting_calls(history: History) -> tuple[Call, ...]:
    """The calls that a run has left to its caller, in the order of its plan."""
    places = {step.id: place for place, step in enumerate(history.steps)}
    found = []
    for id_, outcome in history.outcomes.items():
        if is_waiting(outcome) and id_ in history.arguments:  # else another call asks the same
            told = json.loads(history.arguments[id_])
            found.append(Call(id_, told["tool"], told["arguments"]))
    return tuple(sorted(found, key=lambda call: places.get(top_step(call.id), len(places))))


def steps_to_go_on(history: History) -> frozenset[str]:
    """The steps that run in the run which goes on, once their caller has made the calls: those that
    wait, those that build on them, and those that never ended."""
    again = {step.id for step in history.steps if step.id not in history.outcomes}
    again |= {top_step(id_) for id_, outcome in history.outcomes.items() if is_waiting(outcome)}
    plan = Plan(history.steps)
    behind = (step.id for step in plan.steps if again & {one.id for one in plan.behind(step)})
    return frozenset((*again, *behind))
