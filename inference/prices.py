"""What a call to a model costs in money, by a price list of the user's own.

There is one currency: that of the list. A model without a price costs nothing that we know of.
"""

from dataclasses import dataclass
from math import inf

from inference.model import Usage

_PER = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Money for a million tokens."""

    prompt: float
    completion: float
    cached: float | None = None
    """Of prompt tokens that the engine had kept; None: like any other."""

    def __post_init__(self) -> None:
        """Refuse what would make a bill shrink."""
        for name in ("prompt", "completion", "cached"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < inf:
                raise ValueError(f"the price {name} must be 0 or more")

    def of(self, usage: Usage) -> float:
        """What these tokens cost."""
        cached = self.prompt if self.cached is None else self.cached
        fresh = max(0, usage.prompt_tokens - usage.cached_tokens)
        kept = usage.prompt_tokens - fresh
        money = fresh * self.prompt + kept * cached + usage.completion_tokens * self.completion
        return money / _PER
