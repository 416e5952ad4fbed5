"""Where a run finds things: the user's documents, the web, or both."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from search import (
    ByAddress,
    DocumentIndex,
    EngineError,
    IndexReport,
    Reader,
    SearchEngine,
    Together,
    WebClient,
    WebEngine,
    WebPages,
    WebSearch,
    WebSettings,
    engines_of,
)
from service.errors import UsageProblem
from service.settings import Settings


class Indexing(Protocol):
    """Shows the documents being read."""

    def indexing(self, done: int, total: int, path: str) -> None:
        """Documents read."""
        ...

    def indexed(self, report: IndexReport) -> None:
        """What the index holds."""
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """What finds passages, and what reads one document."""

    engine: SearchEngine
    reader: Reader


@asynccontextmanager
async def sources(
    roots: Sequence[Path], settings: Settings, display: Indexing
) -> AsyncIterator[Sources]:
    """Documents are indexed now; the web is asked when it is searched.

    Raises what `require_sources` raises.
    """
    require_sources(roots, settings)
    async with AsyncExitStack() as stack:
        index = DocumentIndex.open(_index_path(roots, settings) if roots else None)
        stack.callback(index.close)
        if roots:
            display.indexed(await index.refresh(roots, on_progress=display.indexing))
        if not settings.search:
            yield Sources(index, index)
            return
        web = await stack.enter_async_context(WebClient(_web_settings(settings)))
        pages = WebPages(web)
        searching = WebSearch(_engines(settings, web), pages)
        stack.callback(searching.close)
        engine: SearchEngine = Together([index, searching]) if roots else searching
        yield Sources(engine, ByAddress(pages, index))


def require_sources(roots: Sequence[Path], settings: Settings) -> None:
    """Before anything is loaded: raises UsageProblem where there is nothing to search, or an engine
    lacks its key."""
    if not roots and not settings.search:
        raise UsageProblem(
            "no documents: name a folder or a file with --documents, or the web with --search"
        )
    _engines(settings, WebClient(_web_settings(settings)))


def _engines(settings: Settings, web: WebClient) -> list[WebEngine]:
    """The engines that the settings name."""
    names = [name.strip() for name in (settings.search or "").split(",") if name.strip()]
    keys = {name: key.get_secret_value() for name, key in settings.search_keys.items()}
    try:
        return engines_of(names, keys, web)
    except EngineError as error:
        raise UsageProblem(f"--search: {error}") from error


def _web_settings(settings: Settings) -> WebSettings:
    """What the web client is told; a search server of the user's own may be private.

    Raises UsageProblem for what cannot be a host.
    """
    hosts = {host.strip() for host in settings.allow_hosts.split(",") if host.strip()}
    own = settings.search_keys.get("searxng")
    try:
        if own is not None and (place := urlsplit(own.get_secret_value()).netloc):
            hosts.add(place.rpartition("@")[2])
        return WebSettings(
            allow_hosts=frozenset(hosts),
            seconds=settings.web_seconds,
            most_bytes=settings.web_bytes,
            user_agent=settings.user_agent,
        )
    except ValueError as error:
        raise UsageProblem(f"BREADTH_ALLOW_HOSTS: {error}") from error


def _index_path(roots: Sequence[Path], settings: Settings) -> Path:
    """An index for each set of roots, kept in the cache."""
    named = "\n".join(sorted(map(str, roots)))
    key = sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return settings.cache / "index" / f"{key}.db"
