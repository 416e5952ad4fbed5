"""What `breadth models check` found of servers, kept in the cache for the runs that follow."""

import json
from contextlib import suppress
from dataclasses import asdict
from os import replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from pydantic import TypeAdapter, ValidationError

from inference import Capabilities

_FILE = "servers.json"
_CAPABILITIES = TypeAdapter(Capabilities)


def remembered(cache: Path, url: str, model: str) -> Capabilities | None:
    """What was found of this model there; None: nothing, or what this version cannot read."""
    try:
        return _CAPABILITIES.validate_python(_all(cache).get(_key(url, model)))
    except ValidationError:
        return None


def remember(cache: Path, url: str, model: str, found: Capabilities) -> None:
    """For the next time. A cache that cannot be written keeps nothing."""
    servers = _all(cache) | {_key(url, model): asdict(found)}
    with suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=cache, suffix=".part", delete=False) as file:
            json.dump(servers, file, indent=1)
        replace(file.name, cache / _FILE)


def _all(cache: Path) -> dict[str, Any]:
    """By server and model; nothing where the file is missing or broken."""
    try:
        servers = json.loads((cache / _FILE).read_text())
    except (OSError, ValueError):
        return {}
    return servers if isinstance(servers, dict) else {}


def _key(url: str, model: str) -> str:
    """One text for both."""
    return f"{url.rstrip('/')} {model}"
