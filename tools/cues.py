"""The words by which `compare` knows what a question asks for."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that ask for one end of an order."""

    words: re.Pattern[str]
    moment: int
    """Which date wins: 1 the latest, -1 the earliest, 0 dates are not compared so."""
    amount: int
    """Which amount wins: 1 the largest, -1 the smallest, 0 amounts are not compared so."""
    duration: int = 0
    """Which wins among amounts of time, where that is another one (the fastest takes least)."""


def _cue(words: str, moment: int, amount: int, duration: int = 0) -> Cue:
    return Cue(re.compile(rf"\b(?:{words})\b"), moment, amount, duration)


# The first row that matches counts: what is said exactly stands above what is said in passing
# ("whose first album was released later" asks for the later one).
_CUES = (
    _cue("(?:least|less) recent(?:ly)?", -1, 0),
    _cue("(?:more|most) recent(?:ly)?", 1, 0),
    _cue("older|oldest|elder|eldest|senior|more ancient|most ancient", -1, 1),
    _cue("younger|youngest|newer|newest|junior|more modern|most modern", 1, -1),
    _cue(r"born (?:\w+ )?(?:first|earlier|earliest|before|sooner)", -1, 1),
    _cue(r"born (?:\w+ )?(?:last|later|latest|after)", 1, -1),
    _cue(
        r"(?:been|existed|around|history)\b.*\b(?:longer|longest)|(?:longer|longest) history", -1, 1
    ),
    _cue("faster|fastest|quicker|quickest", 0, 1, -1),
    _cue("slower|slowest", 0, -1, 1),
    _cue(
        "less|least|fewer|fewest|smaller|smallest|lower|lowest|shorter|shortest|lighter|lightest|"
        "cheaper|cheapest|poorer|poorest|narrower|narrowest|colder|coldest|cooler|coolest|closer|"
        "closest|nearer|nearest|thinner|thinnest|shallower|shallowest|weaker|weakest",
        0,
        -1,
    ),
    _cue(
        "more|most|larger|largest|bigger|biggest|greater|greatest|higher|highest|taller|tallest|"
        "longer|longest|heavier|heaviest|wealthier|wealthiest|richer|richest|wider|widest|deeper|"
        "deepest|farther|farthest|further|furthest|hotter|hottest|warmer|warmest|stronger|"
        "strongest|thicker|thickest|denser|densest|costlier|costliest|exceeds?|exceeded|"
        "surpass(?:es|ed)?|beats?|outnumber(?:s|ed)?|outsold|outsells?|outgross(?:es|ed)?",
        0,
        1,
    ),
    _cue("earlier|earliest|sooner|soonest|preced(?:es?|ed)|predat(?:es?|ed)", -1, 0),
    _cue("later|latest|postdat(?:es?|ed)|outliv(?:es?|ed)|succeed(?:s|ed)", 1, 0),
    _cue("before|prior", -1, 0),
    _cue("after", 1, 0),
    _cue("first", -1, 0),
    _cue("last", 1, 0),
)
YES_OR_NO = re.compile(
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would)\b", re.IGNORECASE
)
NEGATED = re.compile(r"\b(?:not|neither|nor|never|except)\b|n't\b", re.IGNORECASE)
SAME = re.compile(r"\b(?:same|equal(?:ly)?|identical|shares?|shared|in common)\b")
DIFFERENT = re.compile(r"\b(?:different|differ|differs)\b")
BOTH = re.compile(r"\b(?:both|also|all|each|and)\b")
HOW = re.compile(r"\bhow (?:many|much|long|far|old)\b|\bdifference\b|\bgap\b", re.IGNORECASE)
APART = re.compile(
    r"\b(?:by how|difference|gap|between|apart|separat\w+|passed|elapsed|when|than)\b",
    re.IGNORECASE,
)
TIME = re.compile(
    r"\b(?:years?|months?|weeks?|days?|decades?|age|old|older|younger|born|died|released|founded|"
    r"long|earlier|later|before|after|time)\b"
)


def cue_in(words: str) -> Cue | None:
    """In small letters first: "First" inside of a question is a part of a name."""
    for text in (words, words.lower()):
        if found := next((cue for cue in _CUES if cue.words.search(text)), None):
            return found
    return None


_CHOICE = re.compile(r"\bor\b", re.IGNORECASE)
_SPAN = re.compile(
    r"\bhow (?:many (?:years|months|weeks|days|decades)|long) (?:had |have )?"
    r"(?:(?:earlier|later) |before|after|between|passed|elapsed|separat|lie|apart)"
)
_PAST = re.compile(r"\b(?:was|were|did|had|have|passed|elapsed|separat\w*|lie|between)\b")


def asks_by_degree(question: str) -> bool:
    """Whether what is compared has to be a date or a number: older, longer, first, ..."""
    return cue_in(question.lower()) is not None


def compared_kinds(question: str) -> frozenset[str]:
    """Of what kinds the values must be that a question orders: dates, numbers, or either.

    Empty where it does not ask by degree.
    """
    cue = cue_in(question.lower())
    if cue is None:
        return frozenset()
    kinds = {"date": cue.moment, "number": cue.amount}
    return frozenset(kind for kind, sign in kinds.items() if sign)


def asks_to_compare(question: str) -> bool:
    """Whether a question is one for `compare`: a choice by degree, a sameness, or a difference.

    Cautious: it says yes only where the words are plain.
    """
    lowered = question.lower()
    if _CHOICE.search(question) and cue_in(lowered) is not None:
        return True
    if YES_OR_NO.match(question.strip()):
        alike = "both" in lowered.split() or bool(SAME.search(lowered) or DIFFERENT.search(lowered))
        return alike or (cue_in(lowered) is not None and " than " in lowered)
    if _SPAN.search(lowered) and _PAST.search(lowered):
        return True
    return bool(HOW.search(lowered)) and (" than " in lowered or "difference" in lowered)
