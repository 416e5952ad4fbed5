"""Of any address at all: it is refused, or the client's library reads it as the guard did."""

import contextlib
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from search.errors import Refused
from search.guard import Target, is_public, require_public, target

PIECES = st.sampled_from(
    [
        *(
            "http:",
            "https:",
            "HTTP:",
            "ftp:",
            "/",
            "//",
            "\\",
            "@",
            ":",
            "#",
            "?",
            "%",
            "[",
            "]",
            ".",
        ),
        *(
            "a.org",
            "127.0.0.1",
            "0x7f",
            "::1",
            "::ffff:7f00:1",
            "localhost",
            "8.8.8.8",
            "80",
            "443",
        ),
        *("xn--", "xn--a", "ä", "ß", "。", "１", "\u00ad", "\u200d", "\u202e", "%00", "%2f", "%40"),
        *(" ", "\t", "\n", "\0", "user", "v1.x", "\udcff", "\ud800", "ﬀ", "℀", "⁄", ";", "&", "*"),
    ]
)
LETTERS = st.text(st.characters(categories=("L", "N", "Mn", "Pd")), min_size=1, max_size=12)
LIKELY = st.builds(
    "{}://{}.{}{}/{}?{}".format,
    st.sampled_from(["http", "HTTPS"]),
    LETTERS,
    st.sampled_from(["org", "xn--p1ai", "рф", "museum."]),
    st.sampled_from(["", ":", ":80", ":443", ":0443"]),
    st.text(max_size=10),
    st.text(max_size=10),
)
ANYTHING = st.one_of(
    LIKELY,
    st.text(max_size=40),
    st.lists(PIECES, max_size=8).map("".join),
    st.lists(PIECES, max_size=8).map(lambda pieces: "http://" + "".join(pieces)),
    st.tuples(st.text(min_size=1, max_size=20), st.text(max_size=20)).map(
        lambda two: f"http://{two[0]}.org/{two[1]}"
    ),
)


def taken(url: str) -> tuple[Target | None, str]:
    """The target, or in what words it was refused."""
    try:
        return target(url), ""
    except Refused as error:
        return None, str(error)


@given(ANYTHING)
@example("http://xn--a.org/")
@example("http://a.org/\udcff?\udcff")
@example("http://8.8.8.8#@127.0.0.1/")
@example("http://8.8.8.8?@127.0.0.1/")
@example("http://8.8.8.8;@127.0.0.1/")
def test_an_address_is_refused_or_read_by_the_library_as_by_the_guard(url: str) -> None:
    found, words = taken(url)
    assert words.isprintable()
    if found is None:
        return
    assert found.url.isascii()
    read = URL(found.url)
    assert (read.scheme, read.raw_host, read.port) == found.origin
    assert (read.user, read.password, read.fragment) == (None, None, "")
    assert target(found.url) == found
    assert target(str(read)).origin == found.origin
    with contextlib.suppress(ValueError):
        assert is_public(IPv4Address(found.host))


HIDING = {
    "mapped": lambda ip: (0xFFFF << 32) | ip,
    "compatible": lambda ip: ip,
    "translated": lambda ip: (0xFFFF << 48) | ip,
    "NAT64": lambda ip: (0x64FF9B << 96) | ip,
    "local NAT64": lambda ip: (0x64FF9B0001 << 80) | ip,
    "6to4": lambda ip: (0x2002 << 112) | (ip << 80),
    "Teredo": lambda ip: (0x20010000 << 96) | (ip ^ 0xFFFFFFFF),
    "ISATAP": lambda ip: (0x26064700 << 96) | (0x5EFE << 32) | ip,
    "global ISATAP": lambda ip: (0x26064700 << 96) | (0x02005EFE << 32) | ip,
}


@pytest.mark.parametrize("kind", HIDING)
@given(st.integers(0, 2**32 - 1))
def test_no_ipv4_address_hides_in_an_ipv6_one(kind: str, ip: int) -> None:
    """Whether it is public or not: nobody needs these forms to reach a server."""
    with pytest.raises(Refused):
        require_public("a.org", str(IPv6Address(HIDING[kind](ip))))


@given(st.ip_addresses())
def test_only_what_the_standard_library_calls_global_is_public(
    ip: IPv4Address | IPv6Address,
) -> None:
    assert not is_public(ip) or ip.is_global
