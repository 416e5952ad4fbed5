"""Metrics and traces, for a process that does runs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner import Trace
from service.operations.exporting import tracing
from service.operations.exposing import exposed
from service.operations.logs import tell_worker
from service.operations.metrics import Metrics
from service.operations.parents import traceparent_of
from service.settings import Settings
from storage import RunRecord, TraceStore

if TYPE_CHECKING:
    from service.operations.spans import Tracing


@dataclass(frozen=True, slots=True)
class Operations:
    """What is told of runs."""

    metrics: Metrics
    tracing: "Tracing | None"

    def traces(self, record: RunRecord) -> tuple[Trace, ...]:
        """To hear the events of a run, behind the store."""
        if self.tracing is None:
            return (self.metrics.trace(),)
        parent = traceparent_of(record.options)
        spans = self.tracing.trace(record.id, user=record.user, traceparent=parent)
        return (self.metrics.trace(), spans)


@asynccontextmanager
async def operations(
    settings: Settings, store: TraceStore, worker: str
) -> AsyncIterator[Operations]:
    """As the settings say, until the end of the block. Raises UsageProblem."""
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        tell_worker(worker)
        stack.callback(tell_worker, None)
        await stack.enter_async_context(exposed(metrics, store, settings))
        traced = await stack.enter_async_context(tracing(settings, worker))
        yield Operations(metrics, traced)
