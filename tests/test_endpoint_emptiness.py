"""An answer without a word is a typed error, asked for again, unless the request allows for it."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from endpoint_server import (
    ASKED,
    GRAMMAR,
    SCHEMA,
    WHOLE,
    Answer,
    Clock,
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
from research_films import outcomes, run, scripted

from inference import (
    AnswerEmpty,
    Collector,
    Halt,
    Message,
    Request,
    Sample,
    Usage,
    behind,
    complete,
    interruptible,
    p_yes,
    structured,
)
from planner import Failed, MemoryTrace
from search import DocumentIndex

ROLE = piece(delta={"role": "assistant"})
NOTHING = stream(ROLE, piece(None, reason="stop"), count(7, 0))
ENDED_AT_ONCE = stream(ROLE, piece(None, reason="stop"), count(7, 1))
FOUR = replace(ASKED, n=4, temperature=1.0, seed=0)


def by_seed(*answers: Answer) -> Answer:
    """To each sample that is asked for by itself, its own answer."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return await answers[(await request.json())["seed"]](request)

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        stream(piece(reason="stop")),
        NOTHING,
        ENDED_AT_ONCE,
        stream(piece(), count(7, 1)),
        stream(piece(reason="stop"), done=False),
        stream({"choices": []}, count(7, 3)),
        stream(piece(delta={"tool_calls": []}, reason="stop")),
        stream(piece(reason="stop") | {"usage": count(7, 90)["usage"]}, count(7, 90)),
    ],
)
@pytest.mark.parametrize("engine", ["other", "vllm", "llama.cpp", "xllamacpp"])
async def test_an_answer_without_a_word_is_an_error_that_says_whose_and_what_to_do(
    answer: Answer, engine: str
) -> None:
    async with serving(answer) as played, asking(played.url, engine=engine) as model:
        with pytest.raises(AnswerEmpty, match=r"with nothing.*chat template.*another") as told:
            await complete(model, ASKED)
    assert played.url in str(told.value)


@pytest.mark.parametrize(
    ("answer", "sample"),
    [
        (stream(piece(reason="length"), count(7, 256)), Sample("", "length")),
        (stream(piece(reason="content_filter")), Sample("", "content_filter")),
        (stream(piece(), count(7, 256)), Sample("", "length")),
        (stream(piece(reason="stop"), count(7, 256)), Sample("")),
        (stream(piece(delta={"reasoning": "hm"}, reason="stop")), Sample("", reasoning="hm")),
        (stream(piece("<think>hm</think>", reason="stop")), Sample("", reasoning="hm")),
        (stream(piece(delta={"tool_calls": [{"id": "1"}]}, reason="tool_calls")), Sample("")),
        (stream(piece(delta={"refusal": "no"}, reason="stop")), Sample("")),
        (stream(piece("\n", reason="stop")), Sample("\n")),
    ],
    ids=["cut", "filtered", "spent", "spent and ended", "thought", "tags", "tool", "no", "blank"],
)
async def test_what_was_cut_thought_or_done_is_no_empty_answer(
    answer: Answer, sample: Sample
) -> None:
    assert (await asked(answer)).samples == (sample,)


@pytest.mark.parametrize(
    ("form", "answer", "empty"),
    [
        ({"stop": ("\n",)}, ENDED_AT_ONCE, True),
        ({"stop": ("\n",)}, NOTHING, False),
        ({"stop": ("\n",)}, stream(piece(reason="stop")), False),
        ({"grammar": 'root ::= "a"?'}, ENDED_AT_ONCE, True),
        ({"grammar": 'root ::= "a"?'}, NOTHING, False),
        ({"regex": "a*"}, NOTHING, True),
        ({"regex": "a+"}, ENDED_AT_ONCE, False),
        ({"schema": SCHEMA}, ENDED_AT_ONCE, False),
        ({"continuation": "yes"}, ENDED_AT_ONCE, False),
        ({"max_tokens": 1}, ENDED_AT_ONCE, True),
        ({"max_tokens": 1}, NOTHING, False),
    ],
)
async def test_it_is_an_answer_where_the_request_allows_for_it(
    form: dict[str, Any], answer: Answer, *, empty: bool
) -> None:
    request = replace(ASKED, **form)
    async with serving(answer) as played, asking(played.url, engine="llama.cpp") as model:
        if empty:
            assert (await complete(model, request)).samples == (Sample(""),)
        else:
            with pytest.raises(AnswerEmpty):
                await complete(model, request)


async def test_a_string_without_letters_is_an_answer_to_a_schema() -> None:
    made = await asked(stream(piece('""', reason="stop")), request=replace(ASKED, schema=SCHEMA))
    assert made.samples[0].text == '""'


