"""What a run has cost, by its model calls."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import EventRow, ModelCallRow


@dataclass(frozen=True, slots=True)
class Spent:
    """By all calls of models that were made for it."""

    calls: int = 0
    prompt: int = 0
    """Tokens."""
    cached: int = 0
    """Tokens of the prompts that an engine had already."""
    completion: int = 0
    cost: float | None = None
    """In the money of the price list; None: no model has a price."""


async def read_spent(connection: AsyncConnection, run: str) -> Spent:
    """Of a run as it is now; replies that an earlier run had are not counted.

    Neither prompts nor samples are read, of which a long run has millions of characters.
    """
    same = (EventRow.run == ModelCallRow.run) & (EventRow.seq == ModelCallRow.seq)
    query = (
        select(
            ModelCallRow.prompt_tokens,
            ModelCallRow.cached_tokens,
            ModelCallRow.completion_tokens,
            ModelCallRow.cost,
            EventRow.payload,
        )
        .join(EventRow, same)
        .where(ModelCallRow.run == run)
        .order_by(ModelCallRow.seq)
    )
    rows = await connection.execute(query)
    return _sum(row for row in rows if not row.payload.get("reused"))


def _sum(rows: Iterable[Row[Any]]) -> Spent:
    """Of all of them."""
    calls = list(rows)
    costs = [row.cost for row in calls if row.cost is not None]
    return Spent(
        len(calls),
        sum(row.prompt_tokens for row in calls),
        sum(row.cached_tokens for row in calls),
        sum(row.completion_tokens for row in calls),
        sum(costs) if costs else None,
    )
