"""What a whole batch may take, and the share of each row.

What is left is shared out among the rows that are left, but no row gets less than rows take: so
many of them are asked as can be, and the others are not run at all.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Means:
    """Limits, or what was taken."""

    seconds: float = 0.0
    tokens: float = 0.0
    tool_calls: float = 0.0
    cost: float = 0.0

    def __add__(self, other: "Means") -> "Means":
        """Both together."""
        return self._with(other, lambda mine, theirs: mine + theirs)

    def beyond(self, other: "Means") -> "Means":
        """What is more than in the other."""
        return self._with(other, lambda mine, theirs: max(0.0, mine - theirs))

    def least(self, other: "Means") -> "Means":
        """Whichever is less of each."""
        return self._with(other, min)

    def _with(self, other: "Means", work: Callable[[float, float], float]) -> "Means":
        return Means(*(work(getattr(self, name), getattr(other, name)) for name in _NAMES))


_NAMES = tuple(field.name for field in fields(Means))
NO_LIMIT = Means(*[math.inf] * len(_NAMES))
_LEAST = Means(seconds=5, tokens=2000, tool_calls=2)
_WORDS = {"seconds": "seconds", "tokens": "tokens", "tool_calls": "tool calls", "cost": "money"}


def row_limits(settings: Settings) -> Means:
    """Of one row."""
    return Means(
        settings.seconds,
        settings.max_tokens,
        settings.max_tool_calls,
        settings.max_cost or math.inf,
    )


def least_of_a_row(settings: Settings) -> Means:
    """Below this none comes to anything."""
    prices = [price.prompt for price in settings.prices.values()]
    return replace(_LEAST, cost=_LEAST.tokens * min(prices, default=0.0) / 1_000_000)


def limited(settings: Settings, limits: Means) -> Settings:
    """The settings of a row that may take this."""
    changes: dict[str, Any] = {
        "seconds": limits.seconds,
        "max_tokens": int(limits.tokens),
        "max_tool_calls": int(limits.tool_calls),
        "max_cost": None if math.isinf(limits.cost) else limits.cost,
    }
    return settings.model_copy(update=changes)


class Allowance:
    """Counts what a batch takes. Seconds are those of the clock, whatever runs beside."""

    def __init__(
        self,
        whole: Means,
        each: Means,
        *,
        rows: int,
        at_once: int,
        clock: Callable[[], float],
        taken: Means,
        least: Means = _LEAST,
    ) -> None:
        """`whole`: of the batch; `each`: of a row, and `least`, without which none is begun;
        `rows`: that are left, of which `at_once` run together; `taken`: by those before, in earlier
        processes, too."""
        self._least = least
        self._whole = whole
        self._each = each
        self._rows = rows
        self._at_once = at_once
        self._clock = clock
        self._began = clock() - taken.seconds
        self._taken = taken
        self._promised: list[Means] = []
        self._ended: list[Means] = []
        self._settled = asyncio.Event()

    @property
    def seconds(self) -> float:
        """Of work so far."""
        return self._clock() - self._began

    def share(self) -> Means | str:
        """What the next row may take, which is promised to it until `settle`; or why it is not
        run: which limit is spent."""
        chosen = {}
        for name in _NAMES:
            left, least = self._left(name), self._least_of(name)
            if left < least or left <= 0:
                return self._spent(name)
            together = self._at_once if name == "seconds" else 1
            fair = left * min(1.0, together / max(1, self._rows))
            chosen[name] = min(getattr(self._each, name), max(fair, least))
        share = Means(**chosen)
        self._rows -= 1
        self._promised.append(share)
        return share

    async def granted(self) -> Means | str:
        """As `share`; where others may yet leave something of what is promised to them, only
        when they have."""
        while isinstance(share := self.share(), str) and self._promised:
            self._settled.clear()
            await self._settled.wait()
        return share

    def settle(self, promised: Means, taken: Means) -> None:
        """A row has ended: what it took replaces what was promised."""
        self._promised.remove(promised)
        self._taken += taken
        self._ended.append(taken)
        self._settled.set()

    def _left(self, name: str) -> float:
        """That nobody has and that is promised to nobody."""
        whole: float = getattr(self._whole, name)
        if name == "seconds":
            return whole - self.seconds
        gone = sum(getattr(each, name) for each in (self._taken, *self._promised))
        return whole - float(gone) if math.isfinite(whole) else math.inf

    def _least_of(self, name: str) -> float:
        """What a row takes, by those that have ended, and no more than it may."""
        known: list[float] = [getattr(each, name) for each in self._ended]
        mean = sum(known) / len(known) if known else 0.0
        each: float = getattr(self._each, name)
        least: float = getattr(self._least, name)
        return min(each, max(mean, least))

    def _spent(self, name: str) -> str:
        """In words."""
        whole: float = getattr(self._whole, name)
        left = max(0.0, self._left(name))
        told = f"{left:,.0f}" if left >= 100 else f"{left:.3g}"
        option = f"--total-{name.replace('_', '-')}"
        return (
            f"not run: {told} of {whole:,.6g} {_WORDS[name]} are left, too little for a row"
            f" ({option})"
        )
