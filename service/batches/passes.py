"""Passes over a file of questions, one behind the other, each when it is due."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from service.batches.batch import Assignment, batched
from service.batches.outcome import Outcome
from service.batches.progress import Progress
from service.batches.schedule import Clock, Schedule, is_due, is_fresh
from service.errors import KNOWN, UsageProblem, leaves
from storage import BatchRecord, TraceStore

_TOLD: tuple[type[Exception], ...] = (*KNOWN, UsageProblem)


@dataclass(frozen=True)
class Passes:
    """Of one folder."""

    schedule: Schedule
    assignment: Callable[[], Assignment]
    """Made anew for each pass, since the file may have changed. Raises UsageProblem."""
    display: Progress
    clock: Clock

    async def due_once(self, assignment: Assignment) -> Outcome | None:
        """A pass, if one is due. Raises as `batched`."""
        newest = await _newest(assignment)
        if is_due(self.schedule, newest, self.clock):
            return await self._pass(assignment, newest)
        assert newest is not None
        self._tell(self.schedule.after_now(newest.created_at))
        return None

    async def all(self, show: Callable[[Outcome], None]) -> None:
        """Passes without end. What fails is told, and gone on with when the next is due."""
        due = await self._first_due()
        while True:
            if due > self.clock.now():
                self._tell(due)
                await self.clock.until(due)
            began = self.clock.now()
            try:
                assignment = self.assignment()
                show(await self._pass(assignment, await _newest(assignment)))
            except* _TOLD as problems:
                for problem in leaves(problems):
                    self.display.noticed(f"this pass failed: {problem}")
            due = self.schedule.after_now(began)

    async def _first_due(self) -> datetime:
        """Now, if a pass is due already."""
        newest = await _newest(self.assignment())
        if newest is None or is_due(self.schedule, newest, self.clock):
            return self.clock.now()
        return self.schedule.after_now(newest.created_at)

    async def _pass(self, assignment: Assignment, newest: BatchRecord | None) -> Outcome:
        fresh = is_fresh(self.schedule, newest, self.clock)
        return await batched(assignment, self.display, fresh=fresh)

    def _tell(self, due: datetime) -> None:
        self.display.noticed(f"the next pass is due at {due:%Y-%m-%d %H:%M}")


async def _newest(assignment: Assignment) -> BatchRecord | None:
    """The last pass of the folder."""
    async with await TraceStore.open(assignment.settings.store) as store:
        return await store.batches.newest(str(assignment.folder.path))
