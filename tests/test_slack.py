"""Slack: whatever is asked there is asked once and answered once, in its thread."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from asked_front import ANSWER, PlayedFront, ending, working
from loopback import on_loopback
from pydantic import SecretStr
from slack_server import (
    APP_TOKEN,
    BUSY,
    SECRET,
    TOKEN,
    Posted,
    Sender,
    SlackServer,
    mention,
    message,
    signed,
    told,
)

pytest.importorskip("slack_bolt")
from planner import Answer, AnswerWritten, RunEnded, Section, Sentence
from service.api import application
from service.channel_settings import ChannelSettings
from service.chats.taking import PATIENCE_SECONDS
from service.errors import UsageProblem
from service.settings import Settings
from service.slack import SlackBot, slack_bot
from storage import ResponseRecord, StorageError, TraceStore

DONE = (*working(), *ending())


@pytest.fixture
async def front(tmp_path: Path, slack_server: SlackServer) -> AsyncIterator[PlayedFront]:
    settings = Settings(
        database=str(tmp_path / "runs.db"),
        slack_bot_token=SecretStr(TOKEN),
        slack_signing_secret=SecretStr(SECRET),
        slack_api=f"{slack_server.url}/api/",
    )
    async with await TraceStore.open(settings.store) as store:
        yield PlayedFront(store, settings)


@asynccontextmanager
async def bot_of(front: PlayedFront, pace: float = 0.02) -> AsyncIterator[tuple[SlackBot, Sender]]:
    """A service that wants keys, with its bot; and Slack, telling it."""
    async with slack_bot(front, pace=pace) as bot:
        app = application(front, host="0.0.0.0")
        bot.add_to(app)
        async with on_loopback(app) as url, ClientSession() as session:
            yield bot, Sender(url, session)


@pytest.fixture
async def sender(front: PlayedFront) -> AsyncIterator[Sender]:
    async with bot_of(front) as (_, sending):
        yield sending


async def runs_of(front: PlayedFront) -> int:
    return len(await front.store.runs(1000))


async def delivered(front: PlayedFront, run: str) -> None:
    """The courier has noted it."""
    async with asyncio.timeout(20):
        while (one := await front.store.postings.of_run(run)) and one.delivered_at is None:  # noqa: ASYNC110 - the courier notes it
            await asyncio.sleep(0.02)


async def test_a_mention_becomes_a_run_and_one_message_that_comes_to_its_answer(
    front: PlayedFront, sender: Sender, slack_server: SlackServer
) -> None:
    assert await sender.json(told(mention("Who directed Roma?"))) == 200
    await slack_server.until(lambda: len(slack_server.posted) == 1)
    (one,) = slack_server.posted.values()
    assert (one.channel, one.thread) == ("C1", "1.1")
    assert one.buttons
    run = await front.play_next(*working())
    await slack_server.until(lambda: "1 of 1 step done" in one.text)
    await front.play(run, *ending())
    await slack_server.until(lambda: not one.buttons)
    assert "Alfonso Cuarón 🎬 directed Roma." in one.text
    assert "<https://example.org/roma|[1]>" in one.text
    assert "Sources" in one.text
    assert "/srv/films" not in str(one.shown)
    assert slack_server.faults == []
    assert len(slack_server.posted) == 1
    ((asked, asker),) = front.asked
    assert (asked.question, asker.user) == ("Who directed Roma?", "slack:T1")
    await delivered(front, run)


async def test_retries_and_the_same_post_as_another_event_make_no_second_run(
    front: PlayedFront, slack_server: SlackServer
) -> None:
    """As Slack does it, with a restart of the service between the first event and the second."""
    front.script = DONE
    retry = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
    async with bot_of(front) as (_, sender):
        assert await sender.json(told(mention("Who?"), "Ev1")) == 200
    async with bot_of(front) as (_, sender):
        assert await sender.json(told(mention("Who?"), "Ev1"), **retry) == 200
        assert await sender.json(told(message("<@UBOT> Who?"), "Ev2")) == 200
        await slack_server.answer("1.1")
        await delivered(front, (await front.store.runs(1))[0].id)
    assert await runs_of(front) == 1
    assert len(slack_server.posted) == 1


async def test_what_is_not_signed_or_long_ago_is_refused_and_a_replay_changes_nothing(
    front: PlayedFront, sender: Sender, slack_server: SlackServer
) -> None:
    raw = json.dumps(told(mention("Who?"))).encode()
    kind = {"Content-Type": "application/json"}
    good = signed(raw)
    wrong = [
        {},
        signed(raw, secret="another"),
        signed(raw, time.time() - 400),
        signed(raw, time.time() + 400),
        signed(raw + b" "),
        {**good, "X-Slack-Request-Timestamp": "soon"},
        {**good, "X-Slack-Signature": "v0=ü"},
        {**good, "X-Slack-Signature": ""},
    ]
    for headers in wrong:
        async with sender.session.post(
            f"{sender.url}/slack/events", data=raw, headers=kind | headers
        ) as answer:
            assert answer.status == 401, headers
            assert (await answer.json())["error"]["code"] == "invalid_signature"
    assert await runs_of(front) == 0
    front.script = DONE
    for _ in range(3):
        async with sender.session.post(
            f"{sender.url}/slack/events", data=raw, headers=kind | good
        ) as answer:
            assert answer.status == 200
    await slack_server.answer("1.1")
    assert await runs_of(front) == 1


async def test_slack_is_told_what_it_asks_for_when_the_address_is_entered(sender: Sender) -> None:
    raw = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    headers = {"Content-Type": "application/json", **signed(raw)}
    async with sender.session.post(
        f"{sender.url}/slack/events", data=raw, headers=headers
    ) as answer:
        assert "abc" in await answer.text()
    for raw in (b"{", b"\xff", b"[" * 5000, b"null", b"[]", b"payload=%7B"):
        headers = {"Content-Type": "application/json", **signed(raw)}
        async with sender.session.post(
            f"{sender.url}/slack/events", data=raw, headers=headers
        ) as answer:
            assert answer.status in (200, 400, 401, 404), raw


@pytest.mark.parametrize(
    "event",
    [
        message("Who?"),
        message("Who?", channel="D1", bot_id="B1"),
        message("Who?", channel="D1", subtype="message_changed"),
        message("Who?", channel="C1", subtype="channel_join"),
        message("Who?", "2.2", thread_ts="1.0"),
    ],
)
async def test_bots_edits_joins_and_what_others_say_to_each_other_is_not_answered(
    front: PlayedFront, sender: Sender, slack_server: SlackServer, event: dict[str, Any]
) -> None:
    assert await sender.json(told(event)) == 200
    assert await runs_of(front) == 0
    assert slack_server.posted == {}


async def test_a_reply_in_the_thread_follows_the_last_answer_there(
    front: PlayedFront, sender: Sender, slack_server: SlackServer
) -> None:
    front.script = DONE
    await sender.json(told(mention("Who directed Roma?"), "Ev1"))
    await slack_server.answer("1.1")
    await sender.json(told(message("And when?", "2.1", thread_ts="1.1"), "Ev2"))
    await sender.json(told(message("<@UBOB> look", "2.2", thread_ts="1.1"), "Ev3"))
    await slack_server.until(lambda: len(slack_server.posted) == 2)
    (first, _), (second, _) = front.asked
    response = (await front.store.runs(2))[1].id
    assert first.previous is None
    assert second.previous == f"resp_{response}"
    assert second.options["after"] == response
    assert {one.thread for one in slack_server.posted.values()} == {"1.1"}


async def test_a_direct_message_is_a_question_and_nothing_is_one_that_asks_nothing(
    front: PlayedFront, sender: Sender, slack_server: SlackServer
) -> None:
    front.script = DONE
    await sender.json(told(message("Who directed Roma?", channel="D1"), "Ev1"))
    await slack_server.answer("1.1")
    await sender.json(told(mention(" ", "3.3"), "Ev2"))
    await sender.json(told(mention("x" * 300_000, "3.4"), "Ev3"))
    hints = [each["text"] for each in slack_server.ephemeral]
    assert ["Ask a question" in each for each in hints] == [True, False]
    assert "too long" in hints[1]
    assert await runs_of(front) == 1


async def test_a_command_is_acknowledged_and_its_answer_says_who_asked_what(
    front: PlayedFront, sender: Sender, slack_server: SlackServer
) -> None:
    front.script = DONE
    slack_server.closed.add("C2")
    fields = {
        "command": "/breadth",
        "team_id": "T1",
        "channel_id": "C1",
        "channel_name": "films",
        "user_id": "UANN",
        "trigger_id": "9.9.a",
        "text": "Who directed Roma?",
    }
    for _ in range(2):
        status, text = await sender.form(fields)
        assert (status, json.loads(text)["response_type"]) == (200, "ephemeral")
    one = await slack_server.answer()
    assert (one.channel, one.thread) == ("C1", None)
    assert one.text.startswith("<@UANN> asked: Who directed Roma?")
    _, text = await sender.form({**fields, "text": " ", "trigger_id": "9.9.b"})
    assert "Ask a question" in json.loads(text)["text"]
    await sender.form({**fields, "channel_id": "C2", "trigger_id": "9.9.c"})
    await slack_server.until(lambda: len(slack_server.posted) == 2)
    assert [each.channel for each in slack_server.posted.values()] == ["C1", "DUANN"]
    await sender.json(told(message("And when?", "7.7", thread_ts=one.ts), "Ev7"))
    await slack_server.until(lambda: len(slack_server.posted) == 3)
    assert front.asked[-1][0].previous is not None


async def test_the_button_stops_the_run_and_the_message_says_who_pressed_it(
    front: PlayedFront, sender: Sender, slack_server: SlackServer
) -> None:
    await sender.json(told(mention("Who?")))
    run = await front.play_next(*working())
    await slack_server.until(lambda: any("1 of 1" in p.text for p in slack_server.posted.values()))
    (one,) = slack_server.posted.values()
    assert await sender.pressed(one, "UEVE", team="T2") == 200
    assert not (await front.store.run(run)).is_over
    button = one
    assert await sender.pressed(button, "UBOB") == 200
    await slack_server.until(lambda: not one.buttons)
    assert "Stopped by <@UBOB>." in one.text
    assert (await front.store.run(run)).status == "cancelled"


async def test_channels_have_settings_of_their_own_and_some_are_off(
    front: PlayedFront, slack_server: SlackServer
) -> None:
    slack_server.names = {"C1": "films", "C3": "random"}
    front.script = DONE
    channels: Any = {
        "films": ChannelSettings(effort="high", language="German", sources="web"),
        "C2": "off",
        "*": ChannelSettings(size="short"),
    }
    front.settings = front.settings.model_copy(update={"slack_channels": channels})
    async with bot_of(front) as (_, sender):
        for number in (1, 2, 3):
            event = mention("Who?", f"{number}.1", f"C{number}")
            assert await sender.json(told(event, f"Ev{number}")) == 200
        await slack_server.until(lambda: len(slack_server.posted) == 2)
    (films, _), (random, _) = front.asked
    assert (films.options["effort"], films.options["language"]) == ("high", "German")
    assert (films.options["files"], films.options["web"]) == (False, True)
    assert (random.options["size"], random.options.get("web")) == ("short", None)


async def test_two_hundred_mentions_at_once_are_each_answered_once(
    front: PlayedFront, sender: Sender, slack_server: SlackServer
) -> None:
    front.script = DONE
    slack_server.moods["chat.postMessage"] = [BUSY]
    events = [told(mention("Who?", f"{n}.1", f"C{n % 7}"), f"Ev{n}") for n in range(200)]
    async with asyncio.timeout(60):
        statuses = await asyncio.gather(*(sender.json(each) for each in events * 2))
    assert set(statuses) == {200}
    await slack_server.until(
        lambda: (
            len(slack_server.posted) == 200
            and not any(one.buttons for one in slack_server.posted.values())
        )
    )
    assert await runs_of(front) == 200
    threads = {one.thread for one in slack_server.posted.values()}
    assert len(threads) == 200
    assert slack_server.faults == []


async def test_a_message_changes_once_a_second_at_most_and_rests_when_slack_says_so(
    front: PlayedFront, slack_server: SlackServer
) -> None:
    async with bot_of(front, pace=1.0) as (_, sender):
        await sender.json(told(mention("Who?")))
        await slack_server.until(lambda: len(slack_server.posted) == 1)
        slack_server.moods["chat.update"] = [BUSY]
        run = await front.play_next(*working())
        (one,) = slack_server.posted.values()
        await slack_server.until(lambda: len(one.shown) == 2)
        await front.play(run, *ending())
        await slack_server.until(lambda: not one.buttons)
    assert one.at[1] - one.at[0] >= 0.95
    busy = [name for name, _ in slack_server.calls].count("chat.update")
    assert busy == len(one.shown)  # one of them was refused, and the first was a post


async def test_a_post_whose_answer_was_lost_is_found_and_not_repeated(
    front: PlayedFront, sender: Sender, slack_server: SlackServer
) -> None:
    front.script = DONE
    slack_server.moods["chat.postMessage"] = [lambda: "lost"]
    await sender.json(told(mention("Who?")))
    one = await slack_server.answer("1.1")
    run = (await front.store.runs(1))[0].id
    await delivered(front, run)
    assert len(slack_server.posted) == 1
    assert "Cuarón" in one.text
    assert "conversations.replies" in [name for name, _ in slack_server.calls]


async def test_a_message_that_somebody_deleted_is_posted_anew_and_one_without_blocks_is_text(
    front: PlayedFront, sender: Sender, slack_server: SlackServer
) -> None:
    slack_server.moods["chat.postMessage"] = [lambda: "invalid_blocks"]
    await sender.json(told(mention("Who?")))
    await slack_server.until(lambda: len(slack_server.posted) == 1)
    (first,) = slack_server.posted.values()
    assert first.shown[0]["blocks"] == []
    slack_server.posted.clear()
    run = await front.play_next(*DONE)
    await delivered(front, run)
    (second,) = slack_server.posted.values()
    assert "Cuarón" in second.text


async def test_a_channel_that_is_closed_is_given_up_with_the_reason(
    front: PlayedFront, sender: Sender, slack_server: SlackServer
) -> None:
    slack_server.closed.add("C1")
    front.script = DONE
    await sender.json(told(mention("Who?")))
    await front.created.wait()
    run = (await front.store.runs(1))[0].id
    async with asyncio.timeout(20):
        while (one := await front.store.postings.of_run(run)) and one.dead_at is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert one is not None
    assert one.error == "Slack said not_in_channel"


def report() -> Answer:
    """One that is too long for a message."""
    text = "Alfonso Cuarón directed Roma, which is a film about a family in Mexico City. "
    sections = (Section(f"Part {n}", (Sentence(text * 9, (1,)),)) for n in range(40))
    return Answer(None, ANSWER.sentences, ANSWER.citations, "All of *Roma*", tuple(sections))


async def test_a_long_report_is_a_file_with_a_short_message(
    front: PlayedFront, sender: Sender, slack_server: SlackServer
) -> None:
    slack_server.moods["files.completeUploadExternal"] = [lambda: "lost"]
    front.script = (*working(), AnswerWritten(report()), RunEnded("completed"))
    await sender.json(told(mention("Tell all of Roma")))
    await front.created.wait()
    await delivered(front, (await front.store.runs(1))[0].id)
    one = await slack_server.answer("1.1")
    assert "in the file" in one.text
    assert len(one.text) < 3500
    (file,) = slack_server.files.values()
    assert file["shares"] == [("C1", "1.1")]
    assert file["title"] == "All of *Roma*"
    assert "## Part 39" in file["content"]
    assert "/srv/films" not in file["content"]
    assert slack_server.faults == []


async def test_a_report_that_cannot_be_attached_is_said_to_be_missing(
    front: PlayedFront, sender: Sender, slack_server: SlackServer
) -> None:
    slack_server.moods["files.getUploadURLExternal"] = [lambda: "missing_scope"]
    front.script = (*working(), AnswerWritten(report()), RunEnded("completed"))
    await sender.json(told(mention("Tell all of Roma")))
    await front.created.wait()
    await delivered(front, (await front.store.runs(1))[0].id)
    one = await slack_server.answer("1.1")
    assert "could not be attached (missing scope)" in one.text


async def test_what_could_not_be_kept_at_once_is_acknowledged_and_kept_later(
    front: PlayedFront, slack_server: SlackServer
) -> None:
    class Slow(PlayedFront):
        """Whose database is away at first."""

        waits: int = 2

        async def create(self, *asked: Any) -> ResponseRecord:
            if self.waits:
                self.waits -= 1
                raise StorageError("runs.db", "it is away")
            return await super().create(*asked)

    slow = Slow(front.store, front.settings, script=DONE)
    async with bot_of(slow) as (_, sender):
        assert await sender.json(told(mention("Who?"))) == 200
        await slack_server.answer("1.1")
    assert slow.waits == 0


async def test_a_database_that_hangs_keeps_slack_from_nothing(
    front: PlayedFront, slack_server: SlackServer
) -> None:
    class Hanging(PlayedFront):
        """Until it is told to go on."""

        async def create(self, *asked: Any) -> ResponseRecord:
            await go_on.wait()
            return await super().create(*asked)

    assert PATIENCE_SECONDS < 3  # after which Slack sends the event again
    go_on = asyncio.Event()
    hanging = Hanging(front.store, front.settings, script=DONE)
    async with bot_of(hanging) as (_, sender):
        async with asyncio.timeout(30):
            for number in range(3):
                assert await sender.json(told(mention("Who?"), f"Ev{number}")) == 200
        go_on.set()
        await slack_server.answer("1.1")
    assert await runs_of(front) == 1


async def test_events_come_over_a_connection_that_the_service_opens(
    front: PlayedFront, slack_server: SlackServer
) -> None:
    front.script = DONE
    changes = {"slack_signing_secret": SecretStr(""), "slack_app_token": SecretStr(APP_TOKEN)}
    front.settings = front.settings.model_copy(update=changes)
    async with slack_bot(front, pace=0.02) as bot, asyncio.timeout(30):
        app = application(front)
        bot.add_to(app)
        assert not [each for each in app.router.routes() if "slack" in str(each.resource)]
        opened = await slack_server.sockets.get()
        payload = told(mention("Who directed Roma?"))
        envelope = {
            "type": "events_api",
            "envelope_id": "e1",
            "payload": payload,
            "accepts_response_payload": False,
        }
        for _ in range(2):
            await opened.send_json(envelope)
            assert (await slack_server.acknowledged.get())["envelope_id"] == "e1"
        one = await slack_server.answer("1.1")
        await opened.send_json({"type": "disconnect", "reason": "refresh_requested"})
        another = await slack_server.sockets.get()
        again = told(message("And when?", "2.1", thread_ts="1.1"), "Ev2")
        await another.send_json({**envelope, "envelope_id": "e2", "payload": again})
        assert (await slack_server.acknowledged.get())["envelope_id"] == "e2"
        await slack_server.until(lambda: len(slack_server.posted) == 2)
        await another.close()
    assert "Cuarón" in one.text
    assert await runs_of(front) == 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"slack_bot_token": SecretStr("")}, "BREADTH_SLACK_BOT_TOKEN"),
        ({"slack_signing_secret": SecretStr("")}, "BREADTH_SLACK_SIGNING_SECRET"),
        ({"slack_api": "slack.com"}, "BREADTH_SLACK_API"),
    ],
)
async def test_settings_that_lack_something_say_what(
    front: PlayedFront, changes: dict[str, Any], told: str
) -> None:
    front.settings = front.settings.model_copy(update=changes)
    with pytest.raises(UsageProblem, match=told):
        async with slack_bot(front):
            pass


async def test_no_secret_is_told_when_slack_refuses_it(
    front: PlayedFront, slack_server: SlackServer, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = {"slack_bot_token": SecretStr("xoxb-of-somebody-else")}
    front.settings = front.settings.model_copy(update=wrong)
    front.script = DONE
    async with bot_of(front) as (_, sender):
        await sender.json(told(mention("Who?")))
        await slack_server.until(lambda: len(slack_server.calls) > 0)
        run = (await front.store.runs(1))[0].id
        async with asyncio.timeout(20):
            while (one := await front.store.postings.of_run(run)) and one.error is None:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert one is not None
    assert one.error == "Slack said invalid_auth"
    assert "xoxb-" not in caplog.text
    assert "xoxb-" not in repr(front.settings)


async def test_a_message_of_a_run_that_another_process_shows_is_left_to_it(
    front: PlayedFront, slack_server: SlackServer, url: str
) -> None:
    """Two processes, one database, SQLite or PostgreSQL, each told all of it: every answer is there
    once."""
    async with await TraceStore.open(url) as store:
        await told_twice(PlayedFront(store, front.settings, script=DONE), slack_server)


async def told_twice(front: PlayedFront, slack_server: SlackServer) -> None:
    async with bot_of(front) as (_, one), bot_of(front) as (_, other):
        events = [told(mention("Who?", f"{n}.1"), f"Ev{n}") for n in range(20)]
        await asyncio.gather(*(one.json(each) for each in events))
        await asyncio.gather(*(other.json(each) for each in events))
        await slack_server.until(lambda: len(slack_server.posted) == 20)
        for record in await front.store.runs(100):
            await delivered(front, record.id)
    assert [one.thread for one in sorted(slack_server.posted.values(), key=_number)] == [
        f"{n}.1" for n in range(20)
    ]


def _number(one: Posted) -> int:
    return int(str(one.thread).partition(".")[0])
