"""The phases of research: plan, gather, reflect, write, verify; a LangGraph StateGraph.

Phases belong in the graph, steps do not: a graph runs in supersteps, and steps must not wait for
each other. So the executor runs beside it and takes steps from any phase; the first search runs
while the plan is still being written.
"""

import asyncio
from collections.abc import AsyncIterator, Hashable, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import cache
from typing import Literal, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from planner import template
from planner.answering import WHOLE
from planner.contests import WHICH, choosing, sides_of
from planner.desk import Desk
from planner.errors import PlanError
from planner.events import (
    AnswerWritten,
    Decided,
    PhaseStarted,
    PlanEnded,
)
from planner.grounds import Grounds
from planner.outcomes import Answer
from planner.plainly import with_disputes
from planner.plan import Step
from planner.plan_reading import in_order
from planner.reflecting import Verdict, looked, ruled

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


@cache
def phases() -> CompiledStateGraph[State, Desk, State, State]:
    """The phases and their order; made once, for it holds nothing of a run.

    No checkpointer of a graph around it takes its state up.
    """
    graph = StateGraph(State, context_schema=Desk)
    graph.add_node("plan", _plan)
    graph.add_node("gather", _gather)
    graph.add_node("reflect", _reflect)
    graph.add_node("write", _write)
    graph.add_node("verify", _verify)
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "gather")
    graph.add_edge("gather", "reflect")
    nodes: dict[Hashable, str] = {"plan": "plan", "write": "write", "hand over": END}
    graph.add_conditional_edges("reflect", _next_phase, nodes)
    graph.add_edge("write", "verify")
    graph.add_edge("verify", END)
    return graph.compile(checkpointer=False)


async def _plan(state: State, runtime: Runtime[Desk]) -> State:
    """Steps, each started as soon as its line is complete."""
    desk, number = runtime.context, state["round"] + 1
    await desk.trace.record(PhaseStarted("plan", number))
    if number in desk.history.planned:
        for step in desk.replayed(number):
            await desk.executor.add(step, plan_round=number, by="history")
        return {**state, "round": number}
    earlier = frozenset(desk.executor.rounds)
    held: list[Step] | None = None if desk.review is None else []
    try:
        async with _deadline(desk):
            await _new_plan(desk, number, held)
    except TimeoutError:
        desk.budget.out_of_time()
        await desk.trace.record(Decided("plan cut short", "the time for gathering is over"))
    if held or (held is not None and number == 1):
        await _reviewed(desk, held, number)
    lines = tuple(id_ for id_ in desk.executor.rounds if id_ not in earlier)
    await desk.trace.record(PlanEnded(number, lines))
    return {**state, "round": number}


async def _reviewed(desk: Desk, drafted: Sequence[Step], number: int) -> None:
    """The steps that a person lets run. They are shown, and written, with ids of their own plan."""
    assert desk.review is not None
    with desk.budget.paused():
        approved = await desk.review(drafted)
    edited = "as it was written" if list(approved) == list(drafted) else "edited by a person"
    await desk.trace.record(Decided("plan approved", edited))
    suffix = desk.suffix(number)
    for step in approved:
        by = "planner" if step in drafted else "person"
        await desk.executor.add(step.renamed(suffix), plan_round=number, by=by)


async def _new_plan(desk: Desk, number: int, held: list[Step] | None) -> None:
    """The plan that was given; or the raw question at once, then what the planner says.

    `held` takes the steps that are not to start yet.
    """
    if desk.given is not None:
        for step in in_order(desk.given).steps:
            await desk.executor.add(step, plan_round=number, by="given")
        return
    if number == 1 and "search" in desk.tools.by_name:
        search = Step(
            id=_START, tool="search", arguments={"query": template.literal(desk.question)}
        )
        await desk.executor.add(search, plan_round=number, by="search-at-start")
    if number == 2 and "lookup" in desk.tools.by_name:
        doubted, whole = desk.doubted, _whole(desk)
        await desk.executor.add(whole, plan_round=number, by="reflect")
        if doubted or whole.tool == WHICH:  # it is one step, against a whole round of planning
            return
    suffix = desk.suffix(number)
    if number == 1 and desk.is_wide:
        for step in await desk.aspects.searches(desk.question, desk.settings.style.size):
            await _take(desk, step, number, suffix, held)
        if not desk.is_planned:
            return
    async with aclosing(
        desk.planner.plan(desk.question, desk.known(number), attempt=number)
    ) as steps:
        async for step in steps:
            await _take(desk, step, number, suffix, held)


def _whole(desk: Desk) -> Step:
    """The question in one step: looked up, or, where two named things are compared, chosen between
    what is said of each; one passage seldom tells both."""
    sides = sides_of(desk.question) if WHICH in desk.tools.by_name else None
    if sides is not None:
        return choosing(WHOLE, desk.question, sides)
    return Step(id=WHOLE, tool="lookup", arguments={"question": template.literal(desk.question)})


async def _take(desk: Desk, step: Step, number: int, suffix: str, held: list[Step] | None) -> None:
    """A step that was planned: it starts, unless it is held for a person to see."""
    try:
        if held is not None:
            held.append(step)
        else:
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
        if desk.grounds.value is not None and not desk.executor.calls:
            # what runs may still add to the answer
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


def _next_phase(state: State) -> Literal["plan", "write", "hand over"]:
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
        return desk.writer.at_once(desk.question, grounds)


async def _verify(state: State, runtime: Runtime[Desk]) -> State:
    """Each sentence against what it cites."""
    desk = runtime.context
    await desk.trace.record(PhaseStarted("verify", state["round"]))
    assert state["answer"] is not None
    grounds = desk.grounds
    desk.budget.answering = True
    remaining = desk.budget.remaining_seconds
    checked = await desk.verifier.verify(
        state["answer"],
        desk.question,
        grounds,
        room=desk.budget.has_room,
        seconds=None if remaining == float("inf") else remaining,
    )
    answer = await _in_form(desk, with_disputes(checked, grounds), grounds)
    await desk.trace.record(AnswerWritten(answer))
    return {**state, "answer": answer}


async def _in_form(desk: Desk, answer: Answer, grounds: Grounds) -> Answer:
    """What is verified as JSON, where that is wanted."""
    try:
        async with _deadline(desk):
            return await desk.filler.filled(answer, desk.question, grounds)
    except TimeoutError:
        return await desk.filler.without(answer, "the time is over")


@asynccontextmanager
async def _deadline(desk: Desk) -> AsyncIterator[None]:
    """TimeoutError when the phase's share of the seconds is spent."""
    remaining = desk.budget.remaining_seconds
    async with asyncio.timeout(None if remaining == float("inf") else remaining):
        yield
