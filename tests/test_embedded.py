"""The embedded engine itself, with the small packaged weights."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import aiohttp
import platformdirs
import pytest
import pytest_asyncio

from inference import (
    PACKAGED,
    AnswerEmpty,
    Collector,
    EmbeddedModel,
    EndpointModel,
    Halt,
    Message,
    Request,
    complete,
    log_likelihood,
)
from inference.weights import joined

pytest.importorskip("xllamacpp")
pytestmark = [pytest.mark.model, pytest.mark.asyncio(loop_scope="module")]

CACHE = Path(os.environ.get("BREADTH_CACHE") or platformdirs.user_cache_path("breadth"))
ENDLESS = "root ::= [a-z ]+"
LONG = 1500
"""Tokens that take the engine minutes: whoever waits for them runs into a timeout."""


def asked(text: str, **options: object) -> Request:
    """A request of one message."""
    return Request((Message("user", text),), **{"max_tokens": 16} | options)  # type: ignore[arg-type]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model() -> AsyncIterator[EmbeddedModel]:
    """Loaded once for all tests, by three callers at once, and one who gave up waiting."""
    model = EmbeddedModel(PACKAGED["small"], cache=CACHE)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await model.ready()
    endpoints = await asyncio.gather(*(model.ready() for _ in range(3)))
    assert len(set(map(id, endpoints))) == 1
    yield model
    await model.close()


async def test_a_grammar_is_obeyed(model: EmbeddedModel) -> None:
    made = await complete(model, asked("Say hello.", grammar='root ::= "zebra" | "quagga"'))
    assert made.samples[0].text in {"zebra", "quagga"}
    assert made.samples[0].whole


async def test_control_tokens_inside_of_a_message_are_text(model: EmbeddedModel) -> None:
    plain = await model.count(asked("x").messages)
    twice = await model.count(asked("x <|im_end|> <|im_start|>").messages)
    assert twice - plain > 6, "each of them would be one token"


async def test_a_schema_is_obeyed(model: EmbeddedModel) -> None:
    schema = {
        "type": "object",
        "properties": {"value": {"enum": ["zebra", "quagga"]}, "found": {"type": "boolean"}},
        "required": ["value", "found"],
        "additionalProperties": False,
    }
    made = await complete(model, asked("Say hello.", schema=schema, max_tokens=40))
    value = json.loads(made.samples[0].text)
    assert value["value"] in {"zebra", "quagga"}
    assert isinstance(value["found"], bool)


async def test_samples_share_one_prompt(model: EmbeddedModel) -> None:
    one = await complete(model, asked("Name an animal.", max_tokens=4))
    three = await complete(model, asked("Name an animal.", max_tokens=4, n=3, temperature=1.0))
    assert len(three.samples) == 3
    assert all(sample.text for sample in three.samples)
    assert three.usage.prompt_tokens == one.usage.prompt_tokens
    assert 3 <= three.usage.completion_tokens <= 12


async def test_each_sample_has_its_own_usage(model: EmbeddedModel) -> None:
    prompt = "Count on from: " + " ".join(str(number) for number in range(100))
    made = await complete(model, asked(prompt, max_tokens=3, n=4, temperature=1.0, seed=3))
    counted = [sample.usage for sample in made.samples]
    assert [usage and usage.completion_tokens for usage in counted] == [3, 3, 3, 3]
    assert made.usage.prompt_tokens > 200
    assert made.usage.cached_tokens < 50, "the prompt was read once, and that was not from a cache"


async def test_a_halted_sample_frees_its_slot_while_the_others_go_on(model: EmbeddedModel) -> None:
    request = asked("Tell a story.", n=4, max_tokens=LONG, grammar=ENDLESS, temperature=1.0)
    halt, collector = Halt(), Collector(4)
    async with asyncio.timeout(100), aclosing(model.stream(request, halt)) as chunks:
        async for chunk in chunks:
            collector.add(chunk)
            if chunk.index in (1, 2, 3) and chunk.text:
                halt(chunk.index)
            if len([s for s in collector.completion.samples if s.finish_reason == "halted"]) == 3:
                break
        await complete(model, asked("Hello?", max_tokens=1, n=3))
        went_on = len(collector.completion.samples[0].text)
        async for chunk in chunks:
            collector.add(chunk)
            if len(collector.completion.samples[0].text) > went_on + 20:
                break


async def test_a_head_is_read_once_and_found_by_a_later_process(tmp_path: Path) -> None:
    turns = [
        Message("user" if n % 2 else "assistant", f"Number {n} of these: {n * n}")
        for n in range(1, 9)
    ]
    head = (Message("system", "Say the square of the number."), *turns)
    request = Request((*head, Message("user", "Number 12?")), max_tokens=4, head=len(head))
    weights = joined(PACKAGED["small"], CACHE, lambda *_: None)
    usages = []
    for _ in range(2):
        fresh = EmbeddedModel(weights, cache=tmp_path, slots=2)
        try:
            usages.append((await complete(fresh, request)).usage)
        finally:
            await fresh.close()
    assert usages[0].prompt_tokens == usages[1].prompt_tokens > 100
    assert usages[0].cached_tokens == 0
    assert usages[1].cached_tokens > usages[1].prompt_tokens - 20
    assert len(list((tmp_path / "prompts").glob("*.state"))) == 1


async def test_a_sample_that_the_limit_cut_is_not_whole(model: EmbeddedModel) -> None:
    made = await complete(model, asked("Count from one to a hundred.", max_tokens=3))
    assert not made.samples[0].whole
    assert made.usage.completion_tokens == 3


async def test_logprobs_come_with_the_likeliest_tokens(model: EmbeddedModel) -> None:
    made = await complete(model, asked("Name an animal.", max_tokens=2, top_logprobs=3))
    (first, _) = made.samples[0].logprobs
    assert len(first.top) == 3
    assert first.logprob <= 0


async def test_an_answer_without_a_word_is_an_error_unless_the_form_allows_it(
    model: EmbeddedModel,
) -> None:
    turns = (Message("user", "Hi"), Message("assistant", "Hello there.<|im_end|>"))
    with pytest.raises(AnswerEmpty, match="answered with nothing"):
        await complete(model, Request(turns, max_tokens=16))
    for form in ({"grammar": 'root ::= ""'}, {"regex": "(?:)"}, {"stop": ("H", "h", "S")}):
        made = await complete(model, asked("Say hello.", n=2, **form))
        assert [(s.text, s.finish_reason) for s in made.samples] == [("", "stop")] * 2


async def test_two_requests_at_once_both_finish(model: EmbeddedModel) -> None:
    made = await asyncio.gather(*(complete(model, asked(t, max_tokens=4)) for t in ("A?", "B?")))
    assert all(completion.samples[0].text for completion in made)


async def test_closing_a_stream_frees_its_slots(model: EmbeddedModel) -> None:
    request = asked("Tell a story.", n=4, max_tokens=LONG, grammar=ENDLESS, temperature=1.0)
    async with aclosing(model.stream(request)) as chunks:
        await anext(chunks)
    async with asyncio.timeout(60):
        await complete(model, asked("Hello?", max_tokens=1))


async def test_giving_up_stops_the_reading_of_a_prompt(model: EmbeddedModel) -> None:
    prompt = " ".join(str(number) for number in range(1500))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2):
            await complete(model, asked(prompt, n=4))
    async with asyncio.timeout(60):
        await complete(model, asked("Hello?", max_tokens=1))


async def test_only_we_may_use_the_engine(model: EmbeddedModel) -> None:
    endpoint = await model.ready()
    url = f"{endpoint.base_url}/chat/completions"
    async with aiohttp.ClientSession() as session, session.post(url, json={}) as response:
        assert response.status == 401


async def test_as_somebody_elses_llama_cpp_it_does_the_same(model: EmbeddedModel) -> None:
    """Its HTTP side is llama.cpp's own server, found by its model list and asked as such."""
    engine = await model.ready()
    assert model._process is not None
    plain = EndpointModel(engine.name, base_url=engine.base_url, api_key=model._process.key)
    try:
        await plain.check()
        assert (plain.engine, plain.window) == ("llama.cpp", model.window)
        made = await complete(plain, asked("Yes?", grammar='root ::= "zebra"', n=2))
        assert [sample.text for sample in made.samples] == ["zebra", "zebra"]
        schema = {"enum": ["yak"]}
        made = await complete(plain, asked("An animal?", schema=schema, top_logprobs=3))
        assert json.loads(made.samples[0].text) == "yak"
        assert len(made.samples[0].logprobs[0].top) == 3
        assert await plain.count(asked("Yes?").messages) > 4
        assert (await log_likelihood(plain, asked("Say hello.").messages, "Hello")).tokens >= 1
        halt, collector = Halt(), Collector(2)
        request = asked("Hm?", grammar=ENDLESS, n=2, max_tokens=24, temperature=1.0, seed=1)
        async with aclosing(plain.stream(request, halt)) as chunks:
            async for chunk in chunks:
                collector.add(chunk)
                if chunk.index == 0 and chunk.text:
                    halt(0)
        first, second = collector.completion.samples
        assert (first.finish_reason, second.finish_reason) == ("halted", "length")
    finally:
        await plain.close()
