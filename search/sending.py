"""Sending: a request on its way, and what becomes of it where it is sent on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin

from search.errors import Refused
from search.guard import Target

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing, so that they may be sent again."""
_METHODS = SAFE | {"POST", "PUT", "PATCH", "DELETE"}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEPT = frozenset({"accept", "accept-language", "user-agent"})
"""Headers that go along to another origin; all others may hold secrets."""
_OURS = frozenset(
    {
        *("host", "content-length", "transfer-encoding", "accept-encoding", "connection"),
        *("keep-alive", "te", "trailer", "upgrade", "expect", "proxy-authorization"),
        *("proxy-connection", "proxy-authenticate"),
    }
)
"""Headers of the connection: who asks does not set them."""
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Sending:
    """A request on its way."""

    method: str
    target: Target
    headers: Mapping[str, str]
    params: Mapping[str, str] | None
    json: Any
    data: bytes | None
    most_bytes: int
    until: float
    """The loop's time."""

    def __post_init__(self) -> None:
        """Raises Refused for a method or a header that is none."""
        if self.method not in _METHODS:
            raise Refused(f"{self.target.shown}: {self.method[:20]!r} is no method of these")
        for name, value in self.headers.items():
            if _CONTROL.search(name) or _CONTROL.search(value):
                raise Refused(f"{self.target.shown}: the header {name!r} holds controls")

    @property
    def own_headers(self) -> Mapping[str, str]:
        """What the asker may say."""
        return {name: value for name, value in self.headers.items() if name.lower() not in _OURS}

    def led_on(self, status: int, to: Target) -> "Sending":
        """The request for where it was sent on to. Raises Refused where it must not go there."""
        becomes_get = status == 303 or (status in {301, 302} and self.method == "POST")
        method = "GET" if becomes_get and self.method != "HEAD" else self.method
        elsewhere = to.origin != self.target.origin
        if elsewhere and method not in SAFE:
            raise Refused(f"{self.target.shown} sends what was for it on to {to.shown}")
        if self.target.scheme == "https" and to.scheme == "http":
            raise Refused(f"{self.target.shown} leads on to {to.shown}, which is not encrypted")
        kept = {n: v for n, v in self.headers.items() if not elsewhere or n.lower() in _KEPT}
        body = method not in SAFE
        return replace(
            self,
            method=method,
            target=to,
            headers=kept,
            params=None,
            json=self.json if body else None,
            data=self.data if body else None,
        )


def is_redirect(status: int) -> bool:
    """Whether the answer is somewhere else, if it says where."""
    return status in _REDIRECTS


def joined(base: str, location: str, asked: Target) -> str:
    """Where a redirect leads. Raises Refused for what is no address."""
    try:
        return urljoin(base, location)
    except ValueError:
        raise Refused(f"{asked.shown} leads on to what is no address") from None
