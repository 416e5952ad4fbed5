"""`breadth models`: what there is, and what a model can do."""

import json

import pytest
from aiohttp import web
from endpoint_server import asking, count, models, piece, serving, status, stream

from inference import ModelUnavailable, Request, ScriptedModel, guessing, probe
from service.model_commands import check_table, list_table, listed
from service.settings import Settings


async def test_abilities_are_seen_and_not_believed() -> None:
    def reply(request: Request) -> str:
        return "zebra" if request.grammar else "a dolphin"

    found = await probe(ScriptedModel(reply))
    assert found.grammar
    assert not found.schema
    assert found.samples
    assert found.top_logprobs == 0
    assert found.tokens_per_second is not None
    assert found.tokens_per_second > 0


async def test_a_refused_ability_is_none_at_all() -> None:
    def reply(request: Request) -> str:
        if request.grammar or request.schema or request.n > 1 or request.top_logprobs:
            raise ModelUnavailable("no")
        return "hello"

    found = await probe(ScriptedModel(reply))
    assert (found.grammar, found.schema, found.samples, found.top_logprobs) == (False,) * 3 + (0,)


async def test_a_model_that_never_answers_is_an_error() -> None:
    with pytest.raises(ModelUnavailable, match="gone"):
        await probe(ScriptedModel(lambda _: ModelUnavailable("gone")))


def test_the_packaged_models_are_listed() -> None:
    rows = listed(Settings())
    assert [row["name"] for row in rows] == ["base", "small"]
    assert json.loads(json.dumps(rows)) == rows
    assert list_table(rows).row_count == 2


def test_what_was_found_is_shown() -> None:
    found = {
        "model": "m",
        "base_url": "http://127.0.0.1:1/v1",
        "engine": "vllm",
        "window": None,
        "grammar": True,
        "schema": False,
        "samples": True,
        "top_logprobs": 20,
        "first_token_seconds": 0.25,
        "tokens_per_second": 31.0,
        "tokens_per_second_8": None,
        "tools": None,
        "speculation_accepted": 0.5,
    }
    assert check_table(found).row_count == len(found)


async def test_a_server_is_asked_for_what_it_can_do() -> None:
    called = {"choices": [{"message": {"tool_calls": [{"function": {"name": "weather"}}]}}]}

    async def chat(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if "tools" in body:
            return web.json_response(called)
        ends = [piece("ra", index, reason="stop") for index in range(body["n"])]
        return await stream(piece("zeb"), *ends, count(5, 2))(request)

    vector = {"data": [{"index": 0, "embedding": [1.0]}]}
    async with serving(chat, models=models("m", owner="x")) as played, asking(played.url) as model:
        played.others["/v1/embeddings"] = status(200, vector)
        found = await probe(model)
    assert (found.streaming, found.tools, found.embedding) == (True, True, True)
    assert (found.counting, found.weighing, found.reranking) == (False, False, False)


METRICS = """# HELP vllm:spec_decode_num_draft_tokens_total Number of draft tokens.
vllm:spec_decode_num_drafts_total{engine="0",model_name="m"} 4.0
vllm:spec_decode_num_draft_tokens_total{engine="0",model_name="m"} 16.0
vllm:spec_decode_num_accepted_tokens_total{engine="0",model_name="m"} 12.0
"""


async def test_guesses_that_a_server_counts_are_read_off_its_metrics() -> None:
    told = iter([METRICS.replace(" 16.0", " 8.0").replace(" 12.0", " 6.0"), METRICS])

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(text=next(told), content_type="text/plain")

    said = stream(piece("The river"), piece(reason="stop"), count(5, 2))
    async with serving(said) as played, asking(played.url) as model:
        played.others["/metrics"] = metrics
        assert (await guessing(model)).accepted == 6 / 8


async def test_a_server_that_counts_no_guesses_tells_nothing() -> None:
    said = stream(piece("The river"), piece(reason="stop"), count(5, 2))
    async with serving(said) as played, asking(played.url) as model:
        assert (await guessing(model)).accepted is None
