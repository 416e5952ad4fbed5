"""EndpointModel against a real server on loopback that plays what a test tells it to."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from inference import (
    Completion,
    EndpointModel,
    Message,
    ModelError,
    ModelNonsense,
    ModelRefused,
    ModelSetupError,
    ModelUnavailable,
    Patience,
    Request,
    Sample,
    TokenLogprob,
    Usage,
    complete,
)

ASKED = Request((Message("user", "Who directed Roma?"),))
SCHEMA = {"type": "object", "properties": {"value": {"type": "string"}}}
GRAMMAR = 'root ::= "yes" | "no"'
PAGE = "<!doctype html><html><head><title>502 Bad Gateway</title></head>" + "<p>nginx</p>" * 999

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Played:
    """A server that gives its answers one after another; the last one is given again."""

    answers: Sequence[Answer] = ()
    models: Answer | None = None
    bodies: list[dict[str, Any]] = field(default_factory=list)
    heads: list[Mapping[str, str]] = field(default_factory=list)
    listed: int = 0
    url: str = ""

    async def list(self, request: web.Request) -> web.StreamResponse:
        """GET /v1/models."""
        self.listed += 1
        if self.models is None:
            raise web.HTTPNotFound
        return await self.models(request)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/chat/completions."""
        self.heads.append(dict(request.headers))
        self.bodies.append(await request.json())
        return await self.answers[min(len(self.bodies), len(self.answers)) - 1](request)


@asynccontextmanager
async def serving(*answers: Answer, models: Answer | None = None) -> AsyncIterator[Played]:
    """The server, on a free port."""
    played = Played(answers, models)
    app = web.Application()
    app.router.add_get("/v1/models", played.list)
    app.router.add_post("/v1/chat/completions", played.chat)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    played.url = f"http://{host}:{port}/v1"
    try:
        yield played
    finally:
        await runner.cleanup()


class Waits:
    """Does not wait, and keeps how long it was asked to."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@asynccontextmanager
async def asking(url: str, **options: Any) -> AsyncIterator[EndpointModel]:
    """A model of that server, closed at the end."""
    options = {"engine": "other", "patience": Patience(sleep=Waits())} | options
    model = EndpointModel("m", base_url=url, **options)
    try:
        yield model
    finally:
        await model.close()


async def asked(*answers: Answer, request: Request = ASKED, **options: Any) -> Completion:
    """What one question to such a server gives."""
    async with serving(*answers) as played, asking(played.url, **options) as model:
        return await complete(model, request)


def piece(text: str = "", index: int = 0, **more: Any) -> dict[str, Any]:
    """An event with one choice."""
    reason = more.pop("reason", None)
    delta = {"content": text, **more.pop("delta", {})}
    return {"choices": [{"index": index, "delta": delta, "finish_reason": reason, **more}]}


def count(prompt: int, completion: int, cached: int | None = None) -> dict[str, Any]:
    """An event that only counts."""
    usage: dict[str, Any] = {"prompt_tokens": prompt, "completion_tokens": completion}
    if cached is not None:
        usage["prompt_tokens_details"] = {"cached_tokens": cached}
    return {"choices": [], "usage": usage}


def line(event: Any) -> bytes:
    """An event as it is sent."""
    data = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)
    return f"data: {data}\n\n".encode()


def stream(*events: Any, done: bool = True) -> Answer:
    """These events, and [DONE]."""
    return sent(*map(line, events), *([line("[DONE]")] if done else []))


def sent(*parts: bytes, kind: str = "text/event-stream", then: str = "end") -> Answer:
    """These bytes, one write each; then the end, a broken connection, or silence."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        for part in parts:
            await response.write(part)
        if then == "break":
            assert request.transport is not None
            request.transport.abort()
        if then == "silence":
            await asyncio.Event().wait()
        return response

    return answer


