"""What methods of reasoning came to: runs of questions, their means, and how sure they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, sqrt
from statistics import mean

from reasoning import parsed
from service.evaluating.bootstrap import Interval, Share, difference

_SURE = 1.96
"""Standard deviations, of 95 %."""


@dataclass(frozen=True)
class Run:
    """One method at one question, once."""

    question: str
    right: bool
    tokens: int
    """Written."""
    calls: int
    seconds: float
    error: str = ""
    """Why there is no answer; it counts as a wrong one."""


@dataclass(frozen=True)
class Scored:
    """A method over so many questions."""

    method: str
    n: int
    accuracy: float
    low: float
    high: float
    gain: Interval | None
    """Above one sample, on the same questions; None: there is nothing to compare with."""
    beyond: Interval | None
    """Above the vote of as many samples as a method that asks may spend."""
    tokens: float
    """Written, for a question."""
    calls: float
    rounds: int
    """At most."""
    seconds: float
    replayed: bool
    """Nothing was asked: seconds are those of choosing alone."""
    failed: int
    error: str
    """Of the first that failed."""


def wilson(right: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    share, square = right / n, _SURE * _SURE
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = _SURE * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def pass_at(k: int, n: int, right: int) -> float:
    """How likely one of k samples is right, drawn from n (the estimator of 2107.03374)."""
    return 1 - comb(n - right, k) / comb(n, k)


def marks(runs: Sequence[Run]) -> Mapping[str, Share]:
    """Of each question, how often it was right."""
    found: dict[str, list[bool]] = {}
    for run in runs:
        found.setdefault(run.question, []).append(run.right)
    return {question: Share(mean(right)) for question, right in found.items()}


def scored(
    method: str,
    runs: Sequence[Run],
    once: Mapping[str, Share],
    vote: Mapping[str, Share],
    *,
    replayed: bool = False,
) -> Scored:
    """The means of a method; `once` and `vote`: what those come to, by question."""
    of = marks(runs)
    accuracy = mean(share.part for share in of.values())
    low, high = wilson(accuracy * len(of), len(of))
    errors = [run.error for run in runs if run.error]
    return Scored(
        method, len(of), accuracy, low, high, difference(of, once), difference(of, vote),
        mean(run.tokens for run in runs), mean(run.calls for run in runs), parsed(method).cost[1],
        mean(run.seconds for run in runs), replayed, len(errors), errors[0] if errors else "",
    )  # fmt: skip
