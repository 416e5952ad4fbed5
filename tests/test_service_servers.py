"""MCP servers that a request names are there for its run alone."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from conftest import ChatServer
from openai import AsyncOpenAI

from service.api import application
from service.others import Others
from service.saved import options_of
from service.settings import Settings
from service.wishes import Wishes
from service.work.servers import with_servers
from service.work.service import service
from storage import Asked, Asker

FILMS = Path(__file__).parent / "mcp_films.py"
TOKEN = "s3cr3t-token"


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """Of the films' server over HTTP, behind a door that wants the token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = {"FILMS_LOG": str(tmp_path / "films.log")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(FILMS), str(port)),
        env={**os.environ, **log},
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    while b"running on" not in await process.stderr.readline():
        assert process.returncode is None
    try:
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        await process.communicate()


@pytest.fixture
def settings(tmp_path: Path, chat_server: ChatServer) -> Settings:
    return Settings(
        model="openai:test",
        base_url=chat_server.url,
        database=str(tmp_path / "runs.db"),
        cache=tmp_path / "cache",
        data=tmp_path,
        allow_hosts="127.0.0.1",
    )


def wishes(address: str, **changes: Any) -> Wishes:
    server = {"label": "films", "url": address, "description": None, "allowed": None}
    return Wishes(servers=[{**server, "never_ask": False, **changes}])


async def names(settings: Settings, wished: Wishes) -> tuple[str, ...]:
    async with with_servers(Others(), wished, None, settings) as (others, changed):
        assert others.problems == ()
        assert set(changed.tools) == {tool.name for tool in others.tools}
        return changed.tools


async def test_its_tools_are_there_and_those_alone_that_are_allowed(
    settings: Settings, address: str
) -> None:
    assert {"films_film", "films_delete"} <= set(await names(settings, wishes(address)))
    assert await names(settings, wishes(address, allowed=["film"])) == ("films_film",)
    async with with_servers(Others(), Wishes(), None, settings) as (others, same):
        assert others == Others()
        assert same is settings


@pytest.mark.parametrize(
    ("never_ask", "approval"), [(False, "never"), (True, "auto"), (["delete"], "auto")]
)
async def test_what_changes_something_is_called_only_where_the_request_says_so(
    settings: Settings, address: str, never_ask: Any, approval: str
) -> None:
    wished = wishes(address, never_ask=never_ask)
    async with with_servers(Others(), wished, None, settings) as (others, _):
        approvals = {tool.name: getattr(tool, "approval", None) for tool in others.tools}
    assert approvals["films_delete"] == approval
    assert approvals["films_film"] == "auto"


async def test_a_server_is_told_its_secrets_and_no_problem_tells_them(settings: Settings) -> None:
    heard: list[tuple[str | None, str | None]] = []

    async def refuse(request: web.Request) -> web.Response:
        heard.append((request.headers.get("Authorization"), request.headers.get("X-Key")))
        return web.Response(status=401, text=f"wrong: {request.headers}")

    app = web.Application()
    app.router.add_route("*", "/mcp", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/mcp"
    secrets = {"mcp": {"films": {"authorization": TOKEN, "headers": {"X-Key": "k3y-k3y-k3y"}}}}
    async with with_servers(Others(), wishes(url), secrets, settings) as (others, _):
        (problem,) = others.problems
    await runner.cleanup()
    assert heard[0] == (f"Bearer {TOKEN}", "k3y-k3y-k3y")
    assert TOKEN not in problem
    assert "k3y" not in problem


async def test_a_run_calls_a_tool_of_its_server(
    settings: Settings, address: str, chat_server: ChatServer, films: Path
) -> None:
    question = "When was the film Parasite made?"
    plan = '{"id":"a","tool":"films_film","arguments":{"title":"Parasite"}}'
    chat_server.reply = lambda asked: plan if asked.endswith(question) else "2019"
    options: dict[str, Any] = options_of([films], settings) | wishes(address).to_options()
    asked = Asked("response", question, options, {}, secrets={"mcp": {}})
    async with service(settings, [films], most=1) as (front, _):
        made = await front.create(asked, Asker("ann", priority=1))
        async with asyncio.timeout(60):
            await front.ended(made.run)
        log = await front.store.log(made.run)
        kept = await front.store.responses.named(made.id)
    ended = [each.data for each in log if each.kind == "step_ended"]
    called = [each for each in ended if each.get("tool") == "films_film"]
    assert [each["outcome"] for each in called] == ["done"], ended
    assert called[0]["value"] == {"title": "Parasite", "year": 2019}
    assert kept.secrets is None


async def test_the_official_client_sees_the_call_of_its_server_and_not_its_token(
    settings: Settings, address: str, chat_server: ChatServer, films: Path
) -> None:
    question = "When was the film Parasite made?"
    plan = '{"id":"a","tool":"films_film","arguments":{"title":"Parasite"}}'
    chat_server.reply = lambda asked: plan if asked.endswith(question) else "2019"
    server: Any = {
        "type": "mcp",
        "server_label": "films",
        "server_url": address,
        "authorization": TOKEN,
        "require_approval": "never",
    }
    async with service(settings, [films], most=1) as (front, _):
        runner = web.AppRunner(application(front), handler_cancellation=True, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        async with AsyncOpenAI(base_url=url, api_key="any", max_retries=0) as client:
            made = await client.responses.create(model="breadth", input=question, tools=[server])
            again = await client.responses.retrieve(made.id)
        await runner.cleanup()
    (call,) = [item for item in made.output if item.type == "mcp_call"]
    assert (call.server_label, call.name, call.error) == ("films", "film", None)
    assert "2019" in str(call.output)
    assert TOKEN not in made.model_dump_json() + again.model_dump_json()


async def test_a_server_that_is_not_there_is_told_in_the_trace(
    settings: Settings, films: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    wished = wishes(f"http://127.0.0.1:{port}/mcp").to_options()
    options: dict[str, Any] = options_of([films], settings) | wished
    asked = Asked("response", "Who directed Inception?", options, {})
    async with service(settings, [films], most=1) as (front, _):
        made = await front.create(asked, Asker("ann", priority=1))
        async with asyncio.timeout(60):
            run = await front.ended(made.run)
        log = await front.store.log(made.run)
    assert run.status == "completed"
    (told,) = [each.data["why"] for each in log if each.data.get("what") == "left out"]
    assert "films" in told
