"""Files and bytes to documents. The kind of a document is decided by its bytes alone."""

import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from search.charset import decode
from search.errors import ReadError
from search.media import HTML, PDF, looks_binary, media_type
from search.pages import page_text
from search.passages import Source
from search.pdf import pdf_text
from search.titles import name_of, title_of

MAX_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was read, as text."""

    source: Source
    text: str
    """Newlines are \\n, characters composed (NFC). Offsets of passages count in this text."""


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


def read_bytes(data: bytes, location: str) -> Document:
    """The document that `data` is: PDF, HTML or text in any charset.

    Raises ReadError whose text begins with `location`: binary, encrypted, broken, or without text.
    """
    looks = looks_binary(data)
    if looks is not None:
        raise ReadError(
            f"{location} looks like {looks}, not text; convert it to text, HTML or PDF."
        )
    kind = media_type(data)
    title, text = _title_and_text(data, kind, location)
    if not text.strip():
        emptiness = "has no visible text" if kind == HTML else "is empty"
        raise ReadError(f"{location} {emptiness}; add text or leave it out.")
    return Document(Source(location, title, kind, sha256(data).hexdigest()), text)


def _title_and_text(data: bytes, kind: str, location: str) -> tuple[str, str]:
    if kind == PDF:
        title, text = pdf_text(data, location)
        return title or title_of(text, location), text
    if kind == HTML:
        title, text = page_text(data)
        return title or name_of(location), text
    text = decode(data)
    return title_of(text, location), text


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
