"""The words of the Model port, and its public fake."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import FrozenInstanceError, replace
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import (
    Chunk,
    Collector,
    Completion,
    Halt,
    Message,
    ModelUnavailable,
    Price,
    Request,
    Sample,
    ScriptedModel,
    TokenLogprob,
    Usage,
    complete,
)

ASKED = Request((Message("user", "Who directed Roma?"),))
END = Chunk(usage=Usage(7, 2))


@pytest.mark.parametrize(
    "nonsense",
    [
        {"messages": ()},
        {"n": 0},
        {"max_tokens": 0},
        {"temperature": -0.1},
        {"temperature": inf},
        {"temperature": nan},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"top_p": nan},
        {"top_logprobs": -1},
        {"stop": ("\n", "")},
        {"schema": {}, "grammar": 'root ::= "a"'},
        {"regex": "a", "grammar": 'root ::= "a"'},
        {"regex": "("},
    ],
    ids=str,
)
def test_a_request_that_exists_can_be_sent(nonsense: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        replace(ASKED, **nonsense)


def test_a_request_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        ASKED.n = 2  # type: ignore[misc]


def test_usage_adds_up_field_by_field() -> None:
    assert Usage(1, 2, 3) + Usage(10, 20, 30) == Usage(11, 22, 33)
    assert Usage(11, 22, 33).total_tokens == 33


# Collector


def test_what_has_not_ended_counts_as_cut() -> None:
    collector = Collector(2)
    collector.add(Chunk(index=1, text="half"))
    assert collector.completion == Completion((Sample("", "length"), Sample("half", "length")))
    collector.add(Chunk(index=1, text=" and whole", finish_reason="stop"))
    collector.add(END)
    assert collector.completion.samples[1] == Sample("half and whole", "stop")
    assert collector.completion.usage == Usage(7, 2)


def test_thinking_and_logprobs_are_kept() -> None:
    collector, token = Collector(1), TokenLogprob("a", -0.5)
    collector.add(Chunk(reasoning="h"))
    collector.add(Chunk(reasoning="m", logprobs=(token,)))
    collector.add(Chunk(text="a", logprobs=(token,), finish_reason="stop"))
    assert collector.completion.samples == (Sample("a", "stop", "hm", (token, token)),)


def test_a_chunk_of_a_sample_that_nobody_asked_for_is_a_bug() -> None:
    with pytest.raises(IndexError):
        Collector(1).add(Chunk(index=1, text="a"))


@given(st.data(), st.lists(st.lists(st.text(max_size=5), max_size=5), min_size=1, max_size=4))
def test_samples_come_together_whatever_the_order(
    data: st.DataObject, pieces: list[list[str]]
) -> None:
    order = [index for index, texts in enumerate(pieces) for _ in texts]
    rest = [list(texts) for texts in pieces]
    collector = Collector(len(pieces))
    for index in data.draw(st.permutations(order)):
        collector.add(Chunk(index=index, text=rest[index].pop(0)))
    made = [sample.text for sample in collector.completion.samples]
    assert made == ["".join(texts) for texts in pieces]


# complete


class Watched:
    """A model that notes whether its stream was closed."""

    name = "watched"

    def __init__(self, *chunks: Chunk | Exception) -> None:
        self.chunks, self.closed = chunks, False
        self.waiting = asyncio.Event()

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """The chunks; then silence."""
        try:
            for chunk in self.chunks:
                if isinstance(chunk, Exception):
                    raise chunk
                yield chunk
            self.waiting.set()
            await asyncio.Event().wait()
        finally:
            self.closed = True


async def test_an_error_closes_the_stream() -> None:
    model = Watched(Chunk(text="a"), ModelUnavailable("gone"))
    with pytest.raises(ModelUnavailable, match="gone"):
        await complete(model, ASKED)
    assert model.closed


async def test_a_bug_of_the_reader_closes_the_stream() -> None:
    model = Watched(Chunk(index=5, text="a"))
    with pytest.raises(IndexError):
        await complete(model, ASKED)
    assert model.closed


async def test_cancelling_closes_the_stream() -> None:
    model = Watched(Chunk(text="a"))
    reading = asyncio.create_task(complete(model, ASKED))
    await model.waiting.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert model.closed


# ScriptedModel


async def test_every_sample_says_the_text() -> None:
    made = await complete(ScriptedModel(["Cuarón directed it."]), replace(ASKED, n=2))
    assert made.samples == (Sample("Cuarón directed it."),) * 2
    assert made.usage == Usage(4, 10)


async def test_each_sample_may_have_its_own_text() -> None:
    made = await complete(ScriptedModel([("yes", "", "no way")]), replace(ASKED, n=3))
    assert [sample.text for sample in made.samples] == ["yes", "", "no way"]


@pytest.mark.parametrize("texts", [(), ("a",), ("a", "b", "c")], ids=len)
async def test_texts_for_another_number_of_samples_are_a_mistake(texts: Sequence[str]) -> None:
    with pytest.raises(AssertionError, match="n=2"):
        await complete(ScriptedModel([texts]), replace(ASKED, n=2))


async def test_replies_come_in_turn_until_they_run_out() -> None:
    model = ScriptedModel(["one", ModelUnavailable("busy"), "two"])
    assert (await complete(model, ASKED)).samples[0].text == "one"
    with pytest.raises(ModelUnavailable, match="busy"):
        await complete(model, ASKED)
    assert (await complete(model, ASKED)).samples[0].text == "two"
    with pytest.raises(AssertionError, match=r"no reply left for: Who directed Roma\?"):
        await complete(model, ASKED)
    assert model.requests == [ASKED] * 4


async def test_a_function_may_answer() -> None:
    model = ScriptedModel(lambda request: request.messages[-1].content.upper())
    assert (await complete(model, ASKED)).samples[0].text == "WHO DIRECTED ROMA?"


@pytest.mark.parametrize(
    ("max_tokens", "sample", "tokens"),
    [
        (1, Sample("Alfo", "length"), 1),
        (2, Sample("Alfonso ", "length"), 2),
        (4, Sample("Alfonso Cuaron", "stop"), 4),
    ],
)
async def test_a_text_over_the_limit_is_cut(max_tokens: int, sample: Sample, tokens: int) -> None:
    made = await complete(ScriptedModel(["Alfonso Cuaron"]), replace(ASKED, max_tokens=max_tokens))
    assert made.samples == (sample,)
    assert made.usage.completion_tokens == tokens


async def test_it_knows_when_its_reader_left() -> None:
    model = ScriptedModel(["Alfonso Cuarón"] * 2)
    async with aclosing(model.stream(ASKED)) as chunks:
        assert (await anext(chunks)).text == "Alfo"
    assert model.closed_early == 1
    await complete(model, ASKED)
    assert model.closed_early == 1


async def meet(barrier: asyncio.Barrier) -> None:
    """Wait for the other."""
    await barrier.wait()


async def test_it_can_be_held_to_prove_overlap() -> None:
    together = asyncio.Barrier(2)

    def pause(_: Request) -> asyncio.Future[None]:
        return asyncio.ensure_future(meet(together))

    model = ScriptedModel(["a", "b"], pause=pause)
    async with asyncio.timeout(10):
        made = await asyncio.gather(complete(model, ASKED), complete(model, ASKED))
    assert [completion.samples[0].text for completion in made] == ["a", "b"]


async def test_cancelling_it_while_it_is_held_is_noted() -> None:
    entered = asyncio.Event()

    def pause(_: Request) -> asyncio.Future[None]:
        entered.set()
        return asyncio.get_running_loop().create_future()

    model = ScriptedModel(["a"], pause=pause)
    reader = asyncio.create_task(complete(model, ASKED))
    await entered.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert model.closed_early == 1


@pytest.mark.parametrize(
    ("price", "cost"),
    [(Price(2.0, 8.0), 0.0036), (Price(2.0, 8.0, cached=0.5), 0.0024), (Price(0.0, 0.0), 0.0)],
)
def test_a_price_counts_cached_tokens_apart(price: Price, cost: float) -> None:
    assert price.of(Usage(1000, 200, 800)) == pytest.approx(cost)


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_a_price_below_nothing_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="the price completion"):
        Price(1.0, wrong)
