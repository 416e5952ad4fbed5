"""WebClient: the one way out to the web.

Names are resolved once, every address that comes back is looked at, and the connection goes to
exactly those: a name that answers otherwise the next time has nobody to fool. Redirects are
followed here, each with the same checks. Bytes, unpacked bytes, seconds and redirects are capped;
requests to one host are few at a time and keep the pace that its refusals ask for.

Where the environment names a proxy, the proxy connects: the address is looked at here, too, but its
name is resolved there, so a proxy has to have rules of its own.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    retry_if_result,
    stop_after_attempt,
    stop_before_delay,
)

from search.errors import Refused, TooLarge, TooManyRedirects, TooSlow, Unreachable
from search.faults import status_error, unreachable
from search.guard import Target, opened, target
from search.pacing import Hosts, pause, retry_after
from search.pinning import PinningResolver, RefusedAddress
from search.proxies import Proxies
from search.sending import SAFE, Sending, is_redirect, joined
from search.unpacking import ACCEPTED, Unpacker

_PIECE = 1 << 16
_REFUSALS = frozenset({429, 503})
_PASSING = _REFUSALS | {502, 504}
_FIRST_ONLY = frozenset(
    {"content-type", "etag", "last-modified", "location", "retry-after", "set-cookie"}
)
"""Headers whose values are not a list, so that several of a name cannot be joined."""


@dataclass(frozen=True)
class WebSettings:
    """How the web is asked."""

    allow_hosts: frozenset[str] = frozenset()
    """`HOST` or `HOST:PORT` that may be private, and have any port; IPv6 as `[::1]:8080`."""
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
    heads_only: bool = False
    """Whether the bodies of answers are left alone."""

    def __post_init__(self) -> None:
        """Raises ValueError for what is no host."""
        opened(self.allow_hosts)


@dataclass(frozen=True)
class WebResponse:
    """An answer, whole."""

    url: str
    """The address that answered, behind all redirects."""
    status: int
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes


class WebClient:
    """An async context; one for all that a run asks of the web."""

    def __init__(self, settings: WebSettings | None = None) -> None:
        """Nothing is connected yet."""
        self.settings = settings or WebSettings()
        self._hosts = Hosts(self.settings.per_host)
        self._proxies = Proxies()
        self._stack = AsyncExitStack()
        self._direct: aiohttp.ClientSession | None = None
        self._proxied: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Ready to ask."""
        pinning = PinningResolver(self.settings.allow_hosts)
        self._direct = await self._stack.enter_async_context(self._session(pinning))
        # The user named the proxy, wherever it is: only names of proxies are resolved here.
        trusting = aiohttp.ThreadedResolver()
        self._proxied = await self._stack.enter_async_context(self._session(trusting))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self._stack.aclose()

    def _session(self, resolver: AbstractResolver) -> aiohttp.ClientSession:
        """Connections that are made to what this resolver says."""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, limit=64),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={"User-Agent": self.settings.user_agent, "Accept-Encoding": ACCEPTED},
            timeout=aiohttp.ClientTimeout(total=None),
        )

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
        Headers of the connection (`Host`, `Content-Length`, ...) are left out.
        """
        first = self._target(url)
        allowed = seconds or self.settings.seconds
        sending = Sending(
            method.upper(),
            first,
            dict(headers or {}),
            params,
            json,
            data,
            most_bytes or self.settings.most_bytes,
            asyncio.get_running_loop().time() + allowed,
        )
        try:
            async with asyncio.timeout(allowed):
                response = await self._answered(sending, allowed)
        except TimeoutError as error:
            more = "" if seconds else " (BREADTH_WEB_SECONDS gives it more)"
            raise TooSlow(f"{first.shown} was not done in {allowed:g} s{more}") from error
        if raise_for_status and response.status >= 400:
            where = self._target(response.url).shown
            raise status_error(response.status, dict(response.headers), where)
        return response

    async def _answered(self, sending: Sending, seconds: float) -> WebResponse:
        """Try until the answer is none that may pass by itself, or no time is left."""

        def is_busy(response: WebResponse) -> bool:
            return response.status == 429 or (
                response.status in _PASSING and sending.method in SAFE
            )

        def may_pass(error: BaseException) -> bool:
            return isinstance(error, Unreachable) and error.may_pass and sending.method in SAFE

        def last(state: RetryCallState) -> WebResponse:
            assert state.outcome is not None
            return state.outcome.result()  # type: ignore[no-any-return]

        trying = AsyncRetrying(
            retry=retry_if_result(is_busy) | retry_if_exception(may_pass),
            stop=stop_after_attempt(self.settings.attempts) | stop_before_delay(seconds),
            wait=_pause,
            retry_error_callback=last,
        )
        return await trying(self._followed, sending)

    async def _followed(self, sending: Sending) -> WebResponse:
        """Behind all redirects."""
        for _ in range(self.settings.redirects + 1):
            response = await self._once(sending)
            location = response.headers.get("location")
            if not is_redirect(response.status) or not location:
                return response
            then = self._target(joined(response.url, location, sending.target))
            sending = sending.led_on(response.status, then)
        raise TooManyRedirects(
            f"{sending.target.shown}: more than {self.settings.redirects} redirects on end"
        )

    async def _once(self, sending: Sending) -> WebResponse:
        """One request, at its host's pace."""
        to = sending.target
        async with self._hosts.turn(to.host, until=sending.until, where=to.shown):
            response = await self._exchanged(sending)
            if response.status in _REFUSALS:
                self._hosts.refused(to.host, _asked_rest(response))
            else:
                self._hosts.answered(to.host)
            return response

    async def _exchanged(self, sending: Sending) -> WebResponse:
        """What the server answers; the library's errors become ours."""
        to = sending.target
        proxy = self._proxies.of(to)
        session = self._proxied if proxy else self._direct
        if session is None:
            raise RuntimeError("the client is an async context: use `async with`")
        try:
            async with session.request(
                sending.method,
                to.url,
                params=sending.params,
                headers=sending.own_headers,
                json=sending.json,
                data=sending.data,
                allow_redirects=False,
                proxy=proxy,
            ) as response:
                if self.settings.heads_only:
                    url, headers = str(response.url), _headers(response)
                    return WebResponse(url, response.status, headers, b"")
                return await _read(response, sending.most_bytes, to.shown)
        except aiohttp.ClientConnectorDNSError as error:
            if isinstance(error.os_error, RefusedAddress):
                raise Refused(str(error.os_error)) from None
            raise unreachable(error, to.shown, proxy) from error
        except (aiohttp.ClientError, ValueError, OSError) as error:
            raise unreachable(error, to.shown, proxy) from error

    def _target(self, url: str) -> Target:
        """See `guard.target`."""
        settings = self.settings
        return target(url, allowed=settings.allow_hosts, ports=settings.ports)


