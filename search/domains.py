"""Searches of the web that keep to some domains."""

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from search.narrowing import Narrowing
from search.passages import Hit, SearchEngine

_WIDER = 3
"""So many times as many hits are asked for: most may be from elsewhere."""


class OnDomains:
    """A SearchEngine that gives what another one finds on these domains."""

    def __init__(self, engine: SearchEngine, domains: Iterable[str]) -> None:
        """`domains`: names, which have their subdomains with them."""
        self.name = engine.name
        self._engine = engine
        self._domains = tuple(name.strip().strip(".").lower() for name in domains)

    async def search(
        self, query: str, *, limit: int = 10, within: Narrowing | None = None
    ) -> Sequence[Hit]:
        """See `SearchEngine.search`."""
        found = await self._engine.search(query, limit=limit * _WIDER, within=within)
        return [hit for hit in found if self._holds(hit.passage.source.location)][:limit]

    def _holds(self, location: str) -> bool:
        """Whether the address is on one of them."""
        try:
            host = (urlsplit(location).hostname or "").rstrip(".").lower()
        except ValueError:
            return False
        return any(host == name or host.endswith(f".{name}") for name in self._domains)
