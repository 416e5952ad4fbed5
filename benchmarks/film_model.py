"""A loopback model that knows four pages about films, for benchmarks of the service.

It answers as a small model that does everything right would: a plan for the one question, the value
for a look-up, a sentence for the answer. Run as a script: it prints its port, and serves until its
input ends.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

QUESTION = "Who is older, is it the director of Inception or the director of Parasite?"
PAGES = {
    "inception.md": "# Inception\n\nInception is a film of 2010, directed by Christopher Nolan.\n",
    "parasite.md": "# Parasite\n\nParasite is a film of 2019, directed by Bong Joon-ho.\n",
    "nolan.md": "# Christopher Nolan\n\nChristopher Nolan was born on 30 July 1970 in London.\n",
    "bong.md": "# Bong Joon-ho\n\nBong Joon-ho was born on 14 September 1969 in Daegu.\n",
}
_PLAN = """{"id":"a","lookup":"Who directed Inception?"}
{"id":"b","lookup":"Who directed Parasite?"}
{"id":"c","lookup":"When was {a} born?"}
{"id":"d","lookup":"When was {b} born?"}
{"id":"e","compare":"Who is older, the director of Inception or of Parasite?","facts":["{c}","{d}"]}
"""
_VALUES = {
    "Who directed Inception?": "Christopher Nolan",
    "Who directed Parasite?": "Bong Joon-ho",
    "When was Christopher Nolan born?": "30 July 1970",
    "When was Bong Joon-ho born?": "14 September 1969",
}
_TOLD = "Bong Joon-ho is older: he was born on 14 September 1969 [4], before Nolan [3]."


def reply(asked: str) -> str:
    """To the last message of a request."""
    if asked == QUESTION:
        return _PLAN
    if "Result:" in asked:
        return _TOLD
    value = _VALUES.get(asked.rpartition("Question: ")[2], "none")
    return value if value in asked else "none"


def write_pages(folder: Path) -> Path:
    """What there is to read."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in PAGES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@contextmanager
def film_model(seconds: float = 0.0) -> Iterator[str]:
    """Its base URL; every answer takes so long."""
    process = subprocess.Popen(
        [sys.executable, __file__, str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
    finally:
        process.communicate()


def _events(text: str, tokens: int) -> bytes:
    """The body of an answer."""
    head = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "film"}
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    ended = choice | {"delta": {}, "finish_reason": "stop"}
    usage = {"prompt_tokens": tokens, "completion_tokens": 9, "total_tokens": tokens + 9}
    parts = [head | {"choices": [choice]}, head | {"choices": [ended]}]
    parts.append(head | {"choices": [], "usage": usage})
    lines = [json.dumps(part) for part in parts] + ["[DONE]"]
    return "".join(f"data: {line}\n\n" for line in lines).encode()


async def serve(seconds: float) -> None:
    """Until the input ends."""

    async def models(request: web.Request) -> web.Response:
        listed = [{"id": "film", "object": "model", "created": 0, "owned_by": "llamacpp"}]
        return web.json_response({"object": "list", "data": listed})

    async def complete(request: web.Request) -> web.Response:
        body = await request.json()
        asked = body["messages"][-1]["content"]
        await asyncio.sleep(seconds)
        told = _events(reply(asked), len(asked) // 4)
        return web.Response(body=told, content_type="text/event-stream")

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
    asyncio.run(serve(float(sys.argv[1])))