async def test_log_probabilities_alone_are_an_answer() -> None:
    likely = [{"token": "", "logprob": -0.1}, {"token": "yes", "logprob": -1.0}]
    token = {"token": "", "logprob": -0.1, "top_logprobs": likely}
    answer = stream(piece(logprobs={"content": [token]}, reason="stop"))
    async with serving(answer) as played, asking(played.url) as model:
        assert (await p_yes(model, ASKED.messages)).value == 1.0
    assert len(played.bodies) == 1


@pytest.mark.parametrize("first", [0, 2])
async def test_one_of_several_samples_may_be_empty(first: int) -> None:
    events = [piece(index=index, reason="stop") for index in range(4) if index != first]
    events.insert(2, piece("a", first, reason="stop"))
    made = await asked(stream(*events, count(7, 5)), request=FOUR)
    assert [sample.text for sample in made.samples] == ["a" * (n == first) for n in range(4)]
    assert all(sample.whole for sample in made.samples)
    with pytest.raises(AnswerEmpty):
        await asked(stream(*(piece(index=n, reason="stop") for n in range(4))), request=FOUR)


async def test_so_it_is_with_samples_that_are_asked_for_one_by_one() -> None:
    async def texts(*answers: Answer) -> list[str]:
        collector = Collector(4)
        async with (
            serving(by_seed(*answers)) as played,
            asking(played.url) as model,
            aclosing(model.stream(FOUR, Halt())) as chunks,
        ):
            async for chunk in chunks:
                collector.add(chunk)
        made = collector.completion
        assert all(sample.whole for sample in made.samples)
        assert made.usage.completion_tokens == 5
        return [sample.text for sample in made.samples]

    assert await texts(ENDED_AT_ONCE, WHOLE, *[ENDED_AT_ONCE] * 2) == ["", "Cuarón", "", ""]
    with pytest.raises(AnswerEmpty):
        await texts(*[ENDED_AT_ONCE] * 4)


async def test_and_where_a_server_that_does_not_know_n_gave_one() -> None:
    async with serving(WHOLE, NOTHING) as played, asking(played.url) as model:
        made = await complete(model, FOUR)
    assert [sample.text for sample in made.samples] == ["Cuarón", "", "", ""]
    assert all(sample.whole for sample in made.samples)


async def test_a_halted_sample_is_not_an_empty_one() -> None:
    halt, collector = Halt(), Collector(2)
    halt(1)
    async with (
        serving(NOTHING) as played,
        asking(played.url) as model,
        aclosing(model.stream(replace(ASKED, n=2), halt)) as chunks,
    ):
        async for chunk in chunks:
            collector.add(chunk)
    reasons = [sample.finish_reason for sample in collector.completion.samples]
    assert reasons == ["stop", "halted"]


async def test_after_news_a_model_may_have_nothing_to_add() -> None:
    asked_for: list[str] = []

    async def interrupt(written: str) -> Request | None:
        asked_for.append(written)
        return behind(ASKED, written=written, news="new") if len(asked_for) == 1 else None

    said = stream(piece("One.", reason="stop"), count(7, 2))
    collector = Collector(1)
    async with serving(said, ENDED_AT_ONCE) as played, asking(played.url) as model:
        chunks = interruptible(model, ASKED, interrupt, len)
        async with aclosing(chunks):
            async for chunk in chunks:
                collector.add(chunk)
        assert collector.completion.samples == (Sample("One."),)
        assert collector.completion.usage == Usage(14, 3)
        with pytest.raises(AnswerEmpty):
            await anext(interruptible(model, ASKED, interrupt, len))


async def test_nothing_reaches_the_reader_before_the_first_word() -> None:
    counted = {"usage": count(7, 0)["usage"]}
    events = [ROLE | counted, piece("a") | {"usage": count(7, 1)["usage"]}]
    async with (
        serving(sent(*map(line, events), then="silence")) as played,
        asking(played.url, engine="vllm") as model,
        aclosing(model.stream(ASKED)) as chunks,
    ):
        first, second = await anext(chunks), await anext(chunks)
    assert (first.text, first.usage, second.text) == ("", Usage(7), "a")


@pytest.mark.parametrize("empty", [NOTHING, ENDED_AT_ONCE])
@pytest.mark.parametrize("engine", ["other", "vllm"])
async def test_another_endpoint_is_asked_and_nobody_rests(empty: Answer, engine: str) -> None:
    clock = Clock()
    async with serving(empty) as mute, serving(WHOLE) as well:
        urls, persistence = (mute.url, well.url), clock.persistence()
        async with pooling(*urls, persistence=persistence, engine=engine) as model:
            for _ in range(3):
                made = await complete(model, replace(ASKED, session="run"))
                assert made.samples == (Sample("Cuarón"),)
            assert [one.failures for one in model.endpoints] == [0, 0]
    assert (len(mute.bodies), len(well.bodies)) == (1, 3), "the session has moved"
    assert clock.slept == []


