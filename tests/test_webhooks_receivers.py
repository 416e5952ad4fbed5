"""Webhooks told to receivers of every kind, by senders that are late or lose their store."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from sqlalchemy import text
from standardwebhooks import Webhook, WebhookVerificationError
from trace_store import START, Clock
from webhook_receiver import ANN, Answering, Receiver, ended, receiving

from planner import RunEnded, RunStarted
from search import WebClient
from service.work.telling import Teller, webhook_settings
from storage import Asked, Asker, Delivery, DisabledWebhook, TraceStore
from storage.webhooks import tell_end
from tests.transactions import reading, writing


async def only(store: TraceStore) -> Delivery:
    """The one delivery that there is."""
    (one,) = await store.webhooks.deliveries()
    return one


async def test_what_is_sent_is_verified_by_the_package_of_the_standard(
    store: TraceStore, teller: Teller, receiver: Receiver
) -> None:
    _, secret = await store.webhooks.create(receiver.url, "ann")
    response = await ended(store)
    await teller.once()
    headers, body = receiver.got[0]
    known = {name.lower(): value for name, value in headers.items()}
    assert Webhook(secret).verify(body, known) == json.loads(body)
    assert json.loads(body)["data"] == {"id": response}
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(body, known)


async def test_what_arrives_at_the_second_attempt_is_the_same(
    store: TraceStore, teller: Teller, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = [lambda: web.Response(status=500), web.Response]
    await store.webhooks.create(receiver.url, "ann")
    await ended(store)
    assert await teller.once() == 1
    assert await teller.once() == 0
    clock.forward(7)
    assert await teller.once() == 1
    assert (await only(store)).state == "delivered"
    (first, body), (second, again) = receiver.got
    assert (first["webhook-id"], body) == (second["webhook-id"], again)


async def huge(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"x" * 2**21)


async def packed_oddly(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"ok", headers={"Content-Encoding": "nonsense"})


async def broken_off(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Length": "100"})
    await answer.prepare(request)
    await answer.write(b"half")
    assert request.transport is not None
    request.transport.close()
    return answer


async def never_done(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    await asyncio.Event().wait()
    return answer


@pytest.mark.parametrize("how", [huge, packed_oddly, broken_off, never_done])
async def test_a_status_of_2xx_is_an_arrival_whatever_comes_behind_it(
    store: TraceStore,
    receiver: Receiver,
    how: Answering,
) -> None:
    receiver.answering = how
    await store.webhooks.create(receiver.url, "ann")
    await ended(store)
    quick = replace(webhook_settings("127.0.0.1", "Breadth"), seconds=2)
    async with WebClient(quick) as client:
        await Teller(store, client).once()
    one = await only(store)
    assert (one.state, one.attempts, one.error) == ("delivered", 1, None)


async def hangs(request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    return web.Response()


async def closes(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@pytest.mark.parametrize("how", [hangs, closes])
async def test_a_receiver_without_an_answer_is_asked_again(
    store: TraceStore,
    receiver: Receiver,
    clock: Clock,
    how: Answering,
) -> None:
    receiver.answering = how
    await store.webhooks.create(receiver.url, "ann")
    await ended(store)
    quick = replace(webhook_settings("127.0.0.1", "Breadth"), seconds=0.3)
    async with WebClient(quick) as client:
        await Teller(store, client).once()
    one = await only(store)
    assert (one.state, one.attempts) == ("waiting", 1)
    assert one.error
    assert one.next_at is not None
    assert timedelta(seconds=5) <= one.next_at - clock.now <= timedelta(seconds=6)


async def test_a_host_that_rests_is_left_alone_by_all_that_is_for_it(
    store: TraceStore, teller: Teller, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = [lambda: web.Response(status=429, headers={"Retry-After": "100"})]
    await store.webhooks.create(receiver.url, "ann")
    for _ in range(2):
        await ended(store)
        await teller.once()
        clock.forward(0.001)
    assert len(receiver.got) == 1
    for one in await store.webhooks.deliveries():
        assert one.state == "waiting"
        assert one.next_at is not None
        assert one.next_at > clock.now + timedelta(seconds=90)


async def test_a_late_sender_does_not_undo_what_another_one_did(
    store: TraceStore, teller: Teller, receiver: Receiver, clock: Clock
) -> None:
    await store.webhooks.create(receiver.url, "ann")
    await ended(store)
    late = (await store.webhooks.due())[0]
    clock.forward(61)
    assert await teller.once() == 1
    await store.webhooks.failed(late, "too late")
    one = await only(store)
    assert (one.state, one.attempts, one.error, one.next_at) == ("delivered", 1, None, None)


async def test_a_sender_does_not_take_up_what_was_given_up_meanwhile(store: TraceStore) -> None:
    hook, _ = await store.webhooks.create("https://example.org/hook", "ann")
    await ended(store)
    claimed = (await store.webhooks.due())[0]
    await store.webhooks.disable(hook.id)
    await store.webhooks.failed(claimed, "it answered 500")
    one = await only(store)
    assert (one.state, one.next_at) == ("dead", None)


async def test_a_resending_that_was_asked_for_meanwhile_is_done(store: TraceStore) -> None:
    await store.webhooks.create("https://example.org/hook", "ann")
    await ended(store)
    claimed = (await store.webhooks.due())[0]
    await store.webhooks.resend(claimed.delivery.id, "ann")
    await store.webhooks.delivered(claimed)
    again = (await store.webhooks.due())[0]
    assert again.delivery.id == claimed.delivery.id
    await store.webhooks.delivered(again)
    assert (await only(store)).state == "delivered"


@contextmanager
def told_of(logger: str) -> Iterator[asyncio.Event]:
    """Set when something is logged there."""
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    handler = logging.Handler()
    handler.emit = lambda record: loop.call_soon_threadsafe(told.set) and None  # type: ignore[method-assign]
    logging.getLogger(logger).addHandler(handler)
    try:
        yield told
    finally:
        logging.getLogger(logger).removeHandler(handler)


@asynccontextmanager
async def telling(teller: Teller) -> AsyncIterator[asyncio.Task[None]]:
    """It tells, and still does at the end."""
    task = asyncio.create_task(teller.tell())
    try:
        async with asyncio.timeout(20):
            yield task
        assert not task.done()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_receiver_that_hangs_does_not_keep_others_waiting(
    store: TraceStore, teller: Teller, receiver: Receiver
) -> None:
    hung, arrived = asyncio.Event(), asyncio.Event()

    async def hangs_for_good(request: web.Request) -> web.StreamResponse:
        hung.set()
        return await hangs(request)

    async def arrives(request: web.Request) -> web.StreamResponse:
        arrived.set()
        return web.Response()

    receiver.answering = hangs_for_good
    await store.webhooks.create(receiver.url, "ann")
    for _ in range(30):
        await ended(store)
    async with receiving() as other, telling(teller):
        other.answering = arrives
        await hung.wait()
        await store.webhooks.create(other.url.replace("127.0.0.1", "localhost"), "bob")
        await ended(store, asker=Asker("bob", None, 1))
        teller.wake()
        async with asyncio.timeout(5):  # long before those that hang are given up
            await arrived.wait()
    assert len(receiver.got) == 4


async def test_a_sender_outlives_a_store_that_fails_and_sends_the_same_again(
    store: TraceStore, teller: Teller, receiver: Receiver, clock: Clock
) -> None:
    again = asyncio.Event()

    async def takes_the_table(request: web.Request) -> web.StreamResponse:
        if len(receiver.got) == 1:
            await renamed("delivery", "elsewhere")
        else:
            again.set()
        return web.Response()

    async def renamed(old: str, new: str) -> None:
        async with writing(store) as connection:
            await connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    receiver.answering = takes_the_table
    await store.webhooks.create(receiver.url, "ann")
    await ended(store)
    with told_of("breadth.webhooks") as told:
        async with telling(teller):
            await told.wait()
            await renamed("elsewhere", "delivery")
            clock.forward(61)
            teller.wake()
            await again.wait()
    assert len({(got["webhook-id"], body) for got, body in receiver.got}) == 1
    assert len(receiver.got) == 2


async def test_an_end_in_this_process_is_told_at_once_and_others_soon(
    store: TraceStore, teller: Teller, receiver: Receiver
) -> None:
    await store.webhooks.create(receiver.url, "ann")
    arrived = asyncio.Queue[None]()

    async def arrives(request: web.Request) -> web.StreamResponse:
        arrived.put_nowait(None)
        return web.Response()

    receiver.answering = arrives
    async with telling(teller):
        await ended(store)
        teller.wake()
        await arrived.get()
        await ended(store)  # of another process, which cannot wake this one
        await arrived.get()


async def test_a_webhook_is_removed_while_a_run_that_it_wants_ends(
    store: TraceStore, url: str
) -> None:
    hook, _ = await store.webhooks.create("https://example.org/hook", "ann")
    made, _ = await store.responses.create(Asked("response", "Who?", {}, {}), ANN)
    await store.trace(made.run).record(RunStarted("Who?"))
    async with writing(store) as connection:
        await tell_end(connection, made.run, "ann", 2, "completed", START)
        removing = asyncio.create_task(store.webhooks.remove(hook.id, "ann"))
        async with asyncio.timeout(10):
            while url.startswith("postgresql") and not await waiting(store):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    await removing
    assert await store.webhooks.all() == await store.webhooks.deliveries() == []
    await store.trace(made.run).record(RunEnded("completed"))


async def waiting(store: TraceStore) -> bool:
    """Whether PostgreSQL has somebody wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    async with reading(store) as connection:
        return bool((await connection.execute(text(query))).scalar_one())