def status(code: int, body: Any = None, **headers: str) -> Answer:
    """An answer with this status."""

    async def answer(_: web.Request) -> web.StreamResponse:
        if isinstance(body, str):
            return web.Response(status=code, text=body, content_type="text/html", headers=headers)
        return web.json_response(body, status=code, headers=headers)

    return answer


def models(*names: str, owner: str = "vllm") -> Answer:
    """A model list."""
    return status(200, {"data": [{"id": name, "owned_by": owner} for name in names]})


WHOLE = stream(piece("Cuarón"), piece(reason="stop"), count(7, 2))


# What comes back


async def test_text_comes_in_pieces_and_ends_with_the_usage() -> None:
    async with (
        serving(WHOLE) as played,
        asking(played.url) as model,
        aclosing(model.stream(ASKED)) as chunks,
    ):
        got = [chunk async for chunk in chunks]
    assert [chunk.text for chunk in got] == ["Cuarón", "", ""]
    assert got[-1].usage == Usage(7, 2)
    assert [chunk.usage for chunk in got[:-1]] == [None, None]


async def test_samples_arrive_in_any_order() -> None:
    events = [piece("b", 1), piece("x", 2), piece("a", 0), piece("B", 1, reason="stop")]
    events += [piece(index=0, reason="length"), piece("X", 2, reason="stop"), count(5, 6)]
    made = await asked(stream(*events), request=replace(ASKED, n=3))
    assert made.samples == (Sample("a", "length"), Sample("bB"), Sample("xX"))


async def test_one_event_may_carry_several_samples() -> None:
    both = {"choices": [*piece("a", 0)["choices"], *piece("b", 1)["choices"]]}
    made = await asked(stream(both), request=replace(ASKED, n=2))
    assert [sample.text for sample in made.samples] == ["a", "b"]


@pytest.mark.parametrize(
    ("events", "usage"),
    [
        ([count(600, 10), count(600, 20, 590), count(600, 30, 590)], Usage(600, 60, 590)),
        ([count(600, 60, 64)], Usage(600, 60, 64)),
        ([piece("a") | count(6, 1) | piece("a"), piece("b") | {"usage": count(6, 2)["usage"]}],
         Usage(6, 2)),
        ([piece("a") | {"usage": count(6, 1)["usage"]}, count(6, 2)], Usage(6, 2)),
        ([{"choices": [], "usage": {"prompt_tokens": None}}], Usage()),
        ([piece("a")], Usage()),
    ],
    ids=["each sample (llama.cpp)", "one sum (vLLM)", "running", "running, sum", "null", "none"],
)  # fmt: skip
async def test_usage_is_the_sum_over_samples_however_it_is_counted(
    events: list[Any], usage: Usage
) -> None:
    made = await asked(stream(*events), request=replace(ASKED, n=3))
    assert made.usage == usage


async def test_logprobs_are_read() -> None:
    likely = [{"token": "no", "logprob": -0.5}, {"token": "yes", "logprob": -1.0}]
    token = {"token": "yes", "logprob": -1.0, "bytes": [1], "top_logprobs": likely}
    bare = {"token": ".", "logprob": -2.0}
    events = [piece("yes.", logprobs={"content": [token, bare]}), piece(logprobs={"content": None})]
    async with serving(stream(*events)) as played, asking(played.url) as model:
        made = await complete(model, replace(ASKED, top_logprobs=2))
    assert made.samples[0].logprobs == (
        TokenLogprob("yes", -1.0, (("no", -0.5), ("yes", -1.0))),
        TokenLogprob(".", -2.0),
    )
    assert (played.bodies[0]["logprobs"], played.bodies[0]["top_logprobs"]) == (True, 2)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
async def test_thinking_is_kept_apart(name: str) -> None:
    made = await asked(stream(piece("", delta={"content": None, name: "hm"}), piece("4")))
    assert made.samples == (Sample("4", "length", reasoning="hm"),)


