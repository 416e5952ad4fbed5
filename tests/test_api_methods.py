"""Models of the service that are methods of reasoning."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from asked_front import serving_api
from endpoint_server import Answer, models, piece, serving, stream
from openai import AsyncOpenAI, NotFoundError

from reasoning import METHODS
from service.api import application
from service.settings import Settings
from service.work.service import service


@asynccontextmanager
async def working(tmp_path: Path, *answers: Answer) -> AsyncIterator[AsyncOpenAI]:
    """A client of a service that does its runs, with a server that answers so."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "cats.md").write_text("A cat has four legs.", encoding="utf-8")
    async with serving(*answers, models=models("m", owner="somebody")) as played:
        settings = Settings(
            model="openai:m",
            base_url=played.url,
            database=str(tmp_path / "runs.db"),
            cache=tmp_path / "cache",
            data=tmp_path,
            embeddings="off",
        )
        async with service(settings, [tmp_path / "notes"], most=1) as (front, _):
            runner = web.AppRunner(application(front), shutdown_timeout=1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
            async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
                yield client
            await runner.cleanup()


async def test_a_response_is_reasoned_by_the_method_that_its_model_names(tmp_path: Path) -> None:
    said = stream(piece("Answer: 8", 0), piece("Answer: 7", 1), piece("4 + 4\nAnswer: 8", 2))
    async with working(tmp_path, said) as client:
        response = await client.responses.create(
            model="breadth:self-consistency(3)", input="How many legs have two cats?"
        )
        assert response.status == "completed"
        assert response.output_text.startswith("8.")
        (cited,) = response.output[-1].content[0].annotations  # type: ignore[union-attr,index]
        title = "Reasoning by self-consistency(3), confidence 0.67"
        assert (cited.title, cited.url) == (title, title)  # type: ignore[union-attr]
        run = await client.get(f"/runs/{response.id.removeprefix('resp_')}", cast_to=object)
    (step,) = run["steps"]  # type: ignore[index]
    assert (step["tool"], step["arguments"]["method"]) == ("think", "self-consistency(3)")


async def test_a_chat_may_be_reasoned_too(tmp_path: Path) -> None:
    async with working(tmp_path, stream(piece("Answer: 8", 0))) as client:
        said = await client.chat.completions.create(
            model="breadth:vote(1, vote(1))",
            messages=[{"role": "user", "content": "How many legs have two cats?"}],
        )
    assert (said.choices[0].message.content or "").startswith("8.")


async def test_all_methods_are_models_and_what_is_none_is_told_so(tmp_path: Path) -> None:
    async with serving_api(tmp_path) as there:
        url = f"{there.url}/v1"
        async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
            listed = {model.id async for model in client.models.list()}
            assert {f"breadth:{name}" for name in METHODS} <= listed
            with pytest.raises(NotFoundError, match="there is no method 'rsb'"):
                await client.responses.create(model="breadth:rsb", input="Why?")
