"""The stages of a search in the index's file: by words, by meaning, by both. Synchronous."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search.catalogue import Catalogue
from search.narrowing import Narrowing
from search.passages import Passage
from search.ranking import fused
from search.terms import match_expression
from search.vectors import VectorTable

_BY_WORDS, _BY_MEANING = 200, 100
"""Passages that are scored by either."""
_NARROWED = 1000
"""The nearest passages, of which those are kept that may be looked into."""


@dataclass(frozen=True, slots=True)
class Finder:
    """What is found, as scores by row, best first."""

    catalogue: Catalogue
    table: VectorTable | None = None
    """None: words alone."""
    within: Narrowing | None = None
    """The documents that may be looked into; None: all."""

    def by_words(self, query: str, limit: int = _BY_WORDS) -> dict[int, float]:
        """BM25, of the passages with any word of the query."""
        expression = match_expression(query)
        hits = self.catalogue.find(expression, limit, self.within) if expression else {}
        return {row: hit.score for row, hit in hits.items()}

    def by_meaning(
        self, vector: Sequence[float], also: Sequence[int] = (), limit: int = _BY_MEANING
    ) -> dict[int, float]:
        """The passages near the query's vector, and how near those of `also` are."""
        if self.table is None:
            return {}
        near = self.table.near(vector)
        if self.within is None:
            return near.nearest(limit) | near.of(also)
        nearest = near.nearest(_NARROWED)
        inside = self.catalogue.inside(nearest, self.within)
        kept = [row for row in nearest if row in inside][:limit]
        return {row: nearest[row] for row in kept} | near.of(also)

    def fused(self, query: str, vector: Sequence[float] | None, limit: int = 0) -> dict[int, float]:
        """Both; words alone without a vector."""
        lexical = self.by_words(query, max(limit, _BY_WORDS))
        semantic = {} if vector is None else self.by_meaning(vector, list(lexical))
        return fused(query, lexical, semantic)

    def passages(self, scores: Mapping[int, float], limit: int) -> list[tuple[Passage, float]]:
        """The first ones with their scores; of equal texts the first only."""
        found: dict[str, tuple[Passage, float]] = {}
        rows = list(scores)
        for start in range(0, len(rows), limit):
            for row, passage in self.catalogue.passages(rows[start : start + limit]).items():
                found.setdefault(" ".join(passage.text.split()), (passage, scores[row]))
            if len(found) >= limit:
                break
        return list(found.values())[:limit]
