"""What may not be connected to is refused before a byte is sent: a listener sees nothing."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from search.errors import Refused, Unreachable, WebError
from search.guard import target
from search.web import WebClient, WebSettings

ODD_IPV4 = [
    "2130706433", "017700000001", "0x7f000001", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1",
    "127.0.0.01", "0x7F.0x0.0x0.0x1", "00000000177.0.0.1", "127.0.0.1.", "4294967295", "0", "0.0",
    "①②⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1", "0x", "256.256.256.256", "1.2.3.4.5",
    "a.1", "a.org.0x7f", "127.0.0.1..", "loc\xadalhost", "localhost。",
]  # fmt: skip
CLOSED_IPV4 = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.1",
    "172.31.255.255", "192.168.0.1", "169.254.169.254", "169.254.0.1", "100.64.0.1",
    "100.100.100.200", "192.0.0.1", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "168.63.129.16",
]  # fmt: skip
CLOSED_IPV6 = [
    "::1", "::", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::ffff:8.8.8.8",
    "::127.0.0.1", "0:0:0:0:0:0:0:1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1",
    "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "fe80::1%25lo", "::1%lo", "::ffff:0:127.0.0.1", "2001:10::1",
    "2606:4700::5efe:127.0.0.1", "2606:4700::200:5efe:7f00:1", "3fff::1", "5f00::1", "v1.a",
]  # fmt: skip
INNER_NAMES = [
    "localhost", "LOCALHOST", "localhost.", "sub.localhost", "metadata.google.internal", "printer",
    "router.lan", "nas.local", "wiki.corp", "x.home.arpa", "ｌｏｃａｌｈｏｓｔ",
]  # fmt: skip
ODD_URLS = [
    "", "/", "a.org", "//a.org/", "ftp://a.org/", "file:///etc/passwd", "gopher://a.org/",
    "data:text/html,x", "javascript:alert(1)", "jar:http://a.org!/", "http:", "http://",
    "http:///etc/passwd", "http://user@a.org/", "http://user:secret@a.org/", "http://a.org@127.0.0.1/",
    "http://127.0.0.1\\@a.org/", "http://a.org\\.evil.org/", "http://a.org /", "http://a.org\t/",
    "http://a\n.org/", " http://a.org/", "http://a.org/\r\nHost: b", "http://a.org:22/",
    "http://a.org:0/", "http://a.org:99999/", "http://a.org:x/", "http://[::1", "http://::1/",
    "http://[127.0.0.1]/", "http://a%2eorg/", "http://%31%32%37.0.0.1/", "http://a..org/",
    "http://-a-.org-/x y", "http://a\u200b.org/", "http://a.org:6379/", "http://.../", "http://*/",
    "http://[::1]a.org/", "http://[2606:4700:4700::1111].a.org/", "http://a.org../", "http://a,b.org/",
    "http://user:pa/secret@a.org/", "http://a.org:99999/#secret", "http://a.org:x/?secret",
    "http://u:secret@b@a.org/", "http://u:x#secret@a.org/", "http://a.org:８０/", "http://a.org:+80/",
    "http://a.org/\ud800", "http://" + "a" * 64 + ".org/", "http://" + "a." * 130 + "org/",
    "http://a.org/" + "x" * 9000,
]  # fmt: skip
REFUSED = [
    *(f"http://{host}/" for host in (*ODD_IPV4, *CLOSED_IPV4, *INNER_NAMES)),
    *(f"http://[{host}]/" for host in CLOSED_IPV6),
    *(f"https://{host}:443/#@a.org" for host in ("127.0.0.1", "localhost")),
    *ODD_URLS,
]


def test_the_table_is_long_enough() -> None:
    assert len(set(REFUSED)) >= 140


@pytest.mark.parametrize("url", REFUSED)
async def test_what_is_refused_is_never_connected_to(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(*_: Any, **__: Any) -> Any:
        raise AssertionError("it was resolved or connected to")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nobody)
    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", nobody)
    async with WebClient() as client:
        with pytest.raises(Refused) as caught:
            await client.get(url)
    assert "secret" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://me:secret@a.org/x?secret", "http://...@a.org/x"),
        ("http://me:se/c?r#e@t@a.org/x", "http://...@a.org/x"),
        ("ftp://a.org/x?secret#secret", "ftp://a.org/x"),
        ("http://a.org:x/y#secret", "http://a.org:x/y"),
    ],
)
def test_what_is_refused_is_named_without_its_secrets(url: str, told: str) -> None:
    with pytest.raises(Refused) as caught:
        target(url)
    assert repr(told) in str(caught.value)


@pytest.mark.parametrize(
    ("url", "spelled"),
    [
        ("HTTP://A.org:80", "http://a.org/"),
        ("https://bücher.example/ä?q=1#x", "https://xn--bcher-kva.example/%C3%A4?q=1"),
        ("https://a.org.:443/x", "https://a.org/x"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("http://[2606:4700:4700::1111]/", "http://[2606:4700:4700::1111]/"),
        ("http://a.org:/\udcff?\udcfe=ü", "http://a.org/%FF?%FE=%C3%BC"),
        ("http://a.org/a%2Fb?c=%26&d=[1]", "http://a.org/a%2Fb?c=%26&d=%5B1%5D"),
        ("http://under_score.example.org/", "http://under_score.example.org/"),
        ("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/"),
    ],
)
def test_what_is_public_is_taken_in_one_spelling(url: str, spelled: str) -> None:
    assert target(url).url == spelled


def test_a_named_host_may_be_private_and_have_any_port() -> None:
    assert target("http://127.0.0.1:8080/", allowed={"127.0.0.1"}).port == 8080
    assert target("http://wiki.corp:8080/", allowed={"wiki.corp:8080"}).host == "wiki.corp"
    for url in ("http://wiki.corp/", "http://x.wiki.corp:8080/", "http://wiki.corp.evil:8080/"):
        with pytest.raises(Refused):
            target(url, allowed={"wiki.corp:8080"})


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("Wiki.Corp", "http://wiki.corp/"),
        ("wiki.corp.", "http://WIKI.corp:8080/"),
        ("bücher.lan:81", "http://xn--bcher-kva.lan:81/"),
        ("::1", "http://[0:0::1]:8080/"),
        ("[::1]:8080", "http://[::1]:8080/"),
    ],
)
def test_a_named_host_may_be_spelled_in_any_way(entry: str, url: str) -> None:
    assert target(url, allowed={entry})


def test_an_ipv6_address_that_is_opened_is_no_port_of_another() -> None:
    with pytest.raises(Refused):
        target("http://[::1]:8080/", allowed={"::1:8080"})


@pytest.mark.parametrize(
    "entry",
    ["*", "*.corp", "10.0.0.0/8", "http://a.corp", "a@b", "a b", "a:b", "", ":80", "0x7f.1"],
)
def test_what_is_no_host_cannot_be_opened(entry: str) -> None:
    with pytest.raises(ValueError, match="no HOST and no HOST:PORT"):
        WebSettings(allow_hosts=frozenset({entry}))


@asynccontextmanager
async def listener() -> AsyncIterator[tuple[int, list[str]]]:
    """A server on loopback, its port, and what it was asked for."""
    seen: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.append(request.path_qs)
        to = request.query.get("to")
        if to is None:
            return web.Response(text="here")
        return web.Response(status=302, headers={"Location": to})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1], seen
    finally:
        await runner.cleanup()


class Resolving:
    """A resolver's answers, one after another; the last one stays."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        kinds = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(kinds[":" in ip], socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found]


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> Resolving:
    made = Resolving(*answers)
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", made)
    return made


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1"],
        ["93.184.216.34", "127.0.0.1"],
        ["2606:4700:4700::1111", "fd00::1"],
    ],
)
async def test_a_name_that_leads_to_a_private_address_is_refused(
    answer: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        listener() as (port, seen),
        WebClient(WebSettings(ports=frozenset({port}))) as client,
    ):
        resolving(monkeypatch, answer)
        with pytest.raises(Refused, match="no public address"):
            await client.get(f"http://rebind.example:{port}/?key=secret")
    assert seen == []


