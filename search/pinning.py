"""Names are resolved once, and every address that comes back is looked at before it is used."""

import asyncio
import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from search.errors import Refused
from search.guard import allows, require_public


class RefusedAddress(OSError):
    """An address that a name resolved to may not be connected to; aiohttp wants an OSError."""


class PinningResolver(AbstractResolver):
    """Resolves, and gives addresses out only if every one of them may be connected to."""

    def __init__(self, allowed: frozenset[str]) -> None:
        """`allowed`: as in WebSettings."""
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """See AbstractResolver. Raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        if not allows(host, port, self._allowed):
            for *_, address in found:
                try:
                    require_public(host, str(address[0]))
                except Refused as error:
                    raise RefusedAddress(str(error)) from None
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Nothing is held."""
