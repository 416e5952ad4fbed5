"""Hooks: what other programs tell is asked once, and its answer goes where the settings say."""

import asyncio
import hmac
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from asked_front import PlayedFront, ending, working
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from standardwebhooks import Webhook
from webhook_receiver import Receiver

from service.api import application
from service.chatting import chatting
from service.errors import UsageProblem
from service.hook_settings import HookSettings
from service.hooks import Hooks, hooks_bot
from service.hooks.asking import Missing, question_in
from service.settings import Settings
from storage import TraceStore

SECRET = "whsec_" + b64encode(b"k" * 24).decode()
DONE = (*working(), *ending())
QUESTION = "Has {issue.title} been reported before? It is number {issue.number}."
BODY = {"action": "opened", "issue": {"title": "Roma is dark", "number": 7, "labels": ["a", "b"]}}
ASKED = "Has Roma is dark been reported before? It is number 7."


def hook(**changes: Any) -> HookSettings:
    return HookSettings.model_validate({"secret": "a-secret", "question": QUESTION} | changes)


def github(body: bytes, secret: str = "a-secret") -> dict[str, str]:
    """As GitHub signs."""
    digest = hmac.new(secret.encode(), body, sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[PlayedFront]:
    settings = Settings(
        database=str(tmp_path / "runs.db"),
        webhook_hosts="127.0.0.1",
        hooks={
            "issues": hook(id="X-GitHub-Delivery", when={"action": ["opened", "reopened"]}),
            "plain": hook(signature="X-Signed", effort="low", sources="web", user="ann"),
            "standard": hook(secret=SECRET, signature="Webhook-Signature"),
        },
    )
    async with await TraceStore.open(settings.store) as store:
        yield PlayedFront(store, settings, script=DONE)


class Sender:
    """A program that tells the service at this address."""

    def __init__(self, url: str, session: ClientSession) -> None:
        self.url, self.session = url, session

    async def tell(self, name: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
        told = {"Content-Type": "application/json", **headers}
        async with self.session.post(f"{self.url}/hooks/{name}", data=body, headers=told) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def hooks_of(front: PlayedFront) -> AsyncIterator[tuple[Hooks, Sender]]:
    async with hooks_bot(front) as hooks:
        app = application(front, host="0.0.0.0")
        hooks.add_to(app)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            async with ClientSession() as session:
                yield hooks, Sender(f"http://127.0.0.1:{runner.addresses[0][1]}", session)
        finally:
            await runner.cleanup()


@pytest.fixture
async def sender(front: PlayedFront) -> AsyncIterator[Sender]:
    async with hooks_of(front) as (_, sending):
        yield sending


async def test_what_is_told_is_asked_once_however_often_it_is_told(
    front: PlayedFront, sender: Sender
) -> None:
    raw = json.dumps(BODY).encode()
    headers = github(raw) | {"X-GitHub-Delivery": "d1"}
    answers = [await sender.tell("issues", raw, headers) for _ in range(3)]
    assert {status for status, _ in answers} == {202}
    (response,) = {told["response"] for _, told in answers}
    assert await front.store.responses.named(response, "hook:issues")
    assert len(await front.store.runs(9)) == 1
    ((asked, asker), *_) = front.asked
    assert (asked.question, asker.user) == (ASKED, "hook:issues")
    assert (await sender.tell("issues", raw, headers | {"X-GitHub-Delivery": "d2"}))[0] == 202
    assert len(await front.store.runs(9)) == 2


async def test_without_a_header_the_body_says_whether_it_is_the_same(
    front: PlayedFront, sender: Sender
) -> None:
    for body in (BODY, BODY, {**BODY, "action": "closed"}):
        raw = json.dumps(body).encode()
        digest = b64encode(hmac.new(b"a-secret", raw, sha256).digest()).decode()
        assert (await sender.tell("plain", raw, {"X-Signed": digest}))[0] == 202
    assert len(await front.store.runs(9)) == 2
    (asked, asker) = front.asked[0]
    assert asker.user == "ann"
    assert (asked.options["effort"], asked.options["files"], asked.options["web"]) == (
        *("low", False),
        True,
    )


async def test_what_is_signed_as_standard_webhooks_say_is_heard_for_five_minutes(
    front: PlayedFront, sender: Sender
) -> None:
    raw, signer = json.dumps(BODY), Webhook(SECRET)
    now = datetime.now(UTC)
    for age, status in ((0, 202), (0, 202), (400, 401), (-400, 401)):
        moment = now - timedelta(seconds=age)
        headers = {
            "webhook-id": "m1",
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": "v1,abc " + signer.sign("m1", moment, raw),
        }
        assert (await sender.tell("standard", raw.encode(), headers))[0] == status
    assert len(await front.store.runs(9)) == 1


async def test_what_is_not_signed_or_cannot_be_asked_is_refused_with_the_reason(
    front: PlayedFront, sender: Sender
) -> None:
    raw = json.dumps(BODY).encode()
    named = {"X-GitHub-Delivery": "d1"}
    for headers in ({}, github(raw + b" "), github(raw, "another"), {"X-Hub-Signature-256": "ü"}):
        status, told = await sender.tell("issues", raw, headers | named)
        assert (status, told["error"]["code"]) == (401, "invalid_signature")
        assert "a-secret" not in told["error"]["message"]
    assert (await sender.tell("nothing", raw, github(raw)))[0] == 404
    status, told = await sender.tell("issues", raw, github(raw))
    assert (status, told["error"]["param"]) == (400, "X-GitHub-Delivery")
    for body, why in (
        (b"{", "no JSON"),
        (b'{"action": "opened"}', "'issue.title'"),
        (b'{"action": "opened", "issue": {"title": null}}', "'issue.title'"),
        (
            json.dumps(
                {"action": "opened", "issue": {"title": "x" * 300_000, "number": 1}}
            ).encode(),
            "too long",
        ),
    ):
        status, told = await sender.tell("issues", body, github(body) | named)
        assert status == 400
        assert why in told["error"]["message"]
    assert await front.store.runs(9) == []


async def test_what_the_hook_is_not_for_is_ignored(front: PlayedFront, sender: Sender) -> None:
    for body in ({**BODY, "action": "closed"}, {}, [], "opened"):
        raw = json.dumps(body).encode()
        headers = github(raw) | {"X-GitHub-Delivery": "d1"}
        assert await sender.tell("issues", raw, headers) == (
            200,
            {"status": "ignored", "response": None},
        )
    assert await front.store.runs(9) == []


async def test_the_answer_goes_to_the_address_of_the_hook_signed_and_until_it_arrives(
    front: PlayedFront, receiver: Receiver
) -> None:
    receiver.answers = [lambda: web.Response(status=500), web.Response]
    told_to = {"told": hook(secret=SECRET, url=receiver.url)}
    front.settings = front.settings.model_copy(update={"hooks": told_to})
    raw = json.dumps(BODY).encode()
    digest = hmac.new(b"k" * 24, raw, sha256).hexdigest()
    async with hooks_of(front) as (_, sender):
        status, told = await sender.tell("told", raw, {"X-Hub-Signature-256": digest})
        assert status == 202
        run = told["response"].removeprefix("resp_")
        await posting_is(front, run, "delivered_at")
    assert len(receiver.got) == 2
    (first, body), (second, again) = receiver.got
    assert body == again
    said: Any = Webhook(SECRET).verify(body, second)
    assert first["webhook-id"] == second["webhook-id"] == f"evt_{run}"
    assert (said["type"], said["hook"]) == ("answer.completed", "told")
    assert said["response"] == told["response"]
    assert "Alfonso Cuarón 🎬 directed Roma." in said["answer"]["answer"]
    assert said["answer"]["sources"]
    assert "/srv/films" not in body


async def test_an_address_that_is_gone_is_told_nothing_more(
    front: PlayedFront, receiver: Receiver
) -> None:
    receiver.answers = [lambda: web.Response(status=410)]
    told_to = {"told": hook(url=receiver.url)}
    front.settings = front.settings.model_copy(update={"hooks": told_to})
    raw = json.dumps(BODY).encode()
    async with hooks_of(front) as (_, sender):
        _, told = await sender.tell("told", raw, github(raw))
        run = told["response"].removeprefix("resp_")
        assert (await posting_is(front, run, "dead_at")).error == "it answered 410"


async def posting_is(front: PlayedFront, run: str, field: str) -> Any:
    """Waits for what the courier notes."""
    one = None
    async with asyncio.timeout(30):
        while not getattr(one, field, None):
            await asyncio.sleep(0.02)
            one = await front.store.postings.of_run(run)
    return one


def test_a_question_is_made_of_fields_of_the_body() -> None:
    asked = question_in(
        BODY, hook(question="{{{issue.labels.1}}} {issue.labels} of {issue.number}")
    )
    assert asked == '{b} ["a", "b"] of 7'
    for path in ("issue.labels.9", "issue.labels.x", "issue.title.x", "", " ", "issue.labels.-1"):
        template = f"{{{path}}}" if path.strip() else "{nothing}"
        with pytest.raises(Missing):
            question_in(BODY, hook(question=template))


bodies: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab {}\n", max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["issue", "title", "number", "action"]), inner, max_size=3
        )
    ),
    max_leaves=5,
)


