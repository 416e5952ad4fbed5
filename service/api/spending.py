"""What a run has cost."""

from collections.abc import Mapping, Sequence
from typing import Any

from storage import Spent

__all__ = ["Spent", "spent_by"]


def spent_by(document: Mapping[str, Any]) -> Spent:
    """Of a run as the store tells it; replies that an earlier run had are not counted.

    `TraceStore.spent` gives the same where there is no need for the document.
    """
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