def require_allowed(url: str, settings: WebSettings) -> None:
    """Raises Refused for an address that a client with these settings would not ask."""
    target(url, allowed=settings.allow_hosts, ports=settings.ports)


def _pause(state: RetryCallState) -> float:
    """Seconds until the next try."""
    outcome = state.outcome
    asked = None if outcome is None or outcome.failed else _asked_rest(outcome.result())
    return pause(state.attempt_number, asked)


def _asked_rest(response: WebResponse) -> float | None:
    """Seconds that the server asks to be left alone, where it says so."""
    return retry_after(response.headers.get("retry-after", ""))


async def _read(response: aiohttp.ClientResponse, most_bytes: int, where: str) -> WebResponse:
    """The answer, unpacked, as far as it is not too large."""
    headers = _headers(response)
    body = bytearray()
    if response.method != "HEAD":
        if headers.get("transfer-encoding", "chunked").lower() != "chunked":
            raise Unreachable(f"{where} sends its answer in a form that is not asked for")
        if (response.content_length or 0) > most_bytes:
            raise TooLarge(f"{where} has more than {most_bytes / 2**20:.3g} MiB")
        unpacker = Unpacker(headers.get("content-encoding", ""), most_bytes=most_bytes, where=where)
        async for piece in response.content.iter_chunked(_PIECE):
            for unpacked in unpacker.feed(piece):
                body += unpacked
        unpacker.require_end()
    return WebResponse(str(response.url), response.status, headers, bytes(body))


def _headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Names in small letters; several of a name are one list (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for written, value in response.headers.items():
        name = written.lower()
        if name in headers and name not in _FIRST_ONLY:
            headers[name] += f", {value}"
        else:
            headers.setdefault(name, value)
    return headers
