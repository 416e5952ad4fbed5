"""Running one step: its obstacle, its call or the calls of its elements, and its outcome."""

import asyncio
from collections.abc import Callable

from planner import template
from planner.calling import Caller
from planner.events import StepEnded, Trace
from planner.history import History
from planner.outcomes import Done, Failed, Outcome, Skipped
from planner.plan import Step
from planner.results import Element, Results, merged
from planner.working import Fan, Halted, Work
from tools import Arguments, Listener


class Runner:
    """Runs the steps of an executor, which decides when."""

    def __init__(
        self,
        caller: Caller,
        results: Results,
        *,
        trace: Trace,
        history: History,
        on_draft: Callable[[str], Listener],
        on_fan: Callable[[Step], None],
    ) -> None:
        """`on_draft`: who listens to a step; `on_fan`: told when its elements can be followed."""
        self.elements: dict[str, Outcome] = {}
        """By call, as `b[0]`."""
        self.fans: dict[str, Fan] = {}
        """Of each for_each that has begun, or ended, its elements."""
        self.cancelled = dict(history.cancelled)
        """Why a step is not wanted, by its id."""
        self.stopped: str | None = None
        """Why nothing is."""
        self.work: dict[str, Work] = {}
        """The steps that have begun and not ended."""
        self._caller = caller
        self._results = results
        self._trace = trace
        self._history = history
        self._past = {step.id: step for step in history.steps}
        self._on_draft = on_draft
        self._on_fan = on_fan

    def begin(self, step: Step) -> None:
        """From now on the step can be halted; `run` is to follow."""
        self.work[step.id] = Work()
        if self.stopped is not None:
            self.work[step.id].halt("stopped", self.stopped)

    def end(self, step: Step) -> None:
        """The step's outcome is in the results."""
        if step.id in self.fans:
            self.fans[step.id].whole.set_result(None)
        self.work.pop(step.id, None)

    def stop(self, reason: str) -> None:
        """Halt all."""
        self.stopped = reason
        for work in self.work.values():
            work.halt("stopped", reason)

    async def run(self, step: Step) -> Outcome:
        """From inputs to outcome, each call's and the step's own recorded."""
        followed = step.follows if step.follows in self.fans else None
        obstacle = self._obstacle(step, besides=followed)
        if obstacle is None and step.for_each is None:
            return await self._ended(step.id, step)
        if obstacle is not None:
            outcome: Outcome = Skipped(obstacle)
        else:
            assert step.for_each is not None
            outcome = await self._fan_out(step, step.for_each)
        await self._trace.record(StepEnded(step.id, outcome))
        return outcome

    def known(self, call_id: str, step: Step) -> Outcome | None:
        """How the call ended in an earlier part of the run."""
        if self._past.get(step.id) != step:
            return None
        return self._history.outcomes.get(call_id)

    async def _ended(self, call_id: str, step: Step, index: int | None = None) -> Outcome:
        """Call (a step, or one element of it) and record how it ended."""
        known = self.known(call_id, step)
        if known is not None:
            return known
        outcome, reused = await self._called(call_id, step, index)
        await self._trace.record(StepEnded(call_id, outcome, reused))
        return outcome

    async def _called(self, call_id: str, step: Step, index: int | None) -> tuple[Outcome, bool]:
        """The outcome of a call, and whether it was known already."""
        work = self.work[step.id]
        try:
            element = None
            if index is not None:
                source = await self._source(step, index)
                obstacle = self._results.element_obstacle(step, index, source)
                if obstacle is not None:
                    return Skipped(obstacle), False
                element = Element(source.value if isinstance(source, Done) else None, index)
            arguments = self._results.filled(step, self._shape(step), element)
            heard = self._on_draft(step.id) if index is None else None
            return await work.call(self._caller.call(call_id, step.tool, arguments, heard))
        except template.MissingPart as error:
            return Failed(str(error)), False
        except Halted as halted:
            return halted.outcome, False

    async def _source(self, step: Step, index: int) -> Outcome:
        """The outcome that an element is about, as soon as it is there. Raises Halted."""
        assert step.for_each is not None
        fan = self.fans.get(step.for_each)
        if fan is None:
            return Done(self._results.elements(step.for_each)[index])
        return await self.work[step.id].wait(fan.ends[index])

    async def _fan_out(self, step: Step, over: str) -> Outcome:
        """One call for each element, each as soon as it can be; the results in their order."""
        source = self.fans.get(over)
        fan = Fan(len(self._results.elements(over) if source is None else source.ends))
        self.fans[step.id] = fan
        self._on_fan(step)
        async with asyncio.TaskGroup() as group:
            for index in range(len(fan.ends)):
                group.create_task(self._element(step, index))
        work = self.work[step.id]
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
        self.fans[step.id].ends[index].set_result(outcome)

    def take_over(self, step: Step, known: Outcome) -> None:
        """The elements of a step that ended in an earlier part of the run."""
        if step.for_each is not None:
            outcomes = self._history.elements(step.id, known)
            self.elements |= {f"{step.id}[{n}]": outcome for n, outcome in enumerate(outcomes)}
            self.fans[step.id] = Fan.of(outcomes)

    def _obstacle(self, step: Step, *, besides: str | None = None) -> str | None:
        """Why the step cannot run, if so."""
        if self.stopped is not None:
            return self.stopped
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
