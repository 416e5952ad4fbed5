"""How much the service takes: creates, streams and memory, under load from another process.

    python benchmarks/service.py --quick --json
    python benchmarks/service.py --runs 1000 --streams 200 --database postgresql://me@127.0.0.1/empty

`breadth serve --runs 0` and one `breadth worker` run as processes, with a model on loopback that
answers at once; this process asks for background responses, so many at the same time, while streams
of responses are open. Then the same is asked of a bare aiohttp handler in another process, which
keeps nothing: the limit.

creates_per_second          background responses made, each kept and queued
create_p50_ms, _p99_ms      of one
first_event_p50_ms, _p99_ms from asking for a stream to its first event
creates_over_bare_aiohttp   the rate, over that of the bare handler
mib_per_1000_runs           growth of the service's resident memory
langgraph_...               the same of LangGraph's server (in memory; its graph gives a value at
                            once), where `--langgraph` names its command
runs_per_second             runs that the worker ended, from the first create to the last end
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import aiohttp
from aiohttp import web

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.film_pages import QUESTION, write_pages
from benchmarks.langgraph_server import BODY, RUNS, langgraph_server
from benchmarks.model_server import film_model
from benchmarks.service_processes import Kept, answering, free_port, kept
from storage import TraceStore

_AT_ONCE = 32
_BODY = {"model": "breadth", "input": QUESTION, "background": True}
_WARM = 20
_END_SECONDS = 900.0


@dataclass
class Loaded:
    """What was measured, in seconds."""

    creates: list[float] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    first_events: list[float] = field(default_factory=list)
    rate: float = 0.0


async def create_all(
    session: aiohttp.ClientSession,
    url: str,
    count: int,
    path: str = "/v1/responses",
    body: Mapping[str, Any] = _BODY,
) -> Loaded:
    """So many, some at once."""
    loaded, room = Loaded(), asyncio.Semaphore(_AT_ONCE)

    async def one() -> None:
        async with room:
            began = time.monotonic()
            async with session.post(f"{url}{path}", json=body) as answer:
                answer.raise_for_status()
                made = await answer.json()
            loaded.ids.append(made.get("id", ""))
            loaded.creates.append(time.monotonic() - began)

    began = time.monotonic()
    await asyncio.gather(*(one() for _ in range(count)))
    loaded.rate = count / (time.monotonic() - began)
    return loaded


async def stream(session: aiohttp.ClientSession, url: str, id_: str, loaded: Loaded) -> None:
    """One response's, to its end."""
    began = time.monotonic()
    async with session.get(f"{url}/v1/responses/{id_}", params={"stream": "true"}) as answer:
        answer.raise_for_status()
        first = True
        async for line in answer.content:
            if first and line.startswith(b"data:"):
                loaded.first_events.append(time.monotonic() - began)
                first = False


async def loaded_service(options: argparse.Namespace, folder: Path) -> dict[str, float]:
    """The service's own figures."""
    documents, port = write_pages(folder / "documents"), free_port()
    database = options.database or str(folder / "runs.db")
    url = f"http://127.0.0.1:{port}"
    with film_model() as model:
        environment = {
            "BREADTH_DATABASE": database,
            "BREADTH_DATA": str(folder / "data"),
            "BREADTH_CACHE": str(folder / "cache"),
            "BREADTH_MODEL": "openai:film",
            "BREADTH_BASE_URL": model,
            "BREADTH_INDEX": "file",
            "BREADTH_LOG_LEVEL": "warning",
        }
        common = ("--documents", str(documents))
        serve = Kept(
            ("serve", "--port", str(port), "--runs", "0", *common), environment, folder / "s.log"
        )
        work = Kept(("worker", "--runs", "8", *common), environment, folder / "w.log")
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=None, sock_read=_END_SECONDS)
        async with (
            kept([serve, work]),
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            await TraceStore.open(database) as store,
        ):
            await answering(session, url, [serve, work])
            warm = await create_all(session, url, _WARM)
            await asyncio.gather(*(stream(session, url, id_, Loaded()) for id_ in warm.ids))
            before, began = serve.rss_mib, time.monotonic()
            loaded = await create_all(session, url, options.streams)
            streams = [asyncio.create_task(stream(session, url, id_, loaded)) for id_ in loaded.ids]
            more = await create_all(session, url, options.runs - options.streams)
            loaded.creates += more.creates
            grown = serve.rss_mib
            await asyncio.gather(*streams)
            await nothing_left(store)
            seconds, grown = time.monotonic() - began, max(grown, serve.rss_mib)
    return {
        "creates_per_second": more.rate,
        **percentiles("create", loaded.creates),
        **percentiles("first_event", loaded.first_events),
        "mib_per_1000_runs": (grown - before) / options.runs * 1000,
        "runs_per_second": options.runs / seconds,
    }


async def nothing_left(store: TraceStore) -> None:
    """Wait until no run waits or works."""
    deadline = time.monotonic() + _END_SECONDS
    standing = await store.standing()
    while standing.queued + standing.running and time.monotonic() < deadline:
        await asyncio.sleep(0.2)
        standing = await store.standing()


def percentiles(name: str, seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds."""
    hundredths = quantiles(seconds, n=100, method="inclusive")
    return {f"{name}_p50_ms": median(seconds) * 1000, f"{name}_p99_ms": hundredths[98] * 1000}


async def langgraph(options: argparse.Namespace) -> dict[str, float]:
    """The same number of runs, made by LangGraph's server."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "langgraph"
        async with (
            langgraph_server(options.langgraph, place, free_port()) as url,
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
        ):
            await create_all(session, url, _WARM, RUNS, BODY)
            made = await create_all(session, url, options.runs, RUNS, BODY)
    return {
        "langgraph_creates_per_second": made.rate,
        **percentiles("langgraph_create", made.creates),
    }


@contextmanager
def bare_handler() -> Iterator[str]:
    """A process that answers the same request, and keeps nothing."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--bare"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.communicate()


async def bare() -> None:
    """See `bare_handler`; until the input ends."""

    async def create(request: web.Request) -> web.Response:
        body = await request.json()
        return web.json_response({"id": "resp_1", "model": body["model"], "status": "queued"})

    app = web.Application()
    app.router.add_post("/v1/responses", create)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


async def measured(options: argparse.Namespace) -> dict[str, Any]:
    """All of it."""
    with tempfile.TemporaryDirectory() as folder:
        found = await loaded_service(options, Path(folder))
    with bare_handler() as url:
        async with aiohttp.ClientSession() as session:
            await create_all(session, url, _WARM)
            limit = await create_all(session, url, options.runs)
    if options.langgraph:
        found |= await langgraph(options)
    found["bare_per_second"] = limit.rate
    found["creates_over_bare_aiohttp"] = found["creates_per_second"] / limit.rate
    return {name: round(value, 3) for name, value in found.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--quick", action="store_true", help="200 runs, 50 streams")
    parser.add_argument("--database", help="URL of an empty PostgreSQL; else a SQLite file")
    parser.add_argument(
        "--langgraph", metavar="COMMAND", help="also LangGraph's server: the path of `langgraph`"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.bare:
        asyncio.run(bare())
        return
    if options.quick:
        options.runs, options.streams = 200, 50
    found = asyncio.run(measured(options))
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:28} {value}")


if __name__ == "__main__":
    main()
