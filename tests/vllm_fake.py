"""Plays vLLM's server: a process with a child of its own that answers /health and dies on demand.

    python vllm_fake.py PORT FOLDER [HOW]

HOW: `well`; `stubborn` ignores SIGTERM; `broken` ends with a traceback; `mute` answers nothing.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

_ERROR = "(EngineCore pid=7) ERROR 11-25 08:00:00 [core.py:7] "


async def main(port: int, folder: Path, how: str) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "import time; time.sleep(600)"
    )
    with (folder / "pids").open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()} {child.pid}\n")
    with (folder / "key").open("w", encoding="utf-8") as file:
        file.write(os.environ.get("VLLM_API_KEY", ""))
    sys.stderr.write("loading the weights\n")
    if how == "broken":
        sys.stderr.write("(EngineCore pid=7) ERROR 11-25 08:00:00 [core.py:7] Traceback (most\n")
        sys.stderr.write(
            "(EngineCore pid=7) ERROR 11-25 08:00:00 [core.py:7] ValueError: no room\n"
        )
        sys.stderr.write("RuntimeError: Engine core initialization failed. See above.\n")
        sys.exit(1)
    if how == "stubborn":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: None)
    state = {"health": 200}

    async def health(_: web.Request) -> web.Response:
        return web.Response(status=state["health"])

    async def die(request: web.Request) -> web.Response:
        if request.query["how"] == "engine":
            state["health"] = 503
            return web.Response()
        sys.stderr.write("MemoryError: out of cache\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    app = web.Application()
    if how != "mute":
        app.router.add_get("/health", health)
    app.router.add_post("/die", die)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), (sys.argv[3:] or ["well"])[0]))
