"""Methods that only select: the samples stay what they were."""

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import replace
from math import inf, isnan

from inference import Sample
from reasoning.attempts import Attempt, Samples, Task


def vote(attempt: Attempt, *, by: Callable[[Sample], Hashable | None]) -> Attempt:
    """Self-consistency (Wang et al. 2022, arXiv:2203.11171): the answer that most samples give.

    `by` extracts a sample's answer; None takes no part. Of two answers with as many votes, the one
    that came first wins; with no vote at all, the first sample stands with confidence 0.
    """

    async def method(task: Task) -> Samples:
        made = await attempt(task)
        answers = [by(sample) for sample in made.samples]
        votes = Counter(answer for answer in answers if answer is not None)
        if not votes:
            return replace(made, chosen=0, confidence=0.0)
        answer, count = votes.most_common(1)[0]
        return replace(made, chosen=answers.index(answer), confidence=count / len(answers))

    return method


def ordered(attempt: Attempt, *, score: Callable[[Sample], float]) -> Attempt:
    """The samples by their scores, the highest first: what selects behind it takes the best among
    equals."""

    async def method(task: Task) -> Samples:
        made = await attempt(task)
        order = sorted(range(len(made.samples)), key=lambda at: -score(made.samples[at]))
        samples = tuple(made.samples[at] for at in order)
        return replace(made, samples=samples, chosen=order.index(made.chosen))

    return method


def best_of(attempt: Attempt, *, score: Callable[[Sample], float]) -> Attempt:
    """Best-of-n (Cobbe et al. 2021, arXiv:2110.14168) with any scorer: the first of the highest.

    A score that is not a number loses against every other. The scorer's word is the only one that
    counts, so the confidence is 1, whatever it was.
    """

    async def method(task: Task) -> Samples:
        made = await attempt(task)
        scores = [-inf if isnan(mark := score(sample)) else mark for sample in made.samples]
        return replace(made, chosen=scores.index(max(scores)), confidence=1.0)

    return method
