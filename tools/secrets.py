"""Secrets stay out of what is told."""

from collections.abc import Iterable

_SHORTEST = 4
"""Characters; anything shorter would be found in ordinary words."""


def without(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret, and the token of "Bearer TOKEN", blotted out."""
    words = {word for secret in secrets for word in (secret, *secret.split())}
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _SHORTEST:
            text = text.replace(word, "***")
    return text
