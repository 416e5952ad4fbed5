"""Together: several SearchEngines as one, by reciprocal rank fusion."""

from collections.abc import Sequence

from search.narrowing import Narrowing
from search.passages import Hit, SearchEngine
from search.several import answers_of, by_ranks


class Together:
    """Asks all at once; one that fails is done without while another answers."""

    name = "documents and web"

    def __init__(self, engines: Sequence[SearchEngine]) -> None:
        """At least one."""
        self._engines = engines

    async def search(
        self, query: str, *, limit: int = 10, within: Narrowing | None = None
    ) -> Sequence[Hit]:
        """See `SearchEngine.search`; the scores are those of the fusion."""
        found = await answers_of(
            [
                (engine.name, engine.search(query, limit=limit, within=within))
                for engine in self._engines
            ]
        )
        passages = {hit.passage.id: hit.passage for hits in found for hit in hits}
        scores = by_ranks([[hit.passage.id for hit in hits] for hits in found])
        return [Hit(passages[id_], score) for id_, score in scores.items()][:limit]
