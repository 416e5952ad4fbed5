"""The desk of a run: what the phases share."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any, Literal

from inference import Price
from planner.answering import SEARCHED, WHOLE, answering_steps, prospect, sure_value
from planner.aspects import Aspects
from planner.budget import Budget, Limits
from planner.crosschecking import CrossChecker
from planner.drafting import Select
from planner.events import Trace
from planner.executor import Executor
from planner.filling import Filler
from planner.form import Form
from planner.grounds import Grounds, grounds_of
from planner.handing import Call
from planner.history import History
from planner.judging import Judge
from planner.outcomes import Answer, Done, Status
from planner.plan import Plan, Step
from planner.planning import Planner
from planner.speculating import Speculation
from planner.style import Style
from planner.verifying import Verifier
from planner.writing import Writer
from tools import Tool, asks_to_compare, is_left

Review = Callable[[Sequence[Step]], Awaitable[Sequence[Step]]]
"""Gives back the steps that are to run; raises Withdrawn."""
FIXED = frozenset({"start", WHOLE})
"""Steps that are not the planner's; they keep their ids."""

_PAUSE = 7e-5
"""Seconds between two looks for each step of the plan, about ten times what a look takes."""


@dataclass(frozen=True)
class ResearchSettings:
    """How a run works."""

    limits: Limits = field(default_factory=Limits)
    rounds: int = 3
    """Plans at most: the first, and what reflection asks for."""
    plan_samples: int = 4
    """Plans sampled in one request; the best is chosen."""
    one_step: bool = False
    """The question asks for one fact: it is its own first plan, and no model is asked for one."""
    plan_patience: float = 60.0
    """Seconds without a new line after which a plan ends."""
    close_call: float = 0.0
    """The judge chooses between two plans whose scores differ by less (scores go from about 0 to
    4); 0: it is not asked."""
    drafts: int = 1
    select: Select = "best"
    """How one answer comes about from several drafts."""
    spread: bool = False
    """Whether the drafter writes each draft of what is long from a part of the evidence."""
    style: Style = field(default_factory=Style)
    second_look: bool = False
    """What a look-up found is looked for in a further passage, too."""
    enough: float = 0.9
    """How sure the judge has to be that a value is the answer, for what still runs to be given up;
    1: it is not asked."""
    slots: Mapping[str, int] = field(default_factory=dict)
    """Calls at once for each resource."""
    speculation: Speculation = "auto"
    """Whether steps start on what earlier ones may come to."""
    seed: int = 0
    prices: Mapping[str, Price] = field(default_factory=dict)
    """What tokens cost, by the model's name."""
    depth: int = 1
    """Sub-runs inside one another at most; 0: steps cannot be research runs."""
    strict: bool = False
    """Only supported sentences are delivered."""
    form: Form | None = None
    """The answer is wanted as JSON, too."""
    worded: bool = True
    """Whether a model words the answer, or the facts are written out as they are."""


