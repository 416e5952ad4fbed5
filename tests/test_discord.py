"""Discord: a command is a question, whose answer is that of the interaction."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from asked_front import ANSWER, PlayedFront, ending, working
from loopback import on_loopback
from pydantic import SecretStr

pytest.importorskip("cryptography")
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from discord_server import (
    BOT_TOKEN,
    PUBLIC,
    DiscordServer,
    Sender,
    command,
    pressed,
    signed,
)

from planner import AnswerWritten, RunEnded, Section, Sentence
from service.api import application
from service.channel_settings import ChannelSettings
from service.discord import DiscordBot, discord_bot
from service.errors import UsageProblem
from service.settings import Settings
from storage import TraceStore

DONE = (*working(), *ending())


@pytest.fixture
async def front(tmp_path: Path, discord_server: DiscordServer) -> AsyncIterator[PlayedFront]:
    settings = Settings(
        database=str(tmp_path / "runs.db"),
        discord_public_key=PUBLIC,
        discord_api=discord_server.url,
    )
    async with await TraceStore.open(settings.store) as store:
        yield PlayedFront(store, settings)


@asynccontextmanager
async def bot_of(front: PlayedFront) -> AsyncIterator[tuple[DiscordBot, Sender]]:
    async with discord_bot(front, pace=0.02) as bot:
        app = application(front, host="0.0.0.0")
        bot.add_to(app)
        async with on_loopback(app) as url, ClientSession() as session:
            yield bot, Sender(url, session)


@pytest.fixture
async def sender(front: PlayedFront) -> AsyncIterator[Sender]:
    async with bot_of(front) as (_, sending):
        yield sending


async def test_a_command_is_answered_later_by_one_message_that_comes_to_its_answer(
    front: PlayedFront, sender: Sender, discord_server: DiscordServer
) -> None:
    assert await sender.tell({"type": 1}) == {"type": 1}
    assert await sender.tell(command("Who directed Roma?")) == {"type": 5}
    await discord_server.until(lambda: "t1" in discord_server.answers)
    run = await front.play_next(*working())
    one = discord_server.answers["t1"]
    await discord_server.until(lambda: "1 of 1 step done" in one.content)
    assert one.buttons[0]["label"] == "Stop"
    await front.play(run, *ending())
    await discord_server.answer("t1")
    assert "Alfonso Cuarón 🎬 directed Roma." in one.content
    assert "[\\[1\\]](<https://example.org/roma>)" in one.content
    assert "/srv/films" not in str(one.shown)
    ((asked, asker),) = front.asked
    assert (asked.question, asker.user) == ("Who directed Roma?", "discord:G1")


async def test_the_same_interaction_is_asked_once_across_restarts(
    front: PlayedFront, discord_server: DiscordServer
) -> None:
    front.script = DONE
    for _ in range(2):
        async with bot_of(front) as (_, sender):
            await sender.tell(command("Who?"))
            await discord_server.answer("t1")
    assert len(await front.store.runs(9)) == 1


async def test_what_is_not_signed_or_long_ago_is_refused(
    front: PlayedFront, sender: Sender
) -> None:
    raw = json.dumps(command("Who?")).encode()
    wrong: list[dict[str, str]] = [
        {},
        signed(raw, key=Ed25519PrivateKey.generate()),
        signed(raw, time.time() - 400),
        signed(raw + b" "),
        {**signed(raw), "X-Signature-Ed25519": "zz"},
        {**signed(raw), "X-Signature-Timestamp": "soon"},
    ]
    for headers in wrong:
        status, told = await sender.raw(raw, headers)
        assert (status, told["error"]["code"]) == (401, "invalid_signature")
    assert await front.store.runs(9) == []
    for body in (b"{", b"[]", b"[" * 9000, b"\xff"):
        assert (await sender.raw(body))[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": 9},
        {"type": 2},
        {"type": 2, "data": []},
        {**command("Who?"), "member": {"user": {"id": "U1", "bot": True}}},
        {**command("Who?"), "token": 7},
        {**command("Who?"), "data": {"options": [{"name": "question", "value": 7}, 3]}},
        command(" "),
        command("x" * 300_000),
    ],
)
async def test_what_asks_nothing_is_told_so_to_who_sent_it(
    front: PlayedFront, sender: Sender, body: dict[str, Any]
) -> None:
    told = await sender.tell(body)
    assert (told["type"], told["data"]["flags"]) == (4, 64)
    assert await front.store.runs(9) == []


async def test_the_button_stops_the_run_and_the_message_says_who_pressed_it(
    front: PlayedFront, sender: Sender, discord_server: DiscordServer
) -> None:
    await sender.tell(command("Who?"))
    run = await front.play_next(*working())
    await discord_server.until(lambda: "t1" in discord_server.answers)
    one = discord_server.answers["t1"]
    await discord_server.until(lambda: "1 of 1" in one.content)
    button = pressed(one, guild="G2")
    assert await sender.tell(button) == {"type": 6}
    assert not (await front.store.run(run)).is_over
    assert await sender.tell({**button, "guild_id": "G1"}) == {"type": 6}
    await discord_server.answer("t1")
    assert one.content.endswith("🛑 Stopped by <@U2>.")


async def test_a_thread_goes_on_from_its_last_answer_and_a_channel_where_it_is_wished(
    front: PlayedFront, sender: Sender, discord_server: DiscordServer
) -> None:
    front.script = DONE
    thread = {"id": "C1", "type": 11, "name": "films"}
    follow = [{"name": "question", "value": "When?"}, {"name": "follow", "value": True}]
    for number, more in enumerate(
        ({}, {}, {"channel": thread}, {"data": {"options": follow}}, {"guild_id": "G2"}), 1
    ):
        await sender.tell({**command("When?", number), **more})
        await discord_server.answer(f"t{number}")
    previous = [asked.previous is not None for asked, _ in front.asked]
    assert previous == [False, False, True, True, False]


async def test_channels_have_settings_of_their_own_and_some_are_off(
    front: PlayedFront, discord_server: DiscordServer
) -> None:
    front.script = DONE
    channels: Any = {"films": ChannelSettings(effort="high"), "C2": "off"}
    front.settings = front.settings.model_copy(update={"discord_channels": channels})
    async with bot_of(front) as (_, sender):
        off = await sender.tell({**command("Who?"), "channel_id": "C2"})
        assert "does not answer" in off["data"]["content"]
        await sender.tell(command("Who?", 2))
        await discord_server.answer("t2")
    ((asked, _),) = front.asked
    assert asked.options["effort"] == "high"


async def test_discord_is_left_alone_when_it_asks_for_rest_and_a_lost_change_is_done_again(
    front: PlayedFront, sender: Sender, discord_server: DiscordServer
) -> None:
    front.script = DONE
    discord_server.moods = [
        lambda: web.json_response({"retry_after": 0.2}, status=429, headers={"Retry-After": "0.2"}),
        lambda: "lost",
    ]
    await sender.tell(command("Who?"))
    one = await discord_server.answer("t1")
    assert "Cuarón" in one.content
    assert len(discord_server.answers) == 1


async def test_a_long_answer_is_a_file_with_its_beginning(
    front: PlayedFront, sender: Sender, discord_server: DiscordServer
) -> None:
    text = "Alfonso Cuarón directed [Roma](http://evil.example) <@everyone>. "
    sections = tuple(Section(f"Part {n}", (Sentence(text * 5, (1,)),)) for n in range(9))
    front.script = (
        *working(),
        AnswerWritten(replace(ANSWER, sections=sections)),
        RunEnded("incomplete", "no tokens are left"),
    )
    await sender.tell(command("Tell all"))
    one = await discord_server.answer("t1")
    assert "Incomplete: no tokens are left" in one.content
    assert "in answer.md" in one.content
    assert "](<http://evil" not in one.content
    (file,) = one.files
    assert "## Part 8" in file


async def test_an_answer_that_comes_too_late_for_the_interaction_is_posted_once_by_the_bot(
    front: PlayedFront, discord_server: DiscordServer
) -> None:
    changes = {"discord_bot_token": SecretStr(BOT_TOKEN)}
    front.settings = front.settings.model_copy(update=changes)
    discord_server.expired.add("t1")
    discord_server.moods = [lambda: "lost"]
    front.script = DONE
    async with bot_of(front) as (_, sender):
        await discord_server.until(lambda: len(discord_server.commands) == 1)
        assert discord_server.commands[0]["name"] == "breadth"
        await sender.tell(command("Who directed Roma?"))
        await front.created.wait()
        run = (await front.store.runs(1))[0].id
        await posting_is(front, run, "delivered_at")
    (one,) = discord_server.channels["C1"]
    assert one.content.startswith("<@U1> asked: Who directed Roma?")
    assert one.content.endswith(f"\n-# {run}")
    assert one.shown[0]["nonce"] == run


async def test_without_a_bots_token_a_late_answer_is_given_up_with_the_reason(
    front: PlayedFront, sender: Sender, discord_server: DiscordServer
) -> None:
    discord_server.expired.add("t1")
    front.script = DONE
    await sender.tell(command("Who?"))
    await front.created.wait()
    one = await posting_is(front, (await front.store.runs(1))[0].id, "dead_at")
    assert "BREADTH_DISCORD_BOT_TOKEN" in one.error
    assert one.created_at > datetime.now(UTC) - timedelta(minutes=5)


async def posting_is(front: PlayedFront, run: str, field: str) -> Any:
    """Waits for what the courier notes."""
    async with asyncio.timeout(30):
        one = None
        while not getattr(one, field, None):
            await asyncio.sleep(0.02)
            one = await front.store.postings.of_run(run)
    return one


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"discord_public_key": ""}, "BREADTH_DISCORD_PUBLIC_KEY"),
        ({"discord_public_key": "abc"}, "BREADTH_DISCORD_PUBLIC_KEY"),
        ({"discord_api": "discord.com"}, "BREADTH_DISCORD_API"),
    ],
)
async def test_settings_that_lack_something_say_what(
    front: PlayedFront, changes: dict[str, Any], told: str
) -> None:
    front.settings = front.settings.model_copy(update=changes)
    with pytest.raises(UsageProblem, match=told):
        async with discord_bot(front):
            pass
