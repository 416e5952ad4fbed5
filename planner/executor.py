"""The executor: runs every step the moment its inputs are there.

Nothing polls and nothing waits for a level: a step counts its open inputs, and the end of an input
counts down. A failed step fails alone; what needs it is skipped, the rest goes on.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, assert_never

from pydantic import JsonValue

from planner import template
from planner.calling import Caller
from planner.events import StepAdded, StepEnded, Trace
from planner.facts import facts_of
from planner.history import History
from planner.outcomes import Done, Failed, Outcome, Skipped
from planner.plan import Plan, PlanBuilder, Step
from search import Passage
from tools import Fact


class Executor:
    """Takes steps at any time and ends each of them in exactly one outcome.

    An async context: leaving it waits for what still runs; an error in it cancels everything.
    """

    def __init__(self, caller: Caller, *, trace: Trace, history: History | None = None) -> None:
        """Outcomes in the history are taken over, not made again."""
        self.outcomes: dict[str, Outcome] = {}
        self.facts: dict[str, tuple[Fact, ...]] = {}
        """What each ended step established, for tools that take Facts."""
        self.elements: dict[str, Outcome] = {}
        """Outcomes of the elements of a for_each, as `b[0]`."""
        self.rounds: dict[str, int] = {}
        """The round in which each step was added."""
        self._caller = caller
        self._trace = trace
        self._history = history or History()
        self._builder = PlanBuilder()
        self._steps: dict[str, Step] = {}
        self._open_inputs: dict[str, int] = {}
        self._dependants: defaultdict[str, list[str]] = defaultdict(list)
        self._calls: set[asyncio.Task[tuple[Outcome, bool]]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopped: str | None = None
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        """Ready to take steps."""
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait for what runs, or cancel it when an error passes."""
        await self._group.__aexit__(kind, error, traceback)

    @property
    def plan(self) -> Plan:
        """Every step so far."""
        return Plan(tuple(self._steps.values()))

    async def add(self, step: Step, *, plan_round: int = 1, by: str = "planner") -> None:
        """Take a step up; it starts at once if its inputs are there. Raises PlanError."""
        self._builder.add(step)
        await self._trace.record(StepAdded(step, plan_round, by))
        # Only now: who waits for the executor must not wait for a step that was cancelled here.
        self._steps[step.id] = step
        self.rounds[step.id] = plan_round
        self._idle.clear()
        known = self._history.outcomes.get(step.id)
        if known is not None and step in self._history.steps:
            self.elements |= _elements_of(step, self._history)
            self._finish(step, known)
            return
        missing = [name for name in step.inputs if name not in self.outcomes]
        for name in missing:
            self._dependants[name].append(step.id)
        self._open_inputs[step.id] = len(missing)
        if not missing:
            self._start(step)

    async def drained(self) -> None:
        """Wait until every step that was added has its outcome."""
        await self._idle.wait()

    def wind_down(self, reason: str) -> None:
        """Begin nothing more: running calls may end, waiting steps are skipped."""
        self._stopped = reason

    def stop(self, reason: str) -> None:
        """End everything: running calls are cancelled, waiting steps are skipped."""
        self._stopped = reason
        for call in self._calls:
            call.cancel()

    def _start(self, step: Step) -> None:
        """All inputs are there."""
        self._group.create_task(self._run(step), name=f"step {step.id}")

    async def _run(self, step: Step) -> None:
        """From inputs to outcome, and on to whoever waits for it."""
        obstacle = self._obstacle(step)
        if obstacle is not None:
            outcome: Outcome = Skipped(obstacle)
            await self._trace.record(StepEnded(step.id, outcome))
        elif step.for_each is None:
            outcome = await self._ended(step.id, step)
        else:
            outcome = await self._fan_out(step, self._elements(step.for_each))
            await self._trace.record(StepEnded(step.id, outcome))
        self._finish(step, outcome)

    def _finish(self, step: Step, outcome: Outcome) -> None:
        """Hand the outcome on."""
        self.outcomes[step.id] = outcome
        if step.id not in self.facts:
            self.facts[step.id] = facts_of(step, outcome, self._value, self.facts)
        for name in self._dependants.pop(step.id, ()):
            self._open_inputs[name] -= 1
            if self._open_inputs[name] == 0:
                self._start(self._steps[name])
        if len(self.outcomes) == len(self._steps):
            self._idle.set()

    async def _ended(self, call_id: str, step: Step, item: JsonValue = None) -> Outcome:
        """Call (a step, or one element of it) and record how it ended."""
        known = self._history.outcomes.get(call_id)
        if known is not None and step in self._history.steps:
            return known
        outcome, reused = await self._called(call_id, step, item)
        await self._trace.record(StepEnded(call_id, outcome, reused))
        return outcome

    async def _called(self, call_id: str, step: Step, item: JsonValue) -> tuple[Outcome, bool]:
        """Call, in a task of its own: stopping ends the call and never the step."""
        if self._stopped is not None:
            return Skipped(self._stopped), False
        arguments = self._filled(step, item)
        call = asyncio.create_task(self._caller.call(call_id, step.tool, arguments))
        self._calls.add(call)
        try:
            return await call
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._stopped is None or task is None or task.cancelling():
                raise
            return Failed(f"stopped: {self._stopped}"), False
        finally:
            self._calls.discard(call)

    async def _fan_out(self, step: Step, elements: list[JsonValue]) -> Outcome:
        """One call for each element, all at once; the results in the elements' order."""
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._ended(f"{step.id}[{position}]", step, element))
                for position, element in enumerate(elements)
            ]
        outcomes = [task.result() for task in tasks]
        self.elements |= {f"{step.id}[{n}]": outcome for n, outcome in enumerate(outcomes)}
        if outcomes and all(isinstance(outcome, Failed) for outcome in outcomes):
            return outcomes[0]
        return _merged(outcomes)

    def _obstacle(self, step: Step) -> str | None:
        """Why the step cannot run, if so."""
        if self._stopped is not None:
            return self._stopped
        if step.tool not in self._caller.tools:
            return f"there is no tool {step.tool!r}"
        facts = self._caller.tools[step.tool].arguments.fact_fields
        texts = {key: value for key, value in step.arguments.items() if key not in facts}
        spoken = set(template.names(texts)) | {step.for_each}
        for name in step.inputs:
            match self.outcomes[name]:
                case Done(value=None) if name in spoken and not self._steps[name].optional:
                    return f"{name} found nothing"
                case Done():
                    continue
                case Failed(error=reason) | Skipped(reason=reason):
                    if not self._steps[name].optional:
                        return f"needs {name}: {reason}"
                case never:
                    assert_never(never)
        return None

    def _value(self, name: str) -> JsonValue:
        """The value of an ended step; None where it has none."""
        outcome = self.outcomes[name]
        return outcome.value if isinstance(outcome, Done) else None

    def _elements(self, name: str) -> list[JsonValue]:
        """The list to fan out over; a single value is a list of one."""
        value = self._value(name)
        if isinstance(value, list):
            return value
        return [] if value is None else [value]

    def _filled(self, step: Step, item: JsonValue) -> dict[str, JsonValue]:
        """The step's arguments with every name replaced."""

        def value_of(name: str) -> JsonValue:
            return item if name == template.ITEM else self._value(name)

        facts = self._caller.tools[step.tool].arguments.fact_fields
        return {
            key: (
                self._as_facts(value, value_of) if key in facts else template.fill(value, value_of)
            )
            for key, value in step.arguments.items()
        }

    def _as_facts(self, value: JsonValue, value_of: Callable[[str], JsonValue]) -> JsonValue:
        """Each `{a}` of a list as the facts that step a established."""
        filled: list[JsonValue] = []
        for element in value if isinstance(value, list) else [value]:
            found = list(template.names(element))
            if found and found[0] in self.facts and element == f"{{{found[0]}}}":
                filled.extend(fact.model_dump(mode="json") for fact in self.facts[found[0]])
            else:
                filled.append(template.fill(element, value_of))
        return filled


def _merged(outcomes: list[Outcome]) -> Done:
    """The elements' outcomes as one; what failed leaves None in its place."""
    values: list[JsonValue] = []
    evidence: dict[str, Passage] = {}
    read: dict[str, Passage] = {}
    cut: str | None = None
    for outcome in outcomes:
        if isinstance(outcome, Done):
            values.append(outcome.value)
            evidence |= {passage.id: passage for passage in outcome.evidence}
            read |= {passage.id: passage for passage in outcome.read}
            cut = cut or outcome.cut
        else:
            values.append(None)
    value: JsonValue = values if any(one is not None for one in values) else None
    return Done(value, tuple(evidence.values()), tuple(read.values()), cut)


def _elements_of(step: Step, history: History) -> dict[str, Outcome]:
    """The outcomes of a step's elements in a run's past."""
    return {
        call: outcome
        for call, outcome in history.outcomes.items()
        if call.startswith(f"{step.id}[")
    }


def known_results(history: History) -> Mapping[str, Done]:
    """The results of a run's past by call key, for a Caller."""
    return {
        key: outcome
        for call_id, key in history.arguments.items()
        if isinstance(outcome := history.outcomes.get(call_id), Done)
    }
