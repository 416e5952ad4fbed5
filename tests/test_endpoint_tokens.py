"""A slow model is waited for, one that says nothing is not, and one that never ends is cut."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import repeat
from typing import Any

import pytest
from aiohttp import web
from endpoint_server import ASKED, Answer, asking, line, piece, serving

from inference import ModelUnavailable, Patience, Sample, complete


class Endless:
    """Sends these bytes again and again, until its reader is gone."""

    def __init__(self, part: bytes, seconds: float = 0.0, times: int | None = None) -> None:
        self.gone = asyncio.Event()
        self._parts: Iterator[bytes] = repeat(part) if times is None else repeat(part, times)
        self._seconds = seconds

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            for part in self._parts:
                await response.write(part)
                await asyncio.sleep(self._seconds)
        finally:
            self.gone.set()
        return response


async def gone(endless: Endless) -> None:
    async with asyncio.timeout(10):
        await endless.gone.wait()


@pytest.mark.parametrize(
    "part", [b": ping\n\n", line({"choices": []}), line(piece("", delta={"role": "assistant"}))]
)
async def test_signs_of_life_are_no_tokens(part: bytes) -> None:
    endless = Endless(part, 0.01)
    patience = Patience(token_seconds=0.3)
    async with serving(endless) as played, asking(played.url, patience=patience) as model:
        with pytest.raises(ModelUnavailable, match=r"sent no token in 0\.3 s") as caught:
            await complete(model, ASKED)
        await gone(endless)
    assert played.url in str(caught.value)


async def test_a_slow_model_is_not_a_dead_one() -> None:
    """All of it takes longer than the model may be silent."""
    slow = Endless(line(piece("a")) + b": ping\n\n", 0.2, times=8)
    patience = Patience(idle_seconds=1.2, token_seconds=1.2)
    async with serving(slow) as played, asking(played.url, patience=patience) as model:
        made = await complete(model, ASKED)
    assert made.samples == (Sample("a" * 8, "length"),)


@pytest.mark.parametrize("field", ["content", "reasoning_content"])
async def test_a_stream_without_end_is_cut(field: str) -> None:
    endless = Endless(line(piece(delta={"content": None, field: "word "})))
    async with serving(endless) as played, asking(played.url) as model:
        async with asyncio.timeout(60):
            made = await complete(model, replace(ASKED, max_tokens=8))
        await gone(endless)
    (sample,) = made.samples
    assert sample.finish_reason == "length"
    assert 8 * 5 < len(sample.text + sample.reasoning) < 8 * 200


async def test_what_ends_by_itself_is_not_cut_though_it_is_somewhat_long() -> None:
    events: list[Any] = [piece("internationalisation ")] * 24 + [piece(reason="stop")]

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in events:
            await response.write(line(event))
        return response

    kind: Answer = answer
    async with serving(kind) as played, asking(played.url) as model:
        made = await complete(model, replace(ASKED, max_tokens=8))
    assert made.samples == (Sample("internationalisation " * 24),)
