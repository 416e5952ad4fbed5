"""Writing an answer to files, each whole or not at all, in UTF-8 whatever the locale is."""

import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import copymode

from service.errors import UsageProblem
from service.formats.bibtex import as_bibtex
from service.formats.citing import CitationStyle
from service.formats.data import as_json
from service.formats.markdown import as_markdown
from service.formats.page import as_html
from service.formats.pdf import as_pdf, why_no_pdf
from service.formats.publication import Publication
from service.formats.word import as_docx, why_no_docx

Made = tuple[bytes, str]
"""A file's bytes, and what its reader is to be told of letters that could not be drawn."""


def _of_text(text: str) -> Made:
    """As it is stored; half a character, which no file can hold, becomes a sign for it."""
    return text.encode("utf-8", "replace"), ""


_WRITERS: Mapping[str, Callable[[Publication, CitationStyle], Made]] = {
    ".md": lambda publication, style: _of_text(as_markdown(publication, style)),
    ".html": lambda publication, style: _of_text(as_html(publication, style)),
    ".htm": lambda publication, style: _of_text(as_html(publication, style)),
    ".pdf": as_pdf,
    ".docx": lambda publication, style: (as_docx(publication, style), ""),
    ".json": lambda publication, _: _of_text(as_json(publication) + "\n"),
    ".bib": lambda publication, _: _of_text(as_bibtex(publication)),
}
ENDINGS = tuple(ending for ending in _WRITERS if ending != ".htm")
_NEEDS: Mapping[str, Callable[[], str]] = {".pdf": why_no_pdf, ".docx": why_no_docx}


def made_of(publication: Publication, ending: str, style: CitationStyle = "numbers") -> bytes:
    """The file of one of ENDINGS. Takes seconds for a long PDF, and may run in a thread: one at a
    time, since who sets a PDF listens to what is logged meanwhile."""
    return _WRITERS[ending](publication, style)[0]


def why_not(ending: str) -> str:
    """What is missing here to make a file with this ending; nothing where it can be made."""
    return _NEEDS[ending]() if ending in _NEEDS else ""


def require_writable(paths: Sequence[Path]) -> None:
    """Before the work, not after it. Raises UsageProblem for what could not be written."""
    for path in paths:
        ending = path.suffix.lower()
        if ending not in _WRITERS:
            raise UsageProblem(f"--output: {path} must end in {_listed(ENDINGS)}")
        if not path.parent.is_dir():
            raise UsageProblem(f"--output: there is no folder {path.parent}")
        if path.is_dir():
            raise UsageProblem(f"--output: {path} is a folder")
        if not os.access(path.parent, os.W_OK):
            raise UsageProblem(f"--output: nothing may be written into {path.parent}")
        if why := why_not(ending):
            raise UsageProblem(f"--output: {path}: {why}")


def write_files(
    publication: Publication, paths: Sequence[Path], style: CitationStyle
) -> Iterator[str]:
    """Writes each, its format by its ending; gives what is to be told. Raises OSError."""
    for path in paths:
        data, missing = _WRITERS[path.suffix.lower()](publication, style)
        _write(path, data)
        if missing:
            yield (
                f"{path}: no font has these letters: {missing}; install a font that has them, or"
                " write .html or .docx, which use the fonts of their reader"
            )


def _write(path: Path, data: bytes) -> None:
    """Beside the file, and then in its place: who reads it sees the old one or the new one."""
    target = path.resolve()
    new = target.parent / f".breadth-{secrets.token_hex(6)}"
    try:
        with new.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            copymode(target, new)
        new.replace(target)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _listed(names: Sequence[str]) -> str:
    """.md, .html or .pdf."""
    return f"{', '.join(names[:-1])} or {names[-1]}"
