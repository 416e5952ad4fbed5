"""What a tool of others gave, as a result that an answer can cite."""

import json
from collections.abc import Mapping
from hashlib import sha256

from pydantic import JsonValue

from search import Passage, Source
from tools.tool import ToolError, ToolResult

_LONGEST = 20_000
"""Characters of a passage."""
_LONGEST_CALL = 200
_LONGEST_VALUE = 200_000


def bounded(value: JsonValue, tool: str) -> JsonValue:
    """The value. Raises ToolError for more than any plan has use for."""
    if value is not None and len(json.dumps(value, ensure_ascii=False)) > _LONGEST_VALUE:
        raise ToolError(f"{tool}: gave more than {_LONGEST_VALUE} characters")
    return value


def given(
    value: JsonValue,
    tool: str,
    arguments: Mapping[str, JsonValue],
    *,
    location: str | None = None,
    title: str | None = None,
) -> ToolResult:
    """The value, proved by itself: it was really given, by this call. None proves nothing.

    `location`: where a reader finds it again, if not by the call. `title`: what it is called, if
    not by the tool's name.
    """
    if value is None:
        return ToolResult(None)
    is_text = isinstance(value, str)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    call = json.dumps(dict(arguments), ensure_ascii=False, sort_keys=True)
    source = Source(
        location=location or f"tool:{tool} {call[:_LONGEST_CALL]}",
        title=title or tool,
        media_type="text/plain" if is_text else "application/json",
        digest=sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
    )
    shown = text[:_LONGEST]
    return ToolResult(value, evidence=[Passage(source, 0, len(shown), shown)])
