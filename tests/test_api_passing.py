"""Models behind the service: listed, and asked directly where that is allowed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import pytest
from aiohttp import web
from asked_front import Service, serving_api
from conftest import ChatServer
from endpoint_server import Played, serving
from pydantic import SecretStr

from inference import MiniLM
from reasoning import METHODS
from service.api.offered import OFFERED, changes_of, method_by
from service.settings import Settings
from storage import KeyLimits

ASKED: list[Any] = [{"role": "user", "content": "hi"}]


def completion(text: str = "hello") -> dict[str, Any]:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
    return {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}


async def hello(request: web.Request) -> web.Response:
    heads = {"Set-Cookie": "a=b", "x-ratelimit-remaining-requests": "7", "Server": "inside"}
    return web.json_response(completion(), headers=heads)


async def streamed(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for word in ("one", "two"):
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m",
                 "choices": [{"index": 0, "delta": {"content": word}}]}  # fmt: skip
        await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
    await response.write(b"data: [DONE]\n\n")
    return response


async def broken_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(b'data: {"choices": []}\n\n')
    assert request.transport is not None
    request.transport.abort()
    return response


async def listed(request: web.Request) -> web.Response:
    return web.json_response({"object": "list", "data": [{"id": "m"}, {"id": "org/other"}]})


def saying(status: int, text: str = "{}", **heads: str) -> Any:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(
            status=status, text=text, content_type="application/json", headers=heads
        )

    return answer


@asynccontextmanager
async def passing(folder: Path, *servers: Played, **settings: Any) -> AsyncIterator[Service]:
    """A service that lets clients use the models of those servers."""
    urls = ",".join(server.url for server in servers) or None
    wished = {"pass_on": True, "model": "openai:m", "base_url": urls, "embeddings": "off"}
    wished["api_key"] = SecretStr("servers-key")
    async with serving_api(folder, **wished | settings) as service:
        yield service


async def test_our_own_models_are_listed(tmp_path: Path) -> None:
    async with serving_api(tmp_path) as service:
        names = [model.id async for model in service.client.models.list()]
        one = await service.client.models.retrieve("breadth:vote")
        whole = await service.client.models.retrieve("breadth:best-of(4, debate(3))")
        with pytest.raises(openai.NotFoundError) as caught:
            await service.client.models.retrieve("gpt-9")
    assert names[:6] == ["breadth", "breadth-fast", "breadth-max", "breadth:best", "breadth:vote",
                         "breadth:synthesis"]  # fmt: skip
    assert names[6:] == [f"breadth:{method}" for method in METHODS]
    assert (one.id, one.object, one.owned_by) == ("breadth:vote", "model", "breadth")
    assert whole.id == "breadth:best-of(4, debate(3))"
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize("model", OFFERED)
def test_each_model_is_a_method_or_changes_settings_that_there_are(model: str) -> None:
    changes = changes_of(model)
    assert bool(changes) != bool(method_by(model))
    assert Settings(**changes).model_dump().items() >= changes.items()


async def test_models_of_servers_are_listed_where_clients_may_use_them(tmp_path: Path) -> None:
    async with serving(models=listed) as server, passing(tmp_path, server) as service:
        names = [model.id async for model in service.client.models.list()]
        other = await service.client.models.retrieve("org/other")
    assert names[len(OFFERED) :] == ["m", "org/other"]
    assert (other.id, other.owned_by) == ("org/other", "server")


@pytest.mark.parametrize(
    "models", [saying(500), saying(200, "no json"), saying(200, '{"data": [1]}'), saying(302)]
)
async def test_a_server_without_a_list_has_the_models_of_the_settings(
    tmp_path: Path, models: Any
) -> None:
    async with serving(models=models) as server, passing(tmp_path, server) as service:
        names = [model.id async for model in service.client.models.list()]
    assert names[len(OFFERED) :] == ["m"]


async def test_a_list_that_comes_in_pieces_is_read_to_its_end(tmp_path: Path) -> None:
    async def slowly(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in (b'{"data": [{"id": "m"}', b', {"id": "n"}', b"]}"):
            await response.write(piece)
            await asyncio.sleep(0.02)  # so that each is a piece of its own
        return response

    async with serving(models=slowly) as server, passing(tmp_path, server) as service:
        names = [model.id async for model in service.client.models.list()]
    assert names[len(OFFERED) :] == ["m", "n"]


async def test_a_request_reaches_the_server_as_it_is_with_the_servers_key(tmp_path: Path) -> None:
    async with serving(hello) as server, passing(tmp_path, server) as service:
        raw = await service.client.chat.completions.with_raw_response.create(
            model="m",
            messages=ASKED,
            n=2,
            extra_body={"top_k": 5},
            extra_headers={"Cookie": "c=d", "X-Api-Key": "the-clients-key", "TE": "trailers"},
        )
    assert raw.parse().choices[0].message.content == "hello"
    assert server.bodies == [{"model": "m", "messages": ASKED, "n": 2, "top_k": 5}]
    (heads,) = server.heads
    assert heads["Authorization"] == "Bearer servers-key"
    assert "the-clients-key" not in json.dumps(dict(heads))
    assert not {"Cookie", "TE"} & set(heads)
    assert raw.headers["x-ratelimit-remaining-requests"] == "7"
    assert "set-cookie" not in raw.headers
    assert raw.headers["x-request-id"].startswith("req_")
    assert service.front.asked == []


async def test_a_stream_is_passed_on_byte_by_byte(tmp_path: Path) -> None:
    async with serving(streamed) as server, passing(tmp_path, server) as service:
        stream = await service.client.chat.completions.create(
            model="m", messages=ASKED, stream=True
        )
        words = [chunk.choices[0].delta.content async for chunk in stream]
    assert words == ["one", "two"]


async def test_a_stream_that_breaks_off_does_not_look_whole(tmp_path: Path) -> None:
    async with serving(broken_off) as server, passing(tmp_path, server) as service:
        stream = await service.client.chat.completions.create(
            model="m", messages=ASKED, stream=True
        )
        with pytest.raises(openai.APIError, match="too early"):
            async for _ in stream:
                pass


async def test_without_leave_other_models_are_not_there(tmp_path: Path) -> None:
    async with serving(hello) as server, passing(tmp_path, server, pass_on=False) as service:
        for asking in (
            service.client.chat.completions.create(model="m", messages=ASKED),
            service.client.embeddings.create(model="m", input="x"),
            service.client.completions.create(model="m", prompt="x"),
        ):
            with pytest.raises(openai.NotFoundError) as caught:
                await asking
            assert caught.value.code == "model_not_found"
        names = [model.id async for model in service.client.models.list()]
    assert names == list(OFFERED)
    assert server.bodies == []


@pytest.mark.parametrize("bad", [saying(503), saying(401), saying(404), saying(302, Location="/x")])
async def test_another_server_is_asked_where_one_cannot(tmp_path: Path, bad: Any) -> None:
    async with (
        serving(bad) as first,
        serving(hello) as second,
        passing(tmp_path, first, second) as service,
    ):
        said = await service.client.chat.completions.create(model="m", messages=ASKED)
    assert said.choices[0].message.content == "hello"


async def test_servers_are_asked_in_turn(tmp_path: Path) -> None:
    async with (
        serving(hello) as first,
        serving(hello) as second,
        passing(tmp_path, first, second) as service,
    ):
        for _ in range(4):
            await service.client.chat.completions.create(model="m", messages=ASKED)
    assert (len(first.bodies), len(second.bodies)) == (2, 2)


@pytest.mark.parametrize("bad", [saying(500, "servers-key"), saying(401, "servers-key")])
async def test_where_no_server_can_the_client_is_not_blamed(tmp_path: Path, bad: Any) -> None:
    async with serving(bad) as server, passing(tmp_path, server) as service:
        with pytest.raises(openai.InternalServerError) as caught:
            await service.client.chat.completions.create(model="m", messages=ASKED)
    assert caught.value.status_code == 502
    assert "servers-key" not in str(caught.value)
    assert server.url not in str(caught.value)


async def test_a_server_that_is_gone_is_told(tmp_path: Path) -> None:
    async with serving(hello) as server:
        pass
    async with passing(tmp_path, server) as service:
        with pytest.raises(openai.InternalServerError) as caught:
            await service.client.chat.completions.create(model="m", messages=ASKED)
    assert caught.value.status_code == 502


async def test_a_refusal_of_the_server_is_the_answer(tmp_path: Path) -> None:
    bad = saying(400, '{"error": {"message": "n is too large", "code": "x"}}')
    async with serving(bad) as server, passing(tmp_path, server) as service:
        with pytest.raises(openai.BadRequestError, match="n is too large"):
            await service.client.chat.completions.create(model="m", messages=ASKED, n=99)


@pytest.mark.parametrize("model", ["base", "small"])
async def test_a_model_inside_of_breadth_cannot_be_asked_itself(tmp_path: Path, model: str) -> None:
    async with passing(tmp_path, model=model) as service:
        with pytest.raises(openai.BadRequestError, match="inside of Breadth") as caught:
            await service.client.chat.completions.create(model=model, messages=ASKED)
        with pytest.raises(openai.NotFoundError):
            await service.client.chat.completions.create(model="m", messages=ASKED)
    assert caught.value.code == "model_not_served"


async def test_texts_and_vectors_are_passed_on(tmp_path: Path) -> None:
    async with serving(hello) as server, serving() as other:
        other.others["/v1/embeddings"] = saying(200, '{"object": "list", "data": [], "model": "e"}')
        server.others["/v1/completions"] = saying(200, '{"object": "text_completion", "id": "t"}')
        embeddings = f"openai:e@{other.url}"
        async with passing(tmp_path, server, embeddings=embeddings) as service:
            async with service.http.post(
                "/v1/embeddings", json={"model": "e", "input": "x"}
            ) as got:
                vectors = await got.json()
            async with service.http.post("/v1/completions", json={"model": "m"}) as got:
                texts = await got.json()
    assert vectors["model"] == "e"
    assert texts["id"] == "t"


@pytest.mark.skipif(not MiniLM.installed(), reason="needs the extra `embeddings`")
@pytest.mark.parametrize("form", ["float", "base64"])
async def test_the_embedder_on_this_machine_makes_vectors(tmp_path: Path, form: Any) -> None:
    async with passing(tmp_path, embeddings="minilm") as service:
        made = await service.client.embeddings.create(
            model="minilm", input=["Roma", "a film"], encoding_format=form
        )
        plain = await service.client.embeddings.create(model="minilm", input="Roma")
    assert [each.index for each in made.data] == [0, 1]
    if form == "float":
        assert made.data[0].embedding == pytest.approx(plain.data[0].embedding, abs=1e-4)
        assert sum(x * x for x in made.data[1].embedding) == pytest.approx(1)
    else:
        assert isinstance(made.data[0].embedding, str)


@pytest.mark.skipif(not MiniLM.installed(), reason="needs the extra `embeddings`")
@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "x" * 50_000])
async def test_texts_of_any_characters_have_vectors(tmp_path: Path, text: str) -> None:
    async with passing(tmp_path, embeddings="minilm") as service:
        body = {"model": "minilm", "input": [text]}
        async with service.http.post("/v1/embeddings", json=body) as answer:
            assert answer.status == 200
            assert len((await answer.json())["data"][0]["embedding"]) == 384


async def test_our_models_do_not_go_on_with_texts(tmp_path: Path) -> None:
    async with passing(tmp_path) as service:
        with pytest.raises(openai.BadRequestError, match="/v1/chat/completions"):
            await service.client.completions.create(model="breadth", prompt="x")


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_is_left_by_the_server_too(
    tmp_path: Path, chat_server: ChatServer, stream: bool
) -> None:
    chat_server.hold("hi")
    served = {"pass_on": True, "model": "openai:test", "base_url": chat_server.url}
    async with serving_api(tmp_path, **served, embeddings="off") as service:
        body = {"model": "test", "messages": ASKED, "stream": stream}
        asking = asyncio.create_task(service.http.post("/v1/chat/completions", json=body))
        await chat_server.held.wait()
        asking.cancel()
        await asyncio.wait({asking})
        await asyncio.wait_for(chat_server.dropped.wait(), 10)


@pytest.mark.parametrize("limit", ["tokens_a_day", "money_a_day"])
async def test_a_key_with_a_limit_of_its_costs_is_kept_from_what_nobody_counts(
    tmp_path: Path, limit: str
) -> None:
    async with serving(hello) as server, passing(tmp_path, server, access="keys") as service:
        keys = service.front.store.keys
        _, limited = await keys.create("k", "ann", KeyLimits(**{limit: 9}))  # type: ignore[arg-type]
        _, free = await keys.create("k", "ann", KeyLimits(runs_a_minute=9))
        body = {"model": "m", "messages": ASKED, "prompt": "a", "input": "a"}
        heads = {"Authorization": f"Bearer {limited}"}
        for path in ("chat/completions", "completions", "embeddings"):
            async with service.http.post(f"/v1/{path}", json=body, headers=heads) as answer:
                told = await answer.json()
            assert (answer.status, told["error"]["code"]) == (403, "key_limited")
        assert not server.heads
        heads = {"Authorization": f"Bearer {free}"}
        async with service.http.post("/v1/chat/completions", json=body, headers=heads) as answer:
            assert answer.status == 200
