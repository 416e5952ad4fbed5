"""Values as they may be shown: without keys, passwords and what else lets somebody in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

MASK = "***"
_PASSWORD = re.compile(r"(://[^\s/?#:@]*):\S*@")
"""Up to the last @: a password may hold some."""
_TOKEN = re.compile(r"(https?://)[^\s/?#:@]+@")
"""A user of an HTTP server without a password is one."""
_WORDS = (
    r"(?:[\w.-]*[_.-])?(?:key|token|secret|password|passwd|pwd|sig|signature|auth|credential)s?"
)
_QUERY = re.compile(rf"([?&](?:{_WORDS}|api-?key|apikey)=)[^&\s#]*", re.IGNORECASE)
_ASSIGNED = re.compile(rf"(-{{0,2}}(?:{_WORDS}|api-?key|apikey)=).*", re.IGNORECASE | re.DOTALL)
_OPTION = re.compile(rf"--?(?:{_WORDS}|api-?key|apikey)", re.IGNORECASE)


def hidden(value: Any) -> Any:
    """As JSON takes it; secrets, also inside of it, are stars. An empty secret stays empty."""
    match value:
        case SecretStr():
            return MASK if value.get_secret_value() else ""
        case BaseModel():
            return {name: _field(name, getattr(value, name)) for name in type(value).model_fields}
        case Mapping():
            return {hidden(str(name)): _field(str(name), inner) for name, inner in value.items()}
        case str():
            return _QUERY.sub(
                rf"\1{MASK}", _TOKEN.sub(rf"\1{MASK}@", _PASSWORD.sub(rf"\1:{MASK}@", value))
            )
        case list() | tuple() | frozenset() | set():
            return [hidden(inner) for inner in value]
        case Path():
            return hidden(str(value))
        case _:
            return value


def _field(name: str, value: Any) -> Any:
    """What stands under a name: the words of a command may hold secrets behind their options."""
    if name != "args" or not isinstance(value, list | tuple):
        return hidden(value)
    shown, is_next = [], False
    for word in map(str, value):
        shown.append(MASK if is_next else _ASSIGNED.sub(rf"\1{MASK}", hidden(word)))
        is_next = not is_next and _OPTION.fullmatch(word) is not None
    return shown