@pytest.mark.parametrize(
    ("told", "whole"),
    [("stop", True), ("tool_calls", True), ("eos_token", True), ("length", False),
     ("content_filter", False), ("abort", False), ("error", False)],
)  # fmt: skip
async def test_only_a_known_good_end_makes_a_whole_sample(told: str, *, whole: bool) -> None:
    made = await asked(stream(piece("a", reason=told)))
    assert made.samples[0].whole is whole


@pytest.mark.parametrize("done", [True, False])
async def test_a_stream_without_finish_reason_is_cut(*, done: bool) -> None:
    made = await asked(stream(piece("half"), done=done))
    assert made.samples == (Sample("half", "length"),)


@pytest.mark.parametrize(
    "events",
    [[], [{}], [{"choices": []}], [{"choices": None}], [piece(None)], [{"choices": [{}]}]],
)  # fmt: skip
async def test_nothing_said_is_an_empty_sample(events: list[Any]) -> None:
    assert (await asked(stream(*events))).samples == (Sample("", "length"),)


async def test_comments_and_other_fields_of_the_stream_are_passed_over() -> None:
    parts = [b": ping\n\n", b"event: message\nretry: 9\n", line(piece("a")), b"\r\n: ping\r\n\r\n"]
    assert (await asked(sent(*parts))).samples[0].text == "a"


async def test_characters_split_across_writes_come_out_right() -> None:
    whole = line(piece("Cuarón 中文 🎬", reason="stop"))
    made = await asked(sent(*(bytes([byte]) for byte in whole)))
    assert made.samples == (Sample("Cuarón 中文 🎬"),)


# What is sent


async def test_the_request_is_sent_in_the_words_of_the_protocol() -> None:
    request = Request(
        (Message("system", "Be short."), Message("user", "Hm?")),
        n=2, temperature=0.5, top_p=0.9, max_tokens=8, stop=("\n", "END"), seed=0, purpose="plan",
    )  # fmt: skip
    async with serving(WHOLE) as played, asking(played.url, api_key="sk-1") as model:
        await complete(model, request)
    assert played.bodies == [
        {
            "model": "m",
            "messages": [
                {"role": "system", "content": "Be short."},
                {"role": "user", "content": "Hm?"},
            ],
            "n": 2,
            "temperature": 0.5,
            "top_p": 0.9,
            "max_tokens": 8,
            "stop": ["\n", "END"],
            "seed": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ]
    assert played.heads[0]["Authorization"] == "Bearer sk-1"


@pytest.mark.parametrize(
    ("owner", "sent_as"),
    [
        ("llamacpp", {"grammar": GRAMMAR}),
        ("vllm", {"structured_outputs": {"grammar": GRAMMAR}}),
        ("someone", {}),
    ],
)
async def test_a_grammar_is_written_as_the_engine_wants_it(
    owner: str, sent_as: dict[str, Any]
) -> None:
    listed = models("other", "m", owner=owner)
    async with serving(WHOLE, models=listed) as played, asking(played.url, engine=None) as model:
        await complete(model, replace(ASKED, grammar=GRAMMAR))
        await complete(model, replace(ASKED, schema=SCHEMA))
    first, second = played.bodies
    assert {key: first[key] for key in first.keys() & {"grammar", "structured_outputs"}} == sent_as
    assert second["response_format"]["json_schema"]["schema"] == SCHEMA
    assert played.listed == 1


async def test_half_a_surrogate_pair_does_not_stop_a_request() -> None:
    async with serving(WHOLE) as played, asking(played.url) as model:
        await complete(model, Request((Message("user", "a\ud83d b\ud83c\udfac"),)))
    assert played.bodies[0]["messages"][0]["content"] == "a\ufffd b🎬"


async def test_a_proxy_of_the_environment_is_not_asked_for_loopback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert (await asked(WHOLE)).samples == (Sample("Cuarón"),)


# What the server refuses


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


@pytest.mark.parametrize("engine", ["llama.cpp", "vllm"])
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


# What may pass, and is tried again


@pytest.mark.parametrize("code", [408, 409, 429, 500, 502, 503, 529])
async def test_what_may_pass_is_tried_again(code: int) -> None:
    waits = Waits()
    failure = status(code, {"error": {"message": "busy"}})
    made = await asked(failure, failure, WHOLE, patience=Patience(sleep=waits))
    assert made.samples == (Sample("Cuarón"),)
    assert len(waits.seconds) == 2


@pytest.mark.parametrize("code", [429, 500])
async def test_it_is_not_tried_for_ever(code: int) -> None:
    failure = status(code, {"error": {"message": "busy"}})
    async with serving(failure) as played, asking(played.url) as model:
        with pytest.raises(ModelUnavailable, match=f"{code}: busy") as caught:
            await complete(model, ASKED)
    assert played.url in str(caught.value)
    assert len(played.bodies) == 3


async def test_the_server_may_say_how_long_to_wait() -> None:
    waits = Waits()
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=29), usegmt=True)
    answers = [status(429, **{"Retry-After": "17"}), status(503, **{"Retry-After": later}), WHOLE]
    await asked(*answers, patience=Patience(sleep=waits))
    assert waits.seconds[0] == 17
    assert 20 < waits.seconds[1] <= 29


