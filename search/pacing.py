"""The pace of requests to one host: so many at once, and as far apart as its refusals ask for."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import RetryCallState, wait_random_exponential

from search.errors import HttpStatus

_MOST_HOSTS = 1024
_LONGEST_WAIT = 60.0
"""Seconds; what a server asks for beyond it is not waited for, and times out."""
_jitter = wait_random_exponential(multiplier=0.3, max=5)


class _Host:
    """What is known of one host."""

    def __init__(self, at_once: int) -> None:
        self.places = asyncio.Semaphore(at_once)
        self.rested = 0.0
        self.users = 0


class Hosts:
    """All hosts that were asked lately."""

    def __init__(self, at_once: int) -> None:
        """`at_once`: requests to one host."""
        self._at_once = at_once
        self._hosts: OrderedDict[str, _Host] = OrderedDict()

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """A place at the host, once it has rested."""
        host = self._known(name)
        host.users += 1
        try:
            async with host.places:
                await asyncio.sleep(max(0.0, host.rested - time.monotonic()))
                yield
        finally:
            host.users -= 1

    def refused(self, name: str, seconds: float | None) -> None:
        """It asks for a rest."""
        if seconds:
            host = self._known(name)
            host.rested = max(host.rested, time.monotonic() + min(seconds, _LONGEST_WAIT))

    def _known(self, name: str) -> _Host:
        """The host; those not used for longest are forgotten."""
        host = self._hosts.setdefault(name, _Host(self._at_once))
        self._hosts.move_to_end(name)
        for old in list(self._hosts)[: max(0, len(self._hosts) - _MOST_HOSTS)]:
            if not self._hosts[old].users:
                del self._hosts[old]
        return host


def waits(state: RetryCallState) -> float:
    """Seconds until the next try: what the server asks for, or a random while."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, HttpStatus) else None
    return _jitter(state) if asked is None else min(asked, _LONGEST_WAIT)


def retry_after(told: str) -> float | None:
    """Seconds by the header: a number or a date; None where it says nothing."""
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return None
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())
