"""Chat completions, asked by the official client over a real connection."""

import asyncio
import json
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import openai
import pytest
from asked_front import ANSWER, TEXT, USER, Service, ending, serving_api, working
from trace_store import model_called

from planner import PhaseStarted, RunEnded, RunStarted
from service.api.characters import whole
from service.api.chat_objects import pieces

ASKED: list[Any] = [{"role": "user", "content": "Who directed Roma?"}]


def schema_of(schema: dict[str, Any]) -> Any:
    """A form as this interface has it."""
    return {"type": "json_schema", "json_schema": {"name": "film", "schema": schema}}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with serving_api(tmp_path) as served:
        yield served


@pytest.fixture
async def answering(service: Service) -> Service:
    """Each run ends well as soon as it is made."""
    service.front.script = (*working(), model_called(), *ending())
    return service


async def test_the_answer_stands_in_the_message_with_its_citations(answering: Service) -> None:
    said = await answering.client.chat.completions.create(model="breadth", messages=ASKED)
    choice = said.choices[0]
    assert choice.message.content == TEXT == ANSWER.text
    assert choice.finish_reason == "stop"
    assert said.object == "chat.completion"
    assert said.id == f"chatcmpl-{(await answering.front.store.runs(1))[0].id}"
    found = [each.url_citation for each in choice.message.annotations or ()]
    assert [TEXT[each.start_index : each.end_index] for each in found] == ["[1]", "[2]", "[2]"]
    assert [each.url for each in found] == ["https://example.org/roma", "roma.md", "roma.md"]
    assert found[0].title == "Roma, the film"
    assert said.usage is not None
    assert (said.usage.prompt_tokens, said.usage.completion_tokens) == (30, 5)
    assert said.usage.total_tokens == 35
    assert "/srv" not in said.model_dump_json()


async def test_the_last_turn_is_the_question_and_the_others_go_with_it(answering: Service) -> None:
    await answering.client.chat.completions.create(
        model="breadth-max",
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Who directed Roma?"},
            {"role": "assistant", "content": "Cuarón."},
            {"role": "developer", "content": "Be exact."},
            {"role": "user", "content": [{"type": "text", "text": "When was he born?"}]},
        ],
        metadata={"team": "films"},
    )
    ((asked, _),) = answering.front.asked
    assert asked.kind == "chat"
    assert asked.question == "When was he born?"
    assert asked.options["effort"] == "high"
    assert asked.options["instructions"] == "Be brief.\n\nBe exact."
    assert asked.options["conversation"] == [
        {"role": "user", "content": "Who directed Roma?"},
        {"role": "assistant", "content": "Cuarón."},
    ]
    assert asked.request["metadata"] == {"team": "films"}


async def test_a_lone_question_has_no_options_of_a_conversation(answering: Service) -> None:
    await answering.client.chat.completions.create(model="breadth:vote", messages=ASKED)
    options = answering.front.asked[0][0].options
    assert options["select"] == "vote"
    assert options["instructions"] == ""
    assert "conversation" not in options


async def test_the_effort_of_the_request_goes_over_that_of_the_model(answering: Service) -> None:
    await answering.client.chat.completions.create(
        model="breadth-max", messages=ASKED, reasoning_effort="minimal"
    )
    assert answering.front.asked[0][0].options["effort"] == "low"


