"""Responses of the whole service: a real queue, a real worker, a model on loopback."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from conftest import QUESTION, ChatServer
from openai import AsyncOpenAI
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from service.api import application
from service.settings import Settings
from service.work.service import Service, service

STREAM_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


@pytest.fixture
async def front(tmp_path: Path, films: Path, chat_server: ChatServer) -> AsyncIterator[Service]:
    settings = Settings(
        model="openai:test",
        base_url=chat_server.url,
        database=str(tmp_path / "runs.db"),
        cache=tmp_path / "cache",
        data=tmp_path,
        embeddings="off",
    )
    async with service(settings, [films], most=2) as (running, _):
        yield running


@pytest.fixture
async def client(front: Service) -> AsyncIterator[AsyncOpenAI]:
    runner = web.AppRunner(application(front), handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    async with AsyncOpenAI(base_url=url, api_key="any", max_retries=0) as opened:
        yield opened
    await runner.cleanup()


async def followed(client: AsyncOpenAI, id_: str, after: int | None = None) -> list[dict[str, Any]]:
    """The events as they were sent."""
    more: Any = {} if after is None else {"starting_after": after}
    stream = await client.responses.retrieve(id_, stream=True, **more)
    return [event.to_dict() async for event in stream]


async def test_every_event_of_a_real_run_is_the_same_whenever_it_is_followed(
    client: AsyncOpenAI, chat_server: ChatServer, films: Path
) -> None:
    chat_server.hold("When was Bong")
    made = await client.responses.create(model="breadth", input=QUESTION, background=True)
    live = asyncio.create_task(followed(client, made.id))
    async with asyncio.timeout(60):
        await chat_server.held.wait()
        part = await client.responses.retrieve(made.id)
        chat_server.release.set()
        events = await live
    assert part.status == "in_progress"
    assert part.output_text == ""
    for event in events:
        if not event["type"].startswith("breadth:"):
            STREAM_EVENT.validate_python(event)
    assert events[-1]["type"] == "response.completed"
    assert await followed(client, made.id) == events
    for cut in (0, 7, len(events) - 2):
        assert await followed(client, made.id, cut) == events[cut + 1 :]
    whole = await client.responses.retrieve(made.id)
    assert whole.to_dict() == events[-1]["response"]
    assert str(films) not in whole.model_dump_json()
    assert [item.to_dict() for item in part.output] != []


async def test_an_answer_cites_and_is_gone_on_from(client: AsyncOpenAI, films: Path) -> None:
    made = await client.responses.create(model="breadth", input=QUESTION)
    Response.model_validate(made.model_dump(mode="json"))
    assert "Bong Joon-ho" in made.output_text
    message = made.output[-1]
    assert message.type == "message"
    for note in message.content[0].annotations:  # type: ignore[union-attr]
        assert made.output_text[note.start_index : note.end_index].strip("[]").isdigit()  # type: ignore[union-attr]
        assert (films / note.url).is_file()  # type: ignore[union-attr]
    assert {item.type for item in made.output} == {"reasoning", "file_search_call", "message"}
    assert made.usage is not None
    assert made.usage.total_tokens > 0
    after = await client.responses.create(
        model="breadth", input="When was Bong Joon-ho born?", previous_response_id=made.id
    )
    assert "14 September 1969" in after.output_text
