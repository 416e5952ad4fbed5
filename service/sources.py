"""Where a run finds things: the user's documents, the web, or both."""

import asyncio
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
from service.meaning import SECONDS, Notices, embedder_of, embedding, reranker_of
from service.settings import Settings


class Indexing(Notices, Protocol):
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
    vectors: "asyncio.Task[None] | None" = None
    """Makes the vectors of new documents."""

    async def ready(self) -> None:
        """Wait a while for the vectors; what has none by then is found by its words alone."""
        if self.vectors is not None:
            await asyncio.wait({self.vectors}, timeout=SECONDS)


@asynccontextmanager
async def sources(
    roots: Sequence[Path], settings: Settings, display: Indexing, *, needed: bool = True
) -> AsyncIterator[Sources]:
    """Documents are indexed now; the web is asked when it is searched.

    Raises what `require_sources` raises.
    """
    require_sources(roots, settings, needed=needed)
    async with AsyncExitStack() as stack:
        vectors = None
        if roots:
            index = DocumentIndex.open(
                _index_path(roots, settings),
                embedder=await embedder_of(settings, stack),
                reranker=await reranker_of(settings, stack),
            )
            stack.callback(index.close)
            display.indexed(await index.refresh(roots, on_progress=display.indexing))
            vectors = await stack.enter_async_context(embedding(index, display))
        else:
            index = DocumentIndex.open(None)
            stack.callback(index.close)
        if not settings.search:
            yield Sources(index, index, vectors)
            return
        web = await stack.enter_async_context(WebClient(web_settings(settings)))
        pages = WebPages(web)
        searching = WebSearch(_engines(settings, web), pages)
        stack.callback(searching.close)
        engine: SearchEngine = Together([index, searching]) if roots else searching
        yield Sources(engine, ByAddress(pages, index), vectors)


def require_sources(roots: Sequence[Path], settings: Settings, *, needed: bool = True) -> None:
    """Before anything is loaded: raises UsageProblem where there is nothing to search, or an engine
    lacks its key. `needed`: a run with tools of others may do without anything to search."""
    if needed and not roots and not settings.search:
        raise UsageProblem(
            "no documents: name a folder or a file with --documents, or the web with --search"
        )
    _engines(settings, WebClient())


def _engines(settings: Settings, web: WebClient) -> list[WebEngine]:
    """The engines that the settings name."""
    names = [name.strip() for name in (settings.search or "").split(",") if name.strip()]
    keys = {name: key.get_secret_value() for name, key in settings.search_keys.items()}
    try:
        return engines_of(names, keys, web)
    except EngineError as error:
        raise UsageProblem(f"--search: {error}") from error


def web_settings(settings: Settings) -> WebSettings:
    """What the web client is told; a search server of the user's own may be private."""
    hosts = {host.strip().lower() for host in settings.allow_hosts.split(",") if host.strip()}
    own = settings.search_keys.get("searxng")
    if own is not None:
        hosts.add(urlsplit(own.get_secret_value()).netloc.lower())
    return WebSettings(
        allow_hosts=frozenset(hosts),
        seconds=settings.web_seconds,
        most_bytes=settings.web_bytes,
        user_agent=settings.user_agent,
    )


def _index_path(roots: Sequence[Path], settings: Settings) -> Path:
    """An index for each set of roots, kept in the cache."""
    named = "\n".join(sorted(map(str, roots)))
    key = sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return settings.cache / "index" / f"{key}.db"
