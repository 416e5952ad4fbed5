"""The files under the folders that a user names."""

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from search.errors import IndexFolderError
from search.reading import location_of, os_problem


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as the walk saw it."""

    location: str
    """Canonical: the same for every link that leads to it."""
    size: int
    mtime_ns: int


@dataclass(slots=True)
class Walk:
    """What was found under the roots, each file once."""

    files: dict[str, FoundFile] = field(default_factory=dict)
    under: dict[Path, list[str]] = field(default_factory=dict)
    """The locations under each root, the refused ones included."""
    refused: dict[str, str] = field(default_factory=dict)
    """Paths that could not be looked into, with the reason."""
    is_whole: bool = True
    """Whether what is not found is not there."""

    def refuse(self, root: Path, path: str, reason: str) -> None:
        """It is there, but cannot be looked at."""
        self.under[root].append(path)
        self.refused[path] = reason

    def leave_out(self, location: str) -> None:
        """As if it had not been found."""
        self.files.pop(location, None)
        for locations in self.under.values():
            locations[:] = [kept for kept in locations if kept != location]


def walk(roots: Sequence[Path]) -> Walk:
    """All files under the roots, sorted; hidden ones only where they are a root themselves.

    Raises IndexFolderError when a root does not exist or cannot be opened.
    """
    found = Walk()
    for root in roots:
        _check(root)
        found.under[root] = []
        for path in _paths(root, found.refused):
            _add(path, root, found)
    return found


def visible(roots: Sequence[Path], known: Collection[str]) -> list[Path]:
    """The roots that are on this machine, of an index that others keep up, too.

    One that is missing or empty here may be on another's disk, if something of it is known.
    """

    def is_elsewhere(root: Path) -> bool:
        below = root.resolve()
        return _is_bare(root) and any(Path(one).is_relative_to(below) for one in known)

    return [root for root in roots if not is_elsewhere(root)]


def _is_bare(root: Path) -> bool:
    return not root.exists() or (root.is_dir() and next(_paths(root, {}), None) is None)


def _check(root: Path) -> None:
    try:
        if stat.S_ISDIR(root.stat().st_mode):
            os.scandir(root).close()
    except FileNotFoundError:
        raise IndexFolderError(
            f"{root} does not exist; name a folder or file with documents."
        ) from None
    except OSError as error:
        raise IndexFolderError(f"{root} cannot be opened ({error.strerror}).") from error


def _paths(root: Path, refused: dict[str, str]) -> Iterator[Path]:
    """The files in sorted order. A folder reached a second time, by a link, is not entered."""
    if not root.is_dir():
        yield root
        return

    def refuse(error: OSError) -> None:
        refused[str(error.filename)] = f"cannot be opened ({error.strerror}); check permissions."

    visited: set[str] = set()
    for folder, folders, names in os.walk(root, onerror=refuse, followlinks=True):
        if (real := os.path.realpath(folder)) in visited:
            folders.clear()
            continue
        visited.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(real, name) for name in sorted(names) if not name.startswith("."))


def _add(path: Path, root: Path, found: Walk) -> None:
    location = location_of(path) if path == root or path.is_symlink() else str(path)
    if not _is_unicode(location):
        shown = os.fsencode(location).decode("utf-8", "backslashreplace")
        found.refuse(root, shown, "has a name that is not valid UTF-8; rename it.")
        return
    try:
        status = path.stat()
    except OSError as error:
        found.refuse(root, str(path), os_problem(path, error))
        return
    found.under[root].append(location)
    found.files[location] = FoundFile(location, status.st_size, status.st_mtime_ns)


def _is_unicode(location: str) -> bool:
    try:
        location.encode()
    except UnicodeEncodeError:
        return False
    return True