async def test_a_name_that_answers_otherwise_the_second_time_gains_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is resolved once for a connection; what was looked at is what is connected to."""
    connected: list[str] = []

    async def connect(_: Any, address: Any) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    async with listener() as (port, seen):
        settings = WebSettings(ports=frozenset({port}), attempts=2)
        async with WebClient(settings) as client:
            names = resolving(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
            monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", connect)
            with pytest.raises(WebError) as caught:
                await client.get(f"http://rebind.example:{port}/")
    assert connected == ["93.184.216.34"]
    assert len(names.asked) == 2
    assert isinstance(caught.value, Refused)
    assert seen == []


@asynccontextmanager
async def counting() -> AsyncIterator[tuple[int, list[object]]]:
    """A port of this machine, in both kinds of addresses, and the connections that were made."""
    made: list[object] = []

    def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.append(writer.get_extra_info("peername"))
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        if not socket.has_dualstack_ipv6():
            yield port, made
            return
        async with await asyncio.start_server(handle, "::1", port):
            yield port, made


HOSTS = [*ODD_IPV4, *CLOSED_IPV4, *INNER_NAMES, *(f"[{host}]" for host in CLOSED_IPV6)]


async def test_a_listener_sees_nothing_of_any_of_them_and_all_if_they_are_opened() -> None:
    async with counting() as (port, made):
        ports = frozenset({port})
        async with WebClient(WebSettings(ports=ports)) as client:
            for host in HOSTS:
                with pytest.raises(Refused):
                    await client.get(f"http://{host}:{port}/")
        assert made == []
        opened = WebSettings(ports=ports, allow_hosts=frozenset({"127.0.0.1"}), attempts=1)
        async with WebClient(opened) as client:
            with pytest.raises(Unreachable):
                await client.get(f"http://127.0.0.1:{port}/")
        assert made


@pytest.mark.parametrize(
    ("number", "told", "tries"),
    [
        (socket.EAI_NONAME, "no host of this name", 1),
        (socket.EAI_AGAIN, "cannot be looked up now", 2),
    ],
)
async def test_a_host_that_is_not_there_is_no_refusal(
    number: int, told: str, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def none(host: str, *_: Any, **__: Any) -> Any:
        asked.append(host)
        raise socket.gaierror(number, "the resolver's words")

    async with WebClient(WebSettings(attempts=2)) as client:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", none)
        with pytest.raises(Unreachable, match=told):
            await client.get("http://nobody.example/")
    assert len(asked) == tries
