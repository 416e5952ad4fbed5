"""One call of one tool: checked arguments, a slot, a timeout, retries, the budget."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from math import inf
from typing import Any

from pydantic import JsonValue, ValidationError
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential
from tenacity.wait import wait_base

from planner.budget import Budget
from planner.checking import told
from planner.errors import BudgetExceeded
from planner.events import Reasoned, SpeculationStarted, StepStarted, Trace
from planner.guesses import Guess, guessing
from planner.handing import WAITS, Call
from planner.outcomes import Done, Failed, Outcome, Skipped
from planner.recording import current_step
from reasoning import Candidate
from tools import (
    LeftToCaller,
    Listener,
    Tool,
    ToolError,
    ToolResult,
    cost_of,
    is_left,
    listening,
    paying,
)

_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False)
_RETRY_WAIT = wait_random_exponential(multiplier=0.5, max=8)


class Shared:
    """What the calls of a run have in common with those of its sub-runs."""

    def __init__(self, limits: Mapping[str, int] | None = None) -> None:
        """`limits`: calls at once for each resource."""
        self.slots = {name: asyncio.Semaphore(limit) for name, limit in (limits or {}).items()}
        self.known: dict[str, Done] = {}
        """Results by call key."""
        self.one_at_a_time: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        """By resource and call key: a sub-run may do what the run above waits for it to do."""


class Caller:
    """Calls tools on behalf of steps. The same call is made once in a run."""

    def __init__(
        self,
        tools: Mapping[str, Tool[Any]],
        *,
        budget: Budget,
        trace: Trace,
        limits: Mapping[str, int] | None = None,
        known: Mapping[str, Done] | None = None,
        shared: Shared | None = None,
        left: Mapping[str, Call] | None = None,
        attempts: int = 3,
        wait: wait_base = _RETRY_WAIT,
    ) -> None:
        """`limits`: calls at once for each resource; `known`: results by call key.

        `shared`: of the run above, whose limits hold. `left`: calls that are left to the caller
        already, by call key.
        """
        self.tools = tools
        self._budget = budget
        self._trace = trace
        self.shared = shared or Shared(limits)
        self.shared.known.update(known or {})
        self.left = dict(left or {})
        self._guesses: dict[str, Guess] = {}
        """Those that are undecided, by call key, the oldest first."""
        self._took: defaultdict[str, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
        """Calls and seconds by tool."""
        self._attempts = attempts
        self._wait = wait

    async def call(
        self,
        call_id: str,
        tool: str,
        arguments: Mapping[str, JsonValue],
        listener: Listener | None = None,
    ) -> tuple[Outcome, bool]:
        """The outcome, and whether it was known already. Only bugs are raised.

        `listener`: hears the drafts of the call's value.
        """
        key = call_key(tool, arguments)
        known = self.shared.known
        async with self.shared.one_at_a_time[self.tools[tool].resource, key]:
            if key in known:
                return known[key], True
            if key in self.left:
                return Skipped(WAITS), False
            outcome: Outcome | None = await self._joined(call_id, key, arguments)
            if outcome is None:
                self._make_room(self.tools[tool].resource)
                outcome = await self._called(call_id, self.tools[tool], arguments, listener)
            if isinstance(outcome, Done) and outcome.cut is None:
                known[key] = outcome
            return outcome, False

    def guess(
        self,
        call_id: str,
        tool: str,
        arguments: Mapping[str, JsonValue],
        *,
        drafts: Mapping[str, JsonValue],
        listener: Listener | None = None,
    ) -> Guess | None:
        """Begin a call that may turn out to be needed. Its outcome is nobody's until `call` joins.

        None where it is made or known anyway, would stand in the way of others, or where half of
        the budget is spent.
        """
        key, made = call_key(tool, arguments), self.tools[tool]
        lock = self.shared.one_at_a_time.get((made.resource, key))
        if key in self.shared.known or key in self._guesses or (lock is not None and lock.locked()):
            return None
        if self._slot(made.resource).locked() or not self._budget.is_ample:
            return None
        guess = Guess(call_id, key, made.resource, drafts=drafts)
        guess.begin(asyncio.create_task(self._called(call_id, made, arguments, listener, guess)))
        self._guesses[key] = guess
        guess.kept.add_done_callback(lambda _: self._guesses.pop(key, None))
        return guess

    def mean_seconds(self, tool: str) -> float | None:
        """What a call of the tool took so far, on the average."""
        count, seconds = self._took[tool]
        return seconds / count if count else None

    async def _joined(
        self, call_id: str, key: str, arguments: Mapping[str, JsonValue]
    ) -> Done | None:
        """The outcome of the same call, where it was guessed and went well."""
        guess = self._guesses.get(key)
        if guess is None or guess.kept.done():
            return None
        guess.join()
        started = self._trace.record(StepStarted(call_id, arguments, guessed=True))
        try:
            # Together: who is halted meanwhile halts the guess at that moment, not a turn later.
            recorded, _ = await asyncio.gather(started, guess.task, return_exceptions=True)
            if isinstance(recorded, BaseException):
                raise recorded
        finally:
            guess.settle(kept=guess.done is not None)
        return guess.done

    def _make_room(self, resource: str) -> None:
        """A call in earnest goes before one that was guessed: the newest guess is given up."""
        if self._slot(resource).locked():
            guesses = [g for g in self._guesses.values() if g.resource == resource]
            for guess in [guess for guess in guesses if not guess.joined][-1:]:
                guess.settle(kept=False)

    def _slot(self, resource: str) -> asyncio.Semaphore:
        """What limits the calls of a resource."""
        return self.shared.slots.setdefault(resource, asyncio.Semaphore(64))

    async def _called(
        self,
        call_id: str,
        tool: Tool[Any],
        arguments: Mapping[str, JsonValue],
        listener: Listener | None,
        guess: Guess | None = None,
    ) -> Outcome:
        """Every way in which a call can go wrong, as data."""
        token, guessed = (
            current_step.set(call_id),
            guessing.set(guess is not None or guessing.get()),
        )
        slot, key = self._slot(tool.resource), call_key(tool.name, arguments)
        try:
            checked = tool.arguments.model_validate(dict(arguments))
            if guess is not None and slot.locked():
                return Skipped("no room for a guess")
            if is_left(tool):
                arguments = checked.given()  # as its caller will read them
            async with slot:
                with listening(listener):
                    result = await self._tried(call_id, tool, arguments, checked, guess)
        except ValidationError as error:
            return Failed(
                f"{tool.name} cannot take these arguments: {told(error.errors(include_url=False))}"
            )
        except TimeoutError:
            return Failed(f"{tool.name} gave no result in {tool.seconds:g} s")
        except LeftToCaller:
            self.left[key] = Call(call_id, tool.name, arguments)
            return Skipped(WAITS)
        except ToolError as error:
            await self._reasoned(call_id, error.trail)
            return Failed(str(error))
        except BudgetExceeded as error:
            return Failed(str(error))
        finally:
            current_step.reset(token)
            guessing.reset(guessed)
        await self._reasoned(call_id, result.trail)
        return Done(result.value, tuple(result.evidence), tuple(result.read), result.cut)

    async def _reasoned(self, call_id: str, trail: Sequence[Candidate]) -> None:
        """Whatever the call came to, what its method made is in the trace."""
        if trail:
            await self._trace.record(Reasoned(call_id, tuple(trail)))

    async def _tried(
        self,
        call_id: str,
        tool: Tool[Any],
        arguments: Mapping[str, JsonValue],
        checked: Any,
        guess: Guess | None,
    ) -> ToolResult:
        """Try again what may pass by itself."""
        once = partial(self._once, call_id, tool, arguments, checked, guess)
        try:
            return await once(1)
        except ToolError as error:
            if not error.retryable:
                raise
            first = error
        # Only now: to begin counting attempts takes as long as a quarter of all else for a step.
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(lambda e: isinstance(e, ToolError) and e.retryable),
            stop=stop_after_attempt(self._attempts),
            wait=self._wait,
            reraise=True,
        ):
            with attempt:
                number = attempt.retry_state.attempt_number
                if number == 1:
                    raise first
                return await once(number)
        raise AssertionError("unreachable: the last attempt raises")

    async def _once(
        self,
        call_id: str,
        tool: Tool[Any],
        arguments: Mapping[str, JsonValue],
        checked: Any,
        guess: Guess | None,
        number: int,
    ) -> ToolResult:
        """One attempt, paid for, recorded and in time."""
        self._budget.spend_tool_call(guess=guessing.get(), cost=cost_of(tool))
        if guess is None:
            await self._trace.record(StepStarted(call_id, arguments, number))
        else:
            guess.called = True
            started = SpeculationStarted(call_id, arguments, guess.drafts, number)
            # Whatever becomes of the guess, both its ends are in the trace.
            await asyncio.shield(self._trace.record(started))
        began = time.monotonic()
        pays = partial(self._budget.spend_tool_call, guess=guessing.get())
        async with asyncio.timeout(None if tool.seconds == inf else tool.seconds):
            with paying(pays):
                result: ToolResult = await tool.call(checked)
        count, seconds = self._took[tool.name]
        self._took[tool.name] = count + 1, seconds + time.monotonic() - began
        return result


def call_key(tool: str, arguments: Mapping[str, JsonValue]) -> str:
    """The same for the same call: canonical JSON of tool and arguments."""
    return _CANONICAL.encode({"arguments": dict(arguments), "tool": tool})
