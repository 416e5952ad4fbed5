"""The research loop: plan, gather, reflect, write, verify; a LangGraph StateGraph.

Phases belong in the graph, steps do not: a graph runs in supersteps, and steps must not wait for
each other. So the executor runs beside it and takes steps from any phase; the first search runs
while the plan is still being written.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from functools import cache
from typing import Literal, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from inference import Model
from planner import template
from planner.answering import WHOLE
from planner.budget import Budget
from planner.calling import Caller, Shared
from planner.contradictions import CROSSCHECK
from planner.crosschecking import CrossChecker
from planner.desk import Desk, ResearchSettings, Result, Toolbox
from planner.errors import PlanError
from planner.events import (
    AnswerWritten,
    Decided,
    PhaseStarted,
    PlanEnded,
    RunEnded,
    RunStarted,
    Trace,
)
from planner.executor import Executor
from planner.history import History, known_results
from planner.judging import Judge
from planner.nesting import Above, Research, findings_of
from planner.outcomes import Answer
from planner.plan import Step
from planner.planning import Planner
from planner.recording import RecordedModel
from planner.reflecting import Verdict, looked, ruled
from planner.verifying import verified
from planner.writing import Writer, plain, with_disputes, without_value

_START = "start"
_NO_TIME = "the time for gathering is over"


class State(TypedDict):
    """What passes from phase to phase."""

    round: int
    found: int
    """Facts that were there at the end of the last round."""
    verdict: Verdict | None
    """What comes next, once gathering has come to it."""
    answer: Answer | None


async def research(
    question: str,
    *,
    model: Model,
    toolbox: Callable[[Model], Toolbox],
    trace: Trace,
    settings: ResearchSettings | None = None,
    history: History | None = None,
    above: Above | None = None,
) -> Result:
    """Answer a question; every event goes to the trace. Cancelling it stops every call.

    `history`: what an earlier part of the same run left; nothing in it is done again. `above`: it
    is a sub-run.
    """
    settings, past = settings or ResearchSettings(), history or History()
    if above is None:
        budget = Budget(
            settings.limits, seconds=past.seconds, spent=past.spent, tool_calls=past.tool_calls
        )
        above = Above(budget, Shared(settings.slots))
    budget, findings = above.budget, findings_of(past)
    recorded = RecordedModel(model, budget=budget, trace=trace, prices=settings.prices)
    tools = toolbox(recorded)
    if settings.depth > 0:
        nested = Research(research, model, toolbox, trace, settings, past, above, findings)
        tools = replace(tools, tools=(*tools.tools, nested))
    await trace.record(RunStarted(question, resumed=history is not None))
    caller = Caller(
        tools.by_name,
        budget=budget,
        trace=trace,
        shared=above.shared,
        known=known_results(past),
    )
    try:
        async with Executor(
            caller, trace=trace, history=past, speculation=settings.speculation
        ) as executor:
            judge = Judge(
                recorded, trace=trace, enough=settings.enough, close_call=settings.close_call
            )
            desk = Desk(
                question=question,
                settings=settings,
                history=past,
                trace=trace,
                budget=budget,
                executor=executor,
                tools=tools,
                planner=Planner(
                    recorded,
                    tools.for_planner,
                    trace=trace,
                    samples=settings.plan_samples,
                    one_step=settings.one_step,
                    patience=settings.plan_patience,
                    judge=judge,
                    seed=settings.seed,
                ),
                writer=Writer(
                    recorded,
                    trace=trace,
                    drafts=settings.drafts,
                    seed=settings.seed,
                    worded=settings.worded,
                ),
                checker=CrossChecker(
                    executor,
                    trace=trace,
                    able=CROSSCHECK in tools.by_name,
                    second_look=settings.second_look,
                ),
                judge=judge,
                nested=findings,
            )
            start = State(round=0, found=0, verdict=None, answer=past.answer)
            end = await research_graph().ainvoke(start, context=desk)
            result = desk.result(end["answer"])
    except asyncio.CancelledError:
        await asyncio.shield(trace.record(RunEnded("cancelled", "stopped")))
        raise
    except Exception as error:
        # A trace that fails is one of the reasons to come here: then it cannot be told.
        with suppress(Exception):
            await trace.record(RunEnded("failed", _reason(error)))
        raise
    await trace.record(RunEnded(result.status, result.reason))
    return result


def _reason(error: BaseException) -> str:
    """The first error that is no group of others, with its kind."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


@cache
def research_graph() -> CompiledStateGraph[State, Desk, State, State]:
    """The phases and their order; made once, for it holds nothing of a run."""
    graph = StateGraph(State, context_schema=Desk)
    graph.add_node("plan", _plan)
    graph.add_node("gather", _gather)
    graph.add_node("reflect", _reflect)
    graph.add_node("write", _write)
    graph.add_node("verify", _verify)
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "gather")
    graph.add_edge("gather", "reflect")
    graph.add_conditional_edges("reflect", _next_phase)
    graph.add_edge("write", "verify")
    graph.add_edge("verify", END)
    return graph.compile()


