"""What a server, or EndpointModel itself, refuses, and how the user is told."""

from dataclasses import replace
from functools import partial

import pytest
from endpoint_server import ASKED, GRAMMAR, SCHEMA, WHOLE, asked, asking, models, serving, status

from inference import (
    EndpointModel,
    ModelError,
    ModelRefused,
    ModelSetupError,
    NoAddress,
    Sample,
    complete,
)


@pytest.mark.parametrize("code", [400, 422])
async def test_a_refused_schema_is_left_out_from_then_on(code: int) -> None:
    refusal = status(code, {"error": {"message": "unknown field response_format"}})
    async with serving(refusal, WHOLE) as played, asking(played.url) as model:
        for _ in range(2):
            made = await complete(model, replace(ASKED, schema=SCHEMA))
            assert made.samples == (Sample("Cuarón"),)
    assert ["response_format" in body for body in played.bodies] == [True, False, False]


async def test_a_refusal_with_another_reason_does_not_cost_the_schema() -> None:
    refusal = status(400, {"error": {"message": "the prompt is too long"}})
    async with serving(refusal, refusal, WHOLE) as played, asking(played.url) as model:
        with pytest.raises(ModelRefused, match="the prompt is too long"):
            await complete(model, replace(ASKED, schema=SCHEMA))
        await complete(model, replace(ASKED, schema=SCHEMA))
    assert ["response_format" in body for body in played.bodies] == [True, False, True]


@pytest.mark.parametrize("engine", ["llama.cpp", "xllamacpp", "vllm"])
async def test_an_engine_that_can_constrain_is_taken_at_its_word(engine: str) -> None:
    refusal = status(400, {"error": {"code": 400, "message": "failed to parse grammar"}})
    async with serving(refusal) as played, asking(played.url, engine=engine) as model:
        with pytest.raises(ModelRefused, match="400: failed to parse grammar"):
            await complete(model, replace(ASKED, grammar="root ::="))
    assert len(played.bodies) == 1


async def test_a_wrong_name_is_answered_with_the_right_ones() -> None:
    listed = models("qwen", "llama")
    async with serving(WHOLE, models=listed) as played, asking(played.url, engine=None) as model:
        with pytest.raises(ModelRefused, match="no model 'm'; it has: qwen, llama") as caught:
            await complete(model, ASKED)
    assert played.url in str(caught.value)
    assert played.bodies == []


@pytest.mark.parametrize(
    ("listed", "asked_for"),
    [
        (["/models/m.gguf"], "/models/m.gguf"),
        (["owner/m", "owner/n"], "owner/m"),
        (["other/m", "m"], "m"),
    ],
)
async def test_the_end_of_a_name_will_do(listed: list[str], asked_for: str) -> None:
    names = models(*listed)
    async with serving(WHOLE, models=names) as played, asking(played.url, engine=None) as model:
        await complete(model, ASKED)
    assert [body["model"] for body in played.bodies] == [asked_for]


@pytest.mark.parametrize("listed", [["m", "m"], ["m", "a/m"], ["a/m", "a/m"], ["C:\\w\\m.gguf"]])
async def test_a_list_may_repeat_a_model(listed: list[str]) -> None:
    names = models(*listed)
    async with serving(WHOLE, models=names) as played, asking(played.url, engine=None) as model:
        await complete(model, ASKED)
    assert [body["model"] for body in played.bodies] == listed[:1]


@pytest.mark.parametrize("listed", [["a/m", "b/m"], ["m.5"], ["models/xm"]])
async def test_the_end_of_a_name_has_to_be_one_models(listed: list[str]) -> None:
    names = models(*listed)
    async with serving(WHOLE, models=names) as played, asking(played.url, engine=None) as model:
        with pytest.raises(ModelRefused, match="no model 'm'"):
            await complete(model, ASKED)


