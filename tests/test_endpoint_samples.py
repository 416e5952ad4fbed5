"""n samples from servers that do not know n."""

import pytest
from aiohttp import web
from endpoint_server import ASKED, Answer, asking, count, piece, serving, status, stream

from inference import Completion, EndpointModel, ModelRefused, Request, complete
from inference.wire import Engine

THREE = Request(ASKED.messages, n=3, temperature=0.7, seed=5)


def said(text: str) -> Answer:
    return stream(piece(text), piece(reason="stop"), count(7, 2))


async def twice(model: EndpointModel) -> list[Completion]:
    return [await complete(model, THREE) for _ in range(2)]


@pytest.mark.parametrize("first", [said("1"), status(400, {"error": "n must be 1"})])
@pytest.mark.parametrize("engine", ["other", "llama.cpp"])
async def test_a_server_that_does_not_know_n_is_asked_for_each(
    first: Answer, engine: Engine
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        return await (first if body["n"] > 1 else said(f"seed {body['seed']}"))(request)

    async with serving(answer) as played, asking(played.url, engine=engine) as model:
        made, again = await twice(model)
    one = "1" if len(played.bodies) == 6 else "seed 5"
    assert [sample.text for sample in made.samples] == [one, "seed 6", "seed 7"]
    assert all(sample.whole for sample in made.samples)
    assert [sample.text for sample in again.samples] == ["seed 5", "seed 6", "seed 7"]
    assert [body["n"] for body in played.bodies].count(3) == 1
    assert again.usage.completion_tokens == 6


async def test_a_refusal_that_has_another_reason_is_told() -> None:
    async with serving(status(400, {"error": "too long"})) as played, asking(played.url) as model:
        with pytest.raises(ModelRefused, match="too long"):
            await complete(model, THREE)
    assert [body["n"] for body in played.bodies][:2] == [3, 1]


async def test_an_engine_that_knows_n_is_not_asked_again() -> None:
    refusal = status(400, {"error": "too long"})
    async with serving(refusal) as played, asking(played.url, engine="vllm") as model:
        with pytest.raises(ModelRefused, match="too long"):
            await complete(model, THREE)
    assert len(played.bodies) == 1
