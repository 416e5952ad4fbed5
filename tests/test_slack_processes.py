"""Slack and processes that are killed: nothing that was asked is lost, or answered twice."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientSession
from conftest import QUESTION, ChatServer
from slack_server import SECRET, TOKEN, Sender, SlackServer, mention, message, told
from test_service_processes import process

pytest.importorskip("slack_bolt")
from service.settings import Settings
from storage import TraceStore


async def test_a_killed_service_goes_on_where_it_was_with_one_run_and_one_message(
    tmp_path: Path, films: Path, chat_server: ChatServer, slack_server: SlackServer
) -> None:
    """Killed while its message says how far the run has come, and told again by Slack of what it
    had acknowledged."""
    settings = Settings(
        model="openai:test",
        base_url=chat_server.url,
        database=str(tmp_path / "runs.db"),
        cache=tmp_path / "cache",
        data=tmp_path,
    )
    slack = {
        "BREADTH_SLACK_BOT_TOKEN": TOKEN,
        "BREADTH_SLACK_SIGNING_SECRET": SECRET,
        "BREADTH_SLACK_API": f"{slack_server.url}/api/",
        "BREADTH_EMBEDDINGS": "off",
    }
    serve = ("serve", "--port", "0", "--runs", "1")
    chat_server.hold("When was Bong")
    async with ClientSession() as session, asyncio.timeout(150):
        async with process(settings, films, *serve, **slack) as (first, facts):
            sender = Sender(str(facts["url"]), session)
            assert await sender.json(told(mention(QUESTION), "Ev1")) == 200
            await chat_server.held.wait()
            await slack_server.until(lambda: len(slack_server.posted) == 1)
            first.kill()
            await first.wait()
        async with process(settings, films, *serve, **slack) as (_, facts):
            sender = Sender(str(facts["url"]), session)
            again = {"X-Slack-Retry-Num": "1"}
            assert await sender.json(told(mention(QUESTION), "Ev1"), **again) == 200
            assert await sender.json(told(message(f"<@UBOT> {QUESTION}"), "Ev2")) == 200
            chat_server.release.set()
            one = await slack_server.answer("1.1", seconds=90)
    assert "Bong Joon-ho is older" in one.text
    assert len(slack_server.posted) == 1
    assert slack_server.faults == []
    async with await TraceStore.open(settings.store) as store:
        assert len(await store.runs(9)) == 1
