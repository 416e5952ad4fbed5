"""Chat completions of the whole service: a real queue, a real worker, a model on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from conftest import QUESTION, ChatServer, right_reply
from openai import AsyncOpenAI

from service.api import application
from service.settings import Settings
from service.work.service import service

ASKED: list[dict[str, str]] = [{"role": "user", "content": QUESTION}]


@pytest.fixture
async def url(tmp_path: Path, films: Path, chat_server: ChatServer) -> AsyncIterator[str]:
    """Of the service."""
    settings = Settings(
        model="openai:test",
        base_url=chat_server.url,
        database=str(tmp_path / "runs.db"),
        cache=tmp_path / "cache",
        data=tmp_path,
        embeddings="off",
        pass_on=True,
    )
    async with service(settings, [films], most=2) as (front, _):
        runner = web.AppRunner(application(front), handler_cancellation=True, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        await runner.cleanup()


@pytest.fixture
async def client(url: str) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as opened:
        yield opened


async def test_a_question_gets_its_cited_answer(client: AsyncOpenAI, films: Path) -> None:
    said = await client.chat.completions.create(model="breadth", messages=ASKED)  # type: ignore[arg-type]
    message = said.choices[0].message
    assert message.content is not None
    assert "Bong Joon-ho" in message.content
    assert message.annotations
    for each in message.annotations:
        found = each.url_citation
        assert message.content[found.start_index : found.end_index].strip("[]").isdigit()
        assert (films / found.url).is_file()
    assert str(films) not in said.model_dump_json()
    assert said.usage is not None
    assert said.usage.prompt_tokens > 0


async def test_a_stream_has_the_plan_and_then_the_same_text(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(model="breadth", messages=ASKED, stream=True)  # type: ignore[call-overload]
    text, steps = "", set()
    async for chunk in stream:
        told = (chunk.model_extra or {}).get("breadth")
        if told and told["type"] == "step_ended":
            assert text == ""
            steps.add(told["id"])
        text += chunk.choices[0].delta.content or ""
    assert "Bong Joon-ho" in text
    assert steps >= {"a", "b", "c", "d", "e"}


async def test_an_answer_in_a_form_is_json_whole_and_streamed(
    client: AsyncOpenAI, chat_server: ChatServer
) -> None:
    filled = {"director": "Bong Joon-ho", "town": None}

    def filling(asked: str) -> str:
        return json.dumps(filled) if "Fields:" in asked else right_reply(asked)

    chat_server.reply = filling
    schema = {
        "type": "object",
        "properties": {"director": {"type": "string"}, "town": {"type": ["string", "null"]}},
        "required": ["director", "town"],
        "additionalProperties": False,
    }
    form: Any = {"type": "json_schema", "json_schema": {"name": "older", "schema": schema}}
    wished: dict[str, Any] = {"model": "breadth", "messages": ASKED, "response_format": form}
    said = await client.chat.completions.create(**wished)
    stream = await client.chat.completions.create(**wished, stream=True)
    text = ""
    async for chunk in stream:
        for choice in chunk.choices:
            text += choice.delta.content or ""
    message = said.choices[0].message
    assert json.loads(message.content or "") == json.loads(text) == filled
    assert message.annotations == []
    assert said.choices[0].finish_reason == "stop"


async def test_a_form_that_cannot_be_filled_leaves_the_text_and_is_no_whole_answer(
    client: AsyncOpenAI, chat_server: ChatServer
) -> None:
    chat_server.reply = lambda asked: "no" if "Fields:" in asked else right_reply(asked)
    schema = {"type": "object", "properties": {"director": {"type": "string"}}}
    form: Any = {"type": "json_schema", "json_schema": {"name": "older", "schema": schema}}
    said = await client.chat.completions.create(
        model="breadth",
        messages=ASKED,  # type: ignore[arg-type]
        response_format=form,
    )
    assert "Bong Joon-ho" in str(said.choices[0].message.content)
    assert said.choices[0].finish_reason == "length"
    assert (said.model_extra or {})["breadth"]["status"] == "incomplete"


async def test_a_client_that_leaves_stops_the_run(url: str, chat_server: ChatServer) -> None:
    chat_server.hold("Who directed")
    async with ClientSession(url) as http:
        body = {"model": "breadth", "messages": ASKED}
        asking = asyncio.create_task(http.post("/v1/chat/completions", json=body))
        await chat_server.held.wait()
        asking.cancel()
        await asyncio.wait({asking})
        await asyncio.wait_for(chat_server.dropped.wait(), 30)
        async with http.get("/v1/runs") as answer:
            (run,) = (await answer.json())["data"]
        async with http.get(f"/v1/runs/{run['id']}/events") as answer:
            assert (await answer.text()).endswith('"status": "cancelled"}\n\n')


async def test_the_model_behind_it_is_asked_directly(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(model="test", messages=ASKED, stream=True)  # type: ignore[call-overload]
    text = ""
    async for chunk in stream:
        for choice in chunk.choices:
            text += choice.delta.content or ""
    assert text.startswith('{"id":"a","lookup":')
    assert "test" in [model.id async for model in client.models.list()]
