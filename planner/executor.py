"""The executor: runs every step the moment its inputs are there.

Nothing polls and nothing waits for a level: a step knows its open inputs, and the end of an input
closes one. A for_each over a for_each does not even wait for its input: each element is taken up
when it has ended. A failed step fails alone; what needs it is skipped, the rest goes on.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from types import TracebackType
from typing import Self

from planner.calling import Caller
from planner.errors import PlanError
from planner.events import StepAdded, StepCancelled, StepReplaced, Trace
from planner.facts import FactWithin
from planner.handing import Call
from planner.history import History
from planner.outcomes import Outcome
from planner.plan import Plan, PlanBuilder, Step
from planner.results import Results
from planner.running import Runner
from planner.speculating import Speculation, Speculator

_RELINKING = ""
"""Stands among the open inputs of a step while it is replaced; no step has this id."""


class Executor:
    """Takes steps at any time and ends each of them in exactly one outcome.

    An async context: leaving it waits for what still runs; an error in it cancels everything.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        trace: Trace,
        history: History | None = None,
        speculation: Speculation = "off",
        within: FactWithin = lambda _: None,
    ) -> None:
        """What the history knows is taken over, not made again. `within`: see `facts_of`."""
        self._steps: dict[str, Step] = {}
        self._results = Results(self._steps, within=within)
        self.outcomes = self._results.outcomes
        self.facts = self._results.facts
        """What each ended step established, for tools that take Facts."""
        self.rounds: dict[str, int] = {}
        """The round in which each step was added."""
        self._caller = caller
        self._trace = trace
        self._history = history or History()
        self._past = {step.id: step for step in self._history.steps}
        self._builder = PlanBuilder()
        self._open: dict[str, set[str]] = {}
        """The inputs that a step still waits for."""
        self._dependants: defaultdict[str, list[str]] = defaultdict(list)
        self._idle = asyncio.Event()
        self._idle.set()
        self._news = asyncio.Event()
        self._group = asyncio.TaskGroup()
        self._runner: Runner = Runner(
            caller,
            self._results,
            trace=trace,
            history=self._history,
            on_draft=lambda name: partial(self._speculator.drafted, name),
            on_fan=self._follow,
        )
        self.elements = self._runner.elements
        """Outcomes of the elements of a for_each, as `b[0]`."""
        self._speculator: Speculator = Speculator(
            caller,
            self._results,
            trace=trace,
            mode=speculation,
            behind=lambda name: self._dependants.get(name, ()),
            begun=lambda name: name not in self._open or name in self._runner.cancelled,
        )

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
        if error is not None:
            self._speculator.stop()
        try:
            await self._group.__aexit__(kind, error, traceback)
        finally:
            await self._speculator.close()

    @property
    def cancelled(self) -> Mapping[str, str]:
        """Steps that were ended early, and why."""
        return self._runner.cancelled

    @property
    def calls(self) -> tuple[Call, ...]:
        """Those that are left to the caller."""
        return tuple(self._caller.left.values())

    @property
    def plan(self) -> Plan:
        """Every step so far."""
        return Plan(tuple(self._steps.values()))

    async def add(self, step: Step, *, plan_round: int = 1, by: str = "planner") -> None:
        """Take a step up; it starts at once if its inputs are there. Raises PlanError.

        A step that was replaced in an earlier part of the run is taken as it was replaced, and
        brings along what it names; to add that again changes nothing.
        """
        if self._history.replaced:
            step = await self._as_replaced(step, plan_round)
            if self._steps.get(step.id) == step == self._past.get(step.id):
                return
        self._builder.add(step)
        await self._trace.record(StepAdded(step, plan_round, by))
        # Only now: who waits for the executor must not wait for a step that was cancelled here.
        self._steps[step.id] = step
        self.rounds[step.id] = plan_round
        self._idle.clear()
        known = self._runner.known(step.id, step)
        if known is not None:
            self._runner.take_over(step, known)
            self._finish(step, known)
        else:
            self._link(step)

    async def cancel(self, step_id: str, reason: str) -> bool:
        """End a step: its calls are cancelled, and if it waits it never starts. The rest goes on.

        False where it had ended before. Raises PlanError for an unknown step.
        """
        step = self._known_step(step_id)
        if step_id in self.outcomes:
            return False
        self._runner.cancelled.setdefault(step_id, reason)
        self._speculator.drop(step_id)
        await self._trace.record(StepCancelled(step_id, reason))
        if step_id in self._runner.work:
            self._runner.work[step_id].halt("cancelled", reason)
        elif step_id not in self.outcomes:
            self._start(step)
        return True

    async def replace(self, step: Step, *, why: str = "") -> None:
        """Put another step in the place of one that has not begun, its edges included.

        Raises PlanError where it has begun, or could not run so; then all stays as it was.
        """
        was = self._known_step(step.id)
        if step.id in self._runner.work or step.id in self.outcomes:
            raise PlanError(f"step {step.id!r} has begun: it can be cancelled, not replaced")
        self._builder.replace(step)
        self._open[step.id].add(_RELINKING)
        self._steps[step.id] = step
        await self._trace.record(StepReplaced(was, step, why))
        for name in was.inputs:
            if step.id in self._dependants[name]:
                self._dependants[name].remove(step.id)
        if step.id in self._open:
            self._speculator.drop(step.id)
            self._link(step)

    @property
    def open_steps(self) -> list[Step]:
        """The steps that have no outcome yet."""
        return [step for name, step in self._steps.items() if name not in self.outcomes]

    async def drained(self) -> None:
        """Wait until every step that was added has its outcome."""
        await self._idle.wait()

    async def news(self) -> None:
        """Wait until a step has ended since the last time; several ends are one piece of news."""
        await self._news.wait()
        self._news.clear()

    def wind_down(self, reason: str) -> None:
        """Begin nothing more: running calls may end, waiting steps are skipped."""
        self._runner.stopped = reason
        self._speculator.stop()

    def stop(self, reason: str) -> None:
        """End everything: running calls are cancelled, waiting steps are skipped."""
        self._speculator.stop()
        self._runner.stop(reason)

    def _known_step(self, step_id: str) -> Step:
        """A step of the plan, or a PlanError."""
        if step_id not in self._steps:
            raise PlanError(f"there is no step {step_id!r}")
        return self._steps[step_id]

    async def _as_replaced(self, step: Step, plan_round: int) -> Step:
        """What became of a step in an earlier part of the run; what it names is there then."""
        if step.id in self._history.replaced:
            step = self._past[step.id]
        for name in step.inputs:
            if name in self._past and name not in self._steps:
                number = self._history.step_rounds.get(name, plan_round)
                await self.add(self._past[name], plan_round=number, by="history")
        return step

    def _link(self, step: Step) -> None:
        """Find out what the step waits for."""
        self._open[step.id] = {name for name in step.inputs if not self._is_there(name, step)}
        for name in self._open[step.id]:
            self._dependants[name].append(step.id)
        if not self._open[step.id] or step.id in self._runner.cancelled:
            self._start(step)
        else:
            self._speculator.consider(step.id)

    def _is_there(self, name: str, step: Step) -> bool:
        """Whether a step need not wait for this input any more."""
        return name in self.outcomes or (name == step.follows and name in self._runner.fans)

    def _start(self, step: Step) -> None:
        """All inputs are there, or it will not be called anyway."""
        self._open.pop(step.id, None)
        self._runner.begin(step)
        self._group.create_task(self._run(step), name=f"step {step.id}")

    async def _run(self, step: Step) -> None:
        """From inputs to outcome, and on to whoever waits for it."""
        self._finish(step, await self._runner.run(step))

    def _finish(self, step: Step, outcome: Outcome) -> None:
        """Hand the outcome on."""
        self._results.take(step, outcome)
        self._speculator.settled(step, outcome)
        self._news.set()
        self._runner.end(step)
        for name in self._dependants.pop(step.id, ()):
            self._close(name, step.id)
        if len(self.outcomes) == len(self._steps):
            self._idle.set()

    def _close(self, name: str, there: str) -> None:
        """One input of a step is there; the last one starts it."""
        waits = self._open.get(name)
        if waits is not None and there in waits:
            waits.discard(there)
            if not waits:
                self._start(self._steps[name])
            else:
                self._speculator.consider(name)

    def _follow(self, step: Step) -> None:
        """The step's elements can be taken up one by one from now on."""
        for name in list(self._dependants.get(step.id, ())):
            if self._steps[name].follows == step.id:
                self._close(name, step.id)
