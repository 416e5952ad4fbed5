"""What the tests share: a loopback OpenAI-compatible server and a folder of documents."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from postgres_server import NAMED

pytest_plugins = [
    "research_films",
    "search_shelves",
    "search_folder",
    "trace_store",
    "service_at_work",
    "webhook_receiver",
    "slack_server",
    "discord_server",
    "teams_server",
]
"""Modules whose fixtures several files use."""


def pytest_configure(config: pytest.Config) -> None:
    """A process of pytest-xdist ignores Ctrl-C, and what it starts would, too. Several would empty
    the same database under each other."""
    if config.getoption("numprocesses", None) and NAMED is not None:
        raise pytest.UsageError("BREADTH_TEST_POSTGRES names one database: run pytest without -n")
    if hasattr(config, "workerinput"):
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Which tests stay together where they run in several processes: those of a file, and those of
    the embedded engine."""
    for item in items:
        group = "model" if item.get_closest_marker("model") else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))


QUESTION = "Who is older, is it the director of Inception or the director of Parasite?"
PLAN = "\n".join(
    (
        '{"id":"a","lookup":"Who directed Inception?"}',
        '{"id":"b","lookup":"Who directed Parasite?"}',
        '{"id":"c","lookup":"When was {a} born?"}',
        '{"id":"d","lookup":"When was {b} born?"}',
        '{"id":"e","compare":"Who is older, the director of Inception or of Parasite?",'
        '"facts":["{c}","{d}"]}',
    )
)
PAGES = {
    "inception.md": "# Inception\n\nInception is a film of 2010, directed by Christopher Nolan.\n",
    "parasite.txt": "Parasite\n\nParasite is a film of 2019. It was directed by Bong Joon-ho.\n",
    "nolan.html": "<html><title>Christopher Nolan</title><body><p>Christopher Nolan was born on 30"
    " July 1970 in London, as the second of three brothers.</p></body></html>",
    "bong.md": "# Bong Joon-ho\n\nBong Joon-ho was born on 14 September 1969 in Daegu.\n",
}
READINGS = {
    "Who directed Inception?": "Christopher Nolan",
    "Who directed Parasite?": "Bong Joon-ho",
    "When was Christopher Nolan born?": "30 July 1970",
    "When was Bong Joon-ho born?": "14 September 1969",
}


def right_reply(asked: str) -> str:
    """A small model that does everything right, from the last message alone."""
    if asked == QUESTION:
        return PLAN
    if "Result:" in asked:
        return "Bong Joon-ho is older: he was born on 14 September 1969 [4], before Nolan [3]."
    value = READINGS.get(asked.rpartition("Question: ")[2], "none")
    return value if value in asked else "none"


class ChatServer:
    """An OpenAI-compatible server on loopback; `asked` keeps the last message of each request.

    `hold(text)` makes requests whose last message contains the text wait until `release`; `held` is
    set when one does, `dropped` when its client goes away.
    """

    def __init__(self, name: str = "test") -> None:
        self.name = name
        self.asked: list[str] = []
        self.tokens = 9
        """That it says each answer has."""
        self.reply: Callable[[str], str] = right_reply
        self.release = asyncio.Event()
        self.held = asyncio.Event()
        self.dropped = asyncio.Event()
        self.url = ""
        self._hold: str | None = None

    def hold(self, text: str) -> None:
        """From now on."""
        self._hold = text

    async def models(self, request: web.Request) -> web.Response:
        listed = [{"id": self.name, "object": "model", "created": 0, "owned_by": "llamacpp"}]
        return web.json_response({"object": "list", "data": listed})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        asked = body["messages"][-1]["content"]
        self.asked.append(asked)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        if self._hold is not None and self._hold in asked:
            self.held.set()
            try:
                await self.release.wait()
            except asyncio.CancelledError:
                self.dropped.set()
                raise
        for index in range(body.get("n", 1)):
            await self._send(response, index, {"content": self.reply(asked)}, None)
            await self._send(response, index, {}, "stop")
        usage = {
            "prompt_tokens": len(asked) // 4,
            "completion_tokens": self.tokens,
            "total_tokens": 0,
        }
        await response.write(f"data: {json.dumps(_chunk([], usage))}\n\ndata: [DONE]\n\n".encode())
        return response

    async def _send(
        self, response: web.StreamResponse, index: int, delta: Any, reason: str | None
    ) -> None:
        choice = {"index": index, "delta": delta, "finish_reason": reason}
        await response.write(f"data: {json.dumps(_chunk([choice], None))}\n\n".encode())


def _chunk(choices: list[Any], usage: Any) -> dict[str, Any]:
    return {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "test",
        "choices": choices,
        "usage": usage,
    }


@pytest.fixture
async def chat_server() -> AsyncIterator[ChatServer]:
    """Running, on a free port."""
    async with chatting(ChatServer()) as server:
        yield server


@pytest.fixture
async def other_server() -> AsyncIterator[ChatServer]:
    """Another one, with the model `other`."""
    async with chatting(ChatServer("other")) as server:
        yield server


@asynccontextmanager
async def chatting(server: ChatServer) -> AsyncIterator[ChatServer]:
    """Let it run, on a free port."""
    app = web.Application()
    app.router.add_get("/v1/models", server.models)
    app.router.add_post("/v1/chat/completions", server.chat)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield server
    server.release.set()
    await runner.cleanup()


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder of four documents."""
    folder = tmp_path / "films"
    folder.mkdir()
    for name, text in PAGES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