async def test_a_server_that_asks_for_an_hour_is_not_waited_for() -> None:
    waits = Waits()
    with pytest.raises(ModelUnavailable, match="429"):
        await asked(status(429, **{"Retry-After": "3600"}), WHOLE, patience=Patience(sleep=waits))
    assert waits.seconds == []


@pytest.mark.parametrize("told", ["soon", "-5", "nan", "Mon, 99 Foo 2026", "1e999", "٣"])
async def test_a_wait_that_makes_no_sense_does_no_harm(told: str) -> None:
    waits = Waits()
    answers = [status(429, **{"Retry-After": told}), WHOLE]
    try:
        await asked(*answers, patience=Patience(sleep=waits))
    except ModelUnavailable:
        assert told == "1e999"
    assert all(0 <= seconds <= 30 for seconds in waits.seconds)


async def test_the_search_for_the_engine_is_tried_again_too() -> None:
    answers = iter([status(503), models("m")])

    async def listing(request: web.Request) -> web.StreamResponse:
        return await next(answers)(request)

    async with serving(WHOLE, models=listing) as played, asking(played.url, engine=None) as model:
        await complete(model, ASKED)
    assert played.listed == 2


async def test_a_web_page_as_the_error_is_told_in_short() -> None:
    with pytest.raises(ModelUnavailable, match=r"502: a web page \(502 Bad Gateway\)") as caught:
        await asked(status(502, PAGE))
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("body", [{"detail": "x" * 9999}, ["x" * 9999], {"error": ["x" * 9999]}])
async def test_a_long_error_is_cut(body: Any) -> None:
    with pytest.raises(ModelRefused, match="413: ") as caught:
        await asked(status(413, body))
    assert len(str(caught.value)) < 500


async def test_a_server_that_is_not_there_is_named() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    waits = Waits()
    async with asking(url, patience=Patience(sleep=waits)) as model:
        for call in (model.check, partial(complete, model, ASKED)):
            with pytest.raises(ModelUnavailable, match=r"cannot reach .*is the server running"):
                await call()
        assert len(waits.seconds) == 2
    async with asking(url, engine=None) as model:
        with pytest.raises(ModelUnavailable, match=url):
            await complete(model, ASKED)


async def test_a_server_that_speaks_no_http_is_told_so() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, asking(f"http://127.0.0.1:{port}/v1") as model:
        with pytest.raises(ModelUnavailable, match=str(port)):
            await complete(model, ASKED)


@pytest.mark.parametrize("cut", [b"", b"HTTP/1.1 200 OK\r\nContent-Ty"])
async def test_a_server_that_hangs_up_is_asked_again(cut: bytes) -> None:
    calls = 0

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(cut)
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, asking(f"http://127.0.0.1:{port}/v1") as model:
        with pytest.raises(ModelUnavailable, match="broke off"):
            await complete(model, ASKED)
    assert calls == 3


