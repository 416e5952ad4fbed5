"""The port behind a DocumentIndex: where documents, passages and vectors are kept.

`FileStore` keeps them in a SQLite file of one machine, `SharedStore` in PostgreSQL for workers on
any number of machines. Passages have numbers there, by which they are found and fetched.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from search.narrowing import Narrowing
from search.passages import Passage, Source
from search.walking import FoundFile


@dataclass(frozen=True, slots=True)
class Known:
    """What the index remembers of a file."""

    size: int
    mtime_ns: int
    digest: str
    refused: str | None
    """Why its bytes are no document."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document to be kept: with its passages, or with the reason why it has none."""

    source: Source
    passages: Sequence[Passage]
    file: FoundFile | None = None
    """None for a document that is not a file."""
    refused: str | None = None


class Store(Protocol):
    """Every method is one transaction.

    The methods for searching (from `passages_of` on) raise SearchError when they cannot, those for
    documents IndexFolderError.
    """

    is_shared: bool
    """Whether others write to it, who may see other files than this machine."""
    own_files: Collection[str]
    """Locations of the store itself, which is no document."""

    async def known_files(self) -> dict[str, Known]:
        """All files by location."""
        ...

    async def known(self, location: str) -> Known | None:
        """This file, as it is remembered now."""
        ...

    async def digests_of_others(self) -> dict[str, str]:
        """Of the documents that are not files, by location."""
        ...

    async def put(self, entries: Iterable[Entry]) -> None:
        """Keep the entries, in the place of those with the same locations."""
        ...

    async def touch(self, file: FoundFile) -> None:
        """Remember another size and time of a file whose bytes are the same."""
        ...

    async def remove(self, locations: Sequence[str]) -> None:
        """Forget these documents."""
        ...

    async def counts(self) -> tuple[int, int]:
        """How many documents and passages there are."""
        ...

    async def passages_of(self, location: str) -> list[Passage]:
        """Of the document with that location, or whose location alone ends in these parts.

        Raises ReadError, which names documents that are called nearly so.
        """
        ...

    async def by_words(
        self, query: str, limit: int, within: Narrowing | None = None
    ) -> Mapping[int, float]:
        """BM25 of the passages with any word of the query, best first; of equal texts one."""
        ...

    async def by_meaning(
        self,
        vector: Sequence[float],
        also: Sequence[int],
        limit: int,
        within: Narrowing | None = None,
    ) -> Mapping[int, float]:
        """The passages near the vector, best first, then those of `also` that have one.

        1 for the nearest of all, 0 for one as near as most are.
        """
        ...

    async def passages(self, rows: Sequence[int]) -> Mapping[int, Passage]:
        """The passages with these numbers, in that order; those that are gone are left out."""
        ...

    async def lacking(self) -> int:
        """How many passages have no vector of this embedder; 0 where there is no embedder."""
        ...

    async def missing(self, limit: int) -> list[tuple[int, str]]:
        """Some of those: their numbers and what is to be embedded."""
        ...

    async def put_vectors(
        self, passages: Sequence[int], vectors: Sequence[Sequence[float]]
    ) -> None:
        """Keep them; a passage that is gone since gets none."""
        ...


def day_written(mtime_ns: int) -> str:
    """When a file was written, YYYY-MM-DD in UTC; nothing where there is no file."""
    if not mtime_ns:
        return ""
    try:
        return datetime.fromtimestamp(mtime_ns / 1e9, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return ""
