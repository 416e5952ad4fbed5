"""Webhooks: told of every end, at least once, always by the same id, and to nobody else."""

import asyncio
import json
from datetime import timedelta

import openai
import pytest
from aiohttp import web
from trace_store import Clock
from webhook_receiver import Receiver, ended

from search import WebClient
from service.settings import Settings
from service.webhooks import require_address
from service.work.telling import Teller, signed, webhook_settings
from storage import TraceStore, UnknownWebhook


async def test_an_end_is_told_signed_as_the_official_client_wants_it(
    store: TraceStore, teller: Teller, receiver: Receiver
) -> None:
    hook, secret = await store.webhooks.create(receiver.url, "ann")
    response = await ended(store)
    assert await teller.once() == 1
    assert await teller.once() == 0
    headers, body = receiver.got[0]
    with openai.OpenAI(api_key="none", base_url="http://127.0.0.1:9/v1") as client:
        event = client.webhooks.unwrap(body, headers, secret=secret)
        assert event.type == "response.completed"
        assert event.data.id == response
        with pytest.raises(openai.InvalidWebhookSignatureError):
            client.webhooks.unwrap(body.replace("completed", "failed"), headers, secret=secret)
    sent = (await store.webhooks.deliveries(hook.id, "ann"))[0]
    assert (sent.state, sent.attempts, sent.error) == ("delivered", 1, None)
    assert sent.id == headers["webhook-id"] == json.loads(body)["id"]


async def test_only_the_users_own_webhooks_are_told_and_only_of_what_they_want(
    store: TraceStore, teller: Teller, receiver: Receiver
) -> None:
    await store.webhooks.create(receiver.url, "bob")
    await store.webhooks.create(receiver.url, "ann", ["response.failed"])
    await ended(store, "completed")
    assert await teller.once() == 0
    await ended(store, "failed")
    assert await teller.once() == 1
    assert json.loads(receiver.got[0][1])["type"] == "response.failed"


async def test_what_does_not_arrive_is_tried_again_with_the_same_bytes_for_a_day(
    store: TraceStore, teller: Teller, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = [lambda: web.Response(status=500)]
    hook, _ = await store.webhooks.create(receiver.url, "ann")
    await ended(store)
    began, times = clock.now, 0
    while (one := (await store.webhooks.deliveries(hook.id))[0]).state == "waiting":
        assert one.next_at is not None
        clock.now = max(clock.now, one.next_at)
        times += await teller.once()
    assert one.state == "dead"
    assert times == len(receiver.got) == 11
    assert len({(got["webhook-id"], body) for got, body in receiver.got}) == 1
    assert timedelta(hours=23) < clock.now - began < timedelta(hours=30)
    assert one.error == "it answered 500"
    await store.webhooks.resend(one.id, "ann")
    receiver.answers = [web.Response]
    assert await teller.once() == 1
    assert (await store.webhooks.deliveries(hook.id))[0].state == "delivered"


async def test_a_receiver_that_asks_for_rest_gets_it(
    store: TraceStore, teller: Teller, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = [lambda: web.Response(status=429, headers={"Retry-After": "100"})]
    hook, _ = await store.webhooks.create(receiver.url, "ann")
    await ended(store)
    await teller.once()
    one = (await store.webhooks.deliveries(hook.id))[0]
    assert one.next_at is not None
    assert one.next_at >= clock.now + timedelta(seconds=100)


@pytest.mark.parametrize("how", ["redirect", "nobody", "not found"])
async def test_what_is_no_good_answer_is_a_failure_in_words(
    store: TraceStore, teller: Teller, receiver: Receiver, how: str
) -> None:
    url = receiver.url
    if how == "redirect":
        receiver.answers = [lambda: web.Response(status=307, headers={"Location": url})]
    elif how == "nobody":
        url = "http://127.0.0.1:9/hook"
    else:
        url = receiver.url + "s"
    hook, secret = await store.webhooks.create(url, "ann")
    await ended(store)
    await teller.once()
    one = (await store.webhooks.deliveries(hook.id))[0]
    assert (one.state, one.attempts) == ("waiting", 1)
    assert one.error
    assert secret not in str(one)
    assert len(receiver.got) == (how == "redirect")


async def test_an_address_that_is_gone_is_told_nothing_more(
    store: TraceStore, teller: Teller, receiver: Receiver
) -> None:
    receiver.answers = [lambda: web.Response(status=410)]
    await store.webhooks.create(receiver.url, "ann")
    await ended(store)
    await teller.once()
    await ended(store)
    assert await teller.once() == 0
    assert (await store.webhooks.all("ann"))[0].disabled_at is not None
    assert [one.state for one in await store.webhooks.deliveries()] == ["dead"]


async def test_what_a_dead_sender_had_claimed_is_sent_by_another(
    store: TraceStore, teller: Teller, receiver: Receiver, clock: Clock
) -> None:
    await store.webhooks.create(receiver.url, "ann")
    await ended(store)
    claimed = (await store.webhooks.due())[0]
    assert await teller.once() == 0
    clock.forward(61)
    assert await teller.once() == 1
    assert receiver.got[0][0]["webhook-id"] == claimed.delivery.id
    assert receiver.got[0][1] == claimed.delivery.body
    assert "whsec" not in repr(claimed)
    assert signed(claimed, 5)["webhook-timestamp"] == "5"


async def test_two_senders_tell_each_end_once(
    store: TraceStore, teller: Teller, receiver: Receiver
) -> None:
    await store.webhooks.create(receiver.url, "ann")
    for _ in range(12):
        await ended(store)
    async with WebClient(webhook_settings("127.0.0.1", "Breadth")) as client:
        other = Teller(store, client)
        sent = await asyncio.gather(teller.once(), other.once(), teller.once(), other.once())
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert sum(sent) == len(ids) == len(set(ids)) == 12


async def test_what_is_another_users_is_not_there(store: TraceStore, receiver: Receiver) -> None:
    hook, _ = await store.webhooks.create(receiver.url, "ann")
    await ended(store)
    sent = (await store.webhooks.deliveries(hook.id, "ann"))[0]
    assert await store.webhooks.all("bob") == []
    for call in (
        store.webhooks.remove(hook.id, "bob"),
        store.webhooks.deliveries(hook.id, "bob"),
        store.webhooks.resend(sent.id, "bob"),
    ):
        with pytest.raises(UnknownWebhook):
            await call


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://example.org/", "https://"),
        ("https://", "https://"),
        ("https://ann:secret@example.org/", "user name and password"),
        ("http://127.0.0.1:9000/hook", "BREADTH_WEBHOOK_HOSTS"),
        ("http://[::1/", "no address"),
        ("https://example.org/" + "x" * 2000, "at most"),
        ("https://localhost/", "localhost"),
    ],
)
def test_an_address_that_may_not_be_told_is_refused(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as refused:
        require_address(url, Settings())
    assert problem in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_private_address_may_be_allowed_by_name() -> None:
    require_address("http://127.0.0.1:9000/h", Settings(webhook_hosts="127.0.0.1:9000"))
    require_address("https://example.org/hook", Settings())
