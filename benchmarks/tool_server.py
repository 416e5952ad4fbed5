"""A loopback server that replays answers after their latencies, in a process of its own.

Run as a script: it reads one line of JSON, `[[seconds, answer], ...]`, prints its port and serves
`/N`, the Nth answer, until its input ends.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from aiohttp import web


@contextmanager
def tool_server(replies: Sequence[tuple[float, str]]) -> Iterator[str]:
    """Its base URL."""
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(replies) + "\n")
        process.stdin.flush()
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.communicate()


async def serve(replies: Sequence[tuple[float, str]]) -> None:
    """Until the input ends."""

    async def reply(request: web.Request) -> web.Response:
        seconds, answer = replies[int(request.match_info["number"])]
        await asyncio.sleep(seconds)
        return web.Response(text=answer)

    app = web.Application()
    app.router.add_get("/{number}", reply)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.stdin.readline())))
