"""Breadth as an MCP server, asked by the official client."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from conftest import QUESTION, ChatServer

mcp = pytest.importorskip("mcp")

from mcp import Client, StdioServerParameters  # noqa: E402
from mcp.client.stdio import stdio_client  # noqa: E402
from mcp.client.streamable_http import streamable_http_client  # noqa: E402
from mcp.shared._httpx_utils import create_mcp_http_client  # noqa: E402

from service.errors import UsageProblem  # noqa: E402
from service.mcp_http import listen  # noqa: E402
from service.mcp_serving import mcp_server  # noqa: E402
from service.settings import Settings  # noqa: E402
from storage import KeyLimits, TraceStore  # noqa: E402

ROOT = Path(__file__).parent.parent


@asynccontextmanager
async def asked(settings: Settings, films: Path) -> AsyncIterator[tuple[Client, TraceStore]]:
    """In one process."""
    async with mcp_server(settings, [films]) as (server, store), Client(server) as client:
        yield client, store


async def test_there_are_three_tools_that_change_nothing(settings: Settings, films: Path) -> None:
    async with asked(settings, films) as (client, _):
        tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == ["research", "search", "read"]
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
    assert all(tool.description for tool in tools)
    assert tools[0].input_schema["required"] == ["question"]


async def test_research_gives_a_cited_answer_that_is_kept_and_tells_its_progress(
    settings: Settings, films: Path
) -> None:
    told: list[tuple[float, float | None]] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        told.append((done, total))

    async with asked(settings, films) as (client, store):
        given = await client.call_tool(
            "research", {"question": QUESTION}, progress_callback=progress
        )
        answer: dict[str, Any] = given.structured_content or {}
        record = await store.run(answer["run"])
    assert answer["status"] == record.status == "completed"
    assert answer["value"] == "Bong Joon-ho"
    assert "[1]" in answer["answer"]
    assert [source["number"] for source in answer["sources"]] == [1, 2]
    assert {Path(source["location"]).name for source in answer["sources"]} <= {
        path.name for path in films.iterdir()
    }
    assert all(source["text"] for source in answer["sources"])
    done, total = told[-1]
    assert done == total
    assert done > 2


async def test_search_and_read_give_what_the_documents_say(settings: Settings, films: Path) -> None:
    async with asked(settings, films) as (client, _):
        found = await client.call_tool("search", {"query": "Parasite", "limit": 1})
        (hit,) = (found.structured_content or {})["result"]
        read = await client.call_tool("read", {"location": hit["location"]})
        later = await client.call_tool("read", {"location": hit["location"], "offset": 5})
    document, rest = read.structured_content or {}, later.structured_content or {}
    assert hit["title"] == "Parasite"
    assert hit["text"] in document["text"]
    assert document["characters"] == len(document["text"])
    assert document["next_offset"] is None
    assert rest["text"] == document["text"][5:]


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("read", {"location": "/etc/passwd"}, "not among the documents"),
        ("read", {"location": "http://127.0.0.1:1/"}, "not among the documents"),
        ("search", {"query": ""}, "query"),
        ("search", {"query": "x", "limit": 1000}, "limit"),
        ("research", {"question": ""}, "question"),
        ("research", {"question": "Who?", "effort": "endless"}, "effort"),
        ("read", {}, "location"),
    ],
)
async def test_what_cannot_be_done_is_told(
    settings: Settings, films: Path, tool: str, arguments: dict[str, Any], told: str
) -> None:
    async with asked(settings, films) as (client, store):
        given = await client.call_tool(tool, arguments)
        assert given.is_error
        assert told in str(given.content)
        assert await store.runs() == []


async def test_an_agent_that_gives_up_stops_its_run(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    chat_server.hold("Question:")
    async with asked(settings, films) as (client, store):
        asking = asyncio.create_task(client.call_tool("research", {"question": QUESTION}))
        async with asyncio.timeout(20):
            await chat_server.held.wait()
            asking.cancel()
            await chat_server.dropped.wait()
            (run,) = await store.runs()
            while run.status == "running":
                await asyncio.sleep(0.02)
                (run,) = await store.runs()
    assert run.status == "cancelled"
    chat_server.release.set()


@asynccontextmanager
async def listening(settings: Settings, films: Path) -> AsyncIterator[tuple[str, TraceStore]]:
    """Over HTTP."""
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with mcp_server(settings, [films]) as (server, store):
        task = asyncio.create_task(
            listen(server, store, settings, "127.0.0.1", 0, address.set_result)
        )
        await asyncio.wait({task, address}, return_when=asyncio.FIRST_COMPLETED)
        try:
            yield await address, store
        finally:
            os.kill(os.getpid(), 15)  # as whoever ends the service
            await task


async def test_over_http_a_key_says_whose_run_it_is_and_what_it_may_take(
    settings: Settings, films: Path
) -> None:
    settings = settings.model_copy(update={"access": "keys"})
    async with listening(settings, films) as (address, store):
        made, key = await store.keys.create("agent", "ann", KeyLimits(runs_a_minute=1))
        async with aiohttp.ClientSession() as session:
            for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": key}):
                async with session.post(address, json={}, headers=headers) as answer:
                    assert answer.status == 401
                    assert "breadth keys create" in (await answer.json())["error"]
        authorised = {"Authorization": f"Bearer {key}"}
        async with (
            create_mcp_http_client(headers=authorised) as http,
            Client(streamable_http_client(address, http_client=http)) as client,
        ):
            given = await client.call_tool("research", {"question": QUESTION})
            again = await client.call_tool("research", {"question": QUESTION})
        (run,) = await store.runs()
    assert (given.structured_content or {})["value"] == "Bong Joon-ho"
    assert (run.user, run.key) == ("ann", made.id)
    assert again.is_error
    assert "a minute" in str(again.content)


async def test_over_http_pages_of_other_names_are_not_heard(
    settings: Settings, films: Path
) -> None:
    async with listening(settings, films) as (address, _), aiohttp.ClientSession() as session:
        accepted = {"Accept": "application/json, text/event-stream"}
        for wrong in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
            async with session.post(address, json={}, headers=accepted | wrong) as answer:
                assert answer.status in (403, 421)


async def test_a_place_that_is_taken_is_told(settings: Settings, films: Path) -> None:
    async with listening(settings, films) as (address, store):
        port = int(address.split(":")[2].split("/")[0])
        async with mcp_server(settings, [films]) as (server, _):
            with pytest.raises(UsageProblem, match="--port names another one"):
                await listen(server, store, settings, "127.0.0.1", port, print)


async def test_the_command_speaks_over_standard_input(
    chat_server: ChatServer, films: Path, tmp_path: Path
) -> None:
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "BREADTH_MODEL": "openai:test",
        "BREADTH_BASE_URL": chat_server.url,
        "BREADTH_DATA": str(tmp_path / "data"),
        "BREADTH_CACHE": str(tmp_path / "cache"),
        "PYTHONPATH": str(ROOT),
    }
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "service", "mcp", "-d", str(films)], env=environment
    )
    async with asyncio.timeout(120), Client(stdio_client(command)) as client:
        given = await client.call_tool("research", {"question": QUESTION})
    assert (given.structured_content or {})["value"] == "Bong Joon-ho"
