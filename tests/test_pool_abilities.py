"""What a pool finds its endpoints able to do: at a check, and when one of them cannot."""

from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest
from aiohttp import web
from endpoint_server import ASKED, WHOLE, Answer, Played, models, pooling, serving, status
from test_pool import FAILS, Held, asked, let_go, pool_of, start

from inference import ModelRefused, ModelUnavailable, PooledModel, Unsupported, complete


async def checked(*lists: Answer | None) -> tuple[PooledModel, list[Played]]:
    """A pool after its check; where there is no list, there is no server."""
    async with AsyncExitStack() as stack:
        played = [
            await stack.enter_async_context(serving(WHOLE, models=one or FAILS)) for one in lists
        ]
        urls = [one.url for one in played]
        model = await stack.enter_async_context(pooling(*urls, engine=None))
        await model.check()
        await complete(model, ASKED)
        await complete(model, ASKED)
        return model, played


async def test_a_check_goes_on_without_those_that_are_not_there() -> None:
    model, played = await checked(models("m"), None, models("m"))
    assert len(model.missing) == 1
    assert played[1].url in model.missing[0]
    assert asked(played) == [1, 0, 1]


async def test_a_check_fails_when_nobody_is_there_or_anybody_has_another_model() -> None:
    with pytest.raises(ModelUnavailable, match="no endpoint of 'm' can be had"):
        await checked(None, None)
    with pytest.raises(ModelRefused, match="no model 'm'; it has: other"):
        await checked(models("m"), models("other"))
    with pytest.raises(ModelUnavailable, match="answered 500"):
        await checked(None)


async def test_the_window_is_the_smallest() -> None:
    def listing(window: int) -> Answer:
        return status(200, {"data": [{"id": "m", "owned_by": "vllm", "max_model_len": window}]})

    model, _ = await checked(listing(8192), listing(4096), models("m"))
    assert model.window == 4096


async def test_embeddings_are_asked_of_another_endpoint_too() -> None:
    async def vectors(request: web.Request) -> web.StreamResponse:
        return web.json_response({"data": [{"index": 0, "embedding": [0.6, 0.8]}]})

    async with pool_of((WHOLE,), (WHOLE,)) as (model, played):
        played[0].others["/v1/embeddings"] = status(503, {"error": {"message": "loading"}})
        played[1].others["/v1/embeddings"] = vectors
        assert await model.embed(["a cat"]) == [[0.6, 0.8]]
        assert model.endpoints[0].failures == 1
        assert [one.in_flight for one in model.endpoints] == [0, 0]
        with pytest.raises(Unsupported):  # no server of the two has such a path
            await model.rerank("cat?", ["a cat"])
        assert [one.in_flight for one in model.endpoints] == [0, 0]


def vectors(texts: Sequence[str] = ("a cat",)) -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        data = [{"index": index, "embedding": [1.0]} for index, _ in enumerate(texts)]
        return web.json_response({"data": data})

    return answer


async def test_what_one_endpoint_is_not_able_to_do_another_may() -> None:
    async with pool_of((WHOLE,), (WHOLE,)) as (model, played):
        played[1].others["/v1/embeddings"] = vectors()
        for _ in range(4):  # whoever's turn it is
            assert await model.embed(["a cat"]) == [[1.0]]
        assert [one.failures for one in model.endpoints] == [0, 0]


async def test_what_no_endpoint_is_able_to_do_is_no_failure_of_any() -> None:
    async with pool_of((FAILS, WHOLE), attempts=1) as (model, _):
        with pytest.raises(ModelUnavailable):
            await complete(model, ASKED)
        failures = model.endpoints[0].failures
        assert failures
        with pytest.raises(Unsupported):
            await model.rerank("cat?", ["a cat"])
        assert model.endpoints[0].failures == failures, "that says nothing of its health"


async def test_a_reason_lasts_until_the_endpoint_answers() -> None:
    async with pool_of((FAILS, WHOLE)) as (model, _):
        await complete(model, ASKED)
        assert (model.endpoints[0].reason, model.endpoints[0].dead) == ("", False)


async def test_counting_takes_no_place() -> None:
    held = Held()
    tokenized = status(200, {"count": 7})
    async with serving(held) as played, pooling(played.url, engine="vllm") as model:
        played.others["/tokenize"] = tokenized
        model.endpoints[0].limit = 1
        tasks = await start([held], model, 1)
        assert await model.count(ASKED.messages) == 7
        await let_go([held], tasks)


async def test_counting_goes_on_where_one_endpoint_is_gone() -> None:
    async with pool_of((WHOLE,), (WHOLE,)) as (model, played):
        with pytest.raises(Unsupported, match="no tokenizer"):
            await model.count(ASKED.messages)
    async with pooling("http://127.0.0.1:9/v1", engine="vllm") as model:
        with pytest.raises(ModelUnavailable):
            await model.count(ASKED.messages)
        assert model.endpoints[0].dead
    assert asked(played) == [0, 0]
