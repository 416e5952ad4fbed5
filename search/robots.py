"""What a host allows programs to read (robots.txt, RFC 9309)."""

import asyncio
from urllib.parse import urlsplit

from protego import Protego

from search.errors import HttpStatus, ReadError, TooLarge, WebError
from search.page_cache import Fetches

MOST_BYTES = 512 * 1024


class Robots:
    """Each host is asked for its rules once."""

    def __init__(self, web: Fetches, user_agent: str) -> None:
        """`user_agent`: under this name the rules are looked up."""
        self._web = web
        self._name = user_agent
        self._rules: dict[str, asyncio.Task[Protego]] = {}

    async def require(self, url: str) -> None:
        """Raises ReadError where the host asks programs not to read that, or cannot say."""
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._rules:
            self._rules[host] = asyncio.create_task(self._read(host), name=f"robots of {host}")
        # Shielded: another page of the host may wait for the same rules.
        rules = await asyncio.shield(self._rules[host])
        if not rules.can_fetch(url, self._name):
            raise ReadError(
                f"{url} is not to be read by programs (robots.txt of {parts.netloc});"
                " open it yourself and save it."
            )

    async def _read(self, host: str) -> Protego:
        """No rules allow all; a host that fails allows nothing, as it may have had some."""
        try:
            response = await self._web.get(f"{host}/robots.txt", most_bytes=MOST_BYTES)
        except TooLarge:
            return Protego.parse("")
        except HttpStatus as error:
            return Protego.parse("" if error.status < 500 else "User-agent: *\nDisallow: /")
        except WebError:
            self._rules.pop(host, None)
            raise
        return Protego.parse(response.body.decode("utf-8", "replace"))
