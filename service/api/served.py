"""The servers whose models clients may use directly, and the connections to them."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, web

from inference import is_loopback
from service.api.front import FRONT
from service.models import key_of, served_places
from service.settings import Settings

_CONNECT_SECONDS, _SILENT_SECONDS, _SECONDS = 10.0, 300.0, 1800.0
_LIST_SECONDS = 5.0
_LONGEST_LIST = 2**20
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Served:
    """The servers for one kind of request."""

    named: dict[str, list[str]]
    """Their addresses by the models that the settings name."""

    @property
    def addresses(self) -> list[str]:
        """Each once."""
        return list(dict.fromkeys(url for urls in self.named.values() for url in urls))

    def of(self, model: str) -> list[str]:
        """Those that are asked for a model: its own, or all, one of which may have it."""
        return self.named.get(model) or self.addresses


class Connections:
    """To the servers: near ones go past any proxy, which cannot see this machine's loopback."""

    def __init__(self) -> None:
        """Inside of the loop; to be closed."""
        timeout = ClientTimeout(
            total=_SECONDS, sock_connect=_CONNECT_SECONDS, sock_read=_SILENT_SECONDS
        )
        self._near, self._far = (
            ClientSession(
                timeout=timeout,
                trust_env=trusting,
                auto_decompress=False,
                cookie_jar=DummyCookieJar(),
            )
            for trusting in (False, True)
        )
        self._turns = count()

    def to(self, url: str) -> ClientSession:
        """What reaches the address."""
        return self._near if is_loopback(urlsplit(url).hostname or "") else self._far

    def in_turn(self, urls: list[str]) -> list[str]:
        """All of them, each call another one first."""
        first = next(self._turns) % len(urls) if urls else 0
        return urls[first:] + urls[:first]

    async def close(self) -> None:
        """All connections."""
        await self._near.close()
        await self._far.close()


CONNECTIONS: web.AppKey[Connections] = web.AppKey("connections", Connections)


async def connected(app: web.Application) -> AsyncIterator[None]:
    """While the application runs."""
    app[CONNECTIONS] = Connections()
    yield
    await app[CONNECTIONS].close()


def chat_served(settings: Settings) -> Served:
    """Those for chat and texts."""
    return Served(served_places(settings))


def embeddings_served(settings: Settings) -> Served:
    """Those for vectors: the embedder of the settings, and all others, which may have one."""
    embedder = settings.model_copy(update={"model": settings.embeddings, "roles": {}})
    return Served(served_places(settings) | served_places(embedder))


def authorization(url: str, settings: Settings) -> dict[str, str]:
    """The key of the server, never that of the client."""
    key = key_of(url, settings)
    return {"Authorization": f"Bearer {key}"} if key else {}


async def served_models(request: web.Request) -> list[str]:
    """The names that the servers have, each once; those of the settings where one is silent."""
    settings, connections = request.app[FRONT].settings, request.app[CONNECTIONS]
    served = embeddings_served(settings)
    listed = await asyncio.gather(
        *(_listed(connections.to(url), url, settings) for url in served.addresses)
    )
    return list(dict.fromkeys([*served.named, *(name for names in listed for name in names)]))


async def _listed(session: ClientSession, url: str, settings: Settings) -> list[str]:
    """What one server says that it has; nothing where it says nothing of use."""
    try:
        async with session.get(
            f"{url.rstrip('/')}/models",
            headers=authorization(url, settings) | {"Accept-Encoding": "identity"},
            timeout=ClientTimeout(total=_LIST_SECONDS),
            allow_redirects=False,
        ) as answer:
            answer.raise_for_status()
            said: Any = json.loads(await _beginning(answer, _LONGEST_LIST))
            return [each["id"] for each in said["data"] if isinstance(each["id"], str)]
    except (ClientError, TimeoutError, ValueError, TypeError, LookupError, RecursionError):
        return []


async def _beginning(answer: ClientResponse, most: int) -> bytes:
    """Of a body, so many bytes at most."""
    found = bytearray()
    async for piece in answer.content.iter_any():
        found += piece
        if len(found) >= most:
            break
    return bytes(found[:most])
