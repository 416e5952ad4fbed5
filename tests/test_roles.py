"""Each role has its model; the trace says which one answered, and one model is loaded once."""

from dataclasses import replace
from typing import Any

import pytest
from endpoint_server import ASKED, WHOLE, models, serving, status
from pydantic import SecretStr, ValidationError
from research_films import run, scripted

from inference import (
    ROLES,
    Message,
    ModelRefused,
    ModelUnavailable,
    PooledModel,
    Request,
    RoledModel,
    ScriptedModel,
    answering,
    complete,
)
from planner import MemoryTrace, ModelCalled
from search import DocumentIndex
from service.errors import UsageProblem
from service.models import models_of
from service.settings import Settings


@pytest.mark.parametrize(
    ("purpose", "role"),
    [
        ("plan", "planner"),
        ("read", "reader"),
        ("choose", "reader"),
        ("write", "writer"),
        ("draft", "drafter"),
        ("judge", "judge"),
        ("verify", "judge"),
        ("", "default"),
        ("dream", "default"),
    ],
)
async def test_a_request_goes_to_the_model_of_its_role(purpose: str, role: str) -> None:
    own = {name: ScriptedModel([name], name=name) for name in ROLES}
    model = RoledModel(ScriptedModel(["default"], name="default"), own)
    request = Request((Message("user", "Hm?"),), purpose=purpose)
    assert (await complete(model, request)).samples[0].text == role
    assert answering(model, request).name == role


async def test_a_role_without_a_model_has_the_default() -> None:
    model = RoledModel(ScriptedModel(["default"]), {"planner": ScriptedModel([])})
    made = await complete(model, Request((Message("user", "Hm?"),), purpose="read"))
    assert made.samples[0].text == "default"


async def test_the_trace_names_who_answered(film_index: DocumentIndex) -> None:
    models = {name: ScriptedModel(scripted, name=name) for name in ("one", "two")}
    trace = MemoryTrace()
    result = await run(film_index, RoledModel(models["one"], {"planner": models["two"]}), trace)
    assert result.status == "completed"
    called = {(e.request.purpose, e.model) for e in trace.events if isinstance(e, ModelCalled)}
    assert called == {("plan", "two"), *((one, "one") for one in ("read", "write", "judge"))}


async def test_all_requests_of_a_run_are_one_session(film_index: DocumentIndex) -> None:
    model = ScriptedModel(scripted)
    await run(film_index, model, MemoryTrace())
    first = {request.session for request in model.requests}
    await run(film_index, model, MemoryTrace())
    assert len(first) == 1
    assert "" not in first
    assert len({request.session for request in model.requests}) == 2


def settings_of(model: str, url: str, **roles: str) -> Settings:
    return Settings.model_validate({"model": model, "base_url": url, "roles": roles})


async def test_a_model_that_is_named_twice_is_loaded_once() -> None:
    async with serving(WHOLE, models=models("a", "b")) as played:
        roles = {"reader": f"openai:b@{played.url}", "judge": "openai:a"}
        settings = settings_of("openai:a", played.url, planner="openai:b", **roles)
        loaded = await models_of(settings)
        assert [part.name for part in loaded.parts] == ["a", "b"]
        assert played.listed == 2
        await complete(loaded.model, ASKED)
        await loaded.close()
        with pytest.raises(ModelUnavailable, match="closed"):
            await complete(loaded.model, ASKED)


async def test_several_addresses_are_one_pool() -> None:
    async with (
        serving(WHOLE, models=models("a")) as one,
        serving(WHOLE, models=models("a")) as two,
        serving(models=status(503)) as gone,
    ):
        urls = f"{one.url}, {two.url},{one.url},{gone.url}"
        loaded = await models_of(settings_of("openai:a", urls))
        for _ in range(4):
            await complete(loaded.model, ASKED)
        await loaded.close()
    assert isinstance(loaded.model, PooledModel)
    assert [len(one.bodies), len(two.bodies), len(gone.bodies)] == [2, 2, 0]
    (reason,) = loaded.missing
    assert gone.url in reason


async def test_what_is_wrong_with_a_role_is_told_and_nothing_stays_open() -> None:
    async with serving(WHOLE, models=models("a")) as played:
        with pytest.raises(ModelRefused, match="no model 'b'; it has: a"):
            await models_of(settings_of("openai:a", played.url, planner="openai:b"))
        far = "openai:a@http://127.0.0.1:9/v1"
        with pytest.raises(ModelUnavailable, match=r"http://127\.0\.0\.1:9/v1"):
            await models_of(settings_of("openai:a", played.url, planner=far))
        with pytest.raises(UsageProblem, match="unknown model 'nonesuch'"):
            await models_of(settings_of("openai:a", played.url, planner="nonesuch"))


def test_roles_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREADTH_ROLES", '{"planner": "openai:big", "reader": "small"}')
    assert Settings().roles == {"planner": "openai:big", "reader": "small"}
    given: Any = {"planner": "base"}
    assert Settings(roles=given).roles == {"planner": "base", "reader": "small"}


@pytest.mark.parametrize("roles", ['{"plannr": "small"}', '["planner"]', '{"planner": 1}'])
def test_roles_that_are_none_are_refused(monkeypatch: pytest.MonkeyPatch, roles: str) -> None:
    monkeypatch.setenv("BREADTH_ROLES", roles)
    with pytest.raises(ValidationError, match="roles"):
        Settings()


async def test_a_key_is_told_to_no_server_but_its_own() -> None:
    async with (
        serving(WHOLE, models=models("m")) as main,
        serving(WHOLE, models=models("m")) as known,
        serving(WHOLE, models=models("m")) as strange,
    ):
        settings = Settings(
            model="openai:m",
            base_url=main.url,
            api_key=SecretStr("sk-main"),
            api_keys={f"{known.url}/": SecretStr("sk-known")},
            roles={"planner": f"openai:m@{known.url}", "judge": f"openai:m@{strange.url}"},
        )
        loaded = await models_of(settings)
        for purpose in ("read", "plan", "judge"):
            await complete(loaded.model, replace(ASKED, purpose=purpose))
        await loaded.close()
        sent = [server.heads[0]["Authorization"] for server in (main, known, strange)]
    assert sent == ["Bearer sk-main", "Bearer sk-known", "Bearer none"]
