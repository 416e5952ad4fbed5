"""What stands in the database, among the metrics: the same in every process that uses it."""

import asyncio
import logging
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge

from storage import Standing, StorageError, TraceStore

log = logging.getLogger("breadth.metrics")

_FRESH_SECONDS = 1.0
"""So long a look is enough for all who ask."""
PATIENCE_SECONDS = 2.0
"""What a database that answers takes at most."""


async def standing_of(store: TraceStore) -> Standing:
    """Raises StorageError, and TimeoutError where there is no answer in time."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await store.standing()


class StandingMetrics:
    """Gauges of queue, workers and webhooks."""

    def __init__(self, registry: CollectorRegistry, now: Callable[[], float]) -> None:
        """Without values until `look`."""
        self._now = now
        self._looked = float("-inf")
        self._looking = asyncio.Lock()
        self._up = Gauge("breadth_database_up", "Whether the database answers", registry=registry)
        self._runs = Gauge(
            "breadth_runs",
            "Runs by how they stand, in all processes",
            ["status"],
            registry=registry,
        )
        self._queue_seconds = Gauge(
            "breadth_queue_age_seconds", "How long the oldest queued run waits", registry=registry
        )
        self._workers = Gauge("breadth_workers", "Processes that do runs", registry=registry)
        self._deliveries = Gauge(
            "breadth_webhook_deliveries",
            "Tellings of webhooks: waiting, delivered, dead",
            ["state"],
            registry=registry,
        )

    async def look(self, store: TraceStore) -> None:
        """Bring them up to date. Where the database does not answer, they stay as they were."""
        async with self._looking:
            if self._now() - self._looked < _FRESH_SECONDS:
                return
            try:
                self._show(await standing_of(store))
                self._up.set(1)
            except (StorageError, TimeoutError) as error:
                log.warning("the database does not answer: %s", error or "it takes too long")
                self._up.set(0)
            self._looked = self._now()

    def _show(self, standing: Standing) -> None:
        self._runs.labels("queued").set(standing.queued)
        self._runs.labels("running").set(standing.running)
        self._queue_seconds.set(standing.queue_seconds)
        self._workers.set(standing.workers)
        for state, count in standing.deliveries.items():
            self._deliveries.labels(state).set(count)
