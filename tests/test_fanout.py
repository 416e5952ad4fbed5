"""Samples as requests of their own: merged, halted one by one, closed together."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from inference import (
    Chunk,
    Collector,
    Halt,
    Message,
    ModelUnavailable,
    Request,
    ScriptedModel,
    Usage,
)
from inference.fanout import separately, together

ASKED = Request((Message("user", "?"),), n=3, seed=7)


class Engine:
    """Streams letters for ever; counts what runs."""

    def __init__(self) -> None:
        self.seeds: list[int | None] = []
        self.running = 0

    async def stream(self, request: Request) -> AsyncGenerator[Chunk]:
        self.seeds.append(request.seed)
        self.running += 1
        try:
            while True:
                yield Chunk(text="x")
                await asyncio.sleep(0)
        finally:
            self.running -= 1


async def test_each_sample_is_a_request_with_a_seed_of_its_own() -> None:
    model = ScriptedModel(lambda request: f"seed {request.seed}")
    collector = Collector(3)
    async for chunk in separately(model.stream, ASKED, Halt()):
        collector.add(chunk)
    made = collector.completion
    assert [sample.text for sample in made.samples] == ["seed 7", "seed 8", "seed 9"]
    assert all(sample.whole for sample in made.samples)


async def test_a_halted_sample_stops_and_the_others_go_on() -> None:
    engine, halt, collector = Engine(), Halt(), Collector(3)
    async with aclosing(separately(engine.stream, ASKED, halt)) as chunks:
        async for chunk in chunks:
            collector.add(chunk)
            if chunk.index == 1 and chunk.text:
                halt(1)
            if chunk.finish_reason:
                break
        assert engine.running == 2
        assert 1 in halt
    assert engine.running == 0
    halted = collector.completion.samples[1]
    assert halted.finish_reason == "halted"
    assert halted.text
    assert not halted.whole


async def several(engine: Engine) -> AsyncGenerator[Chunk]:
    """Three samples of one request: the second ends, the others go on for ever."""
    async with aclosing(engine.stream(ASKED)) as chunks:
        yield Chunk(1, "b", finish_reason="stop")
        async for chunk in chunks:
            yield chunk
            yield Chunk(2, "z")


async def test_one_request_is_given_up_when_all_that_go_on_are_halted() -> None:
    engine, halt, collector = Engine(), Halt(together=True), Collector(3)
    async with asyncio.timeout(30):
        async for chunk in together(several(engine), ASKED, halt):
            collector.add(chunk)
            halt(1)
            if chunk.index == 0:
                halt(0)
            if chunk.index == 2:
                halt(2)
    assert engine.running == 0
    samples = collector.completion.samples
    assert [sample.finish_reason for sample in samples] == ["halted", "stop", "halted"]
    assert collector.completion.usage == Usage(0, 3), "what the engine has not counted is estimated"


async def test_a_request_whose_samples_have_all_ended_is_counted_by_its_engine() -> None:
    halt, collector = Halt(together=True), Collector(1)
    model, asked = ScriptedModel(["Answer: 8"]), Request((Message("user", "?"),))
    async for chunk in together(model.stream(asked), asked, halt):
        collector.add(chunk)
        if chunk.finish_reason:
            halt(0)
    assert collector.completion.samples[0].whole
    assert collector.completion.usage == Usage(0, 3)


async def test_when_all_are_halted_the_stream_ends() -> None:
    engine, halt = Engine(), Halt()
    halt(0)
    reasons = []
    async with asyncio.timeout(30):
        async for chunk in separately(engine.stream, ASKED, halt):
            if chunk.finish_reason:
                reasons.append((chunk.index, chunk.finish_reason))
            halt(1)
            halt(2)
    assert sorted(reasons) == [(index, "halted") for index in range(3)]
    assert engine.running == 0


async def test_the_others_wait_for_the_first_where_the_engine_shares_by_cache() -> None:
    engine, first = Engine(), asyncio.Event()

    async def slow(request: Request) -> AsyncGenerator[Chunk]:
        if request.seed == 7:
            await first.wait()
        async with aclosing(engine.stream(request)) as chunks:
            async for chunk in chunks:
                yield chunk

    async with aclosing(separately(slow, ASKED, Halt(), staggered=True)) as chunks:
        waiting = asyncio.ensure_future(anext(chunks))
        await asyncio.sleep(0.02)
        assert engine.seeds == []
        first.set()
        await waiting
        while len(engine.seeds) < 3:
            await anext(chunks)
    assert engine.seeds[0] == 7


async def test_one_error_ends_all() -> None:
    engine = Engine()

    async def broken(request: Request) -> AsyncGenerator[Chunk]:
        if request.seed == 8:
            raise ModelUnavailable("gone")
        async with aclosing(engine.stream(request)) as chunks:
            async for chunk in chunks:
                yield chunk

    with pytest.raises(ModelUnavailable, match="gone"):
        async for _ in separately(broken, ASKED, Halt()):
            pass
    assert engine.running == 0


def test_a_collector_keeps_the_usage_of_each_sample_where_it_is_told() -> None:
    collector = Collector(2)
    collector.add(Chunk(index=0, text="a", finish_reason="stop"))
    collector.add(Chunk(index=0, usage=Usage(10, 2, 0)))
    collector.add(Chunk(index=1, usage=Usage(0, 3, 0)))
    made = collector.completion
    assert [sample.usage for sample in made.samples] == [Usage(10, 2), Usage(0, 3)]
    assert made.usage == Usage(10, 5)
    together = Collector(2)
    together.add(Chunk(index=-1, usage=Usage(10, 5)))
    assert [sample.usage for sample in together.completion.samples] == [None, None]
    assert together.completion.usage == Usage(10, 5)
