"""What may be connected to: addresses of the public internet, and private ones that are named.

A page, a plan or a model may write any address. So an address is taken apart strictly, what could
be read in two ways is refused, and a name is resolved once and connected to exactly there: see
`search.web`.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, quote, urlsplit

import idna

from search.errors import Refused

PORTS = {"http": 80, "https": 443}
_LONGEST = 8192
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060\ufeff\\]")
"""White space, controls and what is not seen: a browser drops some of it, other readers do not."""
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
"""The last label of what some read as an IPv4 address: decimal, octal, hexadecimal, short."""
_BRACKETED = re.compile(r"\[[0-9a-fA-F:.]+\](?::[0-9]*)?")
_NAME = re.compile(r"(?!.{254})[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_PLAIN = "/%:@!$&'()*+,;=-._~"
"""What stands in paths as it is; a query may hold `?`, too."""
_CLOSED = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32"),
            *("169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24"),
            *("192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
            *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            "224.0.0.0/3",
            *("::/8", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32"),
            *("2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/9", "ff00::/8"),
        ),
    )
)
"""Special-purpose registries of IANA (RFC 6890 and its successors), and IPv6 ranges that hold an
IPv4 address: mapped, compatible, translated (NAT64), 6to4 and Teredo; and the one public address
where a cloud keeps its metadata."""
_INNER = (
    *("localhost", "localdomain", "local", "internal", "intranet", "private"),
    *("lan", "home", "corp", "home.arpa"),
)
"""Ends of names that mean something on a private network only."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address that was taken apart and found to be one of the web."""

    url: str
    """In ASCII, without a fragment, with the host in its only spelling."""
    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> tuple[str, str, int]:
        """What secrets are bound to."""
        return self.scheme, self.host, self.port

    @property
    def shown(self) -> str:
        """For errors and logs: without the query, which may hold a key."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}"[:300]


def target(
    url: str, *, allowed: Collection[str] = (), ports: Collection[int] = (80, 443)
) -> Target:
    """The address, or Refused. Names are not resolved here.

    `allowed`: hosts, or `host:port`, that may be private and have any port.
    """
    parts = _parts(url)
    scheme = parts.scheme
    host = _host(parts.hostname or "", url)
    port = PORTS[scheme] if parts.port is None else parts.port
    if not allows(host, port, allowed):
        if port not in ports:
            raise Refused(
                f"{scheme}://{host}:{port}: this port is not allowed"
                f" (BREADTH_ALLOW_HOSTS={host}:{port} allows it)"
            )
        _require_public_name(host)
    at = "" if port == PORTS[scheme] else f":{port}"
    bracketed = f"[{host}]" if ":" in host else host
    path = _in_ascii(parts.path or "/", _PLAIN, url)
    query = _in_ascii(parts.query, f"{_PLAIN}?", url)
    return Target(
        f"{scheme}://{bracketed}{at}{path}" + (f"?{query}" if query else ""), scheme, host, port
    )


def allows(host: str, port: int, allowed: Collection[str]) -> bool:
    """Whether a host was opened by name."""
    places = opened(frozenset(allowed))
    return (host, None) in places or (host, port) in places


@lru_cache(maxsize=64)
def opened(allowed: frozenset[str]) -> frozenset[tuple[str, int | None]]:
    """Hosts in their only spelling, each with its port, or None for all of them.

    IPv6 addresses stand in brackets where a port follows. Raises ValueError for what is no host.
    """
    return frozenset(map(_place, allowed))


def require_public(host: str, address: str) -> None:
    """Raise Refused for an IP address that is not of the public internet."""
    ip = ip_address(address.partition("%")[0])
    if not is_public(ip):
        raise Refused(
            f"{host} is at {ip}, which is no public address (BREADTH_ALLOW_HOSTS opens hosts)"
        )


def is_public(ip: IPv4Address | IPv6Address) -> bool:
    """Whether an address is of the public internet, and no other address hides in it."""
    closed = any(ip in network for network in _CLOSED if network.version == ip.version)
    # ISATAP (RFC 5214): the lower half of an IPv6 address holds an IPv4 address.
    tunnelled = ip.version == 6 and (int(ip) >> 32) & 0xFCFFFFFF == 0x5EFE
    return ip.is_global and not (ip.is_multicast or closed or tunnelled)


def shown(url: str) -> str:
    """An address that could not be taken apart, for an error: what may be secret is left out."""
    text = re.sub(r"//.*@", "//...@", url, flags=re.DOTALL)
    return repr(re.split(r"[?#]", text, maxsplit=1)[0][:200])


def _parts(url: str) -> SplitResult:
    """Scheme, host and the rest, or Refused."""
    if len(url) > _LONGEST:
        raise Refused(f"an address of {len(url)} characters is refused")
    if _UNSEEN.search(url):
        raise Refused(f"{shown(url)} holds spaces, controls or backslashes")
    try:
        parts = urlsplit(url)
        _ = parts.port  # is looked at here
    except ValueError:
        # The error's words would repeat what may be a part of a password.
        raise Refused(f"{shown(url)} is no address: its host or port cannot be read") from None
    if parts.scheme not in PORTS:
        raise Refused(f"{shown(url)} is no address of the web: only http and https are fetched")
    if "@" in parts.netloc:
        raise Refused(f"{shown(url)} holds a user or a password, which are not sent")
    if "[" in parts.netloc and not _BRACKETED.fullmatch(parts.netloc):
        raise Refused(f"{shown(url)} has no IPv6 address in its brackets")
    return parts


def _place(entry: str) -> tuple[str, int | None]:
    """Host and port of what the user opens."""
    text = f"[{entry}]" if entry.count(":") > 1 and "[" not in entry else entry
    try:
        parts = _parts(f"http://{text}")
        if parts.netloc == text:
            return _host(parts.hostname or "", text), parts.port
    except Refused:
        pass
    raise ValueError(f"{shown(entry)} is no HOST and no HOST:PORT")


def _in_ascii(text: str, plain: str, url: str) -> str:
    """What is not ASCII in percent signs; bytes that a server sent as they were, too."""
    try:
        return quote(text, safe=plain, errors="surrogateescape")
    except UnicodeEncodeError:
        raise Refused(f"{shown(url)} holds what is no text") from None


def _host(host: str, url: str) -> str:
    """The host in its only spelling, or Refused."""
    if not host:
        raise Refused(f"{shown(url)} names no host")
    if ":" in host:
        try:
            return str(IPv6Address(host))
        except ValueError:
            raise Refused(f"{shown(url)} has no IPv6 address in its brackets") from None
    plain = host.removesuffix(".")
    try:
        # As browsers do: wide digits and dots become plain ones before anybody looks at them.
        name = idna.encode(plain, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        name = plain.lower()  # there are names with signs that IDNA has not, as _
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        try:
            return str(IPv4Address(name))
        except ValueError:
            raise Refused(f"{shown(url)} spells an IP address in an odd way") from None
    if not _NAME.fullmatch(name):
        raise Refused(f"{shown(url)} has no name of a host")
    return name


def _require_public_name(host: str) -> None:
    """Raise Refused for what is private by its name or its address."""
    try:
        ip = ip_address(host)
    except ValueError:
        if any(host == inner or host.endswith(f".{inner}") for inner in _INNER) or "." not in host:
            raise Refused(
                f"{host} is a name of private networks (BREADTH_ALLOW_HOSTS opens hosts)"
            ) from None
        return
    require_public(host, str(ip))
