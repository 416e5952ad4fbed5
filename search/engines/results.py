"""What a web search engine gives: results; those of several engines become one list."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from courlan import clean_url

from search.several import by_ranks

_TAG = re.compile(r"<[^<>]{0,400}>")
_SHOWN = 200
_MOST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class WebResult:
    """One address, as an engine describes it."""

    url: str
    title: str
    text: str = ""
    """A few sentences of the page, or its abstract; the page itself may say more."""
    published: str | None = None
    """As the engine writes it."""


class WebEngine(Protocol):
    """Finds addresses. Nothing found is an empty list, all else without results an EngineError."""

    name: str

    async def results(self, query: str, *, limit: int = 10) -> Sequence[WebResult]:
        """At most `limit`, best first. Raises EngineError and WebError."""
        ...


def canonical(url: str) -> str:
    """The same for addresses of the same page: without scheme, www, trackers and fragment."""
    parts = urlsplit(clean_url(url) or url)
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{port}{parts.path.rstrip('/')}{query}"


def merged(found: Sequence[Sequence[WebResult]], limit: int) -> list[WebResult]:
    """Several engines' results as one list, by reciprocal rank fusion; each address once.

    What is found by several engines stands higher; the longest text about it is kept.
    """
    best: dict[str, WebResult] = {}
    for result in (one for results in found for one in results):
        key = canonical(result.url)
        if key not in best or len(result.text) > len(best[key].text):
            best[key] = result
    order = by_ranks([[canonical(result.url) for result in results] for results in found])
    return [best[key] for key in order][:limit]


def plain(text: Any) -> str:
    """What an engine marks up, as text."""
    if not isinstance(text, str):
        return ""
    return " ".join(html.unescape(_TAG.sub("", text)).split())[:_MOST_TEXT]


def shown(text: str) -> str:
    """A server's words inside an error: one short line."""
    return " ".join(_TAG.sub(" ", text).split())[:_SHOWN]
