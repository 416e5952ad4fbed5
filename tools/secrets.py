"""Secrets stay out of what is told."""

import re
from collections.abc import Iterable
from functools import cache
from urllib.parse import quote

_SHORTEST = 4
"""Characters; anything shorter would be found in ordinary words."""
_SCHEME = re.compile(r"(?:bearer|basic|token|apikey|key)\s+(\S+)", re.IGNORECASE)
"""In front of a secret in a header; servers tell the secret without it."""


def without(text: str, secrets: Iterable[str], *, shortest: int = _SHORTEST) -> str:
    """The text with every secret blotted out, however it was written in an address or in JSON."""
    words = set(secrets)
    words |= {found[1] for secret in words if (found := _SCHEME.fullmatch(secret))}
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= shortest:
            text = _pattern(word).sub("***", text)
    return text


@cache
def _pattern(secret: str) -> re.Pattern[str]:
    """Each character as it is, or in any way of writing it."""
    return re.compile("".join(f"(?:{'|'.join(_forms(one))})" for one in secret))


def _forms(character: str) -> Iterable[str]:
    """Patterns: plain, of an address, of JSON."""
    coded = quote(character, safe="", errors="replace")
    if coded == character:
        coded = "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
    plain = re.escape(character)
    yield plain
    yield f"(?i:{re.escape(coded)})"
    yield rf"\\{plain}"
    yield rf"(?i:\\u{ord(character):04x})"
    if character == " ":
        yield r"\+"
