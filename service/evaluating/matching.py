"""Whether a short answer is the gold one, as question-answering benchmarks count it."""

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalised(text: str) -> str:
    """Lower case, without punctuation and articles (Rajpurkar et al. 2016, arXiv:1606.05250)."""
    return " ".join(_ARTICLES.sub(" ", text.casefold().translate(_PUNCTUATION)).split())


def exact_match(given: str | None, gold: Sequence[str]) -> bool:
    """Whether the answer is one of the gold ones."""
    return given is not None and normalised(given) in {normalised(answer) for answer in gold}


def f1(given: str | None, gold: Sequence[str]) -> float:
    """The best word overlap with a gold answer."""
    return max(
        (_overlap(normalised(given or ""), normalised(answer)) for answer in gold), default=0
    )


def _overlap(given: str, gold: str) -> float:
    """Harmonic mean of precision and recall over words."""
    mine, theirs = given.split(), gold.split()
    shared = sum((Counter(mine) & Counter(theirs)).values())
    return 2 * shared / (len(mine) + len(theirs)) if shared else 0.0


def right(value: str | None, gold: Sequence[str]) -> bool:
    """Whether a value says the answer: the same, or the answer word for word within it.

    Without a gold answer, the right value is none.
    """
    if not gold or value is None:
        return not gold and value is None
    said = f" {normalised(value)} "
    return any(f" {normalised(answer)} " in said for answer in gold if normalised(answer))
