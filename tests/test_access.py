"""Who may ask: keys, their limits, users apart, and what is not heard at all."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import openai
import pytest
from asked_front import Service, ending, serving_api, working
from sqlalchemy import text
from trace_store import Clock, model_called

from planner import RunEnded, RunStarted
from storage import Asked, Asker, KeyLimits, OverLimit, TraceStore, UnknownKey
from tests.transactions import writing

QUESTION = Asked("response", "Who?", {}, {})


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """One that wants keys."""
    async with serving_api(tmp_path, access="keys") as running:
        running.front.script = (*working(), *ending())
        yield running


def with_key(service: Service, key: str) -> openai.AsyncOpenAI:
    return service.client.with_options(api_key=key)


async def made(store: TraceStore, key: str) -> str:
    """A run of the key."""
    response, _ = await store.responses.create(QUESTION, Asker("ann", key, 1))
    return response.run


async def test_a_key_is_told_once_and_only_its_digest_is_kept(
    store: TraceStore, clock: Clock, url: str
) -> None:
    record, key = await store.keys.create("laptop", "ann", KeyLimits(runs_at_once=2))
    assert key.startswith(f"bk_{record.id}_")
    known = await store.keys.known(key)
    assert known is not None
    assert (known.user, known.limits.runs_at_once, known.used_at) == ("ann", 2, None)
    assert (await store.keys.all())[0].used_at == clock.now
    assert await store.keys.known(key[:-1] + ("A" if key[-1] != "A" else "B")) is None
    assert await store.keys.known("bk_" + "x" * 10_000) is None
    if not url.startswith("postgresql"):
        assert key.encode() not in Path(url).read_bytes()


async def test_which_methods_an_address_has_is_told_without_a_key(service: Service) -> None:
    for path, status in (("/healthz", 405), ("/v1/runs", 405), ("/v1/nothing", 401)):
        async with service.http.put(path) as answer:
            assert answer.status == status, path


async def test_a_revoked_key_is_none(store: TraceStore) -> None:
    record, key = await store.keys.create("laptop", "ann")
    await store.keys.revoke(record.id)
    assert await store.keys.known(key) is None
    with pytest.raises(UnknownKey):
        await store.keys.revoke("0")


@pytest.mark.parametrize("name", KeyLimits.__slots__)
def test_a_limit_that_allows_nothing_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name.replace("_", "-")):
        KeyLimits(**{name: 0})


async def test_requests_at_the_same_moment_cannot_pass_a_limit_together(store: TraceStore) -> None:
    record, _ = await store.keys.create("k", "ann", KeyLimits(runs_at_once=2))
    asking = [made(store, record.id) for _ in range(6)]
    runs = await asyncio.gather(*asking, return_exceptions=True)
    begun = [run for run in runs if isinstance(run, str)]
    assert len(begun) == 2
    refused = [error for error in runs if isinstance(error, OverLimit)]
    assert len(refused) == 4
    assert "2 runs at once" in str(refused[0])
    await store.trace(begun[0]).record(RunEnded("completed"))
    await made(store, record.id)


async def test_the_same_request_twice_at_the_same_moment_is_one_run_and_within_its_limit(
    store: TraceStore,
) -> None:
    key, _ = await store.keys.create("laptop", "ann", KeyLimits(runs_at_once=1))
    same = Asked("response", "Who?", {}, {"input": "Who?"}, idempotency="k")
    twice = (store.responses.create(same, Asker("ann", key.id, 1)) for _ in range(2))
    made = await asyncio.gather(*twice)
    assert sorted(is_new for _, is_new in made) == [False, True]
    assert len({response.run for response, _ in made}) == 1


async def test_a_key_is_known_where_nothing_can_be_written(
    url: str, store: TraceStore, clock: Clock
) -> None:
    made, key = await store.keys.create("laptop", "ann")
    await store.keys.known(key)
    clock.forward(120)
    place = url if "://" in url else f"sqlite:///{url}"
    async with await TraceStore.open(f"{place}?timeout=0.2", now=clock) as other:
        async with writing(store) as connection:
            await connection.execute(text("UPDATE api_key SET name = 'held'"))
            known = await other.keys.known(key)
        assert known is not None
        assert known.id == made.id
        await other.keys.known(key)
    assert (await store.keys.all())[0].used_at == clock.now


async def test_runs_a_minute_are_free_again_when_the_oldest_is_a_minute_old(
    store: TraceStore, clock: Clock
) -> None:
    record, _ = await store.keys.create("k", "ann", KeyLimits(runs_a_minute=2))
    await made(store, record.id)
    clock.forward(20)
    await made(store, record.id)
    with pytest.raises(OverLimit, match="2 runs a minute") as refused:
        await made(store, record.id)
    assert refused.value.seconds == pytest.approx(40)
    clock.forward(41)
    await made(store, record.id)


@pytest.mark.parametrize("limits", [KeyLimits(tokens_a_day=70), KeyLimits(money_a_day=0.5)])
async def test_tokens_and_money_are_of_a_day(
    store: TraceStore, clock: Clock, limits: KeyLimits
) -> None:
    record, _ = await store.keys.create("k", "ann", limits)
    other, _ = await store.keys.create("o", "ann", limits)
    for _ in range(2):
        run = await made(store, record.id)
        await store.trace(run).record(RunStarted("Who?"))
        await store.trace(run).record(model_called(cost=0.25))
    with pytest.raises(OverLimit, match="a day"):
        await made(store, record.id)
    await made(store, other.id)
    clock.forward(24 * 3600 + 1)
    await made(store, record.id)


async def test_a_day_of_tokens_is_free_again_when_enough_of_them_are_a_day_old(
    store: TraceStore, clock: Clock
) -> None:
    """Three calls of 35 tokens, an hour between; a run of long ago counts by when it called."""
    record, _ = await store.keys.create("k", "ann", KeyLimits(tokens_a_day=70))
    run = await made(store, record.id)
    clock.forward(2 * 24 * 3600)
    await store.trace(run).record(RunStarted("Who?"))
    for _ in range(3):
        await store.trace(run).record(model_called())
        clock.forward(3600)
    assert (await store.keys.spent(record.id, clock.now - timedelta(hours=2.5))).tokens == 70
    with pytest.raises(OverLimit, match="70 tokens a day") as refused:
        await made(store, record.id)
    assert refused.value.seconds == pytest.approx(22 * 3600)  # the first two have to be old
    clock.forward(22 * 3600 + 1)
    await made(store, record.id)


async def test_a_key_is_revoked_once(store: TraceStore, clock: Clock) -> None:
    record, _ = await store.keys.create("k", "ann")
    at = clock.now
    await store.keys.revoke(record.id)
    clock.forward(60)
    await store.keys.revoke(record.id)
    assert [key.revoked_at for key in await store.keys.all()] == [at]


async def test_no_key_or_a_wrong_one_is_refused_in_words(service: Service) -> None:
    for key in ("wrong", "bk_0000000000000000_" + "x" * 43):
        with pytest.raises(openai.AuthenticationError) as refused:
            await with_key(service, key).responses.create(model="breadth", input="Who?")
        assert refused.value.response.headers["WWW-Authenticate"] == "Bearer"
        assert key not in str(refused.value)
    async with service.http.get("/v1/models") as answer:
        assert answer.status == 401
    async with service.http.get("/v1/nowhere") as answer:
        assert answer.status == 401
    async with service.http.get("/openapi.json") as answer:
        assert answer.status == 200


async def test_a_key_asks_for_its_user_and_over_its_limit_it_waits(service: Service) -> None:
    keys = service.front.store.keys
    _, one = await keys.create("laptop", "ann", KeyLimits(runs_a_minute=1))
    _, two = await keys.create("phone", "ann")
    _, other = await keys.create("bob", "bob")
    response = await with_key(service, one).responses.create(model="breadth", input="Who?")
    assert (await with_key(service, two).responses.retrieve(response.id)).id == response.id
    with pytest.raises(openai.NotFoundError):
        await with_key(service, other).responses.retrieve(response.id)
    with pytest.raises(openai.RateLimitError) as refused:
        await with_key(service, one).responses.create(model="breadth", input="Who else?")
    assert refused.value.code == "rate_limit_exceeded"
    assert 0 < int(refused.value.response.headers["Retry-After"]) <= 60


async def test_what_is_another_users_is_nowhere(service: Service) -> None:
    """Every route that names something, asked with another user's key."""
    keys = service.front.store.keys
    _, ann = await keys.create("ann", "ann")
    _, bob = await keys.create("bob", "bob")
    headers = {"Authorization": f"Bearer {ann}"}
    mine = await with_key(service, ann).responses.create(model="breadth", input="Who?")
    chat = await with_key(service, ann).chat.completions.create(
        model="breadth", messages=[{"role": "user", "content": "Who?"}]
    )
    hook = {"url": "https://example.org/hook"}
    async with service.http.post("/v1/webhooks", json=hook, headers=headers) as answer:
        webhook = (await answer.json())["id"]
    file = await with_key(service, ann).files.create(file=b"{}", purpose="batch")
    batch = await with_key(service, ann).batches.create(
        input_file_id=file.id, endpoint="/v1/responses", completion_window="24h"
    )
    run = mine.id.removeprefix("resp_")
    delivery = "evt_0"
    named = {
        "/v1/responses/{id}": (mine.id, chat.id),
        "/v1/runs/{id}": (run, mine.id, chat.id),
        "/v1/files/{id}": (file.id,),
        "/v1/batches/{id}": (batch.id,),
        "/v1/webhooks/deliveries/{id}": (delivery,),
        "/v1/webhooks/{id}": (webhook,),
        "/v1/models/{id}": (),
        "/pages/{name}": (),
        "/shared/{token}": (run, mine.id),
    }
    asked = 0
    for route in service.app.router.routes():
        path = route.resource.canonical if route.resource else ""
        if "{" not in path:
            continue
        for beginning in sorted(named, key=len, reverse=True):
            if path.startswith(beginning):
                break
        else:
            pytest.fail(f"{path}: this test does not know what it names")
        for id_ in named[beginning]:
            address = path.replace("{id}", id_).replace("{token}", id_).replace("{format}", "md")
            async with service.http.request(
                route.method, address, headers={"Authorization": f"Bearer {bob}"}
            ) as answer:
                assert answer.status == 404, (route.method, address)
                asked += 1
    assert asked >= 30
    for listing in ("/v1/runs", "/v1/webhooks", "/v1/files", "/v1/batches"):
        bobs = {"Authorization": f"Bearer {bob}"}
        async with service.http.get(listing, headers=bobs) as answer:
            assert (await answer.json())["data"] == []


