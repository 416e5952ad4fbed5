"""Redirects: each is an address of its own, refused as any other, and secrets stay behind."""

import pytest
from aiohttp import web
from test_guard import HOSTS, counting, listener

from search.errors import Refused, TooManyRedirects
from search.guard import target
from search.sending import Sending
from search.web import WebClient, WebSettings


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_listener_sees_nothing_of_where_chains_of_redirects_lead(status: int) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        hops = int(request.query["hops"])
        to = f"/?hops={hops - 1}" if hops else f"http://{next(hosts)}:{port}/"
        return web.Response(status=status, headers={"Location": to})

    app = web.Application()
    app.router.add_route("*", "/", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    at = runner.addresses[0][1]
    hosts = iter(HOSTS)
    allowed = frozenset({f"127.0.0.1:{at}"})
    async with counting() as (port, made):
        settings = WebSettings(allow_hosts=allowed, ports=frozenset({80, port}))
        async with WebClient(settings) as client:
            for count, _ in enumerate(HOSTS):
                with pytest.raises(Refused):
                    await client.get(f"http://127.0.0.1:{at}/?hops={count % 4}")
        assert made == []
    await runner.cleanup()


CHAINS = [
    "http://127.0.0.1:1/",
    "http://localhost/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:127.0.0.1]/",
    "http://2130706433/",
    "http://0x7f.1/",
    "//10.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "http://user:pw@a.example/",
    "http://a.example:22/",
    "\\\\127.0.0.1\\x",
    "http:\\\\127.0.0.1/",
    "data:text/plain,x",
    "http://[::1",
    "http://[::1]x/",
    "http://\\/",
]


@pytest.mark.parametrize("to", CHAINS)
async def test_a_redirect_to_what_is_refused_is_refused(to: str) -> None:
    async with listener() as (port, seen):
        allowed = frozenset({f"127.0.0.1:{port}"})
        async with WebClient(WebSettings(allow_hosts=allowed)) as client:
            with pytest.raises(Refused):
                await client.get(f"http://127.0.0.1:{port}/", params={"to": to})
    assert len(seen) == 1


async def test_redirects_are_followed_so_far_and_no_farther() -> None:
    async with listener() as (port, seen):
        allowed = frozenset({"127.0.0.1"})
        async with WebClient(WebSettings(allow_hosts=allowed, redirects=2)) as client:
            base = f"http://127.0.0.1:{port}"
            found = await client.get(base, params={"to": "/a?to=/b"})
            assert (found.url, found.body, len(seen)) == (f"{base}/b", b"here", 3)
            with pytest.raises(TooManyRedirects, match="2 redirects"):
                await client.get(base, params={"to": "/?to=/%3Fto%3D/%253Fto%253D/x"})


async def test_what_is_bound_to_an_origin_does_not_go_to_another() -> None:
    heads: list[dict[str, str]] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        heads.append(dict(request.headers))
        to = request.query.get("to")
        if to is None:
            return web.Response(text="here")
        return web.Response(status=307, headers={"Location": to})

    app = web.Application()
    app.router.add_route("*", "/", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    sites = [web.TCPSite(runner, "127.0.0.1", 0) for _ in range(2)]
    for site in sites:
        await site.start()
    one, two = (f"http://127.0.0.1:{address[1]}/" for address in runner.addresses)
    secrets = {"Authorization": "Bearer x", "X-Key": "x", "Accept": "text/html", "Cookie": "a=b"}
    async with WebClient(WebSettings(allow_hosts=frozenset({"127.0.0.1"}))) as client:
        await client.get(one, params={"to": "/"}, headers=secrets)
        assert heads[1]["X-Key"] == "x"
        await client.get(one, params={"to": two}, headers=secrets)
        assert not {"Authorization", "X-Key", "Cookie"} & set(heads[3])
        assert heads[3]["Accept"] == "text/html"
        with pytest.raises(Refused, match="sends what was for it on to"):
            await client.request("POST", one, params={"to": two}, json={"secret": 1})
    await runner.cleanup()


async def test_a_redirect_does_not_lead_out_of_encryption() -> None:
    sending = Sending("GET", target("https://a.org/"), {}, None, None, None, 1, 1.0)
    assert sending.led_on(302, target("https://b.org/")).target.host == "b.org"
    with pytest.raises(Refused, match="not encrypted"):
        sending.led_on(302, target("http://a.org/"))


@pytest.mark.parametrize(
    ("method", "status", "then"),
    [
        ("GET", 302, "GET"),
        ("HEAD", 303, "HEAD"),
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("POST", 303, "GET"),
        ("PUT", 303, "GET"),
        ("POST", 307, "POST"),
        ("PUT", 302, "PUT"),
        ("DELETE", 308, "DELETE"),
    ],
)
def test_what_is_sent_on_is_sent_as_the_status_says(method: str, status: int, then: str) -> None:
    """RFC 9110, 15.4. A body goes along only with its method."""
    sending = Sending(method, target("http://a.org/"), {}, {"key": "1"}, None, b"body", 1, 1.0)
    later = sending.led_on(status, target("http://a.org/b"))
    assert later.method == then
    assert later.data == (b"body" if then in {"POST", "PUT", "DELETE"} else None)
    assert later.params is None
