"""WebClient: the one way out to the web.

Names are resolved once, every address that comes back is looked at, and the connection goes to
exactly those: a name that answers otherwise the next time has nobody to fool. Redirects are
followed here, each with the same checks. Bytes, unpacked bytes, seconds and redirects are capped;
requests to one host are few at a time and keep the pace that its refusals ask for.

Where the environment names a proxy (HTTP_PROXY, HTTPS_PROXY, NO_PROXY), the proxy connects: the
name is looked at here, too, but resolved again there, so a proxy has to have rules of its own.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin
from urllib.request import getproxies, proxy_bypass

import aiohttp
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from search.errors import (
    HttpStatus,
    Refused,
    TooLarge,
    TooManyRedirects,
    TooSlow,
    Unreachable,
)
from search.guard import Target, target
from search.pacing import Hosts, retry_after, waits
from search.pinning import PinningResolver, RefusedAddress, server_of
from search.unpacking import ACCEPTED, Unpacker

_PIECE = 1 << 16
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({429, 502, 503, 504})
_QUERY = re.compile(r"\?[^\s'\"]*")
_SAFE = frozenset({"GET", "HEAD"})
_KEPT = frozenset({"accept", "accept-language", "user-agent"})
"""Headers that go along to another origin; all others may hold secrets."""


@dataclass(frozen=True)
class WebSettings:
    """How the web is asked."""

    allow_hosts: frozenset[str] = frozenset()
    """`host` or `host:port` that may be private, and have any port."""
    ports: frozenset[int] = frozenset({80, 443})
    seconds: float = 30.0
    """For one request, redirects and retries included."""
    most_bytes: int = 10 * 2**20
    """Of an answer, unpacked."""
    redirects: int = 5
    per_host: int = 4
    """Requests at once to one host."""
    attempts: int = 3
    """Of a request that may pass by itself."""
    user_agent: str = "Breadth"


@dataclass(frozen=True)
class WebResponse:
    """An answer, whole."""

    url: str
    """The address that answered, behind all redirects."""
    status: int
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes


@dataclass
class _Asked:
    """A request on its way."""

    method: str
    target: Target
    headers: Mapping[str, str]
    params: Mapping[str, str] | None
    json: Any
    data: bytes | None
    most_bytes: int


class WebClient:
    """An async context; one for all that a run asks of the web."""

    def __init__(self, settings: WebSettings | None = None) -> None:
        """Nothing is connected yet."""
        self.settings = settings or WebSettings()
        self._hosts = Hosts(self.settings.per_host)
        self._proxies: dict[str, str] = {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Ready to ask."""
        self._proxies = {k: v for k, v in getproxies().items() if k in {"http", "https"} and v}
        resolver = PinningResolver(
            self.settings.allow_hosts, frozenset(map(server_of, self._proxies.values()))
        )
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, limit=64),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={"User-Agent": self.settings.user_agent, "Accept-Encoding": ACCEPTED},
            timeout=aiohttp.ClientTimeout(total=None, connect=self.settings.seconds),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        most_bytes: int | None = None,
        seconds: float | None = None,
    ) -> WebResponse:
        """`request` with GET."""
        return await self.request(
            "GET", url, params=params, headers=headers, most_bytes=most_bytes, seconds=seconds
        )

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: bytes | None = None,
        most_bytes: int | None = None,
        seconds: float | None = None,
        raise_for_status: bool = True,
    ) -> WebResponse:
        """Ask, and read the whole answer. Raises a WebError, Refused before a byte is sent.

        `raise_for_status` False: an answer with an error's status is an answer, behind the retries.
        """
        first = self._target(url)
        asked = _Asked(
            method.upper(),
            first,
            dict(headers or {}),
            params,
            json,
            data,
            most_bytes or self.settings.most_bytes,
        )
        allowed = seconds or self.settings.seconds
        try:
            async with asyncio.timeout(allowed):
                response = await self._answered(asked)
        except TimeoutError as error:
            raise TooSlow(f"{first.shown} was not done in {allowed:g} s") from error
        if raise_for_status and response.status >= 400:
            raise _error_of(response, first)
        return response

    async def _answered(self, asked: _Asked) -> WebResponse:
        """Try until the answer is none that may pass by itself."""

        def passes(error: BaseException) -> bool:
            if isinstance(error, HttpStatus):
                return error.status == 429 or asked.method in _SAFE
            return isinstance(error, Unreachable) and asked.method in _SAFE

        last: list[WebResponse] = []

        def given_up(state: RetryCallState) -> WebResponse:
            error = state.outcome.exception() if state.outcome else None
            if isinstance(error, HttpStatus) and last:
                return last[-1]
            raise error or Unreachable(f"{asked.target.shown} cannot be had")

        trying = AsyncRetrying(
            retry=retry_if_exception(passes),
            stop=stop_after_attempt(self.settings.attempts),
            wait=waits,
            retry_error_callback=given_up,
        )

        async def once() -> WebResponse:
            response = await self._followed(asked)
            if response.status in _PASSING:
                last.append(response)
                error = _error_of(response, asked.target)
                self._hosts.refused(asked.target.host, error.retry_after)
                raise error
            return response

        try:
            return await trying(once)
        except HttpStatus:
            return last[-1]  # not one to ask again

    async def _followed(self, asked: _Asked) -> WebResponse:
        """Behind all redirects."""
        for _ in range(self.settings.redirects + 1):
            response = await self._once(asked)
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or not location:
                return response
            asked = self._redirected(asked, response, location)
        raise TooManyRedirects(
            f"{asked.target.shown}: more than {self.settings.redirects} redirects on end"
        )

    def _redirected(self, asked: _Asked, response: WebResponse, location: str) -> _Asked:
        """The request for where it was sent on to."""
        then = self._target(urljoin(response.url, location))
        becomes_get = response.status == 303 or (
            response.status in {301, 302} and asked.method == "POST"
        )
        method = "GET" if becomes_get and asked.method != "HEAD" else asked.method
        elsewhere = then.origin != asked.target.origin
        if elsewhere and method not in _SAFE:
            raise Refused(f"{asked.target.shown} sends what was for it on to {then.shown}")
        if asked.target.scheme == "https" and then.scheme == "http":
            raise Refused(f"{asked.target.shown} leads on to {then.shown}, which is not encrypted")
        headers = {
            name: value
            for name, value in asked.headers.items()
            if not elsewhere or name.lower() in _KEPT
        }
        body = method not in _SAFE
        return _Asked(
            method,
            then,
            headers,
            None,
            asked.json if body else None,
            asked.data if body else None,
            asked.most_bytes,
        )

    async def _once(self, asked: _Asked) -> WebResponse:
        """One request, at its host's pace."""
        if self._session is None:
            raise RuntimeError("the client is an async context: use `async with`")
        where = asked.target.shown
        async with self._hosts.turn(asked.target.host):
            try:
                async with self._session.request(
                    asked.method,
                    asked.target.url,
                    params=asked.params,
                    headers=asked.headers,
                    json=asked.json,
                    data=asked.data,
                    allow_redirects=False,
                    proxy=self._proxy_of(asked.target),
                ) as response:
                    return await _read(response, asked.most_bytes, where)
            except RefusedAddress as error:
                raise Refused(str(error)) from None
            except aiohttp.ClientConnectorDNSError as error:
                if isinstance(error.os_error, RefusedAddress):
                    raise Refused(str(error.os_error)) from None
                raise Unreachable(f"{where}: there is no host of this name") from error
            except (aiohttp.ClientError, ValueError, OSError) as error:
                if isinstance(error, TimeoutError):
                    raise
                # Its words may hold the address, whose query may hold a key.
                told = _QUERY.sub("", " ".join(str(error).split()))[:200]
                raise Unreachable(
                    f"{where} cannot be read: {told or type(error).__name__}"
                ) from error

    def _target(self, url: str) -> Target:
        """See `guard.target`."""
        settings = self.settings
        return target(url, allowed=settings.allow_hosts, ports=settings.ports)

    def _proxy_of(self, to: Target) -> str | None:
        """The proxy that the environment has for it."""
        proxy = self._proxies.get(to.scheme)
        return None if proxy is None or proxy_bypass(to.host) else proxy


async def _read(response: aiohttp.ClientResponse, most_bytes: int, where: str) -> WebResponse:
    """The answer, unpacked, as far as it is not too large."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    body = bytearray()
    if response.method != "HEAD":
        unpacker = Unpacker(headers.get("content-encoding", ""), most_bytes=most_bytes, where=where)
        came = 0
        async for piece in response.content.iter_chunked(_PIECE):
            came += len(piece)
            if came > most_bytes:
                raise TooLarge(f"{where} sends more than {most_bytes / 2**20:.3g} MiB")
            for unpacked in unpacker.feed(piece):
                body += unpacked
        unpacker.require_end()
    return WebResponse(str(response.url), response.status, headers, bytes(body))


def _error_of(response: WebResponse, asked: Target) -> HttpStatus:
    """What the status means to who asked."""
    text = f"{asked.shown} answered {response.status}"
    return HttpStatus(text, response.status, retry_after(response.headers.get("retry-after", "")))
