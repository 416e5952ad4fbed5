"""Sub-runs: a step that is a research run of its own.

After Anthropic's multi-agent research system (2025) and FlashResearch (arXiv:2510.05145): a part of
a question that needs a plan of its own gets one, with an objective, a form for its result, tools
and limits. It runs the same loop. What it found out comes back condensed: facts, each with its
proof; the run above words the answer.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Protocol

from pydantic import Field, JsonValue

from inference import Model
from planner.budget import Budget, Limits
from planner.calling import Shared
from planner.contradictions import findings
from planner.desk import ResearchSettings, Result, Toolbox
from planner.effort import difficulty
from planner.events import Event, Trace, Within
from planner.facts import facts_of
from planner.grounds import RESEARCH, Grounds, grounds_of
from planner.history import History
from planner.outcomes import Done, Outcome
from planner.plan import Plan
from planner.recording import current_step
from tools import Arguments, Fact, ToolError, ToolResult, fits, is_left, kind_of

_FORMS = (
    (re.compile(r"\b(date|day|year|month|when)\b", re.IGNORECASE), "When?"),
    (re.compile(r"\b(number|count|amount|how (many|much))\b", re.IGNORECASE), "How many?"),
    (re.compile(r"\byes\b", re.IGNORECASE), "Is it?"),
    (re.compile(r"\b(name|person|place)\b", re.IGNORECASE), "Who?"),
)
"""Words of a form, and a question that asks for a value of that kind."""
_LIST = re.compile(r"\blist\b", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*;\s*|\s*,\s+(?:and\s+)?|\s+and\s+")


class ResearchArguments(Arguments):
    """What a sub-run is told."""

    objective: str = Field(min_length=1)
    """What to find out, as a question or as a task."""
    output: str = ""
    """The form wanted, in a few words: a name, a number, a date, yes or no, a list."""
    tools: tuple[str, ...] = ()
    """Names of the tools that it may use; all that the run above has, if none is named."""
    seconds: float | None = Field(default=None, gt=0)
    tool_calls: int | None = Field(default=None, gt=0)
    tokens: int | None = Field(default=None, gt=0)
    """Limits of its own; those of the run above hold besides."""


@dataclass(frozen=True)
class Above:
    """What a sub-run has of the run that it is a part of."""

    budget: Budget
    """Its own, which spends from the other's, too."""
    shared: Shared


class Run(Protocol):
    """`planner.research`."""

    def __call__(
        self,
        question: str,
        *,
        model: Model,
        toolbox: Callable[[Model], Toolbox],
        trace: Trace,
        settings: ResearchSettings,
        history: History | None,
        above: Above,
    ) -> Awaitable[Result]:
        """Answer a question inside a run."""
        ...


