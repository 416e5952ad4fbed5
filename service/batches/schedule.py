"""Batches at the hours that a cron expression names, by the clock of this machine.

A pass is due when such an hour has passed since the last pass of the folder was begun, or there was
none. Hours that were missed are made up for by one pass.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from croniter import croniter

from service.errors import UsageProblem
from storage import BatchRecord

_LOOK_SECONDS = 60.0
"""The clock may be put forward, and the machine may sleep."""
_FIELDS = 5


@dataclass(frozen=True, slots=True)
class Schedule:
    """Moments, as cron says them."""

    expression: str

    def __post_init__(self) -> None:
        """Raises UsageProblem for what names no moment."""
        named = self.expression.strip().startswith("@")
        if not named and len(self.expression.split()) != _FIELDS:
            raise UsageProblem(
                f"--every {self.expression!r}: it needs five fields: minute, hour, day, month, day"
                ' of the week; "0 7 * * 1" is every Monday at seven'
            )
        try:
            self.after(datetime(2026, 1, 1))
        except ValueError as error:
            raise UsageProblem(
                f'--every {self.expression!r}: {error}; write it as cron does: "0 7 * * 1" is'
                " every Monday at seven"
            ) from error

    def after(self, wall: datetime) -> datetime:
        """The next moment behind this one. Both are what a clock on the wall shows."""
        found: datetime = croniter(self.expression, wall).get_next(datetime)
        return found

    def after_now(self, now: datetime) -> datetime:
        """The next moment behind this one, which has a time zone."""
        # In the hours of the wall, which jump twice a year; croniter counts them right so.
        return self.after(now.astimezone().replace(tzinfo=None)).astimezone()

    def due(self, last: datetime | None) -> datetime | None:
        """When the pass behind the `last` one was due or will be; None: at once."""
        return None if last is None else self.after_now(last)


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> datetime:
        """With a time zone."""
        ...

    async def until(self, moment: datetime) -> None:
        """Wait."""
        ...


class RealClock:
    """That of this machine."""

    def now(self) -> datetime:
        """See Clock."""
        return datetime.now().astimezone()

    async def until(self, moment: datetime) -> None:
        """See Clock."""
        while (left := (moment - self.now()).total_seconds()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left, _LOOK_SECONDS))


def is_due(schedule: Schedule, newest: BatchRecord | None, clock: Clock) -> bool:
    """Whether a pass is to be begun, or gone on with: the newest was stopped amid its rows."""
    if newest is None or newest.ended_at is None:
        return True
    due = schedule.due(newest.created_at)
    return due is None or due <= clock.now()


def is_fresh(schedule: Schedule, newest: BatchRecord | None, clock: Clock) -> bool:
    """Whether all rows are asked anew: not where a pass goes on that is not old."""
    if newest is None:
        return False
    due = schedule.due(newest.created_at)
    return due is None or due <= clock.now()
