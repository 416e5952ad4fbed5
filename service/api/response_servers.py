"""MCP servers that a request names: what is said of each, its secrets apart from the rest."""

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import JsonValue

from planner import is_tool_name
from service.api.errors import ApiError

_LONGEST_LABEL = 32
_LONGEST_URL = 2000
_MOST_HEADERS = 50
_LONGEST_HEADER = 8000
_MOST_NAMES = 200
_OURS = frozenset({"connection", "content-length", "host", "te", "transfer-encoding", "upgrade"})
"""Headers that belong to the connection."""
_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)


def server_of(
    tool: Mapping[str, Any], where: str, taken: Collection[str]
) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    """The server as `Wishes` has it, and what it has to be told. Raises ApiError.

    `taken`: labels of other servers.
    """
    label = tool.get("server_label")
    if not isinstance(label, str) or not is_tool_name(label) or len(label) > _LONGEST_LABEL:
        said = f"has to be 1 to {_LONGEST_LABEL} letters, digits, _ and -"
        raise _wrong(f"{where}.server_label", said)
    if label in taken:
        said = "there is another server of this name: choose another one"
        raise _wrong(f"{where}.server_label", said)
    described = tool.get("server_description")
    server: dict[str, JsonValue] = {
        "label": label,
        "url": _address(tool, where),
        "description": described if isinstance(described, str) else None,
        "allowed": _names(tool.get("allowed_tools"), f"{where}.allowed_tools"),
        "never_ask": _never_ask(tool.get("require_approval"), f"{where}.require_approval"),
    }
    return server, _secrets(tool, where)


def _address(tool: Mapping[str, Any], where: str) -> str:
    """Of the server; without a password, which would be shown with it."""
    url = tool.get("server_url")
    if not isinstance(url, str):
        more = "; connectors are not supported" if tool.get("connector_id") else ""
        raise _wrong(f"{where}.server_url", f"is required{more}")
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        sound = False
    if not sound or len(url) > _LONGEST_URL:
        raise _wrong(f"{where}.server_url", "has to be an address, https://...")
    if "@" in parts.netloc:
        said = "put what the server has to be told into authorization or headers"
        raise _wrong(f"{where}.server_url", said)
    return url


def _secrets(tool: Mapping[str, Any], where: str) -> dict[str, JsonValue]:
    """They are kept apart, and forgotten when the run has ended."""
    secrets: dict[str, JsonValue] = {}
    token, headers = tool.get("authorization"), tool.get("headers")
    if token is not None:
        if not isinstance(token, str) or not _fits_a_line(token):
            raise _wrong(f"{where}.authorization", "has to be a text of one line")
        secrets["authorization"] = token
    if headers:
        if not isinstance(headers, dict) or len(headers) > _MOST_HEADERS:
            raise _wrong(f"{where}.headers", f"has to be an object of at most {_MOST_HEADERS}")
        for name, value in headers.items():
            if not isinstance(value, str) or not (_fits_a_line(name) and _fits_a_line(value)):
                raise _wrong(f"{where}.headers", "names and values have to be texts of one line")
            if name.lower() in _OURS or not _NAME.fullmatch(name):
                raise _wrong(f"{where}.headers", "a name is none that a request may set")
        secrets["headers"] = dict(headers)
    return secrets


def _names(given: object, where: str) -> list[JsonValue] | None:
    """Of tools, as a list or as an object that has one."""
    if isinstance(given, dict):
        if given.get("read_only") is not None:
            raise _wrong(f"{where}.read_only", "is not supported: name the tools by tool_names")
        given = given.get("tool_names")
    if given is None:
        return None
    if (
        not isinstance(given, list)
        or len(given) > _MOST_NAMES
        or not all(isinstance(name, str) for name in given)
    ):
        raise _wrong(where, f"has to be a list of at most {_MOST_NAMES} names")
    return list(given)


def _never_ask(given: object, where: str) -> JsonValue:
    """Whose calls nobody has to approve; see `Wishes.servers`."""
    if given is None:
        return False
    if given == "never":
        return True
    if isinstance(given, dict) and not given.get("always"):
        return _names(given.get("never"), f"{where}.never") or False
    said = "nobody can be asked while a run works: use never, or name tools under never.tool_names"
    raise _wrong(where, said)


def _fits_a_line(text: str) -> bool:
    """Whether it can stand in a header."""
    return 0 < len(text) <= _LONGEST_HEADER and text.isprintable()


def _wrong(param: str, what: str) -> ApiError:
    return ApiError(400, f"{param}: {what}", param=param)
