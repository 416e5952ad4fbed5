"""Remembered: what an earlier run read comes first, where it speaks of what is searched for."""

from collections import Counter
from collections.abc import Sequence
from math import log

from search.narrowing import Narrowing
from search.passages import Hit, Passage, SearchEngine
from search.terms import telling_words

_ENOUGH = 0.5
"""Of the weight of a query's terms, the share that a passage has to have."""


class Remembered:
    """A SearchEngine that gives passages of before, then those that it asks another one for."""

    def __init__(self, passages: Sequence[Passage], behind: SearchEngine) -> None:
        """`behind`: is asked in any case; a search that is narrowed is all its own."""
        self.name = behind.name
        self._behind = behind
        self._passages = {passage.id: passage for passage in passages}
        self._terms = {
            id_: frozenset(telling_words(f"{passage.source.title} {passage.text}"))
            for id_, passage in self._passages.items()
        }
        self._found_in = Counter(term for own in self._terms.values() for term in own)

    async def search(
        self, query: str, *, limit: int = 10, within: Narrowing | None = None
    ) -> Sequence[Hit]:
        """See `SearchEngine.search`."""
        hits = await self._behind.search(query, limit=limit, within=within)
        if within is not None:
            return hits
        best = max((hit.score for hit in hits), default=0.0)
        mine = [Hit(self._passages[id_], best + share) for id_, share in self._known(query)]
        known = {hit.passage.id for hit in mine}
        return [*mine, *(hit for hit in hits if hit.passage.id not in known)][:limit]

    def _known(self, query: str) -> list[tuple[str, float]]:
        """Passages that speak of most of the query, best first, each with its share above 0."""
        wanted = frozenset(telling_words(query))
        count = len(self._terms)
        weights = {term: log(1 + (count + 1) / (1 + self._found_in[term])) for term in wanted}
        whole = sum(weights.values())
        if not whole:
            return []
        shares = {
            id_: sum(weights[term] for term in wanted & own) / whole
            for id_, own in self._terms.items()
        }
        found = [(id_, share) for id_, share in shares.items() if share >= _ENOUGH]
        return sorted(found, key=lambda pair: -pair[1])
