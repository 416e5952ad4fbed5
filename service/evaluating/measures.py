"""What is measured of each question: right or not, evidence, citations, what it cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from service.evaluating.bootstrap import Interval, Share, Shares, difference, interval
from service.evaluating.matching import exact_match, f1

SHARES = (
    "exact",
    "f1",
    "judged",
    "evidence_recall",
    "citation_precision",
    "citation_recall",
    "abstained",
)
"""Scores from 0 to 1."""
COSTS = ("seconds", "model_calls", "tokens_read", "tokens_written")
"""A question's, on the mean."""
MEASURES = (*SHARES, *COSTS)
JUDGED_RIGHT = 0.5
"""From this p(yes) on, the judge says that the answer is right."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One question, answered by one system, with all that its scores are made of."""

    run: str
    system: str
    id: str
    """The question's, in its set."""
    question: str
    gold: tuple[str, ...]
    """None: to abstain is right."""
    value: str | None
    """None: it abstained."""
    answer: str
    """As a reader gets it, with its marks."""
    reason: str | None
    """Why the run is not complete."""
    support: int
    """Passages that the gold answer rests on, as far as they can be found."""
    support_read: int
    cited: int
    supported: int
    needing: int
    satisfied: int
    citations: int
    """Passages that the answer cites."""
    seconds: float
    model_calls: int
    tokens_read: int
    """Of all prompts, without what was in a cache."""
    tokens_cached: int
    tokens_written: int
    judge: float | None = None
    """The judge's p(yes)."""

    @classmethod
    def of(cls, run: str, data: Mapping[str, Any]) -> "Measured":
        """As `data` gave it."""
        return cls(run=run, **{**data, "gold": tuple(data["gold"])})

    @property
    def data(self) -> dict[str, Any]:
        """As JSON, without the run's id."""
        made = asdict(self)
        del made["run"]
        return {**made, "gold": list(self.gold)}

    @property
    def exact(self) -> bool:
        """Whether it says the gold answer, or rightly none."""
        return exact_match(self.value, self.gold) if self.gold else self.value is None

    @property
    def f1(self) -> float:
        """Word overlap with the gold answer; without one, 1 for no answer."""
        return f1(self.value, self.gold) if self.gold else float(self.value is None)

    def share(self, measure: str) -> Share:
        """What it adds to a measure; nothing of nothing where it says nothing."""
        match measure:
            case "judged":
                asked = self.judge is not None
                return Share((self.judge or 0) >= JUDGED_RIGHT, float(asked))
            case "evidence_recall":
                return Share(self.support_read / (self.support or 1), float(self.support > 0))
            case "citation_precision":
                return Share(self.supported, self.cited)
            case "citation_recall":
                return Share(self.satisfied, self.needing)
            case "abstained":
                return Share(self.value is None)
            case _:
                return Share(float(getattr(self, measure)))


Results = Mapping[str, Mapping[str, Measured]]
"""By system, then by the question's id."""


def by_system(measured: Sequence[Measured], systems: Sequence[str]) -> Results:
    """In the systems' order."""
    return {system: {one.id: one for one in measured if one.system == system} for system in systems}


def shares_of(results: Mapping[str, Measured], measure: str) -> Shares:
    """Of the questions that have something to say about the measure."""
    shares = {id_: one.share(measure) for id_, one in results.items()}
    return {id_: share for id_, share in shares.items() if share.whole}


Scores = Mapping[str, Interval | None]
"""By measure; None where no question says anything about it."""


def scores(results: Mapping[str, Measured], seed: int) -> Scores:
    """Of one system."""
    return {measure: interval(shares_of(results, measure), seed) for measure in MEASURES}


def differences(one: Mapping[str, Measured], other: Mapping[str, Measured], seed: int) -> Scores:
    """By how much one is above the other, on the questions that both were asked."""
    return {
        measure: difference(shares_of(one, measure), shares_of(other, measure), seed)
        for measure in MEASURES
    }


def cited_in_abstentions(results: Mapping[str, Measured]) -> int:
    """Passages that answers cite which say that there is none."""
    return sum(one.citations for one in results.values() if one.value is None)


def unanswerable(results: Mapping[str, Measured]) -> dict[str, Measured]:
    """The questions that have no answer in the documents."""
    return {id_: one for id_, one in results.items() if not one.gold}
