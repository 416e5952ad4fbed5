"""One call of one tool: checked arguments, a slot, a timeout, retries, the budget."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping
from math import inf
from typing import Any

from pydantic import JsonValue, ValidationError
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential
from tenacity.wait import wait_base

from planner.budget import Budget
from planner.errors import BudgetExceeded
from planner.events import StepStarted, Trace
from planner.outcomes import Done, Failed, Outcome
from planner.recording import current_step
from tools import Tool, ToolError, ToolResult

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
        attempts: int = 3,
        wait: wait_base = _RETRY_WAIT,
    ) -> None:
        """`limits`: calls at once for each resource; `known`: results by call key.

        `shared`: of the run above, whose limits hold.
        """
        self.tools = tools
        self._budget = budget
        self._trace = trace
        self.shared = shared or Shared(limits)
        self.shared.known.update(known or {})
        self._attempts = attempts
        self._wait = wait

    async def call(
        self,
        call_id: str,
        tool: str,
        arguments: Mapping[str, JsonValue],
    ) -> tuple[Outcome, bool]:
        """The outcome, and whether it was known already. Only bugs are raised."""
        key = call_key(tool, arguments)
        known = self.shared.known
        async with self.shared.one_at_a_time[self.tools[tool].resource, key]:
            if key in known:
                return known[key], True
            outcome = await self._called(call_id, self.tools[tool], arguments)
            if isinstance(outcome, Done) and outcome.cut is None:
                known[key] = outcome
            return outcome, False

    async def _called(
        self,
        call_id: str,
        tool: Tool[Any],
        arguments: Mapping[str, JsonValue],
    ) -> Outcome:
        """Every way in which a call can go wrong, as data."""
        token = current_step.set(call_id)
        try:
            checked = tool.arguments.model_validate(dict(arguments))
            async with self.shared.slots.setdefault(tool.resource, asyncio.Semaphore(64)):
                result = await self._tried(call_id, tool, arguments, checked)
        except ValidationError as error:
            return Failed(f"{tool.name} cannot take these arguments: {_problems(error)}")
        except TimeoutError:
            return Failed(f"{tool.name} gave no result in {tool.seconds:g} s")
        except (ToolError, BudgetExceeded) as error:
            return Failed(str(error))
        finally:
            current_step.reset(token)
        return Done(result.value, tuple(result.evidence), tuple(result.read), result.cut)

    async def _tried(
        self,
        call_id: str,
        tool: Tool[Any],
        arguments: Mapping[str, JsonValue],
        checked: Any,
    ) -> ToolResult:
        """Try again what may pass by itself."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(lambda e: isinstance(e, ToolError) and e.retryable),
            stop=stop_after_attempt(self._attempts),
            wait=self._wait,
            reraise=True,
        ):
            with attempt:
                self._budget.spend_tool_call()
                number = attempt.retry_state.attempt_number
                await self._trace.record(StepStarted(call_id, arguments, number))
                async with asyncio.timeout(None if tool.seconds == inf else tool.seconds):
                    result: ToolResult = await tool.call(checked)
                return result
        raise AssertionError("unreachable: the last attempt raises")


def call_key(tool: str, arguments: Mapping[str, JsonValue]) -> str:
    """The same for the same call: canonical JSON of tool and arguments."""
    return json.dumps(
        {"arguments": dict(arguments), "tool": tool}, sort_keys=True, ensure_ascii=False
    )


def _problems(error: ValidationError) -> str:
    """The fields at fault, without pydantic's links."""
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'arguments'}: {problem['msg']}"
        for problem in error.errors(include_url=False)
    )
