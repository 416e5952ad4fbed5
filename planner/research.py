"""The research loop: what a run is given, and how it ends. What it does are the `phases`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from importlib import import_module
from typing import Any

from inference import Model
from planner.budget import Budget
from planner.calling import Caller, Shared
from planner.desk import Desk, ResearchSettings, Result, Review, Toolbox
from planner.errors import Withdrawn
from planner.events import RunEnded, RunStarted, Trace
from planner.executor import Executor
from planner.handing import waiting_calls
from planner.history import History, known_results
from planner.minds import minds_of
from planner.nesting import Above, Research, findings_of
from planner.plan import Plan
from planner.recording import RecordedModel
from planner.replaying import ReplayedModel


async def research(
    question: str,
    *,
    model: Model,
    toolbox: Callable[[Model], Toolbox],
    trace: Trace,
    settings: ResearchSettings | None = None,
    history: History | None = None,
    above: Above | None = None,
    plan: Plan | None = None,
    review: Review | None = None,
) -> Result:
    """Answer a question; every event goes to the trace. Cancelling it stops every call.

    `history`: what an earlier part of the same run left; nothing in it is done again. `above`: it
    is a sub-run. `plan`: somebody's own plan, which is run instead of planning; nothing is planned
    behind it. `review`: is shown each plan that a model wrote before a step of it runs, and gives
    back the steps that are to run; while it does, no time is spent. Raises Withdrawn if it does.
    """
    settings, past = settings or ResearchSettings(), history or History()
    above, findings = above or _top(settings, past), findings_of(past)
    asked: Model = RecordedModel(model, budget=above.budget, trace=trace, prices=settings.prices)
    if past.replies:
        asked = ReplayedModel(asked, past.replies, trace=trace)
    tools = toolbox(asked)
    if settings.depth > 0:
        nested = Research(research, model, toolbox, trace, settings, past, above, findings)
        tools = replace(tools, tools=(*tools.tools, nested))
    await trace.record(RunStarted(question, resumed=history is not None))
    async with (
        _ends_told(trace),
        Executor(
            _caller(tools, above, trace, past),
            trace=trace,
            history=past,
            speculation=settings.speculation,
            within=lambda call: findings[call].fact if call in findings else None,
        ) as executor,
    ):
        desk = Desk(
            question=question,
            settings=settings,
            history=past,
            trace=trace,
            budget=above.budget,
            executor=executor,
            tools=tools,
            nested=findings,
            given=plan,
            review=review,
            **minds_of(asked, tools, executor, trace, settings, past),
        )
        start = {"round": 0, "found": 0, "verdict": None, "answer": past.answer}
        end = await (await _phases()).ainvoke(start, context=desk)
        result = desk.result(end["answer"])
    await trace.record(RunEnded(result.status, result.reason, result.cut_short))
    return result


async def _phases() -> Any:
    """The graph, imported by a thread: LangGraph takes long, and other runs go on meanwhile."""
    return (await asyncio.to_thread(import_module, "planner.phases")).phases()


def _caller(tools: Toolbox, above: Above, trace: Trace, past: History) -> Caller:
    """Calls tools, and knows what the run's past has called."""
    return Caller(
        tools.by_name,
        budget=above.budget,
        trace=trace,
        shared=above.shared,
        known=known_results(past),
        left={past.arguments[call.id]: call for call in waiting_calls(past)},
    )


@asynccontextmanager
async def _ends_told(trace: Trace) -> AsyncIterator[None]:
    """Inside of it a run comes to a result; where it does not, the trace is told of its end."""
    try:
        yield
    except asyncio.CancelledError:
        await asyncio.shield(trace.record(RunEnded("cancelled", "stopped")))
        raise
    except Exception as error:
        # A trace that fails is one of the reasons to come here: then it cannot be told.
        with suppress(Exception):
            await trace.record(_ended_by(error))
        raise


def _top(settings: ResearchSettings, past: History) -> Above:
    """Of a run that is part of no other."""
    budget = Budget(
        settings.limits, seconds=past.seconds, spent=past.spent, tool_calls=past.tool_calls
    )
    return Above(budget, Shared(settings.slots))


def _ended_by(error: BaseException) -> RunEnded:
    """The end of a run by the first error that is no group of others."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, Withdrawn):
        return RunEnded("cancelled", str(error))
    return RunEnded("failed", f"{type(error).__name__}: {error}")