@dataclass(frozen=True)
class Research:
    """The tool `research` of one run."""

    run: Run
    model: Model
    """As the run was given it: a sub-run records and pays its calls itself."""
    toolbox: Callable[[Model], Toolbox]
    trace: Trace
    settings: ResearchSettings
    """Of the run."""
    history: History
    above: Above
    findings: dict[str, Grounds]
    """What each sub-run found out, by its call."""

    name = RESEARCH
    description = "Researches an objective with a plan and with limits of its own."
    arguments = ResearchArguments
    seconds = inf
    """It ends by its budget."""
    side_effects = True
    """Its steps are in the trace under its own: those of a wrong guess would stay there."""

    @property
    def resource(self) -> str:
        """One for each level: a run must not wait for a slot that the run above holds."""
        return f"{RESEARCH} {self.settings.depth}"

    async def call(self, arguments: ResearchArguments) -> ToolResult:
        """See `Tool.call`."""
        call = current_step.get()
        assert call is not None, "a sub-run is the call of a step"
        past, limits = self.history.within(call), self._limits(arguments)
        budget = self.above.budget.nested(
            limits, seconds=past.seconds, spent=past.spent, tool_calls=past.tool_calls
        )
        token = current_step.set(None)
        try:
            result = await self.run(
                arguments.objective,
                model=self.model,
                toolbox=lambda model: self._allowed(self.toolbox(model), arguments.tools),
                trace=NestedTrace(self.trace, call),
                settings=self._settings(arguments, limits),
                history=past if past.steps or past.replies else None,
                above=Above(budget, self.above.shared),
            )
        finally:
            current_step.reset(token)
        return self._result(call, arguments.output, result)

    def _limits(self, arguments: ResearchArguments) -> Limits:
        """What was asked for, with as large a share for the end as the run above keeps."""
        return Limits(
            seconds=arguments.seconds or inf,
            tokens=arguments.tokens or inf,
            tool_calls=arguments.tool_calls or inf,
            reserve=self.settings.limits.reserve,
        )

    def _settings(self, arguments: ResearchArguments, limits: Limits) -> ResearchSettings:
        """The run's own, one level deeper; whether it takes a plan, its own objective says."""
        tools = arguments.tools
        return replace(
            self.settings,
            limits=limits,
            depth=self.settings.depth - 1 if not tools or RESEARCH in tools else 0,
            one_step=difficulty(arguments.objective) == "easy",
            worded=False,
            form=None,
            style=replace(self.settings.style, size="short", open_ended=False),
        )

    def _allowed(self, toolbox: Toolbox, names: Sequence[str]) -> Toolbox:
        """The tools that are named. Raises ToolError for those that there are not."""
        ours = tuple(tool for tool in toolbox.tools if not is_left(tool))
        toolbox = replace(toolbox, tools=ours)  # a sub-run cannot end in order to be taken up
        if not names:
            return toolbox
        unknown = [name for name in names if name not in {*toolbox.by_name, RESEARCH}]
        if unknown:
            there_are = ", ".join(sorted(toolbox.by_name))
            raise ToolError(f"there is no tool {unknown[0]!r}; there are: {there_are}")
        allowed = replace(
            toolbox, tools=tuple(tool for tool in toolbox.tools if tool.name in names)
        )
        if not allowed.for_planner:
            planned = ", ".join(tool.name for tool in toolbox.for_planner)
            raise ToolError(f"a sub-run needs one of the tools that plans are made of: {planned}")
        return allowed

    def _result(self, call: str, output: str, result: Result) -> ToolResult:
        """The value in the form wanted, the proofs, and whether it was cut short."""
        grounds = result.grounds
        assert grounds is not None, "a run ends with what it found out"
        value, cut = grounds.found, result.reason if result.cut_short else None
        if value is None and result.status == "incomplete" and not cut:
            raise ToolError(result.reason or "the sub-run was not completed")
        self.findings[call] = grounds
        return ToolResult(
            in_form(value, output),
            evidence=grounds.citations[::-1],
            read=grounds.read,
            cut=cut,
        )


def in_form(value: JsonValue, output: str) -> JsonValue:
    """A value as it was wanted: a list is made of a text. Raises ToolError where it cannot be."""
    if value is None or not output:
        return value
    if _LIST.search(output):
        if isinstance(value, str):
            return [part for part in _BETWEEN.split(value) if part]
        return value if isinstance(value, list) else [value]
    asked = next((question for words, question in _FORMS if words.search(output)), "")
    wrong = isinstance(value, str) and not fits(value, kind_of(asked))
    if wrong or isinstance(value, list):
        raise ToolError(f"found {value!r}, and that is not {output}")
    return value


class NestedTrace:
    """The trace of a sub-run: its events stand in that of the run above, under the step."""

    def __init__(self, trace: Trace, call: str) -> None:
        """`call`: of the step that is the sub-run."""
        self._trace = trace
        self._call = call

    async def record(self, event: Event) -> None:
        """See Trace."""
        if isinstance(event, Within):
            event = Within(f"{self._call}/{event.call}", event.event)
        else:
            event = Within(self._call, event)
        await self._trace.record(event)


def findings_of(history: History) -> dict[str, Grounds]:
    """What the sub-runs of a run's past had found out, by their calls."""
    calls = [call for call in history.nested if "/" not in call]
    return {call: _grounds(history.within(call)) for call in calls}


def _grounds(past: History) -> Grounds:
    """What is known from the past of a sub-run alone."""
    facts: dict[str, tuple[Fact, ...]] = {}
    outcomes: Mapping[str, Outcome] = past.outcomes
    nested = findings_of(past)

    def within(call: str) -> Fact | None:
        return nested[call].fact if call in nested else None

    def value_of(name: str) -> JsonValue:
        outcome = outcomes.get(name)
        return outcome.value if isinstance(outcome, Done) else None

    ended = tuple(step for step in past.steps if step.id in outcomes)
    for step in ended:
        facts[step.id] = facts_of(step, outcomes[step.id], value_of, facts, within)
    return grounds_of(
        findings(Plan(past.steps), {step.id: outcomes[step.id] for step in ended}, facts),
        outcomes,
        past.step_rounds,
        given_up=past.cancelled,
        nested=nested,
    )
