"""What went wrong on the way to a server, in words of ours.

The library's own words may hold whole addresses, passwords of proxies, and what the server sent.
"""

import os
import socket

import aiohttp
from yarl import URL

from search.errors import HttpStatus, Unreachable
from search.pacing import retry_after

_UNKNOWN_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
_MEANINGS = {
    401: "it wants a login",
    402: "it wants to be paid",
    403: "it does not let programs in, or wants a login",
    404: "there is nothing at this address",
    405: "it cannot be asked so",
    407: "the proxy of the environment wants a login",
    410: "what was there is gone",
    429: "it was asked too often",
    451: "it may not show this here",
}


def unreachable(error: Exception, where: str, proxy: URL | None) -> Unreachable:
    """`error`: of the library; `proxy`: what was connected to, where it was one."""
    by = (
        f"{where} cannot be read: the proxy {proxy.host}:{proxy.port} of the environment"
        if proxy
        else ""
    )
    match error:
        case aiohttp.ClientConnectorCertificateError():
            why = getattr(error.certificate_error, "verify_message", "") or "it is not valid"
            return Unreachable(f"{where} shows no certificate that can be trusted: {why}")
        case aiohttp.ClientSSLError():
            return Unreachable(f"{where} speaks no TLS that is understood")
        case aiohttp.ClientHttpProxyError():
            return Unreachable(f"{by} refuses: {error.status}", may_pass=error.status >= 500)
        case aiohttp.ClientConnectorError() if proxy:
            return Unreachable(f"{by} does not answer", may_pass=True)
        case aiohttp.ClientConnectorDNSError():
            if error.os_error.errno in _UNKNOWN_NAME:
                return Unreachable(f"{where} cannot be read: there is no host of this name")
            return Unreachable(
                f"{where} cannot be read: its name cannot be looked up now", may_pass=True
            )
        case aiohttp.ClientConnectorError():
            number = error.os_error.errno  # none where several addresses were tried
            why = os.strerror(number) if number else "no connection"
            return Unreachable(
                f"{where} cannot be read: nothing answers there ({why})", may_pass=True
            )
        case aiohttp.ClientResponseError():
            return Unreachable(f"{where} cannot be read: it answers in no HTTP that is understood")
        case aiohttp.InvalidURL() | ValueError():
            return Unreachable(f"{where} cannot be asked: a part of the request is not valid")
        case _:
            return Unreachable(f"{where} broke off its answer, or sent it broken", may_pass=True)


def status_error(status: int, headers: dict[str, str], where: str) -> HttpStatus:
    """What the status means to who asked."""
    wait = retry_after(headers.get("retry-after", ""))
    meaning = _MEANINGS.get(status, "it has a fault of its own" if status >= 500 else "")
    told = "; ".join(filter(None, (meaning, f"ask again in {wait:.0f} s" if wait else "")))
    return HttpStatus(f"{where} answered {status}" + (f": {told}" if told else ""), status, wait)
