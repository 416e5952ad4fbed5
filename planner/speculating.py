"""Speculation on steps: while a step still works, what is behind it starts on its draft value.

A draft is what a tool says its value may become. The steps that it would let start are called on
it, as guesses. When the value comes and a step makes the very same call, it takes the guess's
result; else the guess is cancelled. A guess is never an outcome, so a run ends as it would without,
only sooner. Tools with side effects are never called so.
"""

import asyncio
import json
import time
from collections import ChainMap, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any, Literal

from pydantic import JsonValue

from planner import template
from planner.calling import Caller, call_key
from planner.events import Event, Speculated, SpeculationStarted, Trace, Within
from planner.guesses import Guess, StepGuesses
from planner.outcomes import Done, Outcome
from planner.plan import Step
from planner.results import Element, Results
from tools import has_side_effects, is_left

Speculation = Literal["off", "on", "auto"]
"""Never, whenever there is room for it, or where it is expected to pay."""

_WASTE = 0.5
"""What a second spent for nothing counts against one saved: guesses use only what is idle."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """What a step may come to."""

    value: JsonValue
    odds: float
    """How likely that is, from 0 to 1."""
    since: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class _Record:
    """How a tool's drafts turned out in this run."""

    right: int = 0
    all: int = 0
    lead: float = 0.0
    """Seconds from the draft to the value, summed up."""

    @property
    def odds(self) -> float:
        """That the next one is right. It begins with trust."""
        return (self.right + 1) / (self.all + 1)


