"""The documents, searched by words (BM25) and, with an Embedder, by meaning.

Porter stemming, titles weighing three times; benchmarks/retrieval.py prints how much it finds, and
what else was tried. It is incremental and survives a kill. It is kept in a Store: a SQLite file of
this machine (`DocumentIndex.open`), or PostgreSQL (`shared_index`).
"""

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Self, assert_never

from search.charset import normalise
from search.errors import SearchError
from search.file_store import FileStore
from search.finding import Finder
from search.narrowing import Narrowing
from search.parts import later_parts
from search.passages import Embedder, Hit, Passage, Reranker, Source
from search.ranking import linked, reranked
from search.reading import Document
from search.refreshing import (
    Examined,
    Fresh,
    IndexReport,
    Same,
    Tally,
    Unavailable,
    examine,
    seen_before,
)
from search.splitting import split
from search.store import Entry, Known, Store
from search.terms import telling_words
from search.walking import FoundFile, Walk, visible, walk

__all__ = ["DocumentIndex", "IndexReport"]

_READ = 60
"""Passages that are looked at for what they say of each other."""
_BATCH = 64
"""Passages that are embedded, and kept, at once."""
_TURN = 100

Progress = Callable[[int, int, str], None]
"""Told the number of files done, of files in all, and the path just done."""


