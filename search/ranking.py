"""Which passages come first: fusion of two rankings, and what passages say of each other."""

import re
from collections.abc import Mapping, Sequence

from search.passages import Passage, Reranker
from search.terms import telling_words

_BY_WORDS = 3.0
_LEAST, _MOST = 0.3, 0.7
"""Tuned, as the numbers below, on one half of the questions of benchmarks/retrieval.py, which
prints both halves."""

_SPEAKERS = 5
"""So many of the first are believed."""
_NAMED, _NAMING = 0.4, 0.1
_COMMON = 0.3
_RERANKED = 20
"""So many passages are given to a reranker."""
_SHORT = 4
"""A title with fewer characters is too often a word."""

_BRACKETED = re.compile(r"\s*\(.*?\)\s*$")
_WORD = re.compile(r"[^\W_]+")


def fused(
    query: str, lexical: Mapping[int, float], semantic: Mapping[int, float]
) -> dict[int, float]:
    """Scores from 0 to 1 for every passage of either ranking, best first.

    A weighted sum of the scores, each ranking's best being 1 (convex combination; Bruch et al.
    2023, arXiv:2210.11934, found it to do better than reciprocal ranks, and so did we). Words
    count less the more of them a question has: a passage that answers a part of a long question
    has few of them. A passage without a vector yet counts as near as the middle one.
    """
    words = _of_one(lexical)
    share = min(_MOST, max(_LEAST, _BY_WORDS / max(len(telling_words(query)), 1)))
    if not semantic:
        share = 1.0
    middle = sorted(semantic.values())[len(semantic) // 2] if semantic else 0.0
    scores = {
        passage: share * words.get(passage, 0.0) + (1 - share) * semantic.get(passage, middle)
        for passage in [*lexical, *semantic]
    }
    return dict(sorted(scores.items(), key=lambda item: -item[1]))


def linked(ranked: Sequence[tuple[Passage, float]]) -> list[tuple[Passage, float]]:
    """Best first again, when passages that name each other's document have been brought together.

    The answer to a question with several parts is in several documents, of which the first leads
    to the next by naming it: the later ones share few words with the question, and not its
    meaning. So a passage gains by being of a document that a good one names, and, less, by naming
    the document of a good one. A title that many name says less.
    """
    names = [_name(passage.source.title) for passage, _ in ranked]
    texts = [_plain(passage.text) for passage, _ in ranked]
    gains = [0.0] * len(ranked)
    for place, name in enumerate(names):
        speakers = [
            other
            for other, text in enumerate(texts)
            if name and name in text and not _same(ranked[other][0], ranked[place][0])
        ]
        damping = max(len(speakers), 1) ** -_COMMON
        for other in speakers:
            if other < _SPEAKERS:
                gain = _NAMED * damping * ranked[other][1]
                gains[place] = max(gains[place], gain)
            if place < _SPEAKERS:
                gain = _NAMING * damping * ranked[place][1]
                gains[other] = max(gains[other], gain)
    scored = [(passage, score + gains[i]) for i, (passage, score) in enumerate(ranked)]
    return sorted(scored, key=lambda item: -item[1])


async def reranked(
    query: str, ranked: Sequence[tuple[Passage, float]], reranker: Reranker
) -> list[tuple[Passage, float]]:
    """The first ones in the reranker's order, before the others. Raises SearchError."""
    first, rest = ranked[:_RERANKED], list(ranked[_RERANKED:])
    if not first:
        return rest
    values = await reranker.rerank(query, [f"{p.source.title}. {p.text}" for p, _ in first])
    least, floor = min(values), max((score for _, score in rest), default=0.0)
    scored = [(p, floor + value - least) for (p, _), value in zip(first, values, strict=True)]
    return sorted(scored, key=lambda item: -item[1]) + rest


def _of_one(scores: Mapping[int, float]) -> dict[int, float]:
    """The best is 1."""
    most = max(scores.values(), default=0.0)
    return {passage: score / most if most > 0 else 0.0 for passage, score in scores.items()}


def _name(title: str) -> str:
    """A title as a text names it, without what tells it from others of that name."""
    name = _plain(_BRACKETED.sub("", title))
    return name if len(name.strip()) >= _SHORT else ""


def _plain(text: str) -> str:
    """The words alone, with spaces around, so that words are found whole."""
    return f" {' '.join(_WORD.findall(text.lower()))} "


def _same(one: Passage, other: Passage) -> bool:
    """Whether they are of one document, or of copies of one."""
    return one.source.location == other.source.location or one.source.title == other.source.title
