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
from planner.calling import Caller
from planner.events import Event, Speculated, SpeculationStarted, Trace
from planner.guesses import Guess
from planner.outcomes import Done, Outcome
from planner.plan import Step
from planner.results import Results
from tools import has_side_effects

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
        self._guesses: dict[str, Guess] = {}
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
        self._withdraw(step_id)
        tool = self._results.steps[step_id].tool
        self._drafts[step_id] = _Draft(value, self._records[tool].odds if odds is None else odds)
        for name in list(self._behind(step_id)):
            self.consider(name)

    def consider(self, step_id: str) -> None:
        """Guess the call of a step that waits for nothing but drafted steps."""
        step = self._results.steps[step_id]
        if self._stopped or step_id in self._guesses or self._begun(step_id) or step.for_each:
            return
        open_ = [name for name in step.inputs if name not in self._results.outcomes]
        if not open_ or any(name not in self._drafts for name in open_):
            return
        tool = self._caller.tools.get(step.tool)
        odds = prod(self._drafts[name].odds for name in open_)
        if tool is None or has_side_effects(tool) or not self._pays(step, open_, odds):
            return
        arguments = self._arguments(step)
        if arguments is None:
            return
        drafts = {name: self._drafts[name].value for name in open_}
        heard = partial(self._heard, step_id, odds)
        guess = self._caller.guess(step_id, step.tool, arguments, drafts=drafts, listener=heard)
        if guess is not None:
            self._guesses[step_id] = guess
            watch = asyncio.create_task(self._watched(guess, odds))
            self._watches.add(watch)
            watch.add_done_callback(self._watched_out)

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
        """The step's guess is not wanted, unless it waits for it already."""
        guess = self._guesses.pop(step_id, None)
        if guess is not None and not guess.joined:
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
        """A draft holds no more: neither do the guesses on it, nor what those came to."""
        self._drafts.pop(step_id, None)
        for name, guess in list(self._guesses.items()):
            if step_id in guess.drafts and self._guesses.get(name) is guess:
                self.drop(name)
                if not guess.joined:
                    self._withdraw(name)

    def _arguments(self, step: Step) -> dict[str, JsonValue] | None:
        """The step's arguments if the drafts are right; None where it could not run then."""
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
        if view.obstacle(step, shape) is not None:
            return None
        try:
            return view.filled(step, shape)
        except template.MissingPart:
            return None

    def _pays(self, step: Step, drafted: Iterable[str], odds: float) -> bool:
        """Whether the seconds that a right guess saves outweigh those that a wrong one wastes."""
        if self._mode == "on":
            return True
        cost = self._caller.mean_seconds(step.tool) or 1.0
        leads = [self._lead(name) for name in drafted]
        saved = min([cost, *(lead for lead in leads if lead is not None)])
        return odds * saved > (1 - odds) * cost * _WASTE

    def _lead(self, step_id: str) -> float | None:
        """How long before the value a draft of the step's tool comes, on the average."""
        record = self._records[self._results.steps[step_id].tool]
        return record.lead / record.all if record.all else None

    async def _watched(self, guess: Guess, odds: float) -> None:
        """From a guess to what became of it."""
        try:
            first: set[asyncio.Future[Any]] = {guess.task, guess.kept}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if guess.done is not None and not guess.joined and not guess.kept.done():
                self.drafted(guess.id, guess.done.value, odds)
            kept = await guess.kept
        finally:
            guess.settle(kept=False)
            await asyncio.wait({guess.task})
        if self._guesses.get(guess.id) is guess:
            del self._guesses[guess.id]
        if not guess.called:
            return
        seconds = guess.saved if kept and guess.saved is not None else guess.seconds
        await self._trace.record(Speculated(guess.id, kept, seconds))


@dataclass(frozen=True, slots=True)
class SpeculationTotals:
    """Whether speculation paid, over a run."""

    calls: int = 0
    """Guesses that were begun."""
    kept: int = 0
    seconds_saved: float = 0.0
    seconds_wasted: float = 0.0

    @classmethod
    def of(cls, events: Iterable[Event]) -> "SpeculationTotals":
        """From a trace."""
        listed = list(events)
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
