"""Where a run finds things: the user's documents, the web, or both."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from search import (
    BrowserSettings,
    ByAddress,
    DocumentIndex,
    EngineError,
    Fetches,
    IndexReport,
    NoBrowser,
    PageCache,
    Reader,
    Renderer,
    Robots,
    SearchEngine,
    Together,
    WebClient,
    WebEngine,
    WebPages,
    WebSearch,
    WebSettings,
    browser_of,
    browser_problem,
    browser_program,
    engines_of,
    is_address,
    pages_of,
    refresh_pages,
)
from service.errors import UsageProblem
from service.indexes import index_of, shared_place
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
    index: DocumentIndex | None = None
    """Of the files, if there are some."""
    paths: tuple[Path, ...] = ()

    async def read_anew(self) -> IndexReport | None:
        """Read what has changed in the files, and make the vectors that it lacks; None where there
        are no files. Raises SearchError, IndexFolderError."""
        if self.index is None or not self.paths:
            return None
        report = await self.index.refresh(self.paths)
        if report.added or report.changed:
            await self.index.embed()
        return report

    async def ready(self) -> None:
        """Wait a while for the vectors; what has none by then is found by its words alone."""
        if self.vectors is not None:
            await asyncio.wait({self.vectors}, timeout=SECONDS)


Root = Path | str
"""What a user names as documents: a path, or an address of the web."""


def root_of(given: str) -> Root:
    """Paths are made whole, addresses stay as they are."""
    return given if is_address(given) else Path(given).expanduser().resolve()


@asynccontextmanager
async def sources(
    roots: Sequence[Root], settings: Settings, display: Indexing, *, needed: bool = True
) -> AsyncIterator[Sources]:
    """Documents are indexed now; the web is asked when it is searched.

    Raises what `require_sources` raises, SearchError for a site that cannot be had.
    """
    require_sources(roots, settings, needed=needed)
    async with AsyncExitStack() as stack:
        embedder = await embedder_of(settings, stack) if roots else None
        reranker = await reranker_of(settings, stack) if roots else None
        kept = index_of(roots, settings, display, embedder, reranker)
        index = await stack.enter_async_context(kept)
        addresses = [root for root in roots if isinstance(root, str)]
        if not settings.search and not addresses:
            if roots:
                display.indexed(await _refreshed(index, roots, display))
            vectors = await stack.enter_async_context(embedding(index, display))
            yield Sources(index, index, vectors, index, _paths(roots))
            return
        web = await stack.enter_async_context(WebClient(web_settings(settings)))
        browser = await _browser(settings, display, stack)
        pages = _pages(settings, web, browser, stack)
        if roots:
            report = await _refreshed(index, roots, display)
            later = await refresh_pages(
                index, pages, await _listed(addresses, pages), on_progress=display.indexing
            )
            display.indexed(report.and_then(later))
        vectors = await stack.enter_async_context(embedding(index, display))
        if not settings.search:
            yield Sources(index, index, vectors, index, _paths(roots))
            return
        searching = WebSearch(_engines(settings, web), pages)
        stack.callback(searching.close)
        engine: SearchEngine = Together([index, searching]) if roots else searching
        yield Sources(engine, ByAddress(pages, index), vectors, index, _paths(roots))


async def _refreshed(index: DocumentIndex, roots: Sequence[Root], display: Indexing) -> IndexReport:
    """The files among the roots."""
    return await index.refresh(_paths(roots), on_progress=display.indexing)


def _paths(roots: Sequence[Root]) -> tuple[Path, ...]:
    """Those of the roots that are files and folders."""
    return tuple(root for root in roots if isinstance(root, Path))


async def _listed(addresses: Sequence[str], pages: WebPages) -> list[str]:
    """The pages at the addresses, those of sitemaps one by one."""
    return [page for address in addresses for page in await pages_of(address, pages)]


async def _browser(settings: Settings, display: Notices, stack: AsyncExitStack) -> Renderer | None:
    """Who runs the scripts of pages; it is started when the first page needs it."""
    if settings.browser == "off":
        return None
    problem = browser_problem(settings.browser_path)
    program = browser_program(settings.browser_path)
    if problem is not None or program is None:
        return NoBrowser(problem or "", display.noticed)
    web = web_settings(settings)
    chosen = BrowserSettings(
        program,
        always=settings.browser == "always",
        allow_hosts=web.allow_hosts,
        most_bytes=web.most_bytes,
        user_agent=web.user_agent,
    )
    return await stack.enter_async_context(browser_of(chosen, display.noticed))


def _require_browser(settings: Settings) -> None:
    """Raises UsageProblem where one is named, or wanted for all pages, and there is none."""
    problem = browser_problem(settings.browser_path)
    if problem is None or settings.browser == "off":
        return
    if settings.browser_path:
        raise UsageProblem(f"BREADTH_BROWSER_PATH: {problem}")
    if settings.browser == "always":
        raise UsageProblem(f"BREADTH_BROWSER=always: {problem}")


def _pages(
    settings: Settings, web: WebClient, browser: Renderer | None, stack: AsyncExitStack
) -> WebPages:
    """Reads pages, through the cache and as robots.txt has it."""
    fetches: Fetches = web
    if settings.web_cache:
        cache = PageCache(
            web,
            settings.cache / "pages.db",
            most_bytes=settings.web_cache,
            allow_hosts=web.settings.allow_hosts,
        )
        stack.callback(cache.close)
        fetches = cache
    robots = Robots(fetches, settings.user_agent) if settings.robots else None
    return WebPages(fetches, robots, browser)


def require_sources(roots: Sequence[Root], settings: Settings, *, needed: bool = True) -> None:
    """Before anything is loaded: raises UsageProblem where there is nothing to search, or an engine
    lacks its key. `needed`: a run with tools of others may do without anything to search."""
    if needed and not roots and not settings.search:
        raise UsageProblem(
            "no documents: name a folder or a file with --documents, or the web with --search"
        )
    if roots:
        shared_place(settings)
    _engines(settings, WebClient(web_settings(settings)))
    if settings.search or any(isinstance(root, str) for root in roots):
        _require_browser(settings)


def _engines(settings: Settings, web: WebClient) -> list[WebEngine]:
    """The engines that the settings name."""
    names = [name.strip() for name in (settings.search or "").split(",") if name.strip()]
    keys = {name: key.get_secret_value() for name, key in settings.search_keys.items()}
    try:
        return engines_of(names, keys, web)
    except EngineError as error:
        raise UsageProblem(f"--search: {error}") from error


def web_settings(settings: Settings) -> WebSettings:
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