@pytest.mark.parametrize("end", ["", "/"])
async def test_an_address_without_its_end_is_told_before_a_run(end: str) -> None:
    async with serving(WHOLE, models=models("m")) as played:
        short = played.url.removesuffix("/v1")
        async with asking(short + end, engine=None) as model:
            with pytest.raises(NoAddress, match=f"write --base-url {played.url}"):
                await model.check()


async def test_a_server_without_a_model_list_is_asked_all_the_same() -> None:
    async with serving(WHOLE) as played, asking(played.url, engine=None) as model:
        await complete(model, replace(ASKED, grammar=GRAMMAR))
    assert (played.listed, len(played.bodies)) == (1, 1)


@pytest.mark.parametrize("code", [401, 403])
async def test_a_wrong_key_is_said_at_once(code: int) -> None:
    refusal = status(code, {"error": {"message": "invalid key"}})
    async with serving(refusal, models=refusal) as played:
        async with asking(played.url, engine=None) as model:
            for call in (model.check, partial(complete, model, ASKED)):
                with pytest.raises(ModelRefused, match=f"{code}: invalid key.*BREADTH_API_KEY"):
                    await call()
        async with asking(played.url) as model:
            with pytest.raises(ModelRefused, match="BREADTH_API_KEY"):
                await complete(model, ASKED)
    assert len(played.bodies) == 1


async def test_a_wrong_path_says_what_an_address_looks_like() -> None:
    async with serving(WHOLE) as played, asking(played.url.removesuffix("/v1")) as model:
        with pytest.raises(ModelRefused, match=r"404: .*ends in /v1"):
            await complete(model, ASKED)


async def test_an_address_is_not_doubted_where_the_model_is_not_there() -> None:
    missing = status(404, {"error": {"message": "The model `m` does not exist."}})
    with pytest.raises(ModelRefused, match="404: The model `m` does not exist") as caught:
        await asked(missing)
    assert "--base-url" not in str(caught.value)


@pytest.mark.parametrize("part", ["me:hunter2@", "hunter2@", "?key=hunter2"])
def test_a_secret_in_the_address_is_refused_and_not_repeated(part: str) -> None:
    before, behind = ("", part) if part.startswith("?") else (part, "")
    with pytest.raises(ModelSetupError, match="BREADTH_API_KEY") as caught:
        EndpointModel("m", base_url=f"http://{before}127.0.0.1:1/v1{behind}")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "localhost:8000", "ftp://a/v1", "http://", "http://[::1", "http://a:99999"]
)
def test_what_is_no_address_is_said_before_a_run(url: str) -> None:
    with pytest.raises(ModelSetupError, match="http://HOST:PORT/v1"):
        EndpointModel("m", base_url=url)


@pytest.mark.parametrize("key", ["schlüssel", "sk-1\nX-Other: 1"])
def test_what_is_no_key_is_said_before_a_run(key: str) -> None:
    with pytest.raises(ModelSetupError, match="BREADTH_API_KEY") as caught:
        EndpointModel("m", base_url="http://127.0.0.1:1/v1", api_key=key)
    assert key not in str(caught.value)


@pytest.mark.parametrize("code", [400, 401, 429, 500])
async def test_a_key_that_the_server_repeats_is_not_shown(code: int) -> None:
    key = "sk-hunter2-hunter2"
    refusal = status(code, {"error": {"message": f"bad key {'x' * 283} {key}"}})
    async with (
        serving(refusal) as played,
        asking(played.url, api_key=key) as model,
    ):
        with pytest.raises(ModelError) as caught:
            await complete(model, ASKED)
    assert "sk-h" not in str(caught.value)
    assert "bad key" in str(caught.value)


async def test_nothing_is_sent_that_the_environment_holds_for_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer sk-other\nX-Secret: 1")
    listed = models("m", owner="llamacpp")
    async with serving(WHOLE, models=listed) as played, asking(played.url, engine=None) as model:
        await complete(model, ASKED)
    sent = {name.lower(): value for name, value in played.heads[0].items()}
    assert not {"openai-organization", "openai-project", "x-secret"} & set(sent)
    assert sent["authorization"] == "Bearer none"
