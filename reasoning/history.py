"""History: what methods have cost and brought before, for methods that choose among them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import comb
from typing import Literal, get_args

Difficulty = Literal["easy", "medium", "hard"]
DIFFICULTIES: Sequence[Difficulty] = get_args(Difficulty)


@dataclass(frozen=True, slots=True)
class Record:
    """Of one method with n samples, on questions of one difficulty."""

    method: str
    n: int
    difficulty: Difficulty
    accuracy: float
    """Share of the questions that it answered right, 0 to 1."""
    tokens: float
    """Of a question, in the mean."""
    seconds: float

    def __post_init__(self) -> None:
        """Refuses what cannot have been measured."""
        if not 0 <= self.accuracy <= 1:
            raise ValueError("accuracy must be between 0 and 1")
        if self.n < 1 or self.tokens < 0 or self.seconds < 0:
            raise ValueError("n must be at least 1; tokens and seconds cannot be negative")

    def utility(self, a: float, b: float) -> float:
        """Accuracy, less what tokens and seconds are worth (arXiv:2509.09864)."""
        return self.accuracy - a * self.tokens - b * self.seconds


class History:
    """Records by difficulty. Where there are none of one, assumptions take their place."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        """`records`: as they were measured."""
        self._records = tuple(records)

    def at(self, difficulty: Difficulty) -> Sequence[Record]:
        """What is known of questions of this difficulty."""
        known = [one for one in self._records if one.difficulty == difficulty]
        return known or [one for one in priors() if one.difficulty == difficulty]


_RIGHT: Mapping[Difficulty, float] = {"easy": 0.9, "medium": 0.6, "hard": 0.3}
_TOKENS, _SECONDS, _BESIDE, _JUDGING = 400.0, 8.0, 0.05, 1.0
_YES, _MISTAKEN = 0.8, 0.3
_WORTH = 5
"""So many questions that were answered weigh as much as the assumptions."""


@dataclass(frozen=True, slots=True)
class Observed:
    """A question that was answered by samples side by side."""

    n: int
    agreement: float
    """Share of the samples that gave the leading answer, 0 to 1: about the chance that a sample is
    right, where the leading answer is."""
    tokens: float
    """Written for all of them."""
    seconds: float


def difficulty(hardness: float) -> Difficulty:
    """In three equal parts."""
    return "easy" if hardness < 1 / 3 else "medium" if hardness < 2 / 3 else "hard"


def learnt(observed: Sequence[Observed]) -> History:
    """The assumptions, drawn towards what was observed; the more, the nearer."""
    kinds: dict[Difficulty, list[float]] = {name: [] for name in DIFFICULTIES}
    for one in observed:
        kinds[difficulty(1 - one.agreement)].append(one.agreement)
    tokens = _drawn(_TOKENS, [one.tokens / one.n for one in observed])
    seconds = _drawn(_SECONDS, [one.seconds / (1 + _BESIDE * (one.n - 1)) for one in observed])
    records: list[Record] = []
    for name, shares in kinds.items():
        records += _records(name, _drawn(_RIGHT[name], shares), tokens, seconds)
    return History(records)


def _drawn(assumed: float, seen: Sequence[float]) -> float:
    return (assumed * _WORTH + sum(seen)) / (_WORTH + len(seen))


@cache
def priors() -> Sequence[Record]:
    """Assumptions, none of them measured.

    A sample is right with 0.9, 0.6 or 0.3 by difficulty; half of the wrong ones say the same; a
    judge says yes to 0.8 of the right ones and 0.3 of the wrong. A sample has 400 tokens and takes
    8 seconds, and 0.05 of that more for each beside it.
    """
    made: list[Record] = []
    for name in DIFFICULTIES:
        made += _records(name, _RIGHT[name], _TOKENS, _SECONDS)
    return made


def _records(name: Difficulty, right: float, tokens: float, alone: float) -> Iterator[Record]:
    """What is expected of votes and judges, where one sample is right, long and slow like this."""
    for n in (1, 2, 4, 8, 16):
        seconds = alone * (1 + _BESIDE * (n - 1))
        yield Record("self-consistency", n, name, voting(n, right), n * tokens, seconds)
        if n > 1:
            best = judging(n, right)
            yield Record("best-of-n", n, name, best, n * tokens, seconds + _JUDGING)


def voting(n: int, right: float) -> float:
    """The chance that the right answer has more votes than the wrong one that half of the others
    give; of as many, half."""
    wrong = (1 - right) / 2
    chance = 0.0
    for rights, wrongs in product(range(n + 1), repeat=2):
        rest = n - rights - wrongs
        if rest < 0 or rights < wrongs or not rights:
            continue
        ways = comb(n, rights) * comb(n - rights, wrongs)
        share = 1.0 if rights > wrongs else 0.5
        chance += share * ways * right**rights * wrong ** (wrongs + rest)
    return min(1.0, chance)


def judging(n: int, right: float) -> float:
    """The chance that one of those is right that the judge says yes to; of all, if to none."""
    chance = 0.0
    for rights in range(n + 1):
        made = _binomial(n, rights, right)
        for yes, mistaken in product(range(rights + 1), range(n - rights + 1)):
            said = _binomial(rights, yes, _YES) * _binomial(n - rights, mistaken, _MISTAKEN)
            share = yes / (yes + mistaken) if yes + mistaken else rights / n
            chance += made * said * share
    return min(1.0, chance)


def _binomial(n: int, k: int, p: float) -> float:
    return comb(n, k) * p**k * (1 - p) ** (n - k)