@given(bodies)
def test_no_body_breaks_anything(body: Any) -> None:
    try:
        asked = question_in(body, hook(when={"action": "a"}))
    except Missing:
        return
    assert asked is None or "{issue" not in asked.replace("{issue.title}", "")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"question": "What of {?"}, "braces"),
        ({"question": "What of {}?"}, "braces"),
        ({"question": ""}, "question"),
        ({"secret": "short"}, "secret"),
        ({"signature": "X Y"}, "header"),
        ({"slack": "films"}, "TEAM/CHANNEL"),
        ({"slack": "T1/C1", "url": "https://example.org"}, "one place"),
        ({"effort": "huge"}, "effort"),
        ({"answer": "x"}, "answer"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        hook(**changes)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"slack": "T1/C1"}, "BREADTH_SLACK_BOT_TOKEN"),
        ({"url": "ftp://example.org"}, "https://"),
        ({"url": "http://10.0.0.1/"}, "BREADTH_WEBHOOK_HOSTS"),
    ],
)
async def test_answers_that_cannot_go_where_they_are_to_go_are_told_at_the_start(
    front: PlayedFront, changes: dict[str, Any], told: str
) -> None:
    hooks = {"wrong": hook(**changes)}
    front.settings = front.settings.model_copy(update={"hooks": hooks})
    with pytest.raises(UsageProblem, match=told):
        async with chatting(front):
            pass