class DocumentIndex:
    """A SearchEngine and Reader over files that it keeps up with."""

    name: str = "documents"

    def __init__(
        self,
        store: Store,
        embedder: Embedder | None = None,
        reranker: Reranker | None = None,
        closing: Callable[[], None] | None = None,
    ) -> None:
        """`closing`: of the store, where nobody else closes it."""
        self.store = store
        """Where it is kept."""
        self._embedder = embedder
        self._reranker = reranker
        self._closing = closing

    @classmethod
    def open(
        cls,
        path: Path | None,
        *,
        embedder: Embedder | None = None,
        reranker: Reranker | None = None,
    ) -> Self:
        """The index kept in that file, or one in memory. A stale or damaged file is made anew.

        `embedder`: it is searched by meaning, too, as far as `embed` has come. `reranker`: it puts
        the first hits in order. Close it when done. Raises IndexFolderError when no index can be
        kept there.
        """
        store = FileStore(path, embedder.name if embedder is not None else None)
        return cls(store, embedder, reranker, store.close)

    def close(self) -> None:
        """Waits for what is under way. Closing twice is allowed."""
        if self._closing is not None:
            self._closing()

    async def refresh(
        self, roots: Sequence[Path], *, on_progress: Progress | None = None
    ) -> IndexReport:
        """Make the index hold exactly the documents under the roots, and those added by hand.

        A file of the same size and time is not read again. Each file is one transaction: who
        cancels or kills this loses at most one. In a shared index, what others indexed of a root
        that this machine cannot see whole stays. Raises IndexFolderError for a root that does
        not exist, cannot be opened, or holds nothing readable.
        """
        # Before the walk: what others add meanwhile is then not taken for gone.
        known = await self.store.known_files()
        found = await asyncio.to_thread(self._walked, roots, known)
        tally = Tally()
        for number, file in enumerate(self._in_turn(found), 1):
            if number % _TURN == 0:
                # Lets others run, and a cancellation in, between files that need no work.
                await asyncio.sleep(0)
            before = known.get(file.location)
            outcome = await self._examined(file, before)
            await self._keep(file, outcome)
            tally.count(file.location, before, outcome)
            if on_progress is not None:
                on_progress(number, len(found.files), file.location)
        gone = [location for location in known if location not in found.files]
        if self.store.is_shared and not found.is_whole:
            gone = []
        await self.store.remove(gone)
        tally.removed += sum(known[location].refused is None for location in gone)
        return tally.report(found, await self.counts())

    async def embed(self, on_progress: Callable[[int, int], None] | None = None) -> None:
        """Make the vectors that passages lack, a batch at a time: who cancels this loses one.

        `on_progress` is told the number of passages done, and of all that lacked one. Raises
        SearchError when the embedder cannot.
        """
        if self._embedder is None:
            return
        total, done = await self.store.lacking(), 0
        while rows := await self.store.missing(_BATCH):
            vectors = await self._embedder.embed([text for _, text in rows])
            await self.store.put_vectors([row for row, _ in rows], vectors)
            done += len(rows)
            if on_progress is not None:
                on_progress(done, max(done, total))

    async def search(
        self, query: str, *, limit: int = 10, within: Narrowing | None = None
    ) -> list[Hit]:
        """Passages with any of the query's words, or near its meaning, best first, each text once.

        Without an answer from the embedder, or the reranker, what the words say stands.
        """
        if not telling_words(query):
            return []
        finder, most = Finder(self.store, within), max(limit, _READ)
        scores = await finder.fused(query, await self._vectors(query), most)
        ranked = linked(await finder.passages(scores, most))
        if self._reranker is not None:
            with suppress(SearchError):
                ranked = await reranked(query, ranked, self._reranker)
        return [Hit(passage, score) for passage, score in ranked[:limit]]

    async def read(self, location: str) -> list[Passage]:
        """All passages of a document, by its location or by the end of its path if that is unique.

        Raises ReadError, which names documents that are called nearly so.
        """
        return await self.store.passages_of(location)

    async def add_passages(self, items: Iterable[tuple[str, str, str]]) -> None:
        """Add documents that are not files: (title, text, location), in one transaction."""
        await self.store.put(await asyncio.to_thread(lambda: [_given(*item) for item in items]))

    async def keep(self, passages: Sequence[Passage]) -> None:
        """Add a document that was read elsewhere, by all its passages."""
        await self.store.put([Entry(passages[0].source, passages)])

    async def pages(self) -> dict[str, str]:
        """The documents that are not files: their digests by location."""
        return await self.store.digests_of_others()

    async def forget(self, locations: Sequence[str]) -> None:
        """Take documents out."""
        await self.store.remove(locations)

    async def counts(self) -> tuple[int, int]:
        """How many documents and passages there are."""
        return await self.store.counts()

    async def _vectors(self, query: str) -> Sequence[Sequence[float]]:
        """Of the query and its parts."""
        if self._embedder is not None:
            with suppress(SearchError):
                return await self._embedder.embed([query, *later_parts(query)])
        return ()

    def _walked(self, roots: Sequence[Path], known: dict[str, Known]) -> Walk:
        """What this machine sees of the roots."""
        here = visible(roots, known) if self.store.is_shared else roots
        found = walk(here)
        found.is_whole = not found.refused and len(here) == len(roots)
        for location in self.store.own_files:  # it may lie in a folder that it indexes
            found.leave_out(location)
        return found

    def _in_turn(self, found: Walk) -> list[FoundFile]:
        """Each worker has an order of its own: so they share the work, and seldom meet."""
        files = list(found.files.values())
        return random.sample(files, len(files)) if self.store.is_shared else files

    async def _examined(self, file: FoundFile, known: Known | None) -> Examined:
        seen = seen_before(file, known)
        if seen is None and self.store.is_shared:
            known = await self.store.known(file.location)  # others may have been here
            seen = seen_before(file, known)
        if seen is not None:
            return seen
        outcome = await asyncio.to_thread(examine, file, known)
        if self.store.is_shared and known is not None and isinstance(outcome, Unavailable):
            return Same(known.refused)  # others could read it
        return outcome

    async def _keep(self, file: FoundFile, outcome: Examined) -> None:
        match outcome:
            case Fresh(entry):
                await self.store.put([entry])
            case Same(moved_on=True):
                await self.store.touch(file)
            case Unavailable():
                await self.store.remove([file.location])
            case Same():
                pass
            case _:
                assert_never(outcome)


def _given(title: str, text: str, location: str) -> Entry:
    text = normalise(text)
    source = Source(location, title, "text/plain", sha256(text.encode()).hexdigest())
    return Entry(source, split(Document(source, text)))
