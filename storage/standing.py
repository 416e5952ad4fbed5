"""How the service stands: what waits, what runs, who works. Cheap enough to ask every second."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.service_tables import DeliveryRow, WorkerRow
from storage.tables import RunRow


@dataclass(frozen=True, slots=True)
class Standing:
    """Of all processes that use the database."""

    queued: int
    """Runs of the queue that have not begun."""
    running: int
    """Runs of the queue that a worker does, or that wait for another one since theirs died."""
    queue_seconds: float
    """How long the oldest of the queued waits."""
    workers: int
    """Heard of lately."""
    deliveries: Mapping[str, int]
    """Of webhooks: waiting, delivered and dead."""


async def read_standing(
    connection: AsyncConnection, now: datetime, heard_since: datetime
) -> Standing:
    """`heard_since`: who was not heard of since then, is no worker any more."""
    runs = select(RunRow.status, func.count(), func.min(RunRow.created_at))
    runs = runs.where(RunRow.status.in_(("queued", "running")), RunRow.priority.is_not(None))
    found = {
        status: (count, first)
        for status, count, first in await connection.execute(runs.group_by(RunRow.status))
    }
    queued, oldest = found.get("queued", (0, now))
    workers = select(func.count()).where(WorkerRow.beat_at >= heard_since)
    return Standing(
        queued=queued,
        running=found.get("running", (0, now))[0],
        queue_seconds=max(0.0, (now - oldest).total_seconds()),
        workers=(await connection.execute(workers)).scalar_one(),
        deliveries=await _deliveries(connection),
    )


async def _deliveries(connection: AsyncConnection) -> dict[str, int]:
    state = case(
        (DeliveryRow.delivered_at.is_not(None), "delivered"),
        (DeliveryRow.dead_at.is_not(None), "dead"),
        else_="waiting",
    ).label("state")
    rows = await connection.execute(select(state, func.count()).group_by(state))
    counted = dict.fromkeys(("waiting", "delivered", "dead"), 0)
    for name, count in rows:
        counted[name] = count
    return counted
