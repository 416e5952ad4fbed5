"""How sure a score is: percentile bootstrap over the questions (Efron 1979)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

_RESAMPLES, _AT_ONCE = 10_000, 500
_LEVEL = (2.5, 97.5)
"""Percentiles: 95% of the resamples lie between them."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a question adds to a score: so much of so much. A plain number is one of one."""

    part: float
    whole: float = 1.0


@dataclass(frozen=True, slots=True)
class Interval:
    """A score, and the bounds between which it lies in 95% of the resamples."""

    mean: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Of a difference: whether 0 is not among what it may be."""
        return self.low > 0 or self.high < 0


Shares = Mapping[str, Share]
"""By question; those that have nothing to say are not in it."""


def interval(shares: Shares, seed: int = 0) -> Interval | None:
    """The sum of all parts over the sum of all wholes. None where there is nothing to score."""
    parts, wholes = _columns(shares, sorted(shares))
    if not wholes.sum():
        return None
    return _interval(parts.sum() / wholes.sum(), _resampled([(parts, wholes)], seed)[0])


def difference(one: Shares, other: Shares, seed: int = 0) -> Interval | None:
    """By how much `one` is above `other`, on the questions that both have.

    Paired: each resample draws the same questions for both. None where they share none.
    """
    both = sorted(one.keys() & other.keys())
    columns = [_columns(shares, both) for shares in (one, other)]
    if not all(wholes.sum() for _, wholes in columns):
        return None
    mean = _mean(columns[0]) - _mean(columns[1])
    first, second = _resampled(columns, seed)
    return _interval(mean, first - second)


_Columns = tuple[np.ndarray, np.ndarray]


def _columns(shares: Shares, questions: list[str]) -> _Columns:
    """Parts and wholes."""
    parts = np.array([shares[question].part for question in questions], dtype=float)
    wholes = np.array([shares[question].whole for question in questions], dtype=float)
    return parts, wholes


def _mean(columns: _Columns) -> float:
    parts, wholes = columns
    return float(parts.sum() / wholes.sum())


def _resampled(columns: list[_Columns], seed: int) -> list[np.ndarray]:
    """The score of each of them in each resample; NaN where all wholes in it are 0."""
    random, count = np.random.default_rng(seed), len(columns[0][0])
    found: list[list[np.ndarray]] = [[] for _ in columns]
    for _ in range(_RESAMPLES // _AT_ONCE):
        drawn = random.integers(0, count, (_AT_ONCE, count))
        for scores, (parts, wholes) in zip(found, columns, strict=True):
            sums = wholes[drawn].sum(axis=1)
            made = np.full(_AT_ONCE, np.nan)
            np.divide(parts[drawn].sum(axis=1), sums, out=made, where=sums > 0)
            scores.append(made)
    return [np.concatenate(scores) for scores in found]


def _interval(mean: float, scores: np.ndarray) -> Interval:
    told = scores[~np.isnan(scores)]
    low, high = np.percentile(told, _LEVEL)
    return Interval(float(mean), float(low), float(high))
