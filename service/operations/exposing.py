"""The metrics of a process that answers no other requests, on a port of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from service.errors import UsageProblem
from service.operations.metrics import CONTENT_TYPE, Metrics
from service.settings import Settings
from storage import TraceStore


@asynccontextmanager
async def exposed(
    metrics: Metrics, store: TraceStore, settings: Settings
) -> AsyncIterator[str | None]:
    """At /metrics of `metrics_port`, without a key; gives the address, or None where there is no
    such port. Raises UsageProblem for one that cannot be had."""
    if settings.metrics_port is None:
        yield None
        return

    async def shown(request: web.Request) -> web.Response:
        return web.Response(body=await metrics.text(store), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.router.add_get("/metrics", shown)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        yield await _listening(runner, settings.metrics_host, settings.metrics_port)
    finally:
        await runner.cleanup()


async def _listening(runner: web.AppRunner, host: str, port: int) -> str:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise UsageProblem(
            f"{host}:{port} cannot be listened on for metrics: {error.strerror or error};"
            " BREADTH_METRICS_PORT names another port"
        ) from error
    host, port = runner.addresses[0][:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
