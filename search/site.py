"""Pages of the web as documents of the index: fetched again only as far as they have changed."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from search.errors import HttpStatus, ReadError, SearchError, WebError
from search.index import DocumentIndex
from search.refreshing import IndexReport
from search.web import WebResponse
from search.web_pages import WebPages, passages_of

AT_ONCE = 8


@dataclass
class _Seen:
    """What became of the pages."""

    known: dict[str, str]
    """Digests of the pages that the index has, by location."""
    now: set[str] = field(default_factory=set)
    added: int = 0
    changed: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)


async def refresh_pages(
    index: DocumentIndex,
    pages: WebPages,
    addresses: Sequence[str],
    *,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> IndexReport:
    """Make the index hold exactly these pages beside its files.

    A page that cannot be had for now stays as it was; one that is gone, or no document, goes.
    """
    seen = _Seen(await index.pages())
    room = asyncio.Semaphore(AT_ONCE)
    done = 0

    async def one(address: str) -> None:
        nonlocal done
        async with room:
            try:
                await _take(index, await pages.fetch(address), seen)
            except SearchError as error:
                seen.unreadable[address] = _reason(error, address)
                if address in seen.known and _may_pass(error):
                    seen.now.add(address)
        done += 1
        if on_progress is not None:
            on_progress(done, len(addresses), address)

    async with asyncio.TaskGroup() as group:
        for address in dict.fromkeys(addresses):
            group.create_task(one(address))
    gone = [location for location in seen.known if location not in seen.now]
    await index.forget(gone)
    documents, passages = await index.counts()
    unchanged = len(seen.now) - seen.added - seen.changed
    unreadable = tuple(seen.unreadable.items())
    return IndexReport(
        seen.added, seen.changed, len(gone), unchanged, unreadable, documents, passages
    )


async def _take(index: DocumentIndex, response: WebResponse, seen: _Seen) -> None:
    """Put it into the index, unless it is there. Raises ReadError for what is no document."""
    location = response.url
    if location in seen.now:
        return
    known = seen.known.get(location)
    if known != sha256(response.body).hexdigest():
        await index.keep(await asyncio.to_thread(passages_of, response))
        seen.added += known is None
        seen.changed += known is not None
    seen.now.add(location)


def _may_pass(error: SearchError) -> bool:
    gone = isinstance(error, HttpStatus) and error.status < 500 and error.status != 429
    return isinstance(error, WebError) and not gone


def _reason(error: SearchError, address: str) -> str:
    text = str(error)
    return text.removeprefix(f"{address} ") if isinstance(error, ReadError) else text
