"""What a tool of others gave, as a result that an answer can cite."""

import json
from collections.abc import Mapping
from hashlib import sha256

from pydantic import JsonValue

from search import Passage, Source
from tools.tool import ToolResult

_LONGEST = 20_000
"""Characters of a passage."""
_LONGEST_CALL = 200


def given(value: JsonValue, tool: str, arguments: Mapping[str, JsonValue]) -> ToolResult:
    """The value, proved by itself: it was really given, by this call. None proves nothing."""
    if value is None:
        return ToolResult(None)
    is_text = isinstance(value, str)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    call = json.dumps(dict(arguments), ensure_ascii=False, sort_keys=True)
    source = Source(
        location=f"tool:{tool} {call[:_LONGEST_CALL]}",
        title=tool,
        media_type="text/plain" if is_text else "application/json",
        digest=sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
    )
    shown = text[:_LONGEST]
    return ToolResult(value, evidence=[Passage(source, 0, len(shown), shown)])
