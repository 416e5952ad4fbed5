"""What a service survives: its processes are killed at random moments, with runs under way.

    python benchmarks/survival.py --quick --json
    python benchmarks/survival.py --kills 200 --database postgresql://me@127.0.0.1/empty

`breadth serve` and two workers run as processes; every few moments one of the three is killed
(kill -9) and started again, while so many background responses are under way, each followed by a
stream that reconnects at its cursor, and a webhook hears of every end. In the end:

kills           that were made
runs            that were asked for
runs_lost       without an end, or with several
steps_repeated  calls that were made again after they had ended
webhooks_lost   ends that the webhook never heard of, or under several ids
events_lost     events that a stream missed, repeated, or gave in another order
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
from aiohttp import web

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.film_pages import QUESTION, write_pages
from benchmarks.model_server import film_model
from benchmarks.service_processes import Kept, answering, free_port, kept
from storage import TraceStore

_LOST = (aiohttp.ClientError, OSError, asyncio.TimeoutError, ValueError)
_AT_ONCE = 20
_END_SECONDS = 240.0


@dataclass
class Asked:
    """A response, and what its stream gave."""

    id: str = ""
    numbers: list[int] = field(default_factory=list)
    last: str = ""
    """The type of the last event."""


@dataclass
class Client:
    """Asks, follows, and asks again whatever breaks."""

    session: aiohttp.ClientSession
    url: str
    asked: list[Asked] = field(default_factory=list)

    async def ask(self) -> None:
        """One question to its end."""
        mine, key = Asked(), uuid4().hex
        self.asked.append(mine)
        body = {"model": "breadth", "input": QUESTION, "background": True}
        while not mine.id:
            with suppress(*_LOST):
                headers = {"Idempotency-Key": key}
                request = self.session.post(f"{self.url}/v1/responses", json=body, headers=headers)
                async with request as answer:
                    if answer.status == 200:
                        mine.id = (await answer.json())["id"]
                        break
            await asyncio.sleep(0.1)
        while not mine.last.startswith(("response.completed", "response.incomplete")):
            if mine.last in ("response.failed", "response.cancelled"):
                return
            with suppress(*_LOST):
                await self._follow(mine)
            await asyncio.sleep(0.1)

    async def _follow(self, mine: Asked) -> None:
        """From the cursor on, as long as the connection lives."""
        where = {"stream": "true"}
        if mine.numbers:
            where["starting_after"] = str(mine.numbers[-1])
        address = f"{self.url}/v1/responses/{mine.id}"
        async with self.session.get(address, params=where) as answer:
            answer.raise_for_status()
            async for line in answer.content:
                if line.startswith(b"data: {"):
                    event = json.loads(line[6:])
                    mine.numbers.append(event["sequence_number"])
                    mine.last = event["type"]


class Receiver:
    """Hears of ends; refuses every fifth of them once, so that it is sent again."""

    def __init__(self) -> None:
        self.heard: dict[str, set[str]] = {}
        self.news = asyncio.Event()
        self._tried: set[str] = set()

    async def receive(self, request: web.Request) -> web.Response:
        """One message."""
        run = (await request.json())["data"]["id"]
        first = run not in self._tried
        self._tried.add(run)
        if first and len(self._tried) % 5 == 0:
            return web.Response(status=500)
        self.heard.setdefault(run, set()).add(request.headers["webhook-id"])
        self.news.set()
        return web.Response()

    async def heard_of(self, ids: set[str]) -> None:
        """Wait a while for the last."""
        with suppress(TimeoutError):
            async with asyncio.timeout(90):
                while not ids <= self.heard.keys():
                    self.news.clear()
                    await self.news.wait()


def processes(options: argparse.Namespace, folder: Path, model: str, port: int) -> list[Kept]:
    """The service and its workers."""
    documents = write_pages(folder / "documents")
    environment = {
        "BREADTH_DATABASE": options.database or str(folder / "runs.db"),
        "BREADTH_DATA": str(folder / "data"),
        "BREADTH_CACHE": str(folder / "cache"),
        "BREADTH_MODEL": "openai:film",
        "BREADTH_BASE_URL": model,
        "BREADTH_WEBHOOK_HOSTS": "127.0.0.1",
        "BREADTH_DRAIN_SECONDS": "0",
    }
    common = ("--documents", str(documents))
    serve = ("serve", "--port", str(port), "--runs", "4", *common)
    work = ("worker", "--runs", "8", *common)
    return [
        Kept(command, environment, folder / f"{name}.log")
        for name, command in (("serve", serve), ("one", work), ("two", work))
    ]


async def kill_at_random(processes: Sequence[Kept], kills: int, chance: random.Random) -> None:
    """One after another, each started again at once."""
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.3, 3.0))
        chosen = chance.choice(processes)
        await chosen.kill()
        await chosen.start()


async def keep_asking(client: Client, killing: "asyncio.Task[None]") -> None:
    """So many at once, as long as somebody kills; then the last to their end."""
    async with asyncio.TaskGroup() as group:
        room = asyncio.Semaphore(_AT_ONCE)

        async def one() -> None:
            try:
                await client.ask()
            finally:
                room.release()

        while not killing.done():
            await room.acquire()
            group.create_task(one())


async def survived(options: argparse.Namespace) -> dict[str, Any]:
    """See the top of the file."""
    began, receiver, chance = time.monotonic(), Receiver(), random.Random(options.seed)
    app = web.Application()
    app.router.add_post("/hook", receiver.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = free_port()
    with tempfile.TemporaryDirectory() as named, film_model(0.15) as model:
        folder = Path(named)
        parts = processes(options, folder, model, port)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=40)
        async with kept(parts), aiohttp.ClientSession(timeout=timeout) as session:
            url = f"http://127.0.0.1:{port}"
            await answering(session, url, parts)
            hook = {"url": f"http://127.0.0.1:{runner.addresses[0][1]}/hook"}
            async with session.post(f"{url}/v1/webhooks", json=hook) as answer:
                answer.raise_for_status()
            client = Client(session, url)
            killing = asyncio.create_task(kill_at_random(parts, options.kills, chance))
            async with asyncio.timeout(options.kills * 10 + _END_SECONDS):
                await keep_asking(client, killing)
                await killing
            await receiver.heard_of({one.id for one in client.asked})
            database = options.database or str(folder / "runs.db")
            async with await TraceStore.open(database) as store:
                counted = await counts(store, client.asked, receiver)
            if options.logs:
                for part in parts:
                    print(part.log.read_text(encoding="utf-8"), file=sys.stderr)
    await runner.cleanup()
    return {"kills": options.kills, **counted, "seconds": round(time.monotonic() - began)}


async def counts(store: TraceStore, asked: Sequence[Asked], receiver: Receiver) -> dict[str, int]:
    """From the traces, the streams and the webhook."""
    lost = repeated = silent = missed = 0
    for one in asked:
        log = await store.log(one.id.removeprefix("resp_"))
        kinds = Counter(logged.kind for logged in log)
        lost += kinds["run_ended"] != 1
        ended: set[str] = set()
        for logged in log:
            call = logged.data.get("id", "")
            if logged.kind == "step_ended":
                ended.add(call)
            repeated += logged.kind == "step_started" and call in ended
        silent += len(receiver.heard.get(one.id, ())) != 1
        missed += one.numbers != list(range(len(one.numbers)))
    return {
        "runs": len(asked),
        "runs_lost": lost,
        "steps_repeated": repeated,
        "webhooks_lost": silent,
        "events_lost": missed,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--quick", action="store_true", help="20 kills")
    parser.add_argument("--database", help="URL of an empty PostgreSQL; else a SQLite file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--logs", action="store_true", help="print what the processes wrote")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    options.kills = 20 if options.quick else options.kills
    found = asyncio.run(survived(options))
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:16} {value}")


if __name__ == "__main__":
    main()
