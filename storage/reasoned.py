"""What methods of reasoning have come to in earlier runs, and what that cost."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from reasoning import Observed, plain
from storage.tables import CallRow, EventRow, ModelCallRow, RunRow

_RUNS = 500
"""The newest; of them, those that reasoned."""


async def observed(connection: AsyncConnection) -> list[Observed]:
    """Of each step that had several samples side by side, and wrote nothing else."""
    newest = select(RunRow.id).order_by(RunRow.created_at.desc()).limit(_RUNS).subquery()
    of_them = EventRow.run.in_(select(newest.c.id)) & (EventRow.kind == "reasoned")
    payloads = (
        await connection.execute(select(EventRow.run, EventRow.payload).where(of_them))
    ).all()
    runs = sorted({row.run for row in payloads})
    tokens = await _tokens(connection, runs)
    seconds = await _seconds(connection, runs)
    found = []
    for row in payloads:
        key = (row.run, row.payload["step"])
        said = [one for one in row.payload["candidates"] if one.get("state") != "stopped"]
        agreement = _agreement(said)
        if agreement is not None and key in tokens and key in seconds:
            found.append(Observed(len(said), agreement, tokens[key], seconds[key]))
    return found


def _agreement(candidates: Iterable[Mapping[str, Any]]) -> float | None:
    """The share of the leading answer; None where it was no mere vote."""
    said = list(candidates)
    if len(said) < 2 or any(one["saw"] or one["round"] > 1 for one in said):
        return None
    answers = Counter(plain(one["answer"]) for one in said if one["answer"] is not None)
    return max(answers.values()) / len(said) if answers else None


async def _tokens(
    connection: AsyncConnection, runs: Iterable[str]
) -> Mapping[tuple[str, str | None], float]:
    """Written by the samples of each step."""
    query = (
        select(ModelCallRow.run, ModelCallRow.step, func.sum(ModelCallRow.completion_tokens))
        .where(ModelCallRow.run.in_(list(runs)) & (ModelCallRow.purpose == "think"))
        .group_by(ModelCallRow.run, ModelCallRow.step)
    )
    return {(run, step): float(total) for run, step, total in await connection.execute(query)}


async def _seconds(
    connection: AsyncConnection, runs: Iterable[str]
) -> Mapping[tuple[str, str | None], float]:
    """That each step took."""
    columns = (CallRow.run, CallRow.id, CallRow.started_at, CallRow.ended_at)
    query = select(*columns).where(CallRow.run.in_(list(runs)))
    rows = await connection.execute(query)
    return {
        (row.run, row.id): (row.ended_at - row.started_at).total_seconds()
        for row in rows
        if row.started_at is not None and row.ended_at is not None
    }