async def test_what_the_settings_name_is_opened_and_described(front: PlayedFront) -> None:
    async with chatting(front) as bots:
        app = application(front)
        for bot in bots:
            bot.add_to(app)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/openapi.json"
        async with ClientSession() as session, session.get(url) as answer:
            document = await answer.json()
        await runner.cleanup()
    assert "post" in document["paths"]["/hooks/{name}"]
    assert "/slack/events" not in document["paths"]


async def test_the_answer_goes_to_a_channel_of_slack(front: PlayedFront) -> None:
    pytest.importorskip("slack_bolt")
    from slack_server import SECRET as SIGNING
    from slack_server import TOKEN, SlackServer, slack_serving

    async with slack_serving(SlackServer()) as slack:
        changes = {
            "hooks": {"issues": hook(slack="T1/C1")},
            "slack_bot_token": SecretStr(TOKEN),
            "slack_signing_secret": SecretStr(SIGNING),
            "slack_api": f"{slack.url}/api/",
        }
        front.settings = front.settings.model_copy(update=changes)
        raw = json.dumps(BODY).encode()
        async with chatting(front) as bots:
            app = application(front)
            for bot in bots:
                bot.add_to(app)
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            async with ClientSession() as session:
                sender = Sender(f"http://127.0.0.1:{runner.addresses[0][1]}", session)
                assert (await sender.tell("issues", raw, github(raw)))[0] == 202
            one = await slack.answer()
            await runner.cleanup()
    assert one.channel == "C1"
    assert one.text.startswith(f"issues asked: {ASKED}")
    assert "Cuarón" in one.text
