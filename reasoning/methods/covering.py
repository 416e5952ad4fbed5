"""Hypotheses whose words others have, too, are dropped on the way."""

import re
from collections.abc import Sequence

from reasoning.attempts import Attempt, Samples, Task
from reasoning.chunks import Hypotheses, Hypothesis
from reasoning.methods.voting import voted
from reasoning.registry import Crew, method, require
from reasoning.workspace import Workspace

_LEAST = 1e-9
"""What the surest hypothesis weighs: keeping it is not for nothing."""


@method(
    "token-set-cover",
    "2508.03979",
    calls="n * (chunks + 1)",
    rounds="chunks + 1",
    when="as self-consistency, with long reasoning: what repeats others is not written to its end",
)
def token_set_cover(crew: Crew, n: int = 16, chunk: int = 256, chunks: int = 16) -> Attempt:
    """A vote of samples of which, chunk by chunk, only those go on that cover the words of all

    Behind each of the first `chunks` chunks the lightest set of hypotheses that has all tokens of
    all is kept; a hypothesis weighs the more the less sure the model is of it. Without
    log-probabilities, all weigh the same.
    """
    require(n >= 1, "n must be at least 1")
    require(chunk >= 1 and chunks >= 0, "chunk must be at least 1, chunks cannot be negative")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        hypotheses = Hypotheses(workspace, n, chunk=chunk, top_logprobs=1)
        for _ in range(chunks):
            if hypotheses.round and not hypotheses.open:
                break
            await hypotheses.grow()
            prune(hypotheses)
        return await voted(workspace, await hypotheses.finished())

    return run


def prune(hypotheses: Hypotheses) -> None:
    """Drop what is open and not in the cover; what has ended costs nothing more, and stays."""
    going = hypotheses.open
    kept = cover([tokens_of(one) for one in going], [1 - one.confidence for one in going])
    for place, one in enumerate(going):
        if place not in kept:
            hypotheses.drop(one)


def tokens_of(one: Hypothesis) -> frozenset[str]:
    """As the engine tells them; its words, where it does not."""
    if one.logprobs:
        return frozenset(token.token for token in one.logprobs)
    return frozenset(re.findall(r"\w+|[^\w\s]", one.text))


def cover(sets: Sequence[frozenset[str]], weights: Sequence[float]) -> set[int]:
    """Places of sets that have the members of all, and weigh little, by Chvatal's greedy rule.

    Again and again the set that weighs least for each new member; of two, the first. What the
    others cover in the end is left out again, the heaviest first. At least one is kept.
    """
    left = frozenset().union(*sets)
    free, chosen = list(range(len(sets))), list[int]()
    while left:
        best = min(
            (place for place in free if sets[place] & left),
            key=lambda place: max(weights[place], _LEAST) / len(sets[place] & left),
        )
        chosen.append(best)
        free.remove(best)
        left -= sets[best]
    for place in sorted(chosen, key=lambda place: -weights[place]):
        others = frozenset().union(*(sets[other] for other in chosen if other != place))
        if sets[place] <= others:
            chosen.remove(place)
    return set(chosen) or set(range(min(1, len(sets))))