async def test_a_stream_says_who_speaks_then_the_text_then_how_it_ended(
    answering: Service,
) -> None:
    stream = await answering.client.chat.completions.create(
        model="breadth", messages=ASKED, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert deltas[0].role == "assistant"
    assert "".join(delta.content or "" for delta in deltas) == TEXT
    last = chunks[-2]
    assert last.choices[0].finish_reason == "stop"
    annotations = last.choices[0].delta.model_extra or {}
    spans = [each["url_citation"] for each in annotations["annotations"]]
    assert [TEXT[span["start_index"] : span["end_index"]] for span in spans] == [
        "[1]",
        "[2]",
        "[2]",
    ]
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 35
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    assert all(chunk.usage is None for chunk in chunks[:-1])


async def test_a_stream_shows_the_plan_and_its_steps_beside_the_text(answering: Service) -> None:
    stream = await answering.client.chat.completions.create(
        model="breadth", messages=ASKED, stream=True
    )
    told = [
        chunk.model_extra["breadth"]
        async for chunk in stream
        if chunk.model_extra and "breadth" in chunk.model_extra
    ]
    assert [each["type"] for each in told] == [
        "phase_started", "step_added", "step_started", "step_ended"
    ]  # fmt: skip
    assert told[1]["id"] == "a"
    assert told[3]["value"] == "Alfonso Cuarón"
    assert told[3]["sources"] == [
        {"title": "Roma, the film", "url": "https://example.org/roma"},
        {"title": "Roma", "url": "roma.md"},
    ]


async def test_a_run_that_was_taken_up_again_tells_nothing_twice(service: Service) -> None:
    again = (RunStarted("Who?", resumed=True), *working()[1:])
    service.front.script = (*working(), *again, PhaseStarted("write", 1), *ending())
    stream = await service.client.chat.completions.create(
        model="breadth", messages=ASKED, stream=True
    )
    told = [
        chunk.model_extra["breadth"]["type"]
        async for chunk in stream
        if chunk.model_extra and "breadth" in chunk.model_extra
    ]
    assert told == ["phase_started", "step_added", "step_started", "step_ended", "phase_started"]


async def test_a_silent_run_is_heard_of_in_comments(tmp_path: Path) -> None:
    async with serving_api(tmp_path, ping=0.01) as service:
        body = {"model": "breadth", "messages": ASKED, "stream": True}
        async with service.http.post("/v1/chat/completions", json=body) as answer:
            assert answer.content_type == "text/event-stream"
            assert answer.headers["x-request-id"].startswith("req_")
            lines = [await answer.content.readline() for _ in range(12)]
            assert lines.count(b": ping\n") >= 2
            await service.front.play_next(*ending())
            rest = await answer.read()
    assert rest.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_stops_its_run(service: Service, stream: bool) -> None:
    asking = asyncio.create_task(_ask(service, stream=stream))
    await service.front.created.wait()
    asking.cancel()
    await asyncio.wait({asking})
    await asyncio.wait_for(service.front.was_stopped.wait(), 10)
    record = (await service.front.store.runs(1))[0]
    assert service.front.stopped == [record.id]
    assert record.status == "cancelled"


async def test_a_run_that_is_to_be_stored_outlives_its_client(service: Service) -> None:
    asking = asyncio.create_task(_ask(service, store=True))
    await service.front.created.wait()
    asking.cancel()
    await asyncio.wait({asking})
    run = await service.front.play_next(*working(), *ending())
    assert (await service.front.store.run(run)).status == "completed"
    assert service.front.stopped == []


async def _ask(service: Service, **more: Any) -> None:
    body = {"model": "breadth", "messages": ASKED, **more}
    async with service.http.post("/v1/chat/completions", json=body) as answer:
        await answer.read()


async def test_a_failed_run_is_an_error_that_is_not_tried_again(service: Service) -> None:
    service.front.script = (RunStarted("Who?"), RunEnded("failed", "no model answers"))
    with pytest.raises(openai.InternalServerError, match="no model answers") as caught:
        await service.client.with_options(max_retries=2).chat.completions.create(
            model="breadth", messages=ASKED
        )
    assert caught.value.code == "run_failed"
    assert len(service.front.asked) == 1


async def test_a_failed_run_is_an_error_in_its_stream(service: Service) -> None:
    service.front.script = (RunStarted("Who?"), RunEnded("failed", "no model answers"))
    stream = await service.client.chat.completions.create(
        model="breadth", messages=ASKED, stream=True
    )
    with pytest.raises(openai.APIError, match="no model answers"):
        async for _ in stream:
            pass


async def test_a_run_that_somebody_stops_is_told_as_stopped(service: Service) -> None:
    service.front.script = (RunStarted("Who?"), RunEnded("cancelled", "by Ann"))
    with pytest.raises(openai.ConflictError, match="by Ann"):
        await service.client.chat.completions.create(model="breadth", messages=ASKED)


async def test_an_incomplete_run_gives_what_there_is(service: Service) -> None:
    service.front.script = (RunStarted("Who?"), *ending("incomplete", "the time was over"))
    said = await service.client.chat.completions.create(model="breadth", messages=ASKED)
    assert said.choices[0].finish_reason == "length"
    assert said.choices[0].message.content == TEXT


async def test_a_run_that_came_to_nothing_gives_an_empty_text(service: Service) -> None:
    service.front.script = (RunStarted("Who?"), RunEnded("incomplete", "the time was over"))
    said = await service.client.chat.completions.create(model="breadth", messages=ASKED)
    assert said.choices[0].message.content == ""
    assert said.choices[0].finish_reason == "length"


@pytest.mark.parametrize("stream", [False, True])
async def test_most_tokens_cut_the_text_between_words(answering: Service, stream: bool) -> None:
    body = {"model": "breadth", "messages": ASKED, "max_completion_tokens": 13, "stream": stream}
    async with answering.http.post("/v1/chat/completions", json=body) as answer:
        said = await answer.text()
    if stream:
        chunks = [json.loads(line[6:]) for line in said.splitlines() if line.startswith("data: {")]
        choices = [chunk["choices"][0] for chunk in chunks]
        text = "".join(choice["delta"].get("content", "") for choice in choices)
        finish, found = choices[-1]["finish_reason"], choices[-1]["delta"]["annotations"]
    else:
        (choice,) = json.loads(said)["choices"]
        text, finish = choice["message"]["content"], choice["finish_reason"]
        found = choice["message"]["annotations"]
    assert text == "Alfonso Cuarón 🎬 directed Roma. [1]"
    assert finish == "length"
    assert len(found) == 1


async def test_the_same_key_does_not_ask_twice(answering: Service) -> None:
    ask = answering.client.chat.completions.create
    key = {"Idempotency-Key": "k1"}
    first = await ask(model="breadth", messages=ASKED, extra_headers=key)
    second = await ask(model="breadth", messages=ASKED, extra_headers=key)
    assert first.id == second.id
    with pytest.raises(openai.ConflictError, match="Idempotency-Key"):
        await ask(model="breadth-fast", messages=ASKED, extra_headers=key)


async def test_a_run_belongs_to_whoever_asks(answering: Service) -> None:
    await answering.client.chat.completions.create(
        model="breadth", messages=ASKED, extra_headers={USER: "ann"}
    )
    assert answering.front.asked[0][1].user == "ann"
    assert await answering.front.store.runs(user="bob") == []


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"n": 2}, "n"),
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "user", "content": "  "}]}, "messages"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            "messages[0].content[0].type",
        ),
        ({"messages": [{"role": "user", "content": "why " * 501}]}, "messages"),
        ({"messages": [{"role": "system", "content": "x" * 20_001}, *ASKED]}, "messages"),
        ({"metadata": {"a": "x" * 513}}, "metadata.a"),
        ({"metadata": {f"k{n}": "" for n in range(17)}}, "metadata"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"stream": "yes"}, "stream"),
        ({"response_format": {"type": "yaml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.schema"),
        (
            {"response_format": schema_of({"type": "array"})},
            "response_format.json_schema.schema",
        ),
        (
            {"response_format": schema_of({"$ref": "https://example.org/x"})},
            "response_format.json_schema.schema",
        ),
        ({"reasoning_effort": "heroic"}, "reasoning_effort"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"model": None}, "model"),
    ],
)
async def test_what_is_wrong_is_named(answering: Service, change: Any, param: str) -> None:
    body = {"model": "breadth", "messages": ASKED} | change
    async with answering.http.post("/v1/chat/completions", json=body) as answer:
        error = (await answer.json())["error"]
    assert answer.status == 400
    assert error["param"] == param
    assert error["type"] == "invalid_request_error"
    assert param.partition("[")[0].partition(".")[0] in error["message"]
    assert answering.front.asked == []


