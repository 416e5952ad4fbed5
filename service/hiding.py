"""What may be told: without keys, passwords and what else lets somebody in.

`hidden` is for values that we know, such as settings; `redaction` for any text, such as a line of
the log, where the secrets of the settings are found by value and others by their form.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from pydantic import BaseModel, SecretStr

Redact = Callable[[str], str]
"""A text without what must not be told."""

MASK = "***"
_WORDS = (
    r"(?:[\w.-]*[_.-])?(?:key|token|secret|password|passwd|pwd|sig|signature|auth|credential)s?"
)
_NAME = rf"(?:{_WORDS}|api-?key|apikey)"
_IN_QUERY = rf"([?&]{_NAME}=)"

_PASSWORD = re.compile(r"(://[^\s/?#:@]*):\S*@")
"""Up to the last @: a password may hold some."""
_TOKEN = re.compile(r"(https?://)[^\s/?#:@]+@")
"""A user of an HTTP server without a password is one."""
_QUERY = re.compile(rf"{_IN_QUERY}[^&\s#]*", re.IGNORECASE)
_ASSIGNED = re.compile(rf"(-{{0,2}}{_NAME}=).*", re.IGNORECASE | re.DOTALL)
_OPTION = re.compile(rf"--?{_NAME}", re.IGNORECASE)

_SHORTEST = 4
"""What is shorter is no secret, and masking it would make holes in every word."""
_FORMS = (
    # Ours: an API key, and what signs webhooks.
    (re.compile(r"(?<![A-Za-z0-9])bk_[\w-]+"), f"bk_{MASK}"),
    (re.compile(r"(?<![A-Za-z0-9])whsec_[\w+/=-]+"), f"whsec_{MASK}"),
    # Of model servers.
    (re.compile(r"(?<![A-Za-z0-9])sk-[\w-]{16,}"), f"sk-{MASK}"),
    (re.compile(r"\b(bearer)(\s+)[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1\2{MASK}"),
    (re.compile(r"\b(authorization\W{1,4}basic\s+)[\w+/=-]+", re.IGNORECASE), rf"\1{MASK}"),
    # The password of an address; one that holds an @ of its own, too.
    (re.compile(r"(://[^\s/?#:@]*):[^\s/]*@"), rf"\1:{MASK}@"),
    (re.compile(rf"{_IN_QUERY}[^&\s\"'#]+", re.IGNORECASE), rf"\1{MASK}"),
)


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


def redaction(settings: BaseModel) -> Redact:
    """Masks the secrets of these settings, and what has the form of one."""
    forms = {form for secret in secrets_of(settings) for form in (secret, quote(secret, safe=""))}
    known = sorted((form for form in forms if len(form) >= _SHORTEST), key=len, reverse=True)
    values = re.compile("|".join(map(re.escape, known))) if known else None

    def redacted(text: str) -> str:
        if values is not None:
            text = values.sub(MASK, text)
        for form, mask in _FORMS:
            text = form.sub(mask, text)
        return text

    return redacted


def secrets_of(value: object) -> Iterator[str]:
    """Every secret in settings: what is declared as one, and passwords of addresses."""
    match value:
        case SecretStr():
            yield from _parts(value.get_secret_value())
        case BaseModel():
            yield from _all(getattr(value, name) for name in type(value).model_fields)
        case Mapping():
            yield from _all(value.values())
        case str():
            yield from _password(value)
        case list() | tuple():
            yield from _all(value)
        case _:
            pass


def _all(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        yield from secrets_of(value)


def _parts(secret: str) -> Iterator[str]:
    """The secret, and what it is made of where it is several things: USER:PASSWORD, KEY:CX."""
    if "://" in secret:  # an address that stands among keys: a search engine of one's own
        yield from _password(secret)
        return
    yield secret
    yield from (part for part in secret.split(":") if 2 * _SHORTEST <= len(part) < len(secret))


def _password(text: str) -> Iterator[str]:
    """Of an address. One that is the user's name is a placeholder, and a word of other texts."""
    if "://" not in text:
        return
    try:
        parts = urlsplit(text)
    except ValueError:
        return
    if parts.password and parts.password != parts.username:
        yield parts.password
        yield unquote(parts.password)
