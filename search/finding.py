"""The stages of a search in a Store: by words, by meaning, by both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search.narrowing import Narrowing
from search.passages import Passage
from search.ranking import fused
from search.store import Store

_BY_WORDS, _BY_MEANING = 200, 100
"""Passages that are scored by either."""
_PART = 0.9
"""How much being near a part of the question counts, against being near the whole."""


@dataclass(frozen=True, slots=True)
class Finder:
    """What is found, as scores by row, best first."""

    store: Store
    within: Narrowing | None = None
    """The documents that may be looked into; None: all."""

    async def by_words(self, query: str, limit: int = _BY_WORDS) -> Mapping[int, float]:
        """BM25, of the passages with any word of the query."""
        return await self.store.by_words(query, limit, self.within)

    async def by_meaning(
        self, vectors: Sequence[Sequence[float]], also: Sequence[int] = ()
    ) -> Mapping[int, float]:
        """The passages near the query's vector, and how near those of `also` are.

        `vectors`: the query's, and those of its parts; a passage is as near as to the nearest.
        """
        whole, *parts = vectors
        near = dict(await self.store.by_meaning(whole, also, _BY_MEANING, self.within))
        for part in parts:
            found = await self.store.by_meaning(part, list(near), _BY_MEANING, self.within)
            for row, score in found.items():
                near[row] = max(near.get(row, 0.0), _PART * score)
        return dict(sorted(near.items(), key=lambda item: -item[1])) if parts else near

    async def fused(
        self, query: str, vectors: Sequence[Sequence[float]], limit: int = 0
    ) -> Mapping[int, float]:
        """Both; words alone without vectors."""
        lexical = await self.by_words(query, max(limit, _BY_WORDS))
        semantic = await self.by_meaning(vectors, list(lexical)) if vectors else {}
        return fused(query, lexical, semantic)

    async def passages(
        self, scores: Mapping[int, float], limit: int
    ) -> list[tuple[Passage, float]]:
        """The first ones with their scores; of equal texts the first only."""
        found: dict[str, tuple[Passage, float]] = {}
        rows = list(scores)
        for start in range(0, len(rows), limit):
            batch = await self.store.passages(rows[start : start + limit])
            for row, passage in batch.items():
                found.setdefault(" ".join(passage.text.split()), (passage, scores[row]))
            if len(found) >= limit:
                break
        return list(found.values())[:limit]
