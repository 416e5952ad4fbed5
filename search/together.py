"""Together: several SearchEngines as one, by reciprocal rank fusion."""

import asyncio
import logging
from collections.abc import Sequence

from search.errors import SearchError
from search.narrowing import Narrowing
from search.passages import Hit, Passage, SearchEngine

_log = logging.getLogger(__name__)
_RANK_CONSTANT = 60


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
        asking = (engine.search(query, limit=limit, within=within) for engine in self._engines)
        answers = await asyncio.gather(*asking, return_exceptions=True)
        found: list[Sequence[Hit]] = []
        failures: list[SearchError] = []
        for engine, answer in zip(self._engines, answers, strict=True):
            if isinstance(answer, SearchError):
                failures.append(answer)
                _log.warning("the search goes on without %s: %s", engine.name, answer)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                found.append(answer)
        if failures and not found:
            raise failures[0]
        return fused(found)[:limit]


def fused(found: Sequence[Sequence[Hit]]) -> list[Hit]:
    """One list: what stands high in several comes first (Cormack et al. 2009)."""
    scores: dict[str, float] = {}
    passages: dict[str, Passage] = {}
    for hits in found:
        for rank, hit in enumerate(hits, 1):
            id_ = hit.passage.id
            passages[id_] = hit.passage
            scores[id_] = scores.get(id_, 0.0) + 1 / (_RANK_CONSTANT + rank)
    order = sorted(scores, key=lambda id_: -scores[id_])
    return [Hit(passages[id_], scores[id_]) for id_ in order]