# What is no completion, or half of one


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (sent(line(piece("a")), then="break"), ModelUnavailable),
        (sent(line(piece("a")), b'data: {"choi', then="break"), ModelUnavailable),
        (stream(piece("a"), '{"choices": [{"index"'), ModelNonsense),
        (sent(line(piece("a")), b'data: {"x": "\xff\xfe\xc3"}\n\n'), ModelNonsense),
        (stream(piece("a"), "hello"), ModelNonsense),
        (stream(piece("a"), "[1, 2]"), ModelNonsense),
        (stream(piece("a"), "null"), ModelNonsense),
        (stream(piece("a"), {"choices": "a"}), ModelNonsense),
        (stream(piece("a"), {"choices": [{"delta": "a"}]}), ModelNonsense),
        (stream(piece("a"), {"choices": [{"index": None}]}), ModelNonsense),
        (stream(piece("a"), piece("b", 1)), ModelNonsense),
        (stream(piece("a"), piece("b", -1)), ModelNonsense),
        (stream(piece("a"), "[" * 100_000), ModelNonsense),
        (stream(piece("a"), {"error": {"message": "out of memory"}}), ModelUnavailable),
        (stream(piece("a"), {"error": {"message": "m", "code": 500}}), ModelUnavailable),
        (stream(piece("a"), {"error": {"message": "m", "code": 429}}), ModelUnavailable),
        (stream(piece("a"), {"error": {"message": "m", "code": 400}}), ModelRefused),
        (stream(piece("a"), {"error": "out of memory"}), ModelUnavailable),
        (sent(PAGE.encode(), kind="text/html"), ModelNonsense),
        (sent(b'{"choices": []}', kind="application/json"), ModelNonsense),
    ],
)  # fmt: skip
async def test_a_broken_answer_is_a_typed_error_that_names_the_endpoint(
    answer: Answer, error: type[ModelError]
) -> None:
    async with serving(answer) as played, asking(played.url) as model:
        with pytest.raises(error) as caught:
            await complete(model, ASKED)
        assert played.url in str(caught.value)
        assert type(caught.value) is error
    assert len(str(caught.value)) < 500
    assert len(played.bodies) == 1, "what has begun is not asked again"


async def test_what_came_before_the_break_is_not_lost() -> None:
    async with (
        serving(sent(line(piece("kept")), then="break")) as played,
        asking(played.url) as model,
        aclosing(model.stream(ASKED)) as chunks,
    ):
        assert (await anext(chunks)).text == "kept"
        with pytest.raises(ModelUnavailable, match="broke off"):
            await anext(chunks)


@pytest.mark.parametrize("text", ["out of memory", "CUDA error"])
async def test_the_server_s_own_words_are_told(text: str) -> None:
    for error in (text, {"message": text}, {"message": text, "code": 500}):
        with pytest.raises(ModelUnavailable, match=text):
            await asked(stream(piece("a"), {"error": error}))


@pytest.mark.parametrize(
    "answer", [sent(then="silence"), sent(line(piece("a")), then="silence")], ids=["head", "event"]
)
async def test_a_silent_server_is_given_up(answer: Answer) -> None:
    patience = Patience(idle_seconds=0.05, sleep=Waits())
    with pytest.raises(ModelUnavailable, match="silent for too long"):
        await asked(answer, patience=patience)


async def test_a_server_that_never_answers_is_given_up_once() -> None:
    async def never(_: web.Request) -> web.StreamResponse:
        return await asyncio.Event().wait()  # type: ignore[return-value]

    waits = Waits()
    with pytest.raises(ModelUnavailable, match="silent for too long"):
        await asked(never, patience=Patience(idle_seconds=0.05, sleep=waits))
    assert waits.seconds == []