async def test_pages_of_other_origins_and_other_names_are_not_heard(tmp_path: Path) -> None:
    async with serving_api(tmp_path, cors=("https://good.example",)) as service:
        for headers in (
            {"Origin": "https://bad.example"},
            {"Origin": "null"},
            {"Host": "bad.example"},
            {"Host": "127.0.0.1.bad.example:80"},
        ):
            async with service.http.get("/v1/models", headers=headers) as answer:
                assert answer.status == 403, headers
        good = {"Origin": "https://good.example"}
        async with service.http.get("/v1/models", headers=good) as answer:
            assert answer.status == 200
            assert answer.headers["Access-Control-Allow-Origin"] == "https://good.example"
        wished = {"Access-Control-Request-Headers": "authorization, x-stainless-lang"}
        async with service.http.options("/v1/responses", headers=good | wished) as answer:
            assert answer.status == 204
            assert (
                answer.headers["Access-Control-Allow-Headers"] == "authorization, x-stainless-lang"
            )
            assert "POST" in answer.headers["Access-Control-Allow-Methods"]
        service.front.script = (*working(), *ending())
        streaming = {"model": "breadth", "input": "Who?", "stream": True}
        async with service.http.post("/v1/responses", json=streaming, headers=good) as answer:
            assert answer.content_type == "text/event-stream"
            assert answer.headers["Access-Control-Allow-Origin"] == "https://good.example"
        async with service.http.get("/v1/responses/resp_none", headers=good) as answer:
            assert answer.status == 404
            assert answer.headers["Access-Control-Allow-Origin"] == "https://good.example"
            assert "x-request-id" in answer.headers["Access-Control-Expose-Headers"]
        own = {"Origin": service.url}
        async with service.http.get("/v1/models", headers=own) as answer:
            assert answer.status == 200
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-store"


async def test_what_is_too_long_is_refused(service: Service) -> None:
    async with service.http.post("/v1/responses", data=BytesIO(b"x" * (5 * 2**20))) as answer:
        assert answer.status in (401, 413)
    host, _, port = service.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), family=socket.AF_INET)
    writer.write(b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 20_000 + b"\r\n\r\n")
    async with asyncio.timeout(10):
        assert b" 400 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
