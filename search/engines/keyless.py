"""Search without a key, by the library ddgs (extra `web`), which asks public engines."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from search.engines.asking import fitting
from search.engines.results import WebResult, plain
from search.errors import EngineError

try:
    import ddgs.exceptions

    FAILURES: tuple[type[Exception], ...] = (ddgs.exceptions.DDGSException, OSError, ValueError)
except ImportError:  # the extra `web` is not installed
    ddgs = None
    FAILURES = (OSError, ValueError)

_SECONDS = 15
_NOTHING = "no results"

Find = Callable[[str, int], Sequence[Mapping[str, Any]]]


class Keyless:
    """The engine that needs no key. It makes connections of its own, to public engines only."""

    name = "ddgs"

    def __init__(self, find: Find | None = None) -> None:
        """`find`: instead of the library. Raises EngineError where that is not installed."""
        if find is None and ddgs is None:
            raise EngineError("ddgs is not installed: run pip install 'breadth[web]'")
        self._find = find or _by_library

    async def results(self, query: str, *, limit: int = 10) -> Sequence[WebResult]:
        """See `WebEngine.results`."""
        text = fitting(query, longest=500)
        try:
            async with asyncio.timeout(_SECONDS * 2):
                found = await asyncio.to_thread(self._find, text, limit)
        except TimeoutError as error:
            raise EngineError(f"ddgs did not answer in {_SECONDS * 2} s") from error
        except FAILURES as error:
            if _NOTHING in str(error).casefold():
                return []
            raise EngineError(f"ddgs: {error or type(error).__name__}") from error
        return [
            WebResult(hit["href"], plain(hit.get("title")) or hit["href"], plain(hit.get("body")))
            for hit in found
            if str(hit.get("href", "")).startswith(("http://", "https://"))
        ][:limit]


def _by_library(query: str, limit: int) -> Sequence[Mapping[str, Any]]:
    """What the library finds."""
    searcher = ddgs.DDGS(timeout=_SECONDS)
    found: Sequence[Mapping[str, Any]] = searcher.text(query, max_results=limit)
    return found
