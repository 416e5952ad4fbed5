"""`breadth models`: what there is, and what a model can do."""

import json

import pytest

from inference import ModelUnavailable, Request, ScriptedModel, probe
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
    }
    assert check_table(found).row_count == len(found)
