"""Proxies of the environment: which is asked, what is asked without, and what errors tell."""

import base64
from typing import Any

import pytest
from aiohttp import web
from test_web import HERE, served

from search.errors import HttpStatus, Refused, Unreachable, WebError
from search.guard import target
from search.proxies import Proxies
from search.web import WebClient, WebSettings

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Without any proxy."""
    for name in (*NAMES, *map(str.upper, NAMES)):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


ANY = frozenset({"a.example", "10.1.2.3", "127.0.0.1", "::1", "localhost", "fd00::1"})


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({}, "http://a.example/", None),
        ({"HTTP_PROXY": "http://p:1"}, "http://a.example/", "http://p:1"),
        ({"http_proxy": "p:1"}, "http://a.example/", "http://p:1"),
        ({"http_proxy": "http://p:1"}, "https://a.example/", None),
        ({"https_proxy": "http://p:1"}, "https://a.example/", "http://p:1"),
        ({"all_proxy": "http://p:1"}, "https://a.example/", "http://p:1"),
        ({"http_proxy": "p:1", "no_proxy": "*"}, "http://a.example/", None),
        ({"http_proxy": "p:1", "no_proxy": "x, a.example"}, "http://a.example/", None),
        ({"http_proxy": "p:1", "no_proxy": ".example"}, "http://a.example/", None),
        ({"http_proxy": "p:1", "no_proxy": "a.example:80"}, "http://a.example/", None),
        ({"http_proxy": "p:1", "no_proxy": "a.example:81"}, "http://a.example/", "http://p:1"),
        ({"http_proxy": "p:1", "no_proxy": "ample"}, "http://a.example/", "http://p:1"),
        ({"http_proxy": "p:1", "no_proxy": "10.0.0.0/8"}, "http://10.1.2.3/", None),
        ({"http_proxy": "p:1", "no_proxy": "11.0.0.0/8,x/y"}, "http://10.1.2.3/", "http://p:1"),
        ({"http_proxy": "p:1", "no_proxy": "fd00::/8"}, "http://[fd00::1]/", None),
        ({"http_proxy": "p:1"}, "http://127.0.0.1:99/", None),
        ({"http_proxy": "p:1"}, "http://[::1]/", None),
        ({"http_proxy": "p:1"}, "http://localhost/", None),
    ],
)
def test_which_proxy_is_asked(
    variables: dict[str, str], url: str, proxy: str | None, environment: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    found = Proxies().of(target(url, allowed=ANY))
    assert (str(found).rstrip("/") if found else None) == proxy


@pytest.mark.parametrize(
    "named", ["socks5://u:hunter2@p:1", "u:hunter2@p:x", "http://", "hunter2:x:y"]
)
def test_what_is_no_proxy_is_told_without_its_password(
    named: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("http_proxy", named)
    with pytest.raises(Unreachable, match=r"a\.example/: HTTP_PROXY .*http://HOST:PORT") as caught:
        Proxies().of(target("http://a.example/"))
    assert "hunter2" not in str(caught.value)


async def asked(url: str, **settings: Any) -> bytes:
    async with WebClient(WebSettings(**({"attempts": 1} | settings))) as client:
        return (await client.get(url, params={"key": "hunter2"})).body


async def test_a_proxy_is_asked_with_the_whole_address_and_its_login(
    environment: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[str, str]] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.append((str(request.url), request.headers["Proxy-Authorization"]))
        return web.Response(text="by proxy")

    async with served(handle) as url:
        environment.setenv("http_proxy", url.removesuffix("/page").replace("//", "//me:pass@"))
        assert await asked("http://a.example/x") == b"by proxy"
    login = base64.b64encode(b"me:pass").decode()
    assert seen == [("http://a.example/x?key=hunter2", f"Basic {login}")]


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://wiki.corp/", "http://a.example:22/"])
async def test_what_may_not_be_asked_is_not_asked_through_a_proxy(
    url: str, environment: pytest.MonkeyPatch
) -> None:
    async def handle(_: web.Request) -> web.StreamResponse:
        raise AssertionError

    async with served(handle) as proxy:
        environment.setenv("http_proxy", proxy.removesuffix("/page"))
        with pytest.raises(Refused):
            await asked(url)


async def test_a_page_cannot_reach_the_proxy_itself(environment: pytest.MonkeyPatch) -> None:
    """That the user trusts it as a proxy opens it to nobody else."""

    async def handle(_: web.Request) -> web.StreamResponse:
        raise AssertionError

    async with served(handle) as url:
        port = int(url.rpartition(":")[2].removesuffix("/page"))
        environment.setenv("https_proxy", f"http://localhost.example:{port}")
        environment.setenv("http_proxy", f"http://127.0.0.1:{port}")
        with pytest.raises(Refused):
            await asked(url, ports=frozenset({port}))


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("answers", [True, False])
async def test_a_proxy_that_refuses_or_is_not_there_is_told_without_its_password(
    scheme: str, answers: bool, environment: pytest.MonkeyPatch
) -> None:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(status=407)

    async with served(handle) as url:
        place = url.removesuffix("/page").removeprefix("http://") if answers else "127.0.0.1:1"
        environment.setenv(f"{scheme}_proxy", f"http://me:pass@{place}")
        with pytest.raises(WebError) as caught:
            await asked(f"{scheme}://a.example/x")
    assert type(caught.value) in {HttpStatus, Unreachable}
    assert f"{scheme}://a.example/x" in str(caught.value)
    assert "proxy" in str(caught.value)
    assert "pass" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_what_is_on_this_machine_is_asked_without_a_proxy(
    environment: pytest.MonkeyPatch,
) -> None:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(text="direct")

    environment.setenv("http_proxy", "http://127.0.0.1:1")
    async with served(handle) as url:
        assert await asked(url, allow_hosts=HERE) == b"direct"