async def _plan(state: State, runtime: Runtime[Desk]) -> State:
    """Steps, each started as soon as its line is complete."""
    desk, number = runtime.context, state["round"] + 1
    await desk.trace.record(PhaseStarted("plan", number))
    if desk.history.planned_rounds >= number:
        for step in desk.replayed(number):
            await desk.executor.add(step, plan_round=number, by="history")
        return {**state, "round": number}
    try:
        async with _deadline(desk):
            await _new_plan(desk, number)
    except TimeoutError:
        desk.budget.out_of_time()
        await desk.trace.record(Decided("plan cut short", "the time for gathering is over"))
    await desk.trace.record(PlanEnded(number))
    return {**state, "round": number}


async def _new_plan(desk: Desk, number: int) -> None:
    """The raw question at once, then what the planner says."""
    if number == 1 and "search" in desk.tools.by_name:
        search = Step(
            id=_START, tool="search", arguments={"query": template.literal(desk.question)}
        )
        await desk.executor.add(search, plan_round=number, by="search-at-start")
    if number == 2 and "lookup" in desk.tools.by_name:
        whole = Step(
            id=WHOLE, tool="lookup", arguments={"question": template.literal(desk.question)}
        )
        doubted = desk.doubted
        await desk.executor.add(whole, plan_round=number, by="reflect")
        if doubted:  # it is one look-up, against a whole round of planning
            return
    suffix = desk.suffix(number)
    async with aclosing(
        desk.planner.plan(desk.question, desk.known(number), attempt=number)
    ) as steps:
        async for step in steps:
            try:
                await desk.executor.add(step.renamed(suffix), plan_round=number)
            except PlanError as error:
                await desk.trace.record(Decided("plan line dropped", str(error)))


async def _gather(state: State, runtime: Runtime[Desk]) -> State:
    """Wait until a look at what has ended says what comes next; when the time is over, stop."""
    desk = runtime.context
    await desk.trace.record(PhaseStarted("gather", state["round"]))
    number, found = state["round"], state["found"]
    try:
        async with _deadline(desk):
            while (verdict := await looked(desk, number, found)) is None:
                await desk.news()
    except TimeoutError:
        desk.budget.out_of_time()
        if desk.grounds.value is not None:  # what runs may still add to the answer
            desk.executor.wind_down(_NO_TIME)
            verdict = Verdict("write", f"the budget is spent ({desk.budget.exceeded})")
        else:
            desk.executor.stop(_NO_TIME)
            await desk.executor.drained()
            verdict = ruled(desk, number, found)
    return {**state, "verdict": verdict}


async def _reflect(state: State, runtime: Runtime[Desk]) -> State:
    """Tell what comes next. What runs goes on beside a new plan; before writing it is given up,
    unless it was only the time that ended the gathering: then it may still come into the answer."""
    desk, verdict = runtime.context, state["verdict"]
    assert verdict is not None
    await desk.trace.record(PhaseStarted("reflect", state["round"]))
    await desk.trace.record(Decided(verdict.choice, verdict.why))
    if verdict.choice == "write" and desk.budget.exceeded is None:
        await _release(desk)
    return {**state, "found": desk.found}


async def _release(desk: Desk) -> None:
    """End the steps that nothing waits for any more."""
    for step in desk.executor.open_steps:
        await desk.executor.cancel(step.id, "not needed any more")
    await desk.executor.drained()


def _next_phase(state: State) -> Literal["plan", "write"]:
    """What reflection decided."""
    assert state["verdict"] is not None
    return state["verdict"].choice


async def _write(state: State, runtime: Runtime[Desk]) -> State:
    """The answer, out of the reserve."""
    desk = runtime.context
    await desk.trace.record(PhaseStarted("write", state["round"]))
    answer = state["answer"] or await _written(desk)
    desk.executor.stop("the answer is written")
    await desk.executor.drained()
    return {**state, "answer": answer}


async def _written(desk: Desk) -> Answer:
    """Whatever happens; what ends meanwhile may still come into it."""
    desk.budget.answering = True
    grounds = desk.grounds
    try:
        async with _deadline(desk):
            stopped = desk.cut is not None
            return await desk.writer.write(
                desk.question, grounds, stopped=stopped, late=lambda: desk.grounds.proven
            )
    except TimeoutError:
        return plain(grounds) if grounds.value else without_value(grounds, stopped=True)


async def _verify(state: State, runtime: Runtime[Desk]) -> State:
    """Each sentence against what it cites."""
    desk = runtime.context
    await desk.trace.record(PhaseStarted("verify", state["round"]))
    assert state["answer"] is not None
    grounds = desk.grounds
    answer = with_disputes(verified(state["answer"], desk.question, grounds), grounds)
    await desk.trace.record(AnswerWritten(answer))
    return {**state, "answer": answer}


@asynccontextmanager
async def _deadline(desk: Desk) -> AsyncIterator[None]:
    """TimeoutError when the phase's share of the seconds is spent."""
    remaining = desk.budget.remaining_seconds
    async with asyncio.timeout(None if remaining == float("inf") else remaining):
        yield
