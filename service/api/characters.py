"""Text of characters that every reader counts alike, and every encoding holds."""

from typing import Any


def whole(text: str) -> str:
    """Halves of surrogate pairs become the character that they are of, or U+FFFD alone."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def whole_value(value: Any) -> Any:
    """The same of every text in JSON."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {whole(key): whole_value(element) for key, element in value.items()}
    return [whole_value(element) for element in value] if isinstance(value, list) else value
