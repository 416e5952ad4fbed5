"""Which of the found passages to read, and which first.

A search engine's order is good; who reads one passage at a time wants the very first to be right.
So the order is kept, and two things that BM25 does not see push a passage up: that its title is
what is asked about, and that it speaks of every name in the question.
"""

import re
from collections.abc import Sequence

from search import Hit, Passage
from tools.kinds import kind_of
from tools.words import is_function_word, stems, words

_BONUS = 0.3
_MOST = 0.6
_BESIDE = re.compile(
    r"(\b[A-Z][\w.'’-]+), (?:[A-Z][\w.'’-]+ ?){1,3}(?<! )"
    r"(?=$|\?|,(?! (?:and|or)\b)| (?!and\b|or\b)[a-z])"
)
"""Where a place is: "Iowa" in "Des Moines, Iowa", which a passage about the place need not say."""
_NAMES = re.compile(r"\b(?:[A-Z]|\d)[\w.'’-]*(?: (?:[A-Z]|\d)[\w.'’-]*)*")
_WORD = re.compile(r"\w[\w’']*")


def names_in(question: str) -> frozenset[str]:
    """Stems of the names and numbers of a question; its first word is capital in any case."""
    found = [re.sub(r"['’]s$", "", word) for word in _WORD.findall(question)[1:]]
    named = (word for word in found if word[0].isupper() or word[0].isdigit())
    return stems(word for word in words(" ".join(named)) if not is_function_word(word))


def speaks_of(question: str, passage: Passage) -> bool:
    """Whether a passage holds most of the names in a question, its title included.

    Only where the question's kind is known, which its English words tell: elsewhere a capital
    letter need not be a name's.
    """
    if kind_of(question) == "any":
        return True
    names = names_in(_BESIDE.sub(r"\1", question))
    return len(names & stems(_said(passage))) >= _MOST * len(names)


def touches(question: str, passage: Passage) -> bool:
    """Whether a passage holds at least half of what a question names, each name whole.

    For a second try: "which monster of American folklore was seen in 1964" is told by a page that
    does not say "American", and a page about another person of the same family name tells nothing.
    """
    names = [stems(name) for name in _NAMES.findall(_BESIDE.sub(r"\1", question)[1:])]
    said = stems(_said(passage))
    names = [name for name in names if name]
    return bool(names) and 2 * sum(name <= said for name in names) >= len(names)


def _said(passage: Passage) -> str:
    """Where it stands, and what it says."""
    return f"{passage.source.title} {passage.part} {passage.text}"


def ranked(question: str, hits: Sequence[Hit]) -> list[Passage]:
    """Best first. The order is definite: equals go by their id."""
    asked = stems(question)
    names = names_in(question)

    def rank(position: int, passage: Passage) -> float:
        title = stems(passage.source.title)
        text = stems(_said(passage))
        about = len(title & asked) / len(title) if title else 0.0
        named = len(names & text) / len(names) if names else 0.0
        return 1 / (2 + position) + _BONUS * about + _BONUS * named

    ordered = sorted(hits, key=lambda hit: (-hit.score, hit.passage.id))
    scored = [(rank(at, hit.passage), hit.passage) for at, hit in enumerate(ordered)]
    return [passage for _, passage in sorted(scored, key=lambda pair: -pair[0])]
