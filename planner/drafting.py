"""How one text comes about from several drafts."""

from collections.abc import Callable, Hashable
from typing import Literal

from inference import Model, ModelError, Sample
from planner.errors import BudgetExceeded
from reasoning import Attempt, Merge, best_of, ordered, synthesised, vote

Select = Literal["best", "vote", "synthesis"]
"""best: the draft that scores best; vote: what most drafts tell, in the best of
these; synthesis: one made of all."""


def selected(
    drafts: Attempt,
    select: Select,
    *,
    score: Callable[[Sample], float],
    tells: Callable[[Sample], Hashable | None],
    model: Model,
    merge: Merge,
) -> Attempt:
    """An attempt at one text. `score`: 0 where a draft does not pass.

    `tells`: what a draft says, None where it does not pass. `merge`: see `synthesised`; its text
    is taken if it scores no worse than the best draft.
    """
    if select == "vote":
        return vote(ordered(drafts, score=score), by=tells)
    best = best_of(drafts, score=score)
    if select == "best":
        return best
    return synthesised(
        best, model, merge=merge, score=score, tolerated=(ModelError, BudgetExceeded)
    )
