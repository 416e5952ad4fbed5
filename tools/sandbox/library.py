"""What the code in a sandbox can read: Python's own library, the system's, and named packages."""

import importlib.metadata
import os
import re
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_SYSTEM = (
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_OTHERS = ("site-packages", "dist-packages")


@dataclass(frozen=True, slots=True)
class Readable:
    """Paths, all absolute; what is not among them does not exist for the code."""

    python: str
    """The interpreter, outside of any virtual environment."""
    standard: str
    """The folder of Python's own library."""
    system: tuple[str, ...]
    hidden: tuple[str, ...]
    """Folders within the others that hold packages nobody named."""
    packages: tuple[tuple[str, str], ...]
    """Name and place of each file and folder that belongs to a named package."""
    devices: tuple[str, ...]

    @property
    def folders(self) -> tuple[str, ...]:
        """Everything that is shown where there is a root of its own; a folder before its parts."""
        shown = (*self.system, self.standard, *(place for _, place in self.packages))
        return tuple(sorted(shown, key=lambda path: path.count("/")))

    @property
    def alone(self) -> tuple[str, ...]:
        """The same for rules that know no exceptions: what is hidden is not under any of it."""
        standard = Path(self.standard)
        inner = (str(each) for each in standard.iterdir() if str(each) not in self.hidden)
        return (*self.system, *inner, *(place for _, place in self.packages))


def readable_with(packages: Sequence[str]) -> Readable:
    """Those of the named packages that are installed, and all that they need."""
    python = Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")
    standard = Path(sysconfig.get_path("stdlib"))
    library = Path(
        sysconfig.get_config_var("LIBDIR") or "/", sysconfig.get_config_var("INSTSONAME") or "-"
    )
    system = [*_SYSTEM, str(python), os.path.realpath(python), str(library)]
    found = {name: place for each in _closure(packages, set()) for name, place in _parts(each)}
    return Readable(
        python=str(python),
        standard=str(standard),
        system=tuple(dict.fromkeys(path for path in system if Path(path).exists())),
        hidden=tuple(str(standard / name) for name in _OTHERS if (standard / name).exists()),
        packages=tuple(sorted(found.items())),
        devices=tuple(path for path in _DEVICES if Path(path).exists()),
    )


def _closure(names: Sequence[str], seen: set[str]) -> Iterator[importlib.metadata.Distribution]:
    for name in names:
        if name.lower() in seen:
            continue
        seen.add(name.lower())
        try:
            package = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        yield package
        needed = [each for each in package.requires or () if "extra ==" not in each]
        yield from _closure([re.split(r"[^\w.-]", each)[0] for each in needed], seen)


def _parts(package: importlib.metadata.Distribution) -> Iterator[tuple[str, str]]:
    """The files and folders that a package put beside the others."""
    for name in {file.parts[0] for file in package.files or ()}:
        place = Path(str(package.locate_file(name)))
        if name not in ("..", "__pycache__") and place.exists():
            yield name, str(place.resolve())
