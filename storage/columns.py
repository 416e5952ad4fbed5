"""Column types that hold the same values on SQLite and PostgreSQL."""

import json
import math
import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, String, Text
from sqlalchemy.types import TypeDecorator

# PostgreSQL takes no NUL and neither database takes half a surrogate pair, but PDFs and models
# produce both. U+001A (SUBSTITUTE) marks them, and so has to be marked itself.
_UNSTORABLE = re.compile("[\x00\x1a\ud800-\udfff]")
_MARKED = re.compile("\x1a([0-9a-f]{4})")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _marked(value: str | None) -> str | None:
    """As it is stored."""
    if value is None:
        return None
    return _UNSTORABLE.sub(lambda found: f"\x1a{ord(found[0]):04x}", value)


class Id(TypeDecorator[str]):
    """A name that this package makes. One that somebody asks for may have any characters: those
    that no database takes are in no id."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Like no other where no id is like it."""
        return _marked(value)


class Words(TypeDecorator[str]):
    """Text of any characters."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """As it is stored."""
        return _marked(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """As it was given."""
        if value is None or "\x1a" not in value:
            return value
        return _MARKED.sub(lambda found: chr(int(found[1], 16)), value)


class UtcTime(TypeDecorator[datetime]):
    """A moment. It needs a time zone to go in, and comes out in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite keeps no zone: what is stored is UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC, with the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON(none_as_null=True)


def json_text(value: Any) -> str:
    """JSON that both databases take: no bare surrogates, no NaN (kept as the text 'nan')."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=False)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _finite(value: Any) -> Any:
    """JSON has no word for numbers that are none: their names stand in their place."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(element) for element in value]
    return value
