"""The desk of a run: what the phases share."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

from inference import Price
from planner.answering import WHOLE, answering_steps, sure_value
from planner.budget import Budget, Limits
from planner.events import Trace
from planner.executor import Executor
from planner.grounds import Grounds, grounds_of
from planner.history import History
from planner.outcomes import Answer, Done, Status
from planner.plan import Plan, Step
from planner.planning import Planner
from planner.writing import Writer
from tools import Tool

Review = Callable[[Sequence[Step]], Awaitable[Sequence[Step]]]
"""Gives back the steps that are to run; raises Withdrawn."""
_SUFFIX = re.compile(r"(?:_\d+)?(?:_r\d+)?$")
FIXED = frozenset({"start", WHOLE})
"""Steps that are not the planner's; they keep their ids."""


@dataclass(frozen=True)
class ResearchSettings:
    """How a run works."""

    limits: Limits = field(default_factory=Limits)
    rounds: int = 3
    """Plans at most: the first, and what reflection asks for."""
    plan_samples: int = 4
    """Plans sampled in one request; the best is chosen."""
    drafts: int = 1
    slots: Mapping[str, int] = field(default_factory=dict)
    """Calls at once for each resource."""
    seed: int = 0
    prices: Mapping[str, Price] = field(default_factory=dict)
    """What tokens cost, by the model's name."""


@dataclass(frozen=True)
class Toolbox:
    """What the steps of a run can do."""

    tools: Sequence[Tool[Any]]
    """Every tool that a plan may name."""
    planned: tuple[str, ...] = ("lookup", "compare", "calculate")
    """Those that the planner model is told of, the one for bare questions first."""

    @property
    def by_name(self) -> dict[str, Tool[Any]]:
        """The tools by their names."""
        return {tool.name: tool for tool in self.tools}

    @property
    def for_planner(self) -> list[Tool[Any]]:
        """The tools in a plan's grammar."""
        return [self.by_name[name] for name in self.planned if name in self.by_name]


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended."""

    status: Status
    answer: Answer
    reason: str | None = None


@dataclass(frozen=True)
class Desk:
    """What the phases of one run share."""

    question: str
    settings: ResearchSettings
    history: History
    trace: Trace
    budget: Budget
    executor: Executor
    tools: Toolbox
    planner: Planner
    writer: Writer
    given: Plan | None = None
    """Somebody's own plan, run instead of planning."""
    review: Review | None = None
    """Shows the first plan to a person before it runs."""

    @property
    def grounds(self) -> Grounds:
        """What was found out so far."""
        done = self.executor
        outcomes = {**done.elements, **done.outcomes}
        return grounds_of(done.plan, outcomes, done.facts, done.rounds, self.question)

    @property
    def found(self) -> int:
        """How many different facts there are: finding one again is nothing new."""
        return len({(ground.question, ground.value) for ground in self.grounds.grounds})

    @property
    def answered(self) -> bool:
        """Whether there is a value that can be trusted to be the answer."""
        done = self.executor
        return sure_value(done.plan, done.outcomes, done.rounds, self.question) is not None

    @property
    def doubted(self) -> bool:
        """Whether a plan came to its end with something, but hardly with the answer."""
        done = self.executor
        steps = answering_steps(done.plan, done.rounds, self.question)
        outcome = done.outcomes.get(steps[0].id) if steps else None
        return not self.answered and isinstance(outcome, Done) and outcome.value is not None

    def known(self, number: int) -> list[tuple[str, str]]:
        """Questions and answers for a plan after the first."""
        return [(g.question, g.value) for g in self.grounds.grounds] if number > 1 else []

    def suffix(self, number: int) -> str:
        """What makes the ids of a new plan differ from all that the trace has already."""
        start = "" if number == 1 else f"_{number}"
        used = {_suffix_of(step.id) for step in self.history.steps}
        if not used:
            return start
        again = (f"{start}_r{attempt}" for attempt in count(1))
        return next(suffix for suffix in chain([start], again) if suffix not in used)

    def replayed(self, number: int) -> list[Step]:
        """The steps of a round that was planned to its end, without those of earlier attempts."""
        steps = [s for s in self.history.steps if self.history.step_rounds[s.id] == number]
        last = _suffix_of(steps[-1].id) if steps else ""
        return [s for s in steps if _suffix_of(s.id) == last or s.id in FIXED]

    def result(self, answer: Answer) -> Result:
        """The run's status, by what it could do."""
        if self.budget.exceeded is not None:
            return Result("incomplete", answer, f"stopped by the budget: {self.budget.exceeded}")
        error = next(iter(self.grounds.errors), self.planner.failure)
        if answer.value is None and error:
            return Result("incomplete", answer, error)
        return Result("completed", answer)


def _suffix_of(step_id: str) -> str:
    """The part of an id that `Step.renamed` added."""
    match = _SUFFIX.search(step_id)
    return match[0] if match else ""
