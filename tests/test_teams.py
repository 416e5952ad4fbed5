"""Microsoft Teams: what the Bot Framework has signed is heard, and answered once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from asked_front import ANSWER, PlayedFront, ending, working
from hypothesis import given
from hypothesis import settings as bounded
from pydantic import SecretStr
from random_answers import endings

pytest.importorskip("jwt")
from teams_server import (
    ANOTHER,
    APP,
    ISSUER,
    PASSWORD,
    Sender,
    TeamsServer,
    message,
    pressed,
)

from planner import AnswerWritten, RunEnded, Section, Sentence
from service.api import application
from service.channel_settings import ChannelSettings
from service.chats import Ending
from service.chats.texts import length
from service.errors import UsageProblem
from service.settings import Settings
from service.teams import TeamsBot, teams_bot
from service.teams.hearing import asked_in
from service.teams.messages import LONGEST, answered
from storage import TraceStore

DONE = (*working(), *ending())


@pytest.fixture
async def front(tmp_path: Path, teams_server: TeamsServer) -> AsyncIterator[PlayedFront]:
    settings = Settings(
        database=str(tmp_path / "runs.db"),
        teams_app_id=APP,
        teams_app_password=SecretStr(PASSWORD),
        teams_login=f"{teams_server.url}/login",
        teams_keys=f"{teams_server.url}/configuration",
        teams_issuer=ISSUER,
    )
    async with await TraceStore.open(settings.store) as store:
        yield PlayedFront(store, settings)


@asynccontextmanager
async def bot_of(front: PlayedFront, server: TeamsServer) -> AsyncIterator[tuple[TeamsBot, Sender]]:
    async with teams_bot(front, pace=0.02) as bot:
        app = application(front, host="0.0.0.0")
        bot.add_to(app)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            async with ClientSession() as session:
                yield bot, Sender(f"http://127.0.0.1:{runner.addresses[0][1]}", session, server)
        finally:
            await runner.cleanup()


@pytest.fixture
async def sender(front: PlayedFront, teams_server: TeamsServer) -> AsyncIterator[Sender]:
    async with bot_of(front, teams_server) as (_, sending):
        yield sending


async def test_a_message_becomes_a_run_and_one_message_that_comes_to_its_answer(
    front: PlayedFront, sender: Sender, teams_server: TeamsServer
) -> None:
    assert await sender.tell(message("Who directed Roma &amp; when?")) == 200
    await teams_server.until(lambda: len(teams_server.posted) == 1)
    (one,) = teams_server.posted.values()
    run = await front.play_next(*working())
    await teams_server.until(lambda: "1 of 1 step done" in one.text)
    assert one.button == {"breadth_stop": run}
    await front.play(run, *ending())
    await teams_server.answer()
    assert "Alfonso Cuarón 🎬 directed Roma." in one.text
    assert '<a href="https://example.org/roma">[1]</a>' in one.text
    assert "<b>Sources</b>" in one.text
    assert "/srv/films" not in str(one.shown)
    assert one.conversation == "19:c@thread.tacv2;messageid=1"
    assert one.shown[0]["replyToId"] == "m1"
    ((asked, asker),) = front.asked
    assert (asked.question, asker.user) == ("Who directed Roma & when?", "teams:T1")
    assert len(teams_server.tokens) == 1


async def test_what_the_bot_framework_has_not_signed_for_us_is_refused(
    front: PlayedFront, sender: Sender, teams_server: TeamsServer
) -> None:
    body = message("Who?")
    assert await sender.raw(body, {}) == 401
    assert await sender.raw(body, {"Authorization": "Basic abc"}) == 401
    assert await sender.raw(body, {"Authorization": "Bearer abc"}) == 401
    assert await sender.tell(body, key=ANOTHER) == 401
    assert await sender.tell(body, name="k2", key=ANOTHER) == 401
    assert await sender.tell(body, aud="app-2") == 401
    assert await sender.tell(body, iss="https://evil.example") == 401
    assert await sender.tell(body, exp=1) == 401
    assert await sender.tell(body, serviceurl="https://evil.example/") == 401
    assert await sender.tell({**body, "channelId": "webchat"}) == 401
    assert await sender.tell([]) == 400
    assert await front.store.runs(9) == []
    assert teams_server.asked_for_keys == 1


async def test_keys_that_cannot_be_had_are_asked_for_again(
    front: PlayedFront, teams_server: TeamsServer
) -> None:
    front.script = DONE
    nowhere = {"teams_keys": "http://127.0.0.1:9/configuration"}
    front.settings = front.settings.model_copy(update=nowhere)
    async with bot_of(front, teams_server) as (bot, sender):
        assert await sender.tell(message("Who?")) == 503
        bot.trust._address = f"{teams_server.url}/configuration"
        assert await sender.tell(message("Who?")) == 200
        await teams_server.answer()


async def test_the_same_message_is_asked_once_across_restarts(
    front: PlayedFront, teams_server: TeamsServer
) -> None:
    front.script = DONE
    for _ in range(2):
        async with bot_of(front, teams_server) as (_, sender):
            assert await sender.tell(message("Who?")) == 200
            await teams_server.answer()
    assert len(await front.store.runs(9)) == 1
    assert len(teams_server.posted) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"type": "conversationUpdate"},
        {"type": "typing"},
        message("Who?", type="messageUpdate"),
        message("Who?", **{"from": {"id": "28:other", "name": "Bot"}}),
        message("Who?", **{"from": {"id": "29:x", "role": "bot"}}),
        message(" "),
        message("Who?", conversation=None),
        message("Who?", channelData=[]),
        message("x" * 300_000),
    ],
)
async def test_what_asks_nothing_is_left_alone(
    front: PlayedFront, sender: Sender, body: dict[str, Any]
) -> None:
    assert await sender.tell({"channelId": "msteams", **body}) == 200
    assert await front.store.runs(9) == []


async def test_the_button_stops_the_run_and_the_message_says_who_pressed_it(
    front: PlayedFront, sender: Sender, teams_server: TeamsServer
) -> None:
    await sender.tell(message("Who?"))
    run = await front.play_next(*working())
    await teams_server.until(lambda: len(teams_server.posted) == 1)
    (one,) = teams_server.posted.values()
    elsewhere = {"channelData": {"tenant": {"id": "T2"}}}
    assert await sender.tell(pressed(one, **elsewhere)) == 200
    assert not (await front.store.run(run)).is_over
    assert await sender.tell(pressed(one)) == 200
    await teams_server.answer()
    assert one.text == "🛑 Stopped by Ann &lt;A&gt;."


async def test_a_thread_and_a_personal_chat_go_on_from_their_last_answer(
    front: PlayedFront, sender: Sender, teams_server: TeamsServer
) -> None:
    front.script = DONE
    group = {"conversation": {"id": "19:g", "conversationType": "groupChat"}}
    personal = {"conversation": {"id": "a:1", "conversationType": "personal"}}
    for number, more in enumerate(({}, {}, group, group, personal, personal), 1):
        await sender.tell(message("Who?", f"m{number}", **more))
        await teams_server.until(
            lambda wanted=number: [
                one.button for one in teams_server.posted.values()
            ] == [None] * wanted
        )  # fmt: skip
    previous = [asked.previous is not None for asked, _ in front.asked]
    assert previous == [False, True, False, False, False, True]


async def test_other_tenants_and_channels_that_are_off_are_not_answered(
    front: PlayedFront, teams_server: TeamsServer
) -> None:
    channels: Any = {"C1": ChannelSettings(size="short"), "G1": "off"}
    changes = {"teams_channels": channels, "teams_tenant": "T1"}
    front.settings = front.settings.model_copy(update=changes)
    tenant = {"id": "T1"}
    async with bot_of(front, teams_server) as (_, sender):
        off = {"tenant": tenant, "channel": {"id": "C2"}, "team": {"id": "G1"}}
        await sender.tell(message("Who?", "m1", channelData=off))
        await sender.tell(message("Who?", "m2", channelData={"tenant": {"id": "T2"}}))
        await sender.tell(message("Who?", "m3"))
    ((asked, _),) = front.asked
    assert asked.options["size"] == "short"


async def test_teams_is_left_alone_when_it_asks_for_rest_and_a_new_token_is_had_when_one_is_refused(
    front: PlayedFront, sender: Sender, teams_server: TeamsServer
) -> None:
    front.script = DONE
    teams_server.moods = [
        lambda: web.Response(status=429, headers={"Retry-After": "0.1"}),
        lambda: web.Response(status=401),
    ]
    await sender.tell(message("Who?"))
    one = await teams_server.answer()
    assert "Cuarón" in one.text
    assert len(teams_server.tokens) == 2


async def test_a_message_that_somebody_deleted_is_posted_anew(
    front: PlayedFront, sender: Sender, teams_server: TeamsServer
) -> None:
    await sender.tell(message("Who?"))
    await teams_server.until(lambda: len(teams_server.posted) == 1)
    await front.created.wait()
    run = (await front.store.runs(1))[0].id
    async with asyncio.timeout(20):
        while not (await posting_of(front, run)).state:  # noqa: ASYNC110 - the courier notes it
            await asyncio.sleep(0.02)
    teams_server.posted.clear()
    await front.play(run, *DONE)
    one = await teams_server.answer()
    assert "Cuarón" in one.text


async def posting_of(front: PlayedFront, run: str) -> Any:
    return await front.store.postings.of_run(run)


async def test_a_conversation_that_is_closed_is_given_up_and_the_password_is_in_no_log(
    front: PlayedFront, sender: Sender, teams_server: TeamsServer, caplog: pytest.LogCaptureFixture
) -> None:
    closed = {"error": {"code": "BotNotInConversationRoster", "message": "no"}}
    teams_server.moods = [lambda: web.json_response(closed, status=403)] * 3
    front.script = DONE
    await sender.tell(message("Who?"))
    await front.created.wait()
    run = (await front.store.runs(1))[0].id
    async with asyncio.timeout(20):
        while (await posting_of(front, run)).dead_at is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert (await posting_of(front, run)).error == "Teams said BotNotInConversationRoster"
    assert PASSWORD not in caplog.text + repr(front.settings)


async def test_a_long_answer_is_its_beginning_and_says_how_to_have_the_rest(
    front: PlayedFront, sender: Sender, teams_server: TeamsServer
) -> None:
    sections = tuple(
        Section(f"Part {n}", (Sentence("<b>word</b> " * 900, (1,)),)) for n in range(9)
    )
    front.script = (
        *working(),
        AnswerWritten(replace(ANSWER, sections=sections)),
        RunEnded("completed"),
    )
    await sender.tell(message("Tell all"))
    one = await teams_server.answer()
    run = (await front.store.runs(1))[0].id
    assert one.text.endswith(f"<i>This is its beginning: breadth write {run} --output answer.md"
                             " writes all of it.</i>")  # fmt: skip
    assert length(one.text) <= LONGEST


@given(endings)
@bounded(max_examples=60, deadline=None)
def test_every_answer_is_html_that_teams_takes(ending: Ending) -> None:
    text = answered(ending)["text"]
    assert 0 < length(text) <= LONGEST
    left = text
    for tag in ("<b>", "</b>", "<i>", "</i>", "<br/>", "</a>"):
        left = left.replace(tag, "")
    opened = [part.partition(">")[0] for part in left.split("<")[1:]]
    assert all(part.startswith('a href="http') for part in opened)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"teams_app_password": SecretStr("")}, "BREADTH_TEAMS_APP_PASSWORD"),
        ({"teams_app_id": ""}, "BREADTH_TEAMS_APP_ID"),
        ({"teams_login": "login"}, "BREADTH_TEAMS_LOGIN"),
    ],
)
async def test_settings_that_lack_something_say_what(
    front: PlayedFront, changes: dict[str, Any], told: str
) -> None:
    front.settings = front.settings.model_copy(update=changes)
    with pytest.raises(UsageProblem, match=told):
        async with teams_bot(front):
            pass


def test_a_plain_text_is_taken_as_it_is() -> None:
    service = {"serviceUrl": "https://s.example/"}
    heard = asked_in(message("is 1 < 2 > 0?", textFormat="plain") | service)
    assert heard is not None
    assert heard.question == "is 1 < 2 > 0?"