class Speculator:
    """Makes guesses for one executor, and drops them when they are wrong."""

    def __init__(
        self,
        caller: Caller,
        results: Results,
        *,
        trace: Trace,
        mode: Speculation,
        behind: Callable[[str], Iterable[str]],
        begun: Callable[[str], bool],
    ) -> None:
        """`behind`: the steps that wait for a step; `begun`: whether one waits no more."""
        self._caller = caller
        self._results = results
        self._trace = trace
        self._mode = mode
        self._behind = behind
        self._begun = begun
        self._drafts: dict[str, _Draft] = {}
        self._guesses: dict[str, StepGuesses] = {}
        """By step."""
        self._watches: set[asyncio.Task[None]] = set()
        self._records: defaultdict[str, _Record] = defaultdict(_Record)
        self._failure: BaseException | None = None
        self._stopped = mode == "off"

    def drafted(self, step_id: str, value: JsonValue, odds: float | None = None) -> None:
        """A step may come to this value; `odds` None: as good as its tool's drafts were so far."""
        if self._stopped or value is None or step_id in self._results.outcomes:
            return
        known = self._drafts.get(step_id)
        if known is not None and _same(known.value, value):
            return
        tool = self._results.steps[step_id].tool
        self._drafts[step_id] = _Draft(value, self._records[tool].odds if odds is None else odds)
        self._revise(step_id)
        for name in list(self._behind(step_id)):
            self.consider(name)

    def consider(self, step_id: str) -> None:
        """Guess the calls of a step that waits for nothing but drafted steps."""
        step, made = self._results.steps[step_id], self._guesses.get(step_id)
        if self._stopped or self._begun(step_id) or (made is not None and not step.for_each):
            return
        open_ = [name for name in step.inputs if name not in self._results.outcomes]
        tool = self._caller.tools.get(step.tool)
        if not open_ or tool is None or has_side_effects(tool) or is_left(tool):
            return
        calls = self._calls(step)
        odds = prod(self._drafts[name].odds for name in open_ if name in self._drafts)
        if not calls or not self._pays(step, open_, odds, len(calls)):
            return
        made = made or StepGuesses(set(), {})
        made.drafts.update(open_)
        made.odds, made.wanted = odds, [call_key(step.tool, each) for each in calls.values()]
        drafts = {name: self._drafts[name].value for name in open_}
        heard = None if step.for_each else partial(self._heard, step_id, odds)
        for key, (call, arguments) in zip(made.wanted, calls.items(), strict=True):
            guess = self._caller.guess(call, step.tool, arguments, drafts=drafts, listener=heard)
            if guess is not None:
                made.calls[key] = guess
                watch = asyncio.create_task(self._watched(step, key, guess))
                self._watches.add(watch)
                watch.add_done_callback(self._watched_out)
        if made.calls:
            self._guesses[step_id] = made

    def settled(self, step: Step, outcome: Outcome) -> None:
        """A step has its outcome: what was guessed on another value is dropped."""
        draft = self._drafts.get(step.id)
        if draft is not None:
            right = isinstance(outcome, Done) and _same(outcome.value, draft.value)
            record = self._records[step.tool]
            record.right, record.all = record.right + right, record.all + 1
            record.lead += time.monotonic() - draft.since
            if not right:
                self._withdraw(step.id)
            self._drafts.pop(step.id, None)
        self.drop(step.id)

    def drop(self, step_id: str) -> None:
        """The step's guesses are not wanted, but for those that it waits for already."""
        made = self._guesses.pop(step_id, None)
        for guess in made.calls.values() if made else ():
            if not guess.joined:
                guess.settle(kept=False)

    def stop(self) -> None:
        """Drop every guess and make no more."""
        self._stopped = True
        for step_id in list(self._guesses):
            self.drop(step_id)

    async def close(self) -> None:
        """Stop, and wait until what was guessed has ended and is recorded."""
        self.stop()
        while self._watches:
            await asyncio.wait(self._watches)
        if self._failure is not None:
            raise self._failure

    def _watched_out(self, watch: "asyncio.Task[None]") -> None:
        """What fails here is the trace; `close` raises it."""
        self._watches.discard(watch)
        if not watch.cancelled():
            self._failure = self._failure or watch.exception()

    def _heard(self, step_id: str, odds: float, value: JsonValue) -> None:
        """A guessed call has a draft of its own."""
        self.drafted(step_id, value, odds * self._records[self._results.steps[step_id].tool].odds)

    def _withdraw(self, step_id: str) -> None:
        """A draft holds no more."""
        self._drafts.pop(step_id, None)
        self._revise(step_id)

    def _revise(self, step_id: str) -> None:
        """The step's value is another: what was guessed on it goes, and what that came to.

        Of a for_each over it, the calls for elements that it still has stay.
        """
        for name, made in list(self._guesses.items()):
            if step_id not in made.drafts or self._guesses.get(name) is not made:
                continue
            step = self._results.steps[name]
            calls = self._calls(step) if step.for_each == step_id else {}
            wanted = {call_key(step.tool, each) for each in calls.values()}
            joined = any(guess.joined for guess in made.calls.values())
            for key in made.calls.keys() - wanted:
                guess = made.calls.pop(key)
                if not guess.joined:
                    guess.settle(kept=False)
            if not made.calls:
                del self._guesses[name]
            if not joined:
                self._withdraw(name)

    def _calls(self, step: Step) -> dict[str, dict[str, JsonValue]]:
        """The arguments of the step's calls if the drafts are right; none where it cannot run then.

        By call: `b`, or `b[0]` and so on for each element of a list.
        """
        steps = self._results.steps
        view = Results(
            steps,
            ChainMap({}, self._results.outcomes),
            ChainMap({}, self._results.facts),
        )
        for name, draft in self._drafts.items():
            if name not in self._results.outcomes:
                view.take(steps[name], Done(draft.value))
        shape = self._caller.tools[step.tool].arguments
        missing = any(name not in view.outcomes for name in step.inputs)
        if missing or view.obstacle(step, shape) is not None:
            return {}
        try:
            if step.for_each is None:
                return {step.id: view.filled(step, shape)}
            return {
                f"{step.id}[{index}]": view.filled(step, shape, Element(value, index))
                for index, value in enumerate(view.elements(step.for_each))
            }
        except template.MissingPart:
            return {}

    def _pays(self, step: Step, drafted: Iterable[str], odds: float, calls: int) -> bool:
        """Whether the seconds that right guesses save outweigh those that wrong ones waste."""
        if self._mode == "on":
            return True
        cost = self._caller.mean_seconds(step.tool) or 1.0
        leads = [self._lead(name) for name in drafted]
        saved = min([cost, *(lead for lead in leads if lead is not None)])
        return odds * saved > (1 - odds) * cost * calls * _WASTE

    def _lead(self, step_id: str) -> float | None:
        """How long before the value a draft of the step's tool comes, on the average."""
        record = self._records[self._results.steps[step_id].tool]
        return record.lead / record.all if record.all else None

    async def _watched(self, step: Step, key: str, guess: Guess) -> None:
        """From a guess to what became of it."""
        try:
            first: set[asyncio.Future[Any]] = {guess.task, guess.kept}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            made = self._guesses.get(step.id)
            if made is not None and not guess.joined and not guess.kept.done():
                self.drafted(step.id, made.value(step), made.odds)
            kept = await guess.kept
        finally:
            guess.settle(kept=False)
            await asyncio.wait({guess.task})
        made = self._guesses.get(step.id)
        if made is not None and made.calls.get(key) is guess:
            del made.calls[key]
            if not made.calls:
                del self._guesses[step.id]
        if not guess.called:
            return
        seconds = guess.saved if kept and guess.saved is not None else guess.seconds
        await self._trace.record(Speculated(guess.id, kept, seconds))


@dataclass(frozen=True, slots=True)
class SpeculationTotals:
    """Whether speculation paid, over a run and its sub-runs."""

    calls: int = 0
    """Guesses that were begun."""
    kept: int = 0
    seconds_saved: float = 0.0
    seconds_wasted: float = 0.0

    @classmethod
    def of(cls, events: Iterable[Event]) -> "SpeculationTotals":
        """From a trace."""
        listed = [event.event if isinstance(event, Within) else event for event in events]
        ended = [event for event in listed if isinstance(event, Speculated)]
        return cls(
            calls=sum(isinstance(e, SpeculationStarted) and e.attempt == 1 for e in listed),
            kept=sum(event.kept for event in ended),
            seconds_saved=sum(event.seconds for event in ended if event.kept),
            seconds_wasted=sum(event.seconds for event in ended if not event.kept),
        )


def _same(one: JsonValue, other: JsonValue) -> bool:
    """As JSON: 1 is not true."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
