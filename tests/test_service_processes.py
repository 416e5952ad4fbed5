"""Workers as processes: killed, asked to end, taken for dead. Whatever happens, runs end."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from conftest import QUESTION, ChatServer

from planner import RunStarted
from service.saved import options_of
from service.settings import Settings
from service.work import service
from storage import Asked, Asker, TraceStore

ASKER = Asker(user="ann", priority=1)


@asynccontextmanager
async def process(
    settings: Settings, films: Path, *options: str, **environment: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, object]]]:
    """A worker (or what the options say), which has begun; killed at the end if it still lives."""
    told = {
        "BREADTH_MODEL": settings.model,
        "BREADTH_BASE_URL": str(settings.base_url),
        "BREADTH_DATABASE": str(settings.database),
        "BREADTH_CACHE": str(settings.cache),
        "BREADTH_DATA": str(settings.data),
    }
    command = options or ("worker", "--runs", "2")
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "service", *command, "--documents", str(films), "--json"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **told, **environment},
    )
    assert started.stdout is not None
    try:
        async with asyncio.timeout(60):
            facts = json.loads(await started.stdout.readuntil(b"}\n"))
        yield started, facts
    finally:
        with suppress(ProcessLookupError):
            started.kill()
        await started.wait()


async def queued(settings: Settings, films: Path) -> str:
    """A run, in the queue."""
    asked = Asked("response", QUESTION, options_of([films], settings), {})
    async with service(settings, [films], most=0) as (front, _):
        return (await front.create(asked, ASKER)).run


async def ended(store: TraceStore, run: str, seconds: float = 40) -> str:
    async with asyncio.timeout(seconds):
        while not (await store.run(run)).is_over:  # noqa: ASYNC110 - others end it
            await asyncio.sleep(0.1)
    return (await store.run(run)).status


async def test_the_runs_of_a_killed_worker_are_ended_by_another_without_repeating_a_step(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    chat_server.hold("When was Bong Joon-ho born?")
    serve = ("serve", "--port", "0", "--runs")
    async with await TraceStore.open(settings.store) as store:
        async with process(settings, films, *serve, "2") as (first, _):
            run = await queued(settings, films)
            async with asyncio.timeout(60):
                await chat_server.held.wait()
            async with process(settings, films) as (_, second):
                first.kill()
                await first.wait()
                chat_server.release.set()
                assert await ended(store, run) == "completed"
        record = await store.run(run)
        calls = [each for each in await store.log(run) if each.kind == "step_ended"]
    assert record.worker == second["worker"]
    assert record.answer is not None
    assert record.answer.value == "Bong Joon-ho"
    ids = [each.data["id"] for each in calls]
    assert len(ids) == len(set(ids))


async def test_a_worker_that_is_asked_to_end_hands_over_what_it_cannot_finish(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    chat_server.hold("When was Bong Joon-ho born?")
    async with (
        await TraceStore.open(settings.store) as store,
        process(settings, films, BREADTH_DRAIN_SECONDS="0.2") as (first, _),
    ):
        run = await queued(settings, films)
        async with asyncio.timeout(60):
            await chat_server.held.wait()
        async with process(settings, films):
            first.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                assert await first.wait() == 0
            chat_server.release.set()
            assert await ended(store, run) == "completed"


async def test_a_worker_that_is_asked_to_end_finishes_what_it_can(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    chat_server.hold("When was Bong Joon-ho born?")
    async with await TraceStore.open(settings.store) as store:
        async with process(settings, films) as (only, _):
            run = await queued(settings, films)
            async with asyncio.timeout(60):
                await chat_server.held.wait()
            only.send_signal(signal.SIGTERM)
            chat_server.release.set()
            async with asyncio.timeout(20):
                assert await only.wait() == 0
        assert (await store.run(run)).status == "completed"
        assert await store.workers.alive() == []


async def test_a_worker_does_no_more_at_once_than_it_was_told_whatever_others_were_told(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    chat_server.hold("When was Bong Joon-ho born?")
    async with (
        await TraceStore.open(settings.store) as store,
        process(settings, films, "worker", "--runs", "1") as (_, one),
        process(settings, films, "worker", "--runs", "2") as (_, two),
    ):
        runs = [await queued(settings, films) for _ in range(4)]
        async with asyncio.timeout(60):
            while len(at_work := await under_way(store, runs)) < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert Counter(at_work) == {one["worker"]: 1, two["worker"]: 2}
        chat_server.release.set()
        assert [await ended(store, run) for run in runs] == ["completed"] * 4


async def under_way(store: TraceStore, runs: list[str]) -> list[str | None]:
    """Who does those of them that have begun."""
    records = [await store.run(run) for run in runs]
    return [record.worker for record in records if record.status == "running"]


async def test_a_worker_that_ends_takes_nothing_new_that_others_could_do(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    chat_server.hold("When was Bong Joon-ho born?")
    async with (
        await TraceStore.open(settings.store) as store,
        process(settings, films, BREADTH_DRAIN_SECONDS="150") as (first, _),
    ):
        begun = await queued(settings, films)
        async with asyncio.timeout(60):
            await chat_server.held.wait()
        async with process(settings, films, "worker", "--runs", "8") as (_, second):
            first.send_signal(signal.SIGTERM)
            assert first.returncode is None
            runs = [await queued(settings, films) for _ in range(4)]
            async with asyncio.timeout(60):
                while len(await under_way(store, runs)) < 4:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            assert await under_way(store, runs) == [second["worker"]] * 4
            chat_server.release.set()
            assert [await ended(store, run) for run in (begun, *runs)] == ["completed"] * 5


async def test_a_worker_that_was_taken_for_dead_ends_and_records_nothing_more(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    chat_server.hold("When was Bong Joon-ho born?")

    def later() -> datetime:
        return datetime.now(UTC) + timedelta(minutes=1)

    async with (
        await TraceStore.open(settings.store) as store,
        await TraceStore.open(settings.store, now=later) as future,
        process(settings, films) as (worker, facts),
    ):
        run = await queued(settings, films)
        async with asyncio.timeout(60):
            await chat_server.held.wait()
        assert await future.workers.claim("other") == [facts["worker"]]
        await future.trace(run, "other").record(RunStarted(QUESTION, resumed=True))
        events = (await store.run(run)).last_event
        chat_server.release.set()
        async with asyncio.timeout(20):
            assert await worker.wait() == 75
        after = await store.run(run)
    assert (after.status, after.worker, after.last_event) == ("running", "other", events)


async def test_a_run_goes_on_while_a_client_of_another_process_waits_with_the_same_key(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    chat_server.hold("When was Bong Joon-ho born?")
    serve = ("serve", "--port", "0", "--runs")
    body = {"model": "breadth", "input": QUESTION, "stream": True}
    asked: Any = {"url": "/v1/responses", "json": body, "headers": {"Idempotency-Key": "k"}}
    async with (
        process(settings, films, *serve, "2") as (_, first),
        process(settings, films, *serve, "0") as (_, second),
        ClientSession(str(first["url"])) as one,
        ClientSession(str(second["url"])) as other,
        await TraceStore.open(settings.store) as store,
    ):
        leaving = await one.post(**asked)
        async with asyncio.timeout(60):
            await chat_server.held.wait()
        async with other.post(**asked) as staying:  # its head says that it has joined
            leaving.close()
            async with asyncio.timeout(40):
                while await answered(one, "/v1/responses") == 0:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            chat_server.release.set()
            async with asyncio.timeout(40):
                told = await staying.text()
        assert "event: response.completed" in told
        (run,) = await store.runs()
        assert (run.status, run.cancel_at) == ("completed", None)
        # Nobody is left: the next one that leaves stops its run.
        chat_server.release.clear()
        alone = await other.post(**asked | {"headers": {"Idempotency-Key": "l"}})
        alone.close()
        (run, _) = await store.runs()
        assert await ended(store, run.id) == "cancelled"


async def answered(client: ClientSession, route: str) -> float:
    """Requests whose answers have ended."""
    async with client.get("/metrics") as metrics:
        lines = (await metrics.text()).splitlines()
    return sum(
        float(line.rpartition(" ")[2])
        for line in lines
        if line.startswith("breadth_http_requests_total") and f'route="{route}"' in line
    )
