"""What a run has cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


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


def spent_by(document: Mapping[str, Any]) -> Spent:
    """Of a run as the store tells it; replies that an earlier run had are not counted."""
    calls: Sequence[Mapping[str, Any]] = [
        call for call in document["model_calls"] if not call["reused"]
    ]
    costs = [call["cost"] for call in calls if call["cost"] is not None]
    return Spent(
        len(calls),
        sum(call["prompt_tokens"] for call in calls),
        sum(call["cached_tokens"] for call in calls),
        sum(call["completion_tokens"] for call in calls),
        sum(costs) if costs else None,
    )