@pytest.mark.parametrize(
    "answer",
    [
        status(200, PAGE),
        status(200, [1]),
        status(200, {"data": "m"}),
        status(200, {"data": [{"owned_by": "vllm"}]}),
        sent(b'{"data": [', kind="application/json"),
        sent(b"\xff\xfe", kind="application/json"),
    ],
)
async def test_a_model_list_that_is_none_is_nonsense(answer: Answer) -> None:
    async with serving(WHOLE, models=answer) as played, asking(played.url, engine=None) as model:
        with pytest.raises(ModelNonsense, match=played.url):
            await model.check()


async def test_a_refusal_that_breaks_off_is_typed() -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=500)
        await response.prepare(request)
        await response.write(b"{")
        assert request.transport is not None
        request.transport.abort()
        return response

    with pytest.raises(ModelUnavailable, match="broke off"):
        await asked(half)


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=200))
def test_no_bytes_make_an_untyped_error(body: bytes) -> None:
    async def ask() -> None:
        with suppress(ModelError):
            await asked(sent(line(piece("a")), b"data: " + body, b"\n\n"))

    asyncio.run(ask())


# Who stops reading


class Watched:
    """An endless answer that notes when its reader is gone."""

    def __init__(self) -> None:
        self.began, self.gone = asyncio.Event(), asyncio.Event()

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(line(piece("a")))
        self.began.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.gone.set()
        return response


@pytest.mark.parametrize("engine", ["other", "llama.cpp"])
async def test_closing_the_stream_hangs_up(engine: str) -> None:
    watched = Watched()
    async with serving(watched) as played, asking(played.url, engine=engine) as model:
        async with aclosing(model.stream(ASKED)) as chunks:
            await anext(chunks)
        async with asyncio.timeout(10):
            await watched.gone.wait()


async def test_cancelling_a_reader_hangs_up() -> None:
    watched = Watched()
    async with serving(watched) as played, asking(played.url) as model:
        reader = asyncio.create_task(complete(model, ASKED))
        async with asyncio.timeout(10):
            await watched.began.wait()
            reader.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reader
            await watched.gone.wait()


async def test_cancelling_before_the_first_word_hangs_up() -> None:
    began, gone = asyncio.Event(), asyncio.Event()

    async def reading_the_prompt(_: web.Request) -> web.StreamResponse:
        began.set()
        try:
            return await asyncio.Event().wait()  # type: ignore[return-value]
        finally:
            gone.set()

    async with serving(reading_the_prompt) as played, asking(played.url) as model:
        reader = asyncio.create_task(complete(model, ASKED))
        async with asyncio.timeout(10):
            await began.wait()
            reader.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reader
            await gone.wait()


async def test_cancelling_between_two_tries_ends_them() -> None:
    waiting = asyncio.Event()

    async def sleep(_: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    patience = Patience(sleep=sleep)
    async with serving(status(500)) as played, asking(played.url, patience=patience) as model:
        reader = asyncio.create_task(complete(model, ASKED))
        await waiting.wait()
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
    assert len(played.bodies) == 1


async def test_closing_the_model_ends_what_reads_from_it() -> None:
    watched = Watched()
    async with serving(watched) as played, asking(played.url) as model:
        reader = asyncio.create_task(complete(model, ASKED))
        async with asyncio.timeout(10):
            await watched.began.wait()
            await model.close()
            with pytest.raises(ModelUnavailable, match=played.url):
                await reader
            await watched.gone.wait()


async def test_a_closed_model_does_not_begin() -> None:
    async with serving(WHOLE) as played, asking(played.url) as model:
        await complete(model, ASKED)
        await model.close()
        with pytest.raises(ModelUnavailable, match="was closed by us"):
            await complete(model, ASKED)
    assert len(played.bodies) == 1


async def test_requests_run_together() -> None:
    together = asyncio.Barrier(2)

    async def answer(request: web.Request) -> web.StreamResponse:
        await together.wait()
        return await WHOLE(request)

    async with serving(answer) as played, asking(played.url) as model, asyncio.timeout(10):
        await asyncio.gather(complete(model, ASKED), complete(model, ASKED))
