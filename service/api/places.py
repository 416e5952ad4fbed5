"""Places of the server, which no client is told: documents are shown by their file names."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import urlsplit

from service.formats.plain import web_address
from service.settings import Settings
from storage import Logged, RunRecord
from tools import REASONED

_SHORTEST = 2
"""Parts of a path that is hidden as a folder: "/" is in every address."""
_BEFORE = r"(?<![\w.~%-])(?:file://)?"
"""What stands before a path: in https://example.org/docs the path is not the server's."""


def shown_location(location: str, title: str = "") -> str:
    """The address of a page, without a password in it; of a document the file name; of a method's
    reasoning, which has neither, the title."""
    address = web_address(location)
    if address is None:
        return title if title and location.startswith(REASONED) else _name(location)
    user, at, rest = urlsplit(address).netloc.rpartition("@")
    return address.replace(f"{user}{at}", "", 1) if rest and at else address


class Veil:
    """Puts names in the place of the server's own paths, in values of any form."""

    def __init__(self, folders: Iterable[str], files: Iterable[str] = ()) -> None:
        """`folders`: what lies in them is told from there on; `files`: told by name."""
        names = {file: _name(file) for file in files if _is_path(file)}
        for folder in map(str, folders):
            if _is_path(folder) and len(PurePosixPath(folder).parts) >= _SHORTEST:
                bare = folder.rstrip("/\\")
                names |= {bare: _name(bare), f"{bare}/": "", f"{bare}\\": ""}
        self._names = names
        longest_first = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        self._found = re.compile(_BEFORE + f"({longest_first})") if names else None

    def __call__(self, value: Any) -> Any:
        """The same without them."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {self._text(str(key)): self(element) for key, element in value.items()}
        if isinstance(value, list | tuple):
            return [self(element) for element in value]
        return value

    def _text(self, text: str) -> str:
        if self._found is None:
            return text
        return self._found.sub(lambda found: self._names[found[1]], text)


class GrowingVeil:
    """Hides places that a run's own events tell of, too, from the one on that does."""

    def __init__(self, record: RunRecord, settings: Settings) -> None:
        """Of a run that has told nothing yet."""
        self._record, self._settings = record, settings
        self._files: set[str] = set()
        self._veil = veil_of(record, settings)

    def __call__(self, logged: Logged) -> dict[str, Any]:
        """What the event says, its sources by address or file name. Of all events, in order."""
        files = {source["location"] for source in logged.data.get("sources", ())}
        if not files <= self._files:
            self._files |= files
            self._veil = veil_of(self._record, self._settings, self._files)
        told: dict[str, Any] = self._veil(dict(logged.data))
        if files:
            told["sources"] = [
                {
                    "title": source["title"],
                    "url": shown_location(source["location"], source["title"]),
                }
                for source in logged.data["sources"]
            ]
        return told


def veil_of(record: RunRecord, settings: Settings, files: Iterable[str] = ()) -> Veil:
    """What is hidden of a run. `files`: its sources."""
    documents = record.options.get("documents")
    roots = [str(root) for root in documents] if isinstance(documents, list) else []
    models = [settings.model, str(record.options.get("model", ""))]
    own = [str(settings.data), str(settings.cache)]
    return Veil([*roots, *own], [*files, *models, settings.store])


def _is_path(text: str) -> bool:
    """Whole, as the server has them."""
    return PurePosixPath(text).is_absolute() or PureWindowsPath(text).is_absolute()


def _name(location: str) -> str:
    """Behind the last separator."""
    return re.split(r"[/\\]", location.rstrip("/\\"))[-1] or "document"
