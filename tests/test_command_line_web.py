"""`breadth ask --search`: answers from pages of the web, which here is on loopback."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from browsing import needs_browser, place, shell, writes
from conftest import QUESTION, ChatServer
from site_server import site
from test_command_line import User


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path)


@asynccontextmanager
async def small_web(films: Path) -> AsyncIterator[str]:
    """A metasearch engine that finds all pages, and the pages: host and port."""
    pages = {path.name: path.read_bytes() for path in films.iterdir()}
    at = ""

    async def search(request: web.Request) -> web.Response:
        found = [{"url": f"http://{at}/{name}", "title": name, "content": ""} for name in pages]
        return web.json_response({"query": request.query["q"], "results": found})

    async def page(request: web.Request) -> web.Response:
        if request.match_info["name"] not in pages:
            raise web.HTTPNotFound
        return web.Response(body=pages[request.match_info["name"]])

    app = web.Application()
    app.router.add_get("/search", search)
    app.router.add_get("/{name}", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    at = f"127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield at
    finally:
        await runner.cleanup()


def asking(server: ChatServer, *more: str) -> list[str]:
    model = ("--model", "openai:test", "--base-url", server.url, "--plans", "1")
    return ["ask", QUESTION, *model, "--search", "searxng", *more]


async def test_an_answer_comes_from_the_web_with_addresses_as_sources(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    async with small_web(films) as host:
        user.environment["BREADTH_SEARCH_KEYS"] = json.dumps({"searxng": f"http://{host}"})
        ended = await user.types(*asking(chat_server, "--json"))
    given = json.loads(ended.out)
    assert given["value"] == "Bong Joon-ho"
    assert f"http://{host}/bong.md" in {source["location"] for source in given["sources"]}


async def test_what_search_lacks_is_said_before_anything_is_loaded(
    user: User, chat_server: ChatServer
) -> None:
    ended = await user.types(*asking(chat_server))
    assert ended.code == 2
    assert "--search: searxng needs its address: set BREADTH_SEARCH_KEYS" in ended.err
    assert chat_server.asked == []


async def test_a_host_that_is_none_cannot_be_opened(user: User, chat_server: ChatServer) -> None:
    user.environment["BREADTH_ALLOW_HOSTS"] = "wiki.corp, 10.0.0.0/8"
    user.environment["BREADTH_SEARCH_KEYS"] = json.dumps({"searxng": "http://127.0.0.1:1"})
    ended = await user.types(*asking(chat_server))
    assert ended.code == 2
    assert "BREADTH_ALLOW_HOSTS: '10.0.0.0/8' is no HOST and no HOST:PORT" in ended.err
    assert chat_server.asked == []


async def test_pages_of_private_hosts_are_not_fetched(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    """The user's own search server may be private; where its results lead may not."""
    async with small_web(films) as host, small_web(films) as other:
        name = f"localhost:{host.partition(':')[2]}"
        user.environment["BREADTH_SEARCH_KEYS"] = json.dumps({"searxng": f"http://{name}"})
        ended = await user.types(*asking(chat_server, "--json", "--seconds", "60"))
    given = json.loads(ended.out)
    assert other
    assert given["sources"] == []
    assert given["value"] is None


async def test_documents_may_be_the_pages_of_a_sitemap(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    async with site() as served:
        served.pages |= {f"/{path.name}": path.read_bytes() for path in films.iterdir()}
        served.pages["/sitemap.xml"] = served.sitemap(*served.pages)
        user.environment["BREADTH_ALLOW_HOSTS"] = served.url.removeprefix("http://")
        asked = ["ask", QUESTION, "--model", "openai:test", "--base-url", chat_server.url]
        asked += ["--plans", "1", "--documents", f"{served.url}/sitemap.xml", "--json"]
        ended = await user.types(*asked)
        given = json.loads(ended.out)
        assert given["value"] == "Bong Joon-ho"
        assert f"{served.url}/bong.md" in {source["location"] for source in given["sources"]}
        served.asked.clear()
        again = await user.types("resume", given["run"], "--json")
        assert json.loads(again.out)["value"] == "Bong Joon-ho"
    ended = await user.types(*asked)
    assert ended.code == 1
    assert "cannot be read" in ended.err


BONG = "Bong Joon-ho was born on 14 September 1969 in Daegu."


@needs_browser
async def test_pages_that_scripts_write_are_documents_too(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    async with site() as served:
        served.pages |= {f"/{path.name}": path.read_bytes() for path in films.iterdir()}
        served.pages["/bong.md"] = shell(writes(f"{BONG}</p><h1>Bong Joon-ho</h1><p>"))
        served.pages["/sitemap.xml"] = served.sitemap(*served.pages)
        user.environment["BREADTH_ALLOW_HOSTS"] = place(served)
        asked = ["ask", QUESTION, "--model", "openai:test", "--base-url", chat_server.url]
        asked += ["--plans", "1", "--documents", f"{served.url}/sitemap.xml", "--json"]
        given = json.loads((await user.types(*asked)).out)
        user.environment["BREADTH_BROWSER"] = "off"
        without = json.loads((await user.types(*asked)).out)
    assert given["value"] == "Bong Joon-ho"
    assert f"{served.url}/bong.md" in {source["location"] for source in given["sources"]}
    assert without["value"] is None


async def test_a_browser_that_is_wanted_and_missing_is_told_before_anything_is_loaded(
    user: User, chat_server: ChatServer, tmp_path: Path
) -> None:
    user.environment["BREADTH_SEARCH_KEYS"] = json.dumps({"searxng": "http://127.0.0.1:1"})
    user.environment["BREADTH_BROWSER_PATH"] = str(tmp_path / "none")
    ended = await user.types(*asking(chat_server))
    assert ended.code == 2
    assert "BREADTH_BROWSER_PATH: " in ended.err
    user.environment["BREADTH_BROWSER"] = "sometimes"
    ended = await user.types(*asking(chat_server))
    assert ended.code == 2
    assert "BREADTH_BROWSER" in ended.err
    assert chat_server.asked == []
