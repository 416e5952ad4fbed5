"""The words of search: a Source, its Passages, and the port that finds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from search.narrowing import Narrowing


@dataclass(frozen=True, slots=True)
class Source:
    """A document that was read, one per canonical location."""

    location: str
    """Where a reader finds it again: an absolute path or an address."""
    title: str
    media_type: str
    """Decided by the bytes, never by the file's suffix: text/plain, text/html, application/pdf."""
    digest: str
    """SHA-256 of the bytes as they were read, in hexadecimal."""
    author: str = ""
    """Who wrote it, where it says so."""
    published: str = ""
    """The day that it says of itself, YYYY-MM-DD, or nothing."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a read document: the only thing that an answer can cite."""

    source: Source
    start: int
    """Offset of the first character in the source's extracted text."""
    end: int
    """Offset behind the last character."""
    text: str
    part: str = ""
    """Where that is in a document with pages, slides or sheets: "page 3", "slides 3-4"."""

    @property
    def place(self) -> str:
        """Where in the source, for a reader."""
        return self.part or f"characters {self.start}-{self.end}"

    @property
    def id(self) -> str:
        """The same for the same piece of the same document, in every run."""
        key = f"{self.source.location}\n{self.source.digest}\n{self.start}\n{self.end}"
        return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search found. Scores of one search compare with each other only."""

    passage: Passage
    score: float


class SearchEngine(Protocol):
    """Finds passages. No hits is not an error; no response is a SearchError."""

    name: str

    async def search(
        self, query: str, *, limit: int = 10, within: Narrowing | None = None
    ) -> Sequence[Hit]:
        """At most `limit` hits, best first, of such documents only."""
        ...


class Reader(Protocol):
    """Gives a whole document as passages, in order."""

    async def read(self, location: str) -> Sequence[Passage]:
        """Raises ReadError when the location cannot be read."""
        ...


class Reranker(Protocol):
    """Says how well texts answer a query, by reading both together."""

    async def rerank(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """Higher is better, on a scale of its own. Raises SearchError when it cannot say."""
        ...


class Embedder(Protocol):
    """Makes vectors of texts, one for each and all of one length; near is what means the same."""

    name: str
    """Vectors of another name are made anew."""

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Raises SearchError when it cannot."""
        ...
