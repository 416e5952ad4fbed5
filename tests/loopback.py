"""An aiohttp application on loopback, as long as a block lasts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def on_loopback(app: web.Application, shutdown: float = 1.0) -> AsyncIterator[str]:
    """Gives its address, with a port that was free. A client that leaves cancels its request."""
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=shutdown)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