async def test_the_same_endpoint_is_asked_again_a_few_times() -> None:
    async with serving(NOTHING, NOTHING, WHOLE) as played, pooling(played.url) as model:
        assert (await complete(model, ASKED)).samples == (Sample("Cuarón"),)
    assert len(played.bodies) == 3


@pytest.mark.parametrize("servers", [1, 2])
async def test_it_is_not_asked_for_ever(servers: int) -> None:
    async with serving(NOTHING) as one, serving(NOTHING) as other:
        urls = (one.url, other.url)[:servers]
        async with pooling(*urls) as model, asyncio.timeout(20):
            with pytest.raises(AnswerEmpty) as told:
                await complete(model, ASKED)
            assert all(endpoint.in_flight == 0 for endpoint in model.endpoints)
    assert len(one.bodies) + len(other.bodies) == 3 * servers
    assert all(url in str(told.value) for url in urls)


async def test_an_endpoint_that_fails_does_not_keep_the_empty_one_from_being_asked() -> None:
    async with (
        serving(NOTHING, NOTHING, WHOLE) as mute,
        serving(status(500)) as broken,
        pooling(mute.url, broken.url) as model,
        asyncio.timeout(20),
    ):
        assert (await complete(model, ASKED)).samples == (Sample("Cuarón"),)


async def test_what_nobody_answers_takes_nothing_from_other_requests() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        mute = "mute" in (await request.json())["messages"][0]["content"]
        return await (NOTHING if mute else WHOLE)(request)

    odd = Request((Message("user", "mute"),))
    clock = Clock()
    async with (
        serving(answer) as played,
        pooling(played.url, persistence=clock.persistence()) as model,
        asyncio.timeout(20),
    ):
        requests = [odd, ASKED] * 10
        made = await asyncio.gather(*(complete(model, r) for r in requests), return_exceptions=True)
    assert [type(one) is AnswerEmpty for one in made] == [request is odd for request in requests]
    assert clock.slept == []


async def test_a_form_is_asked_for_with_a_word_on_it_and_then_the_error_is_told() -> None:
    good = stream(piece('{"value":"a"}', reason="stop"), count(7, 2))
    request = replace(ASKED, schema=SCHEMA)
    async with serving(NOTHING, good) as played, asking(played.url) as model:
        made = await structured(model, request)
    assert (made.value, made.attempts, made.usage) == ({"value": "a"}, 2, Usage(14, 2))
    assert "it is empty" in played.bodies[1]["messages"][-1]["content"]
    async with serving(NOTHING) as played, asking(played.url) as model:
        with pytest.raises(AnswerEmpty) as told:
            await structured(model, replace(request, schema=None, grammar=GRAMMAR))
    assert told.value.usage == Usage(21)
    assert len(played.bodies) == 3


def _playing(mute: Callable[[Request], bool]) -> Answer:
    """A small model that does everything right, but for what it is mute about."""

    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        turns = tuple(Message(turn["role"], turn["content"]) for turn in body["messages"])
        purpose = {("\n",): "read"}.get(tuple(body.get("stop", ())), "write")
        asked_for = Request(turns, purpose=purpose)
        if mute(asked_for):
            return await NOTHING(request)
        return await stream(piece(scripted(asked_for), reason="stop"), count(7, 2))(request)

    return answer


async def test_a_look_up_whose_model_answers_nothing_fails_and_the_run_ends_with_an_answer(
    film_index: DocumentIndex,
) -> None:
    trace = MemoryTrace()
    async with (
        serving(_playing(lambda request: request.purpose == "read")) as played,
        pooling(played.url) as model,
        asyncio.timeout(60),
    ):
        result = await run(film_index, model, trace)
    failed = [outcome for outcome in outcomes(trace).values() if isinstance(outcome, Failed)]
    assert failed
    assert all(f"could not read: {played.url}" in outcome.error for outcome in failed)
    assert result.answer.text


async def test_a_run_whose_model_never_says_a_word_ends_in_words(
    film_index: DocumentIndex,
) -> None:
    trace = MemoryTrace()
    async with (
        serving(NOTHING) as played,
        pooling(played.url) as model,
        asyncio.timeout(60),
    ):
        result = await run(film_index, model, trace)
    assert result.status == "incomplete"
    assert any(isinstance(outcome, Failed) for outcome in outcomes(trace).values())


async def test_a_text_that_is_too_long_at_once_is_cut_and_not_nothing() -> None:
    made = await asked(stream(piece("again and " * 9000)), request=replace(ASKED, max_tokens=8))
    assert [(one.text, one.finish_reason) for one in made.samples] == [("", "length")]