@dataclass(frozen=True)
class Toolbox:
    """What the steps of a run can do."""

    tools: Sequence[Tool[Any]]
    """Every tool that a plan may name."""
    planned: tuple[str, ...] = ("lookup", "compare", "calculate")
    """Those that the planner model is told of, the one for bare questions first."""
    handed: tuple[str, ...] = ()
    """Of those, the ones that answer a look-up instead of it, where its question is theirs."""
    looks: bool = True
    """Whether there is anything to look into."""

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
    grounds: Grounds | None = None
    """What it rests on, where it was worked out just now."""
    cut_short: bool = False
    """Whether a limit ended it before its time."""
    calls: tuple[Call, ...] = ()
    """What its caller has to call before it can go on; then there is no answer yet."""


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
    judge: Judge
    checker: CrossChecker
    aspects: Aspects
    verifier: Verifier
    filler: Filler
    nested: Mapping[str, Grounds] = field(default_factory=dict)
    """What its sub-runs found out, by their calls."""
    given: Plan | None = None
    """Somebody's own plan, run instead of planning."""
    review: Review | None = None
    """Shows each plan to a person before it runs."""

    @property
    def grounds(self) -> Grounds:
        """What was found out so far."""
        done = self.executor
        return grounds_of(
            self.checker.findings,
            done.elements,
            done.rounds,
            self.question,
            done.cancelled,
            self.nested,
        )

    @property
    def found(self) -> int:
        """How many different facts there are: finding one again is nothing new."""
        return len({(ground.question, ground.value) for ground in self.grounds.grounds})

    @property
    def answered(self) -> bool:
        """Whether there is a value that can be trusted to be the answer."""
        seen = self.checker.findings
        rounds = self.executor.rounds
        return sure_value(seen.plan, seen.outcomes, rounds, self.question) is not None

    @property
    def prospect(self) -> Literal["settled", "open", "hopeless"]:
        """What the steps that still run can do to the answer."""
        seen = self.checker.findings
        return prospect(seen.plan, seen.outcomes, self.executor.rounds, self.question)

    async def news(self) -> None:
        """Wait until there is something new to look at.

        A look takes longer the larger the plan is, and is the less often taken: the ends of the
        meantime are looked at together, those of the last steps at once.
        """
        await self.executor.news()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PAUSE * len(self.executor.rounds)):
                await self.executor.drained()

    @property
    def doubted(self) -> bool:
        """Whether a plan came to its end with something, but hardly with the answer."""
        seen = self.checker.findings
        steps = answering_steps(seen.plan, self.executor.rounds, self.question, seen.outcomes)
        outcome = seen.outcomes.get(steps[0].id) if steps else None
        return not self.answered and isinstance(outcome, Done) and outcome.value is not None

    @property
    def cut(self) -> str | None:
        """Which limit ended the run, the one that it replays, or a sub-run, before its time."""
        if self.budget.exceeded is not None:
            return f"stopped by the budget: {self.budget.exceeded}"
        if self.history.cut is not None:
            return self.history.cut
        for id_, outcome in self.executor.outcomes.items():
            if isinstance(outcome, Done) and outcome.cut is not None:
                return f"step {id_} was cut short: {outcome.cut}"
        return None

    @property
    def is_wide(self) -> bool:
        """Whether the question is searched for by its aspects: it is open, or asks for a report."""
        style = self.settings.style
        wide = style.open_ended or style.size == "report"
        return wide and "search" in self.tools.by_name

    @property
    def waits_for_caller(self) -> bool:
        """Whether calls are left to the caller, or may come to be."""
        tools = self.tools.by_name
        open_ = (tools.get(step.tool) for step in self.executor.open_steps)
        return bool(self.executor.calls) or any(map(is_left, open_))

    @property
    def is_searching(self) -> bool:
        """Whether searches have not come to their end."""
        return any(step.tool in SEARCHED for step in self.executor.open_steps)

    @property
    def is_planned(self) -> bool:
        """Whether a plan of look-ups can bring something: not where no value is asked for."""
        planned = asks_to_compare(self.question) or bool(self.tools.handed)
        return planned or not (self.is_wide and self.settings.style.open_ended)

    def known(self, number: int) -> list[tuple[str, str]]:
        """Questions and answers for a plan after the first."""
        return [(g.question, g.value) for g in self.grounds.grounds] if number > 1 else []

    def suffix(self, number: int) -> str:
        """What makes the ids of a new plan differ from all that the trace has already."""
        start = "" if number == 1 else f"_{number}"
        ids = (*(step.id for step in self.history.steps), *self.executor.rounds)
        used = [id_ for id_ in ids if id_ not in FIXED]
        again = (f"{start}_r{attempt}" for attempt in count(1))
        return next(end for end in chain([start], again) if not any(i.endswith(end) for i in used))

    def replayed(self, number: int) -> list[Step]:
        """The steps of a round that was planned to its end, without those of earlier attempts."""
        lines = frozenset(self.history.planned[number])
        return [step for step in self.history.steps if step.id in lines]

    def result(self, answer: Answer | None) -> Result:
        """The run's status, by what it could do. Without an answer, its calls are handed over."""
        grounds = self.grounds
        if answer is None:
            return Result("completed", Answer(None, ()), None, grounds, calls=self.executor.calls)
        formless = self.filler.failure
        if self.cut is not None:
            why = f"{self.cut}; {formless}" if formless else self.cut
            return Result("incomplete", answer, why, grounds, cut_short=True)
        error = next(iter(grounds.errors), self.planner.failure) if answer.value is None else None
        if error or formless:
            why = "; ".join(filter(None, (error, formless)))
            return Result("incomplete", answer, why, grounds)
        return Result("completed", answer, grounds=grounds)
