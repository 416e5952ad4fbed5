"""Files and bytes to documents. The kind of a document is decided by its bytes alone."""

import csv
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path

from search.archives import unpacked
from search.books import book_text
from search.charset import decode
from search.errors import ReadError
from search.extracts import Extract, Part, day_of
from search.mail import mail_text
from search.media import (
    BOOK,
    CSV,
    HTML,
    MAIL,
    PDF,
    SHEETS,
    SLIDES,
    TEXT,
    WORD,
    XML,
    looks_binary,
    media_type,
)
from search.pages import page_text, xml_text
from search.passages import Source
from search.pdf import pdf_text
from search.tables import csv_rows, row_lines
from search.titles import front_matter, name_of, title_of

MAX_BYTES = 64 * 2**20

Extractor = Callable[[bytes, str, str | None], Extract]
"""Given the bytes, their location and the charset that a server named."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was read, as text."""

    source: Source
    text: str
    """Newlines are \\n, characters composed (NFC). Offsets of passages count in this text."""
    parts: tuple[Part, ...] = ()
    """Its pages, slides or sheets, where it has such."""


def read_file(path: Path, *, max_bytes: int = MAX_BYTES) -> Document:
    """The document kept at `path`; its location is the absolute path, symbolic links resolved.

    Raises ReadError whose text begins with the location, as `read_bytes` does.
    """
    return read_bytes(load(path, max_bytes=max_bytes), location_of(path))


def location_of(path: Path) -> str:
    """The canonical absolute path."""
    return os.path.realpath(path)


def load(path: Path, *, max_bytes: int = MAX_BYTES) -> bytes:
    """The bytes of a file. One that is too large, or no file, is refused without opening it."""
    try:
        found = path.stat()
        if problem := _stat_problem(found, max_bytes):
            raise ReadError(f"{location_of(path)} {problem}")
        with path.open("rb") as file:
            return file.read(max_bytes)
    except OSError as error:
        raise ReadError(f"{path.absolute()} {os_problem(path, error)}") from error


def _stat_problem(found: os.stat_result, max_bytes: int) -> str | None:
    """Why something with this stat is not worth opening, else None."""
    if stat.S_ISDIR(found.st_mode):
        return "is a folder; name a file in it."
    if not stat.S_ISREG(found.st_mode):
        return "is a device or a pipe, not a file; leave it out."
    if found.st_size > max_bytes:
        size, limit = _megabytes(found.st_size), _megabytes(max_bytes)
        return f"has {size}, more than the limit of {limit}; split it or leave it out."
    return None


def read_bytes(data: bytes, location: str, *, charset: str | None = None) -> Document:
    """The document that `data` is, alone or inside of gzip: see `media` for the formats.

    `charset`: what a server said of the bytes. Raises ReadError whose text begins with
    `location`: binary, encrypted, broken, too large inside, or without text.
    """
    digest = sha256(data).hexdigest()
    data = unpacked(data, location, max_bytes=MAX_BYTES)
    looks = looks_binary(data)
    if looks is not None:
        raise ReadError(
            f"{location} looks like {looks}, not text; convert it to text, HTML or PDF."
        )
    kind = media_type(data)
    extract = _EXTRACTORS[kind](data, location, charset)
    if not extract.text.strip():
        raise ReadError(f"{location} is empty; add text or leave it out.")
    source = Source(
        location,
        extract.title or _named(extract.text, kind, location),
        kind,
        digest,
        author=extract.author,
        published=extract.published,
    )
    return Document(source, extract.text, extract.parts)


def _named(text: str, kind: str, location: str) -> str:
    """What begins a table or a sheet is not what the whole is called."""
    return name_of(location) if kind in (CSV, SHEETS) else title_of(text, location)


def _plain_text(data: bytes, location: str, charset: str | None) -> Extract:
    text = decode(data, declared=charset)
    said = front_matter(text)
    return Extract(text, author=said.get("author", ""), published=day_of(said.get("date", "")))


def _table_text(data: bytes, location: str, charset: str | None) -> Extract:
    text = decode(data, declared=charset)
    try:
        lines = "\n".join(row_lines(csv_rows(text) or (), header=True))
    except csv.Error:
        lines = ""  # what follows its first rows is no table
    return Extract(lines or text)


def _office_text(name: str) -> Extractor:
    """A function of `office`, which is imported when a document needs it: its parsers are slow to
    import."""
    return lambda data, location, charset: getattr(import_module("search.office"), name)(
        data, location
    )


def _without_charset(read: Callable[[bytes, str], Extract]) -> Extractor:
    """Of a format that says itself how its characters are encoded."""
    return lambda data, location, charset: read(data, location)


_EXTRACTORS: Mapping[str, Extractor] = {
    TEXT: _plain_text,
    CSV: _table_text,
    HTML: page_text,
    XML: xml_text,
    PDF: _without_charset(pdf_text),
    WORD: _office_text("word_text"),
    SLIDES: _office_text("slides_text"),
    SHEETS: _office_text("sheets_text"),
    BOOK: _without_charset(book_text),
    MAIL: _without_charset(mail_text),
}


def os_problem(path: Path, error: OSError) -> str:
    """Why a path could not be looked at or read, and what to do."""
    if isinstance(error, PermissionError):
        return "may not be read; change its permissions or leave it out."
    if isinstance(error, FileNotFoundError):
        if path.is_symlink():
            return "is a broken link; repair it or leave it out."
        return "does not exist; check the path."
    return f"cannot be read ({error.strerror or error}); check the disk and the path."


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"
