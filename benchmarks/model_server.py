"""Loopback servers of models that take no time to think, each in a process of its own.

Run as a script (`instant CHUNKS`, `films SECONDS`): it prints its port, and serves until its input
ends.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from benchmarks.film_pages import reply

Body = Callable[[str], Awaitable[bytes]]
"""From the last message of a request to the body of its answer."""


@contextmanager
def instant_model(chunks: int) -> Iterator[str]:
    """The base URL of a model that answers everything at once, in so many chunks."""
    with _process("instant", str(chunks)) as url:
        yield url


@contextmanager
def film_model(seconds: float = 0.0) -> Iterator[str]:
    """The base URL of one that knows the pages of `film_pages`; every answer takes so long."""
    with _process("films", str(seconds)) as url:
        yield url


@contextmanager
def _process(*arguments: str) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.model_server", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
        text=True,
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
    finally:
        process.communicate()


def _events(texts: Sequence[str], prompt: int, completion: int) -> bytes:
    """The body of an answer that comes in these pieces; its usage in tokens."""
    head: dict[str, Any] = {"id": "c", "object": "chat.completion.chunk", "created": 0}
    choice: dict[str, Any] = {"index": 0, "finish_reason": None}
    parts = [head | {"choices": [choice | {"delta": {"content": text}}]} for text in texts]
    parts.append(head | {"choices": [choice | {"delta": {}, "finish_reason": "stop"}]})
    usage = {"prompt_tokens": prompt, "completion_tokens": completion}
    parts.append(head | {"choices": [], "usage": usage | {"total_tokens": sum(usage.values())}})
    lines = [json.dumps(part | {"model": "film"}) for part in parts] + ["[DONE]"]
    return "".join(f"data: {line}\n\n" for line in lines).encode()


def _instant(chunks: int) -> Body:
    """The same for every request, made beforehand."""
    body = _events(["word "] * chunks, 5, chunks)

    async def made(asked: str) -> bytes:
        return body

    return made


def _films(seconds: float) -> Body:
    """What is known of films, after so long."""

    async def made(asked: str) -> bytes:
        await asyncio.sleep(seconds)
        return _events([reply(asked)], len(asked) // 4, 9)

    return made


async def _serve(body: Body) -> None:
    """Until the input ends."""

    async def models(request: web.Request) -> web.Response:
        listed = [{"id": "film", "object": "model", "created": 0, "owned_by": "llamacpp"}]
        return web.json_response({"object": "list", "data": listed})

    async def complete(request: web.Request) -> web.Response:
        asked = (await request.json())["messages"][-1]["content"]
        return web.Response(body=await body(asked), content_type="text/event-stream")

    app = web.Application(client_max_size=2**24)
    app.router.add_get("/v1/models", models)
    app.router.add_post("/v1/chat/completions", complete)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    kind, argument = sys.argv[1:]
    asyncio.run(_serve(_instant(int(argument)) if kind == "instant" else _films(float(argument))))
