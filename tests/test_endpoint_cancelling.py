"""Who stops reading from EndpointModel, or closes it, hangs up; others go on together."""

import asyncio
from contextlib import aclosing

import pytest
from aiohttp import web
from endpoint_server import ASKED, WHOLE, asking, line, piece, serving

from inference import ModelUnavailable, complete


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


@pytest.mark.parametrize("engine", ["other", "xllamacpp"])
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
