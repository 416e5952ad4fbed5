"""The pace of requests to one host: so many at once, and as far apart as its refusals teach."""

import asyncio
import random
import re
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from search.errors import HttpStatus

_MOST_HOSTS = 1024
_LONGEST_REST = 900.0
"""Seconds; who asks for more is asked again after these."""
_LEAST_GAP, _MOST_GAP = 0.1, 5.0
"""Seconds between requests to a host that refused: twice as long with each refusal."""
_RELIEF = 0.7
"""What becomes of the gap with each answer that is none."""
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]+)?", re.ASCII)


class _Host:
    """What is known of one host; times are those of the loop."""

    def __init__(self, at_once: int) -> None:
        self.places = asyncio.Semaphore(at_once)
        self.single = asyncio.Lock()
        self.users = 0
        self.gap = 0.0
        self.learned = 0.0
        self.next = 0.0
        self.rested = 0.0


class Hosts:
    """All hosts that were asked lately."""

    def __init__(self, at_once: int) -> None:
        """`at_once`: requests to one host that has not refused any lately; else it is one."""
        self._at_once = at_once
        self._hosts: OrderedDict[str, _Host] = OrderedDict()

    @asynccontextmanager
    async def turn(self, name: str, *, until: float, where: str) -> AsyncIterator[None]:
        """A place at the host, once it has rested.

        `until`: the loop's time. Raises HttpStatus where the rest that it asked for is longer.
        """
        host = self._known(name)
        host.users += 1
        try:
            async with host.places, host.single if host.gap else nullcontext():
                await _rest(host, until, where)
                yield
        finally:
            host.users -= 1

    def refused(self, name: str, seconds: float | None) -> None:
        """It asks for a rest, of so many seconds where it says so."""
        host, now = self._known(name), asyncio.get_running_loop().time()
        host.rested = max(host.rested, now + min(seconds or 0.0, _LONGEST_REST))
        if now - host.learned >= host.gap:  # refusals of one burst are one
            host.gap = min(max(2 * host.gap, _LEAST_GAP), _MOST_GAP)
            host.learned = now
        host.next = now + host.gap

    def answered(self, name: str) -> None:
        """It takes what it is sent."""
        host = self._known(name)
        host.gap = host.gap * _RELIEF if host.gap > _LEAST_GAP / 2 else 0.0

    def gap(self, name: str) -> float:
        """Seconds between requests to it, as learned."""
        return self._known(name).gap

    def _known(self, name: str) -> _Host:
        """The host; those not used for longest are forgotten."""
        host = self._hosts.setdefault(name, _Host(self._at_once))
        self._hosts.move_to_end(name)
        for old in list(self._hosts)[: max(0, len(self._hosts) - _MOST_HOSTS)]:
            if not self._hosts[old].users:
                del self._hosts[old]
        return host


async def _rest(host: _Host, until: float, where: str) -> None:
    """Wait for the host's next turn; who waits beside may make it later."""
    now = asyncio.get_running_loop().time
    while (at := max(host.rested, host.next)) > now():
        if host.rested > until:
            left = host.rested - now()
            raise HttpStatus(
                f"{where} is not asked: its host wants a rest of {left:.0f} s more", 429, left
            )
        await asyncio.sleep(at - now())
    host.next = now() + host.gap


def pause(tries: int, asked: float | None) -> float:
    """Seconds until the next try: what the server asks for, or a while that grows, at random."""
    if asked is not None:
        return asked * random.uniform(1.0, 1.1)  # noqa: S311 - no secret
    return random.uniform(0.0, min(5.0, 0.3 * 2.0**tries))  # noqa: S311


def retry_after(told: str) -> float | None:
    """Seconds by the header: a number or a date; None where it says nothing."""
    if number := _SECONDS.fullmatch(told.strip(" \t")):
        return float(number[0])
    try:
        until = parsedate_to_datetime(told).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
