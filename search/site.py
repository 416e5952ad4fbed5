"""Pages of the web as documents of the index: fetched again only as far as they have changed."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from search.errors import HttpStatus, ReadError, SearchError, WebError
from search.index import DocumentIndex
from search.passages import Passage, Reader
from search.refreshing import IndexReport

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
    reader: Reader,
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
                await _take(index, await reader.read(address), seen)
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


async def _take(index: DocumentIndex, passages: Sequence[Passage], seen: _Seen) -> None:
    source = passages[0].source
    if source.location in seen.now:
        return
    seen.now.add(source.location)
    if seen.known.get(source.location) == source.digest:
        return
    await index.keep(passages)
    seen.added += source.location not in seen.known
    seen.changed += source.location in seen.known


def _may_pass(error: SearchError) -> bool:
    gone = isinstance(error, HttpStatus) and error.status < 500 and error.status != 429
    return isinstance(error, WebError) and not gone


def _reason(error: SearchError, address: str) -> str:
    text = str(error)
    return text.removeprefix(f"{address} ") if isinstance(error, ReadError) else text
