"""How a file differs from what the index remembers of it, and the account of a refresh."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from search.errors import IndexFolderError, ReadError
from search.passages import Source
from search.reading import load, read_bytes
from search.splitting import split
from search.store import Entry, Known
from search.walking import FoundFile, Walk


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What a refresh did. The first four count readable documents."""

    added: int
    changed: int
    removed: int
    """Vanished, no longer under the roots, or no longer readable."""
    unchanged: int
    unreadable: tuple[tuple[str, str], ...]
    """Paths with the reason; each refresh reports all of them."""
    documents: int
    """In the whole index now, those that are not files included."""
    passages: int

    def and_then(self, later: "IndexReport") -> "IndexReport":
        """Both, where `later` was made of the same index afterwards."""
        return IndexReport(
            self.added + later.added,
            self.changed + later.changed,
            self.removed + later.removed,
            self.unchanged + later.unchanged,
            self.unreadable + later.unreadable,
            later.documents,
            later.passages,
        )


@dataclass(frozen=True, slots=True)
class Same:
    """The index has these bytes."""

    refused: str | None
    moved_on: bool = False
    """The file was written again: its size or time must be remembered anew."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """New bytes: a document, or a reason why they are none. Both are remembered."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Unavailable:
    """There are no bytes to judge. Not remembered, as it may pass without a trace in the file."""

    reason: str


Examined = Same | Fresh | Unavailable


def seen_before(file: FoundFile, known: Known | None) -> Same | None:
    """Decided by size and time alone, without opening the file."""
    if known is not None and (file.size, file.mtime_ns) == (known.size, known.mtime_ns):
        return Same(known.refused)
    return None


def examine(file: FoundFile, known: Known | None) -> Examined:
    """Reads and splits the file, unless its bytes are the known ones."""
    location = file.location
    try:
        data = load(Path(location))
    except ReadError as error:
        return Unavailable(_reason(error, location))
    digest = sha256(data).hexdigest()
    if known is not None and known.digest == digest:
        return Same(known.refused, moved_on=True)
    try:
        document = read_bytes(data, location)
    except ReadError as error:
        source = Source(location, "", "", digest)
        return Fresh(Entry(source, (), file, refused=_reason(error, location)))
    return Fresh(Entry(document.source, split(document), file))


@dataclass(slots=True)
class Tally:
    """Counts while a refresh goes on."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)

    def count(self, location: str, known: Known | None, outcome: Examined) -> None:
        """Take one examined file into the report."""
        was_document = known is not None and known.refused is None
        match outcome:
            case Same(refused=None):
                self.unchanged += 1
            case Fresh(Entry(refused=None)):
                self.added += not was_document
                self.changed += was_document
            case Same(refused=str(reason)) | Fresh(Entry(refused=str(reason))):
                self._refuse(location, reason, was_document)
            case Unavailable(reason):
                self._refuse(location, reason, was_document)

    def report(self, found: Walk, counts: tuple[int, int]) -> IndexReport:
        """Raises IndexFolderError for a root without a readable document."""
        listed = [location for location in found.files if location in self.unreadable]
        unreadable = found.refused | {location: self.unreadable[location] for location in listed}
        for root, locations in found.under.items():
            if all(location in unreadable for location in locations):
                raise IndexFolderError(_nothing_readable(root, locations, unreadable))
        documents, passages = counts
        return IndexReport(
            added=self.added,
            changed=self.changed,
            removed=self.removed,
            unchanged=self.unchanged,
            unreadable=tuple(unreadable.items()),
            documents=documents,
            passages=passages,
        )

    def _refuse(self, location: str, reason: str, was_document: bool) -> None:
        self.unreadable[location] = reason
        self.removed += was_document


def _nothing_readable(root: Path, locations: list[str], reasons: dict[str, str]) -> str:
    if not root.is_dir():
        return " ".join(f"{location} {reasons[location]}" for location in locations)
    if not locations:
        return f"{root} holds no files; put documents there or name another folder."
    first = " ".join(_lines(root, locations[:3], reasons))
    return f"{root} holds no readable document among {len(locations)} files seen. {first}"


def _lines(root: Path, locations: list[str], reasons: dict[str, str]) -> Iterator[str]:
    for location in locations:
        path = Path(location)
        shown = path.relative_to(root.resolve()) if path.is_relative_to(root.resolve()) else path
        yield f"{shown} {reasons[location]}"


def _reason(error: ReadError, location: str) -> str:
    return str(error).removeprefix(f"{location} ")
