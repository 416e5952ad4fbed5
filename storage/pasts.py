"""The pasts of a run and of its sub-runs, out of the rows that they share."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from heapq import heappop, heappush
from typing import Any, TypeVar

from sqlalchemy import Row

from planner import History, Outcome, Spending, Step, call_key
from storage.records import local_id, nested_id

Rows = Sequence[Row[Any]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept:
    """What the tables have of a run and all its sub-runs."""

    steps: Rows
    calls: Rows
    outcomes: Mapping[str, Outcome]
    cancelled: Mapping[str, str]
    """Why, by the step's id."""
    replaced: Collection[str]


def past(way: str, kept: Kept) -> History:
    """Steps and outcomes of one sub-run, under the ids that it uses itself.

    `way`: to the sub-run; empty for the run.
    """
    own = {row.id: row for row in kept.steps if local_id(row.id)[0] == way}
    replaced = frozenset(_local(way, dict.fromkeys(kept.replaced)))
    steps = tuple(step_from(row) for row in own.values())
    return History(
        steps=_in_order(steps) if replaced else steps,
        step_rounds={local_id(id_)[1]: row.round for id_, row in own.items()},
        outcomes=_local(way, kept.outcomes),
        cancelled=_local(way, kept.cancelled),
        replaced=replaced,
        arguments={
            local_id(row.id)[1]: call_key(own[row.step].tool, row.arguments)
            for row in kept.calls
            if row.id in kept.outcomes and row.arguments is not None and row.step in own
        },
    )


def _local(way: str, by_id: Mapping[str, T]) -> dict[str, T]:
    """What is of one sub-run, by the ids that it uses itself."""
    placed = {local_id(id_): value for id_, value in by_id.items()}
    return {local: value for (above, local), value in placed.items() if above == way}


def nested_pasts(kept: Kept, events: Rows, model_calls: Rows) -> dict[str, History]:
    """Those of all sub-runs by the way to them; `events`: the log, in order."""
    ways = dict.fromkeys(local_id(row.id)[0] for row in kept.steps)
    return {way: _with_costs(way, past(way, kept), events, model_calls) for way in ways if way}


def step_from(row: Row[Any]) -> Step:
    """The step as it was written."""
    return Step(
        id=local_id(row.id)[1],
        tool=row.tool,
        arguments=row.arguments,
        needs=tuple(row.needs),
        for_each=row.for_each,
        optional=row.optional,
        when=row.condition,
    )


def inputs_of(row: Row[Any]) -> list[str]:
    """Every step that it waits for, whether an argument or `needs` names it."""
    within = local_id(row.id)[0]
    return [nested_id(within, name) for name in step_from(row).inputs]


def _in_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Each behind what it names, which a step that was replaced need not be; else as they were."""
    places = {step.id: place for place, step in enumerate(steps)}
    graph = TopologicalSorter({step.id: step.inputs for step in steps})
    graph.prepare()
    ready: list[int] = []
    ordered: list[Step] = []
    while graph.is_active():
        for name in graph.get_ready():
            heappush(ready, places[name])
        ordered.append(steps[heappop(ready)])
        graph.done(ordered[-1].id)
    return tuple(ordered)


def tool_calls(logged: Iterable[tuple[str, Mapping[str, Any]]]) -> int:
    """Attempts of calls, guesses too, as in the budget; a guess that was kept is one alone.

    `logged`: kinds and payloads of events.
    """
    return sum(
        kind == "speculation_started" or (kind == "step_started" and not payload.get("guessed"))
        for kind, payload in logged
    )


def _with_costs(way: str, history: History, events: Rows, model_calls: Rows) -> History:
    """With what the sub-run, and those inside it, had spent."""
    logged = [row for row in events if _is_in(way, row.payload.get("within"))]
    asked = [row for row in model_calls if _is_in(way, row.step)]
    ends = (row.payload for row in logged if row.kind == "sub_plan_ended")
    return replace(
        history,
        planned=planned(end for end in ends if end["within"] == way),
        seconds=_seconds(way, logged),
        spent=Spending(
            sum(row.prompt_tokens + row.completion_tokens for row in asked),
            sum(row.cost or 0.0 for row in asked),
        ),
        tool_calls=tool_calls((row.kind, row.payload) for row in logged),
    )


def planned(ends: Iterable[Mapping[str, Any]]) -> dict[int, tuple[str, ...]]:
    """The lines of each plan by its round. `ends`: what the log says of the ends of plans."""
    return {end["round"]: tuple(end["steps"]) for end in ends}


def _is_in(way: str, place: str | None) -> bool:
    """Whether something is of this sub-run, or of one inside it."""
    return place is not None and f"{place}/".startswith(f"{way}/")


def _seconds(way: str, logged: Rows) -> float:
    """Between its events; what lies between a crash and the resumption is not in it."""
    total, latest = 0.0, None
    for row in logged:
        begins = row.kind == "sub_run_started" and row.payload["within"] == way
        if latest is not None and not begins:
            total += max(0.0, (row.at - latest).total_seconds())
        latest = row.at
    return total