async def test_a_form_is_wished_of_the_run(answering: Service) -> None:
    schema = {"type": "object", "properties": {"director": {"type": "string"}}}
    for form in (schema_of(schema), {"type": "json_object"}, {"type": "text"}):
        await answering.client.chat.completions.create(
            model="breadth", messages=ASKED, response_format=form
        )
    assert [asked.options.get("form") for asked, _ in answering.front.asked] == [
        {"name": "film", "schema": schema, "strict": False},
        {"name": "answer", "schema": {"type": "object"}, "strict": False},
        None,
    ]
    assert answering.front.asked[0][0].request["response_format"] == schema_of(schema)


async def test_fields_that_are_not_known_are_let_pass_and_not_kept(answering: Service) -> None:
    said = await answering.client.chat.completions.create(
        model="breadth", messages=ASKED, extra_body={"secret_sauce": "hush", "seed": 7}
    )
    assert said.choices[0].message.content == TEXT
    assert "hush" not in json.dumps(dict(answering.front.asked[0][0].request))


async def test_a_model_that_is_not_there_is_told_in_the_words_of_the_interface(
    service: Service,
) -> None:
    with pytest.raises(openai.NotFoundError, match="breadth-max") as caught:
        await service.client.chat.completions.create(model="gpt-9", messages=ASKED)
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"breadth"', "application/json", 400),
        (b'{"n": NaN}', "application/json", 400),
        (b'{"n": 1' + b"0" * 5000 + b"}", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "application/json", 400),
        (b"model=breadth", "application/x-www-form-urlencoded", 415),
        (b"{}", "text/plain", 415),
        (b" " * (5 * 2**20), "application/json", 413),
    ],
)
async def test_what_is_no_json_object_is_refused(
    service: Service, raw: bytes, kind: str, status: int
) -> None:
    heads = {"Content-Type": kind}
    async with service.http.post(
        "/v1/chat/completions", data=BytesIO(raw), headers=heads
    ) as answer:
        assert answer.status == status
        assert (await answer.json())["error"]["message"]


@pytest.mark.parametrize("word", ["\x00", "a\ud800b", "\udc00\ud800", "\x1a0000", "\U0001f3ac"])
async def test_words_of_any_characters_do_no_harm(answering: Service, word: str) -> None:
    body = {
        "model": "breadth",
        "messages": [{"role": "system", "content": word}, {"role": "user", "content": f"Q {word}"}],
        "metadata": {"m": word},
        "user": word,
        f"extra{word}": {word: word},
    }
    async with answering.http.post("/v1/chat/completions", json=body) as answer:
        assert answer.status == 200, await answer.text()
    assert (await answering.front.store.runs(1))[0].question == f"Q {whole(word)}"


def test_pieces_of_a_text_are_the_text() -> None:
    for text in ("", " ", "\n\nso\n it   is ", "a " * 50, "x" * 500, TEXT):
        assert "".join(pieces(text)) == text
    assert max(len(piece.split()) for piece in pieces("word " * 40)) == 6
