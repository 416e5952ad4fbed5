"""The value of the code, as JSON: what it is where JSON has that, else as close as can be."""

import json
import math
from typing import Any

_DEEPEST = 50


def as_json(value: object, most_bytes: int) -> tuple[Any, str | None]:
    """The value, and why it is not whole, if it is not.

    Tables are lists of rows, arrays lists, dates ISO 8601, NaN is null; anything else is the text
    that Python shows for it.
    """
    found = _plain(value, 0)
    size = len(json.dumps(found))
    if size <= most_bytes:
        return found, None
    return str(value)[:most_bytes], f"the value was cut: it is longer than {most_bytes} bytes"


def _plain(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | str):
        return value if not isinstance(value, str) else str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if depth > _DEEPEST:
        return repr(value)
    if isinstance(value, dict):
        return {str(_key(key)): _plain(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, depth + 1) for each in value]
    if isinstance(value, set | frozenset):
        return [_plain(each, depth + 1) for each in sorted(value, key=repr)]
    return _of_library(value, depth)


def _key(key: Any) -> Any:
    return key.isoformat() if hasattr(key, "isoformat") else key


def _of_library(value: Any, depth: int) -> Any:
    """By what a thing can do, so that numpy and pandas need not be there."""
    if type(value).__name__ == "NaTType":
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return _plain(value.to_dict(orient="records"), depth + 1)
    if hasattr(value, "to_dict") and hasattr(value, "index"):
        return _plain(value.to_dict(), depth + 1)
    if hasattr(value, "tolist"):
        return _plain(value.tolist(), depth + 1)
    return repr(value)
