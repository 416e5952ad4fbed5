"""What a check of a claim comes to, and what may be said without a passage."""

import re
from dataclasses import dataclass, field

from planner.outcomes import Verdict
from planner.verification.figures import Figure, days_in
from planner.verification.naming import Vocabulary, spelled
from planner.verification.polarity import stem
from tools import find_quantities, holds, words


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check of one claim came to."""

    verdict: Verdict
    sure: bool
    """Whether code can decide it; else a model may."""
    why: str = ""
    doubted: bool = False
    """Whether the judge alone speaks against it: a claim whose every word stands there."""
    judged: bool = False
    """Whether the judge has said no where the rules were not sure."""


@dataclass(frozen=True)
class Given:
    """What may be said without a passage: the question, and what code has computed."""

    text: str = ""
    computed: tuple[str, ...] = ()
    """Values that code made; no passage can be asked about what is said of them."""
    stems: frozenset[str] = field(init=False)
    words: frozenset[str] = field(init=False)
    vocabulary: Vocabulary = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stems", frozenset(map(stem, words(self._all))))
        object.__setattr__(self, "words", frozenset(spelled(self._all)))
        object.__setattr__(self, "vocabulary", Vocabulary(self._all))

    @property
    def days(self) -> set[tuple[int, int]]:
        """Months and days in it."""
        return days_in(self._all)

    @property
    def digits(self) -> set[str]:
        """Runs of digits in it."""
        return digit_runs(self._all)

    @property
    def _all(self) -> str:
        return " ".join((self.text, *self.computed))

    def tells(self, text: str) -> bool:
        """Whether a text says a value that was computed."""
        return any(holds(text, value) for value in self.computed)

    def has(self, figure: Figure) -> bool:
        """Whether it says the number."""
        return any(figure.same_as(one) for one in find_quantities(self._all))


def digit_runs(text: str) -> set[str]:
    """Runs of digits."""
    return set(re.findall(r"\d+", " ".join(words(text))))
