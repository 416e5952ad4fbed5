"""Proxies that the environment names: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.request import getproxies, proxy_bypass

from yarl import URL

from search.errors import Unreachable
from search.guard import Target


class Proxies:
    """As the environment is when it is made."""

    def __init__(self) -> None:
        """Nothing is looked up."""
        self._named = getproxies()
        self._networks = [
            name.strip() for name in self._named.get("no", "").split(",") if "/" in name
        ]

    def of(self, to: Target) -> URL | None:
        """The proxy for an address; None: there is none. Raises Unreachable for one that is none.

        What is on this machine is never asked for through another one.
        """
        named = self._named.get(to.scheme) or self._named.get("all")
        if not named or self._is_direct(to):
            return None
        try:
            proxy = URL(named if "//" in named else f"http://{named}")
        except ValueError:
            proxy = URL()
        if proxy.scheme not in {"http", "https"} or not proxy.host:
            # Its own words are not shown: they may hold a password.
            raise Unreachable(
                f"{to.shown}: {to.scheme.upper()}_PROXY of the environment is not of the form"
                " http://HOST:PORT"
            )
        return proxy

    def _is_direct(self, to: Target) -> bool:
        """Whether no proxy is to be asked."""
        if proxy_bypass(to.host) or proxy_bypass(f"{to.host}:{to.port}"):
            return True
        try:
            ip = ip_address(to.host)
        except ValueError:
            return to.host == "localhost" or to.host.endswith(".localhost")
        return ip.is_loopback or any(_holds(network, ip) for network in self._networks)


def _holds(network: str, ip: IPv4Address | IPv6Address) -> bool:
    """Whether an address is in a network of NO_PROXY."""
    try:
        return ip in ip_network(network, strict=False)
    except ValueError:
        return False
