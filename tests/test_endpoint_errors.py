"""An answer that is no completion, or half of one, becomes a typed error of EndpointModel."""

import asyncio
from contextlib import aclosing, suppress
from typing import Any

import pytest
from aiohttp import web
from endpoint_server import (
    ASKED,
    PAGE,
    WHOLE,
    Answer,
    asked,
    asking,
    count,
    line,
    piece,
    pooling,
    sent,
    serving,
    status,
    stream,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from inference import (
    ModelError,
    ModelNonsense,
    ModelRefused,
    ModelUnavailable,
    Patience,
    Sample,
    complete,
)


async def test_a_web_page_as_the_error_is_told_in_short() -> None:
    with pytest.raises(ModelUnavailable, match=r"502: a web page \(502 Bad Gateway\)") as caught:
        await asked(status(502, PAGE))
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("body", [{"detail": "x" * 9999}, ["x" * 9999], {"error": ["x" * 9999]}])
async def test_a_long_error_is_cut(body: Any) -> None:
    with pytest.raises(ModelRefused, match="413: ") as caught:
        await asked(status(413, body))
    assert len(str(caught.value)) < 500


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


ROLE = piece(delta={"role": "assistant"})


@pytest.mark.parametrize(
    "answer",
    [
        stream(),
        stream({}),
        stream({"choices": []}, {"choices": None}, {"choices": [{}]}),
        stream(ROLE, piece(None), count(7, 0)),
        sent(),
        sent(line(ROLE), b'data: {"choices": [{"index": 0, "delta": {"con'),
    ],
)
async def test_an_answer_that_ends_before_its_beginning_is_a_failure(answer: Answer) -> None:
    with pytest.raises(ModelUnavailable, match="ended its answer before it had begun"):
        await asked(answer)


@pytest.mark.parametrize("then", ["end", "break"])
async def test_and_is_asked_for_again(then: str) -> None:
    lost = sent(line(ROLE), then=then)
    async with serving(lost, WHOLE) as played, pooling(played.url) as model:
        assert (await complete(model, ASKED)).samples == (Sample("Cuarón"),)
    assert len(played.bodies) == 2


@pytest.mark.parametrize("text", ["out of memory", "CUDA error"])
async def test_the_server_s_own_words_are_told(text: str) -> None:
    for error in (text, {"message": text}, {"message": text, "code": 500}):
        with pytest.raises(ModelUnavailable, match=text):
            await asked(stream(piece("a"), {"error": error}))


@pytest.mark.parametrize(
    "answer", [sent(then="silence"), sent(line(piece("a")), then="silence")], ids=["head", "event"]
)
async def test_a_silent_server_is_given_up(answer: Answer) -> None:
    patience = Patience(idle_seconds=0.05)
    with pytest.raises(ModelUnavailable, match="silent for too long"):
        await asked(answer, patience=patience)


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
