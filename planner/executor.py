"""The executor: runs every step the moment its inputs are there.

Nothing polls and nothing waits for a level: a step knows its open inputs, and the end of an input
closes one. A for_each over a for_each does not even wait for its input: each element is taken up
when it has ended. A failed step fails alone; what needs it is skipped, the rest goes on.
"""

import asyncio
from collections import defaultdict
from functools import partial
from types import TracebackType
from typing import Self

from planner import template
from planner.calling import Caller
from planner.errors import PlanError
from planner.events import StepAdded, StepCancelled, StepEnded, StepReplaced, Trace
from planner.history import History
from planner.outcomes import Done, Failed, Outcome, Skipped
from planner.plan import Plan, PlanBuilder, Step
from planner.results import Element, Results, merged
from planner.speculating import Speculation, Speculator
from planner.working import Fan, Halted, Work
from tools import Arguments

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
    ) -> None:
        """What the history knows is taken over, not made again."""
        self._steps: dict[str, Step] = {}
        self._results = Results(self._steps)
        self.outcomes = self._results.outcomes
        self.facts = self._results.facts
        """What each ended step established, for tools that take Facts."""
        self.elements: dict[str, Outcome] = {}
        """Outcomes of the elements of a for_each, as `b[0]`."""
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
        self._work: dict[str, Work] = {}
        """The steps that have begun."""
        self._fans: dict[str, Fan] = {}
        self.cancelled: dict[str, str] = dict(self._history.cancelled)
        """Steps that were ended early, and why."""
        self._idle = asyncio.Event()
        self._idle.set()
        self._news = asyncio.Event()
        self._stopped: str | None = None
        self._group = asyncio.TaskGroup()
        self._speculator = Speculator(
            caller,
            self._results,
            trace=trace,
            mode=speculation,
            behind=lambda name: self._dependants.get(name, ()),
            begun=lambda name: name not in self._open or name in self.cancelled,
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
        known = self._known(step.id, step)
        if known is not None:
            self._take_over(step, known)
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
        self.cancelled.setdefault(step_id, reason)
        self._speculator.drop(step_id)
        await self._trace.record(StepCancelled(step_id, reason))
        if step_id in self._work:
            self._work[step_id].halt("cancelled", reason)
        elif step_id not in self.outcomes:
            self._start(step)
        return True

    async def replace(self, step: Step, *, why: str = "") -> None:
        """Put another step in the place of one that has not begun, its edges included.

        Raises PlanError where it has begun, or could not run so; then all stays as it was.
        """
        was = self._known_step(step.id)
        if step.id in self._work or step.id in self.outcomes:
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
        self._stopped = reason
        self._speculator.stop()

    def stop(self, reason: str) -> None:
        """End everything: running calls are cancelled, waiting steps are skipped."""
        self._stopped = reason
        self._speculator.stop()
        for work in self._work.values():
            work.halt("stopped", reason)

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
        if not self._open[step.id] or step.id in self.cancelled:
            self._start(step)
        else:
            self._speculator.consider(step.id)

    def _is_there(self, name: str, step: Step) -> bool:
        """Whether a step need not wait for this input any more."""
        return name in self.outcomes or (name == step.follows and name in self._fans)

    def _start(self, step: Step) -> None:
        """All inputs are there, or it will not be called anyway."""
        self._open.pop(step.id, None)
        self._work[step.id] = Work()
        if self._stopped is not None:
            self._work[step.id].halt("stopped", self._stopped)
        self._group.create_task(self._run(step), name=f"step {step.id}")

    async def _run(self, step: Step) -> None:
        """From inputs to outcome, and on to whoever waits for it."""
        followed = step.follows if step.follows in self._fans else None
        obstacle = self._obstacle(step, besides=followed)
        if obstacle is not None:
            outcome: Outcome = Skipped(obstacle)
            await self._trace.record(StepEnded(step.id, outcome))
        elif step.for_each is None:
            outcome = await self._ended(step.id, step)
        else:
            outcome = await self._fan_out(step, step.for_each)
            await self._trace.record(StepEnded(step.id, outcome))
        self._finish(step, outcome)

    def _finish(self, step: Step, outcome: Outcome) -> None:
        """Hand the outcome on."""
        self._results.take(step, outcome)
        self._speculator.settled(step, outcome)
        self._news.set()
        if step.id in self._fans:
            self._fans[step.id].whole.set_result(None)
        self._work.pop(step.id, None)
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

    async def _ended(self, call_id: str, step: Step, index: int | None = None) -> Outcome:
        """Call (a step, or one element of it) and record how it ended."""
        known = self._known(call_id, step)
        if known is not None:
            return known
        outcome, reused = await self._called(call_id, step, index)
        await self._trace.record(StepEnded(call_id, outcome, reused))
        return outcome

    async def _called(self, call_id: str, step: Step, index: int | None) -> tuple[Outcome, bool]:
        """The outcome of a call, and whether it was known already."""
        work = self._work[step.id]
        try:
            element = None
            if index is not None:
                source = await self._source(step, index)
                obstacle = self._results.element_obstacle(step, index, source)
                if obstacle is not None:
                    return Skipped(obstacle), False
                element = Element(source.value if isinstance(source, Done) else None, index)
            arguments = self._results.filled(step, self._shape(step), element)
            heard = partial(self._speculator.drafted, step.id) if index is None else None
            return await work.call(self._caller.call(call_id, step.tool, arguments, heard))
        except template.MissingPart as error:
            return Failed(str(error)), False
        except Halted as halted:
            return halted.outcome, False

    async def _source(self, step: Step, index: int) -> Outcome:
        """The outcome that an element is about, as soon as it is there. Raises Halted."""
        assert step.for_each is not None
        fan = self._fans.get(step.for_each)
        if fan is None:
            return Done(self._results.elements(step.for_each)[index])
        return await self._work[step.id].wait(fan.ends[index])

    async def _fan_out(self, step: Step, over: str) -> Outcome:
        """One call for each element, each as soon as it can be; the results in their order."""
        source = self._fans.get(over)
        fan = Fan(len(self._results.elements(over) if source is None else source.ends))
        self._open_fan(step, fan)
        async with asyncio.TaskGroup() as group:
            for index in range(len(fan.ends)):
                group.create_task(self._element(step, index))
        work = self._work[step.id]
        if step.id in self.cancelled and work.halted is not None:
            return work.halted
        try:
            if source is not None:
                await work.wait(source.whole)
                obstacle = self._obstacle(step)
                if obstacle is not None:
                    return Skipped(obstacle)
        except Halted as halted:
            return halted.outcome if step.id in self.cancelled else merged(_outcomes(fan))
        return merged(_outcomes(fan))

    async def _element(self, step: Step, index: int) -> None:
        """One element, and on to whoever takes up this one alone."""
        call_id = f"{step.id}[{index}]"
        outcome = await self._ended(call_id, step, index)
        self.elements[call_id] = outcome
        self._fans[step.id].ends[index].set_result(outcome)

    def _open_fan(self, step: Step, fan: Fan) -> None:
        """From now on its elements can be followed."""
        self._fans[step.id] = fan
        for name in list(self._dependants.get(step.id, ())):
            if self._steps[name].follows == step.id:
                self._close(name, step.id)

    def _known(self, call_id: str, step: Step) -> Outcome | None:
        """How the call ended in an earlier part of the run."""
        if self._past.get(step.id) != step:
            return None
        return self._history.outcomes.get(call_id)

    def _take_over(self, step: Step, known: Outcome) -> None:
        """The elements of a step that ended in an earlier part of the run."""
        if step.for_each is not None:
            outcomes = self._history.elements(step.id, known)
            self.elements |= {f"{step.id}[{n}]": outcome for n, outcome in enumerate(outcomes)}
            self._fans[step.id] = Fan.of(outcomes)

    def _obstacle(self, step: Step, *, besides: str | None = None) -> str | None:
        """Why the step cannot run, if so."""
        if self._stopped is not None:
            return self._stopped
        if step.id in self.cancelled:
            return self.cancelled[step.id]
        if step.tool not in self._caller.tools:
            return f"there is no tool {step.tool!r}"
        return self._results.obstacle(step, self._shape(step), besides=besides)

    def _shape(self, step: Step) -> type[Arguments]:
        """What the step's tool takes."""
        shape: type[Arguments] = self._caller.tools[step.tool].arguments
        return shape


def _outcomes(fan: Fan) -> list[Outcome]:
    """Of all its elements, which have ended."""
    return [end.result() for end in fan.ends]
