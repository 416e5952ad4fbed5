"""The settings file: where it is, what stands in which line, and what may not stand in it.

A file that was named is trusted. One that is found in the working folder may have come with the
folder, from anybody: it may not name programs to be started, nor send a key that it does not bring
to an address of its own.
"""

import os
import re
import stat
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from service.errors import UsageProblem
from service.hiding import hidden

NAME = "breadth.toml"
_MOST_BYTES = 2**20
_PROGRAMS = ("browser_path", "editor", "mcp", "vllm_python")
_SECRETS = frozenset({"api_key", "api_keys", "search_keys"})
_SECRET_FIELDS = frozenset({"auth", "env", "headers"})
"""Of MCP servers and of services with an OpenAPI document."""

_TABLE = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")

Place = tuple[str, ...]
"""A setting, and where in it."""


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A file that was read."""

    path: Path
    values: Mapping[str, Any] = field(repr=False)
    lines: Mapping[Place, int] = field(repr=False)

    def source(self, place: Place) -> str:
        """FILE:LINE of a setting, or of the part of it that is there."""
        for length in range(len(place), 0, -1):
            if line := self.lines.get(place[:length]):
                return f"{self.path}:{line}"
        return str(self.path)


def settings_file(
    named: str | Path | None, known: Collection[str], elsewhere: Collection[str] = ()
) -> SettingsFile | None:
    """The file of this name; else that of the working folder, or of the user, if there is one.

    `known`: the settings; `elsewhere`: those that the environment has, or an option. Raises
    UsageProblem for a file that cannot be read, or says what it may not.
    """
    path, is_found = (Path(named).expanduser(), False) if named else _found()
    if path is None:
        return None
    text = _text(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageProblem(f"{path}: this is no TOML: {error}") from error
    except RecursionError as error:
        raise UsageProblem(f"{path}: this is nested too deeply") from error
    read = SettingsFile(path, values, _lines(text))
    _require_known(read, known)
    if is_found:
        _require_harmless(read, elsewhere)
    return read


def readable_by_all(read: SettingsFile) -> str | None:
    """A warning, for a file with secrets that every user of the machine may read."""
    try:
        is_open = os.name == "posix" and read.path.stat().st_mode & stat.S_IROTH
    except OSError:
        return None
    held = sorted(dict.fromkeys(_secrets(read.values))) if is_open else []
    if not held:
        return None
    return (
        f"{read.path}: others on this machine can read its secrets ({', '.join(held)}):"
        f" chmod 600 {read.path}"
    )


def _found() -> tuple[Path | None, bool]:
    """The file, and whether it is the working folder's."""
    here, own = Path(NAME), user_config_path("breadth") / NAME
    if here.is_file():
        return here, True
    return (own, False) if own.is_file() else (None, False)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise UsageProblem(f"{path}: a settings file has at most {_MOST_BYTES} bytes")
        return data.decode("utf-8")
    except OSError as error:
        told = f"{path}: the settings file cannot be read: {error.strerror or error}"
        raise UsageProblem(told) from error
    except UnicodeDecodeError as error:
        raise UsageProblem(f"{path}: the settings file is not in UTF-8") from error


def _require_known(read: SettingsFile, known: Collection[str]) -> None:
    for name in read.values:
        if name == "settings":
            raise UsageProblem(f"{read.source((name,))}: settings: a file names no further one")
        if name not in known:
            close = get_close_matches(name.lower().replace("-", "_"), known, 1)
            hint = f"; did you mean {close[0]}?" if close else ": `breadth settings` lists all"
            raise UsageProblem(f"{read.source((name,))}: there is no setting {name!r}{hint}")


def _require_harmless(read: SettingsFile, elsewhere: Collection[str]) -> None:
    """See the module's docstring."""
    trust = f"if you trust this file, name it: --settings {read.path}, or BREADTH_SETTINGS"
    for name in _PROGRAMS:
        if name in read.values:
            raise UsageProblem(f"{read.source((name,))}: {name} starts programs; {trust}")
    if "base_url" in read.values and "api_key" in elsewhere and "api_key" not in read.values:
        place = read.source(("base_url",))
        raise UsageProblem(f"{place}: base_url would be sent your API key; {trust}")
    _require_own(read, trust)


def _require_own(read: SettingsFile, trust: str) -> None:
    """Documents of the file's own folder only: others are nothing to whoever wrote it."""
    named = read.values.get("documents", ())
    names = named.split(",") if isinstance(named, str) else named
    folder = read.path.absolute().parent
    for name in map(str, names):
        inside = (folder / name.strip()).resolve().is_relative_to(folder.resolve())
        if not inside and "://" not in name:
            place = read.source(("documents",))
            raise UsageProblem(
                f"{place}: documents: {name.strip()} is outside of {folder}; {trust}"
            )


def _lines(text: str) -> dict[Place, int]:
    """Where each table and each key begins, from 1; what several lines write stands in the first.

    Text inside of strings of several lines may look like a key: the first mention counts.
    """
    table: Place = ()
    lines: dict[Place, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if head := _TABLE.match(line):
            table = _parts(head[1])
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            place = (*table, *_parts(key[1]))
            for length in range(1, len(place) + 1):
                lines.setdefault(place[:length], number)
    return lines


def _parts(key: str) -> Place:
    return tuple(part.strip("\"'") for part in _PART.findall(key))


def _secrets(values: Mapping[str, Any]) -> Iterator[str]:
    """The settings that hold one."""
    for name, value in values.items():
        tables = value.values() if isinstance(value, dict) else ()
        fields = {inner for table in tables if isinstance(table, dict) for inner in table}
        has_password = hidden(value) != value
        if (name in _SECRETS and value) or fields & _SECRET_FIELDS or has_password:
            yield name
