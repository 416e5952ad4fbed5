"""What every answer says, and which requests are not heard: browsers of other places, other hosts.

A service on loopback without keys could be asked by any page that the user's browser shows. So it
hears only requests that name it by a name of this machine (a page of another name that is resolved
to loopback names that), and no request of a page of another origin.
"""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

from service.api.errors import ApiError, Handler

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_PAGES = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
"""For the page of the reference, whose style stands in it."""
_ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Max-Age": "600",
}


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who is heard."""

    hosts: frozenset[str] | None
    """Names that requests may call the service by; None: any."""
    origins: frozenset[str]
    """Whose pages may ask, besides our own."""

    @classmethod
    def of(cls, host: str, hosts: Collection[str], origins: Collection[str]) -> "Hearing":
        """Of a service that listens there."""
        names = frozenset(name.lower() for name in hosts)
        near = host in _LOOPBACK
        return cls(names | _LOOPBACK if near or names else None, frozenset(origins))


HEARING: web.AppKey[Hearing] = web.AppKey("hearing", Hearing)


@web.middleware
async def hardened(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses what is not to be heard; everything else gets the headers."""
    hearing, origin = request.app[HEARING], request.headers.get("Origin")
    _require_host(request, hearing)
    crossing = origin is not None and origin not in _own(request)
    if crossing and origin not in hearing.origins:
        raise ApiError(403, "pages of other origins may not ask this service (BREADTH_CORS)")
    if crossing and request.method == "OPTIONS":
        # The `openai` client sends many headers of its own; the origin is trusted with any.
        asked = request.headers.get("Access-Control-Request-Headers", "Authorization, Content-Type")
        told = _ALLOWED | {"Access-Control-Allow-Headers": asked}
        answer: web.StreamResponse = web.Response(status=204, headers=told)
    else:
        answer = await handler(request)
    return answer


async def told_headers(request: web.Request, response: web.StreamResponse) -> None:
    """A signal: what every answer says, streams and refusals among them."""
    origin = request.headers.get("Origin")
    if origin in request.app[HEARING].origins and origin not in _own(request):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After, x-request-id"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.headers["Vary"] = "Origin"
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    is_page = response.content_type == "text/html"
    response.headers.setdefault("Content-Security-Policy", _PAGES if is_page else _POLICY)
    response.headers.setdefault("Cache-Control", "no-store")


def _require_host(request: web.Request, hearing: Hearing) -> None:
    """Raises ApiError for a name that is none of the service's."""
    if hearing.hosts is None:
        return
    try:
        named = urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
    except ValueError:
        named = ""
    if named.lower() not in hearing.hosts:
        raise ApiError(403, "the service is not known by this host's name (BREADTH_HOSTS)")


def _own(request: web.Request) -> tuple[str, str]:
    """The origins of our own pages; behind a proxy the scheme may be another one."""
    host = request.headers.get("Host", "")
    return f"http://{host}", f"https://{host}"
