"""Whether the service lives and is ready, and how its requests are counted and logged."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from planner import RunEnded, RunStarted
from service.api.app import application
from service.api.errors import ApiError
from service.operations.logs import start_logging, stop_logging
from service.operations.metrics import Metrics
from service.settings import Settings
from storage import Asker, StorageError, TraceStore


class StoredFront:
    """A Front that has a store, and takes nothing."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.settings = Settings()


class Stuck:
    """A store whose database does not answer."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def standing(self) -> None:
        self.asked.set()
        await asyncio.Event().wait()


class Broken:
    """A store whose database is away."""

    async def standing(self) -> None:
        raise StorageError("postgresql://secret-host/db: it cannot be reached")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[TraceStore]:
    async with await TraceStore.open(tmp_path / "runs.db") as opened:
        yield opened


@asynccontextmanager
async def served(store: Any, metrics: Metrics | None = None) -> AsyncIterator[ClientSession]:
    """A client of the whole application, with some routes besides."""
    app = application(StoredFront(store), metrics=metrics)  # type: ignore[arg-type]
    app.router.add_get("/v1/things/{id}", thing)
    app.router.add_get("/v1/slow", slow)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    async with ClientSession(f"http://{host}:{port}") as client:
        try:
            yield client
        finally:
            await runner.cleanup()


async def thing(request: web.Request) -> web.Response:
    if request.match_info["id"] == "none":
        raise ApiError(404, "there is no such thing")
    return web.json_response({})


slow_began, slow_ended = asyncio.Event(), asyncio.Event()


async def slow(request: web.Request) -> web.Response:
    slow_began.set()
    try:
        await asyncio.Event().wait()
    finally:
        slow_ended.set()
    raise AssertionError


async def got(client: ClientSession, path: str) -> tuple[int, Any]:
    async with client.get(path) as answer:
        return answer.status, await answer.json()


async def test_a_process_that_answers_is_healthy_whatever_the_database_does() -> None:
    async with served(Broken()) as client:
        assert await got(client, "/healthz") == (200, {"status": "ok"})


async def test_it_is_ready_while_nothing_waits(store: TraceStore) -> None:
    async with served(store) as client:
        assert await got(client, "/readyz") == (200, {"status": "ready"})


async def test_it_is_not_ready_while_runs_wait_and_nobody_works(store: TraceStore) -> None:
    run = await store.create_run("Who?", {}, Asker(priority=1))
    missing = "no worker lives, and runs wait for one: start `breadth worker`"
    async with served(store) as client:
        status, told = await got(client, "/readyz")
        assert (status, told["status"], told["missing"]) == (503, "not ready", [missing])
        assert told["error"]["code"] == "not_ready"
        await store.workers.join("w1")
        assert await got(client, "/readyz") == (200, {"status": "ready"})
        await store.workers.leave("w1")
        await store.trace(run).record(RunStarted("Who?"))
        assert (await got(client, "/readyz"))[0] == 503
        await store.trace(run).record(RunEnded("completed"))
        assert await got(client, "/readyz") == (200, {"status": "ready"})


async def test_it_is_not_ready_without_its_database_and_tells_nobody_where_that_is() -> None:
    async with served(Broken()) as client:
        status, told = await got(client, "/readyz")
        assert (status, told["missing"]) == (503, ["the database does not answer"])


async def test_a_database_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.operations.standing.PATIENCE_SECONDS", 0.05)
    stuck = Stuck()
    async with served(stuck) as client:
        status, told = await got(client, "/readyz")
        assert (status, told["missing"]) == (503, ["the database does not answer"])
        async with client.get("/metrics") as answer:
            assert "breadth_database_up 0.0" in await answer.text()
    assert stuck.asked.is_set()


async def test_requests_are_counted_by_the_pattern_of_their_route(store: TraceStore) -> None:
    metrics = Metrics()
    async with served(store, metrics) as client:
        for path in ("/v1/things/one", "/v1/things/two", "/v1/things/none", "/nowhere/one"):
            async with client.get(path):
                pass
        async with client.post("/v1/things/one"):
            pass
        async with client.get("/metrics") as answer:
            text = await answer.text()

    def counted(route: str, status: int, method: str = "GET") -> float | None:
        labels = {"method": method, "route": route, "status": str(status)}
        return metrics.registry.get_sample_value("breadth_http_requests_total", labels)

    assert counted("/v1/things/{id}", 200) == 2
    assert counted("/v1/things/{id}", 404) == 1
    assert counted("unknown", 404) == 1
    assert counted("unknown", 405, "POST") == 1
    assert "/things/one" not in text
    assert 'breadth_http_request_seconds_count{method="GET",route="/v1/things/{id}"} 3.0' in text


async def test_a_request_leaves_one_record_with_its_id(store: TraceStore) -> None:
    stream = io.StringIO()
    start_logging(Settings(log_format="json"), stream)
    try:
        async with served(store) as client:
            async with client.get("/v1/things/secret-question?api_key=abc") as answer:
                id_ = answer.headers["x-request-id"]
            await got(client, "/healthz")
    finally:
        stop_logging()
    (record,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert record.pop("time")
    assert record.pop("ms") >= 0
    assert record == {
        "level": "info",
        "logger": "breadth.access",
        "message": "GET /v1/things/{id} 200",
        "request": id_,
        "method": "GET",
        "route": "/v1/things/{id}",
        "status": 200,
    }


async def test_a_client_that_goes_away_is_told_apart(store: TraceStore) -> None:
    slow_began.clear()
    slow_ended.clear()
    metrics = Metrics()
    async with served(store, metrics) as client:
        asking = asyncio.create_task(got(client, "/v1/slow"))
        await slow_began.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        async with asyncio.timeout(10):
            await slow_ended.wait()
    labels = {"method": "GET", "route": "/v1/slow", "status": "499"}
    assert metrics.registry.get_sample_value("breadth_http_requests_total", labels) == 1
