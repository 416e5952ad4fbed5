"""What `breadth models check` found of a server decides what later runs ask it for."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from endpoint_server import (
    ASKED,
    GRAMMAR,
    SCHEMA,
    WHOLE,
    asking,
    count,
    models,
    piece,
    serving,
    stream,
)

from inference import Capabilities, Unsupported, complete, embeddings, p_yes
from service.model_commands import checked
from service.models import model_of
from service.remembered import remember, remembered
from service.settings import Settings

NOTHING = Capabilities(
    grammar=False,
    schema=False,
    samples=False,
    top_logprobs=0,
    streaming=True,
    counting=False,
    weighing=False,
    embedding=False,
    reranking=False,
    tools=False,
    first_token_seconds=0.1,
    tokens_per_second=1.0,
    tokens_per_second_8=1.0,
)


async def test_what_a_server_cannot_do_is_not_asked_of_it() -> None:
    async with serving(WHOLE) as played, asking(played.url, known=NOTHING) as model:
        for wish in ({"top_logprobs": 3}, {"continuation": "Roma"}):
            with pytest.raises(Unsupported, match="breadth models check"):
                await complete(model, replace(ASKED, **wish))  # type: ignore[arg-type]
        assert (await embeddings(model, ["a"])).method == "hashed"
        assert played.bodies == []
        await complete(model, replace(ASKED, n=3))
        assert [body["n"] for body in played.bodies] == [1, 1, 1]
        await p_yes(model, ASKED.messages)
        assert not any("logprobs" in body for body in played.bodies)


async def test_a_schema_that_was_seen_to_hold_need_not_be_told_in_words() -> None:
    able = replace(NOTHING, schema=True)
    async with serving(WHOLE) as played, asking(played.url, known=able) as model:
        assert model.constrains(replace(ASKED, schema=SCHEMA))
        assert not model.constrains(replace(ASKED, grammar=GRAMMAR))
    async with serving(WHOLE) as played, asking(played.url, known=NOTHING) as model:
        assert not model.constrains(replace(ASKED, schema=SCHEMA))


async def test_a_check_is_remembered_for_its_server_and_model(tmp_path: Path) -> None:
    async def chat(request: web.Request) -> web.StreamResponse:
        body: dict[str, Any] = await request.json()
        text = "zebra" if "response_format" in body else "a dolphin"
        return await stream(piece(text), piece(reason="stop"), count(5, 2))(request)

    async with serving(chat, models=models("m", owner="x")) as played:
        settings = Settings(model="openai:m", base_url=played.url, cache=tmp_path)
        found = await checked(settings)
        assert (found["schema"], found["samples"], found["top_logprobs"]) == (True, False, 0)
        model = await model_of(settings)
        try:
            assert model.constrains(replace(ASKED, schema=SCHEMA))
            with pytest.raises(Unsupported):
                await complete(model, replace(ASKED, top_logprobs=1))
        finally:
            await model.close()
        assert remembered(tmp_path, played.url, "other") is None
        assert (await checked(settings))["schema"], "what is known is no reason not to look again"


@pytest.mark.parametrize("broken", ["", "[]", "{", '{"http://a m": {"grammar": true}}'])
def test_a_broken_file_is_no_file(tmp_path: Path, broken: str) -> None:
    (tmp_path / "servers.json").write_text(broken)
    assert remembered(tmp_path, "http://a", "m") is None
    remember(tmp_path, "http://a/", "m", NOTHING)
    assert remembered(tmp_path, "http://a", "m") == NOTHING
    assert [path.name for path in tmp_path.iterdir()] == ["servers.json"]
