"""`breadth serve` and `breadth worker`: from their options to their end."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from service.api import CLOSING, application, is_open, server_options
from service.chatting import Bot, chatting
from service.edge import leave
from service.errors import UsageProblem
from service.operations.logs import start_logging
from service.settings import Settings
from service.sources import root_of
from service.work import Service, Worker, asked_to_end, handed_over, service

log = logging.getLogger("breadth.service")
Ready = Callable[[dict[str, object]], None]
"""Told once, when requests are answered or runs are done."""


@dataclass(frozen=True, slots=True)
class Serving:
    """Where and how much."""

    host: str = "127.0.0.1"
    port: int = 8080
    """0: one that is free."""
    runs: int = 4
    """At once in this process; 0: workers of other processes do them."""


async def serve(
    settings: Settings, documents: Sequence[str], serving: Serving, ready: Ready
) -> None:
    """Answer requests until SIGTERM or Ctrl-C, and end gracefully.

    Raises UsageProblem, and what opening models, documents and the database raises.
    """
    start_logging(settings)
    settings = settings.model_copy(update={"metrics_port": None})  # /metrics has them
    roots = [root_of(given) for given in documents]
    with asked_to_end() as end:
        async with (
            service(settings, roots, most=serving.runs) as (front, worker),
            chatting(front) as bots,
            _listening(front, serving, bots) as address,
        ):
            ready({"url": address, "runs": serving.runs, "database": settings.place})
            await warn_of_keys(front, serving.host)
            await end.wait()
            # Before the connections are closed: who waits for an answer may still get it.
            await _end(front, worker, settings)


async def work(settings: Settings, documents: Sequence[str], runs: int, ready: Ready) -> None:
    """Do runs of the queue until SIGTERM or Ctrl-C, and end gracefully. Raises as `serve`."""
    start_logging(settings)
    roots = [root_of(given) for given in documents]
    with asked_to_end() as end:
        async with service(settings, roots, most=runs) as (front, worker):
            ready({"worker": worker.id if worker else None, "runs": runs})
            await end.wait()
            await _end(front, worker, settings)


async def warn_of_keys(front: Service, host: str) -> None:
    """Where keys are wanted and nobody has one, every request is refused."""
    if not is_open(front.settings, host) and not await front.store.keys.all():
        log.warning("there is no API key yet, and requests need one: `breadth keys create NAME`")


async def _end(front: Service, worker: Worker | None, settings: Settings) -> None:
    """Where runs are left to others the process ends here: it may record nothing more of them."""
    if worker and worker.busy:
        log.info(
            "ending: goes on with %s runs for %g s at most, and leaves the rest to others; a second"
            " signal ends it at once",
            worker.busy,
            settings.drain_seconds,
        )
    if worker and not await handed_over(worker, front.store, settings.drain_seconds):
        leave(0)


@asynccontextmanager
async def _listening(
    front: Service, serving: Serving, bots: Sequence[Bot] = ()
) -> AsyncIterator[str]:
    """Gives the address. `bots`: hear what their chat systems tell."""
    app = application(front, host=serving.host, metrics=front.metrics)
    for bot in bots:
        bot.add_to(app)
    runner = web.AppRunner(
        app,
        handler_cancellation=True,
        access_log=None,
        shutdown_timeout=5,
        **server_options(front.settings),
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, serving.host, serving.port)
        try:
            await site.start()
        except OSError as error:
            raise UsageProblem(
                f"{serving.host}:{serving.port} cannot be listened on: {error.strerror or error};"
                " --port names another one"
            ) from error
        host, port = runner.addresses[0][:2]
        yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    finally:
        app[CLOSING].set()
        await runner.cleanup()
