"""The pasts of a run and of its sub-runs, out of the rows that they share."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from planner import History, Outcome, Spending, Step, call_key
from storage.records import local_id

Rows = Sequence[Row[Any]]


def past(way: str, steps: Rows, calls: Rows, outcomes: Mapping[str, Outcome]) -> History:
    """Steps and outcomes of one sub-run, under the ids that it uses itself.

    `way`: to the sub-run; empty for the run.
    """
    own = {row.id: row for row in steps if local_id(row.id)[0] == way}
    return History(
        steps=tuple(step_from(row) for row in own.values()),
        step_rounds={local_id(id_)[1]: row.round for id_, row in own.items()},
        outcomes={
            local: outcome
            for call, outcome in outcomes.items()
            for above, local in [local_id(call)]
            if above == way
        },
        arguments={
            local_id(row.id)[1]: call_key(own[row.step].tool, row.arguments)
            for row in calls
            if row.id in outcomes and row.arguments is not None and row.step in own
        },
    )


def nested_pasts(
    steps: Rows, calls: Rows, outcomes: Mapping[str, Outcome], events: Rows, model_calls: Rows
) -> dict[str, History]:
    """Those of all sub-runs by the way to them; `events`: the log, in order."""
    ways = dict.fromkeys(local_id(row.id)[0] for row in steps)
    return {
        way: _with_costs(way, past(way, steps, calls, outcomes), events, model_calls)
        for way in ways
        if way
    }


def step_from(row: Row[Any]) -> Step:
    """The step as it was written."""
    id_ = local_id(row.id)[1]
    return Step(id_, row.tool, row.arguments, tuple(row.needs), row.for_each, row.optional)


def _with_costs(way: str, history: History, events: Rows, model_calls: Rows) -> History:
    """With what the sub-run, and those inside it, had spent."""
    logged = [row for row in events if _is_in(way, row.payload.get("within"))]
    asked = [row for row in model_calls if _is_in(way, row.step)]
    rounds = {
        row.payload["round"]
        for row in logged
        if row.kind == "sub_plan_ended" and row.payload["within"] == way
    }
    return replace(
        history,
        planned_rounds=len(rounds),
        seconds=_seconds(way, logged),
        spent=Spending(
            sum(row.prompt_tokens + row.completion_tokens for row in asked),
            sum(row.cost or 0.0 for row in asked),
        ),
        tool_calls=sum(row.kind == "step_started" for row in logged),
    )


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
