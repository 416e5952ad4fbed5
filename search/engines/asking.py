"""What all web engines do alike: fit the query, keep the pace, read what comes or say why not."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from search.engines.results import shown
from search.errors import EngineError
from search.web import WebClient, WebResponse

_MESSAGES = ("message", "detail", "error", "info", "title", "description", "error_message")
_REFUSED = frozenset({401, 402, 403})
_BUSY = frozenset({429, 432, 433})


class Pace:
    """So many seconds lie between two requests at least; who comes too early waits."""

    def __init__(self, seconds: float) -> None:
        """0: no wait."""
        self._seconds = seconds
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for it."""
        now = time.monotonic()
        mine = max(now, self._next)
        self._next = mine + self._seconds
        if mine > now:
            await asyncio.sleep(mine - now)


@dataclass(frozen=True)
class Asked:
    """One request to an engine."""

    url: str
    params: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None
    json: Any = None

    @property
    def method(self) -> str:
        """By whether it has a body."""
        return "GET" if self.json is None else "POST"


async def answer(web: WebClient, name: str, asked: Asked) -> bytes:
    """The body of an answer that is none of an error. Raises EngineError and WebError."""
    response = await web.request(
        asked.method,
        asked.url,
        params=asked.params,
        headers=asked.headers,
        json=asked.json,
        raise_for_status=False,
    )
    if response.status >= 400:
        raise EngineError(_told(name, response))
    return response.body


async def json_answer(web: WebClient, name: str, asked: Asked) -> Any:
    """The same, read as JSON."""
    body = await answer(web, name, asked)
    try:
        return from_json(body)
    except ValueError as error:
        said = shown(body[:2000].decode("utf-8", "replace"))
        raise EngineError(f"{name} sent no JSON: {said or 'nothing'}") from error


def _told(name: str, response: WebResponse) -> str:
    """What a status means, in the server's words where it has some."""
    try:
        said = message_in(from_json(response.body))
    except ValueError:
        said = shown(response.body[:2000].decode("utf-8", "replace"))
    text = f"{name} answered {response.status}" + (f": {said}" if said else "")
    if response.status in _REFUSED:
        return f"{text} (is its key in BREADTH_SEARCH_KEYS right?)"
    if response.status in _BUSY:
        return f"{text} (too many requests, or none left for the month)"
    return text


def message_in(payload: Any) -> str:
    """The message of an error, wherever engines put it."""
    if isinstance(payload, list):
        return message_in(payload[0]) if payload else ""
    if isinstance(payload, dict):
        found = (message_in(payload[key]) for key in _MESSAGES if payload.get(key))
        return next((text for text in found if text), "")
    return shown(payload) if isinstance(payload, str) else ""


def at(payload: Any, path: str) -> Any:
    """What lies at `a.b.0` in JSON; None where nothing does."""
    for word in path.split("."):
        if isinstance(payload, dict):
            payload = payload.get(word)
        elif isinstance(payload, list) and word.isdecimal() and int(word) < len(payload):
            payload = payload[int(word)]
        else:
            return None
    return payload


def fitting(query: str, *, longest: int, words: int | None = None) -> str:
    """The query as an engine can take it: its first words. What is cut is at a word's end."""
    listed = query.split()[:words]
    text = " ".join(listed)
    if len(text) <= longest:
        return text
    cut = text[: longest + 1].rpartition(" ")[0]
    return cut or text[:longest]