async def test_what_was_given_up_is_found_behind_any_number_that_arrived(
    store: TraceStore, clock: Clock
) -> None:
    hook, _ = await store.webhooks.create("https://example.org/hook", "ann")
    await ended(store)
    for due in await store.webhooks.due():
        await store.webhooks.failed(replace(due, delivery=replace(due.delivery, attempts=10)), "no")
    for _ in range(3):
        clock.forward(1)
        await ended(store)
    assert [one.state for one in await store.webhooks.deliveries(limit=2, dead=True)] == ["dead"]
    await store.webhooks.disable(hook.id)
    with pytest.raises(DisabledWebhook, match="add its address anew"):
        await store.webhooks.resend((await store.webhooks.deliveries())[0].id, "ann")


async def test_a_run_that_no_client_asked_for_is_told_to_nobody(store: TraceStore) -> None:
    await store.webhooks.create("https://example.org/hook")
    run = await store.create_run("Who?", {})
    await store.trace(run).record(RunStarted("Who?"))
    await store.trace(run).record(RunEnded("completed"))
    assert await store.webhooks.deliveries() == []


async def test_no_secret_is_in_what_is_logged_or_shown(
    store: TraceStore, teller: Teller, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [lambda: web.Response(status=410)]
    secrets = []
    for url in (receiver.url, "http://127.0.0.1:9/hook?key=hidden"):
        hook, secret = await store.webhooks.create(url, "ann")
        secrets.append(secret.removeprefix("whsec_"))
        assert secret not in repr(hook)
    await ended(store)
    with caplog.at_level(logging.DEBUG):
        assert await teller.once() == 2
    assert "was not told" in caplog.text
    assert "is gone" in caplog.text
    shown = caplog.text + repr(await store.webhooks.deliveries())
    for hidden in (*secrets, "key=hidden", "v1,"):
        assert hidden not in shown
