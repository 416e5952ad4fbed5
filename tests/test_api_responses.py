"""`/v1/responses` as the official client uses it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest
from aiohttp import web
from asked_front import FOUND, READ, TEXT, USER, Service, ending, serving_api
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from planner import (
    Decided,
    Done,
    Event,
    Failed,
    PhaseStarted,
    RunEnded,
    RunStarted,
    Step,
    StepAdded,
    StepEnded,
    StepStarted,
)
from service.api.errors import Handler
from service.api.server_events import has_left
from tests.transactions import writing

STEP = Step("a", "lookup", {"question": "Who directed Roma?"})


def working(step: Step = STEP) -> tuple[Event, ...]:
    """A run that has found something."""
    return (
        RunStarted("Who?"),
        PhaseStarted("plan", 1),
        StepAdded(step, 1, "planner"),
        StepStarted(step.id, step.arguments),
        StepEnded(step.id, Done("Alfonso Cuarón", (FOUND,), (READ,))),
    )


WHOLE = (*working(), *ending())
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with serving_api(tmp_path) as running:
        yield running


def strictly(events: list[Any]) -> list[str]:
    """Their types; each of the interface's own is what the client's types say."""
    for event in events:
        if not event.type.startswith(("breadth:", "response.cancelled")):
            EVENT.validate_python(event.model_dump(mode="json"))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    return [event.type for event in events]


async def test_an_answer_is_waited_for(service: Service) -> None:
    service.front.script = WHOLE
    made = await service.client.responses.create(model="breadth", input="Who directed Roma?")
    Response.model_validate(made.model_dump(mode="json"))
    assert made.status == "completed"
    assert made.output_text == TEXT
    assert [item.type for item in made.output] == ["file_search_call", "message"]
    assert made.output[0].queries == ["Who directed Roma?"]  # type: ignore[union-attr]
    notes = made.output[1].content[0].annotations  # type: ignore[union-attr]
    assert [TEXT[note.start_index : note.end_index] for note in notes] == ["[1]", "[2]", "[2]"]
    assert [note.url for note in notes] == ["https://example.org/roma", "roma.md", "roma.md"]
    assert made.usage is not None
    assert made.completed_at is not None
    assert "/srv" not in made.model_dump_json()


async def test_a_background_answer_is_polled(service: Service) -> None:
    made = await service.client.responses.create(
        model="breadth-fast",
        input=[{"role": "user", "content": [{"type": "input_text", "text": "Who?"}]}],
        background=True,
        metadata={"from": "a test"},
        instructions="Be brief.",
        reasoning={"effort": "high"},
        text={"verbosity": "high"},
        max_tool_calls=3,
    )
    assert (made.status, made.output, made.output_text) == ("queued", [], "")
    asked, _ = service.front.asked[0]
    assert asked.options["effort"] == "high"
    assert asked.options["size"] == "report"
    assert asked.options["max_tool_calls"] == 3
    assert asked.options["instructions"] == "Be brief."
    await service.front.play_next(*working())
    at_work = await service.client.responses.retrieve(made.id)
    assert at_work.status == "in_progress"
    await service.front.play_next(*ending("incomplete", "max-tool-calls: 3 of 3 are spent"))
    ended = await service.client.responses.retrieve(made.id)
    assert (ended.status, ended.output_text) == ("incomplete", TEXT)
    assert ended.incomplete_details is not None
    assert ended.incomplete_details.reason == "max_tool_calls"
    assert (ended.metadata, ended.instructions) == ({"from": "a test"}, "Be brief.")


async def test_a_stream_has_every_event_in_its_order(service: Service) -> None:
    service.front.script = WHOLE
    stream = await service.client.responses.create(model="breadth", input="Who?", stream=True)
    events = [event async for event in stream]
    kinds = [kind for kind in strictly(events) if not kind.startswith("breadth:")]
    deltas = kinds.count("response.output_text.delta")
    assert kinds == [
        "response.created",
        "response.queued",
        "response.in_progress",
        "response.output_item.added",
        "response.file_search_call.in_progress",
        "response.file_search_call.searching",
        "response.file_search_call.completed",
        "response.output_item.done",
        "response.output_item.added",
        "response.content_part.added",
        *["response.output_text.delta"] * deltas,
        *["response.output_text.annotation.added"] * 3,
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    assert text == TEXT


async def test_the_clients_own_stream_puts_the_answer_together(service: Service) -> None:
    service.front.script = WHOLE
    async with service.client.responses.stream(model="breadth", input="Who?") as stream:
        async for _ in stream:
            pass
        final = await stream.get_final_response()
    assert final.output_text == TEXT


async def test_a_stream_is_taken_up_at_its_cursor_and_a_run_that_was_taken_up_says_nothing_twice(
    service: Service,
) -> None:
    service.front.script = working()
    seen = []
    made = await service.client.responses.create(
        model="breadth", input="Who?", background=True, stream=True
    )
    async for event in made:
        seen.append(event)
        if event.type == "response.output_item.done":
            break
    await made.close()
    run = (await service.front.store.runs(1))[0].id
    again = (RunStarted("Who?", resumed=True), *working()[1:4])
    await service.front.play(run, *again, *ending())
    rest = await service.client.responses.retrieve(
        f"resp_{run}", stream=True, starting_after=seen[-1].sequence_number
    )
    seen += [event async for event in rest]
    strictly(seen)
    assert seen[-1].type == "response.completed"
    fresh = await service.client.responses.retrieve(f"resp_{run}", stream=True)
    types = [event.type async for event in fresh]
    assert types == [event.type for event in seen]
    assert not service.front.stopped


async def test_a_client_that_leaves_stops_what_is_not_in_the_background(service: Service) -> None:
    service.front.script = working()
    stream = await service.client.responses.create(model="breadth", input="Who?", stream=True)
    async for event in stream:
        if event.type == "response.in_progress":
            break
    await stream.close()
    async with asyncio.timeout(20):
        await service.front.was_stopped.wait()
    waiting = asyncio.create_task(
        service.client.responses.create(model="breadth", input="Who else?")
    )
    service.front.created.clear()
    await service.front.created.wait()
    waiting.cancel()
    async with asyncio.timeout(20):
        while len(service.front.stopped) < 2:
            async with service.front.changed:
                await service.front.changed.wait()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/responses", {"input": "Who?"}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Who?"}]}),
    ],
)
async def test_a_client_that_leaves_while_its_question_is_being_kept_leaves_no_run_behind(
    tmp_path: Path, path: str, body: dict[str, Any]
) -> None:
    came: asyncio.Queue[web.Request] = asyncio.Queue()

    @web.middleware
    async def seen(request: web.Request, handler: Handler) -> web.StreamResponse:
        came.put_nowait(request)
        return await handler(request)

    async def ask() -> None:
        async with service.http.post(path, json={"model": "breadth", **body}) as answer:
            await answer.read()

    async with serving_api(tmp_path, also=[seen]) as service, asyncio.timeout(20):
        async with writing(service.front.store):  # others have to wait
            asking = asyncio.create_task(ask())
            request = await came.get()
            asking.cancel()
            while not has_left(request):  # noqa: ASYNC110 - the server hears of it by and by
                await asyncio.sleep(0.01)
        await service.front.was_stopped.wait()
        assert [run.status for run in await service.front.store.runs()] == ["cancelled"]


async def test_stopping_and_deleting(service: Service) -> None:
    service.front.script = working()
    made = await service.client.responses.create(model="breadth", input="Who?", background=True)
    stopped = await service.client.responses.cancel(made.id)
    again = await service.client.responses.cancel(made.id)
    assert (stopped.status, again.status) == ("cancelled", "cancelled")
    stream = await service.client.responses.retrieve(made.id, stream=True)
    types = [event.type async for event in stream]
    assert types[-1] == "response.cancelled"
    await service.client.responses.delete(made.id)
    for call in (service.client.responses.retrieve, service.client.responses.delete):
        with pytest.raises(openai.NotFoundError):
            await call(made.id)


async def test_what_is_not_to_be_stored_is_gone_when_it_was_given(service: Service) -> None:
    service.front.script = WHOLE
    made = await service.client.responses.create(model="breadth", input="Who?", store=False)
    assert made.output_text == TEXT
    with pytest.raises(openai.NotFoundError):
        await service.client.responses.retrieve(made.id)


async def test_what_searches_found_is_told_to_whoever_asks_for_it(service: Service) -> None:
    service.front.script = WHOLE
    made = await service.client.responses.create(model="breadth", input="Who?")
    assert made.output[0].results is None  # type: ignore[union-attr]
    wanted: Any = ["file_search_call.results"]
    shown = await service.client.responses.retrieve(made.id, include=wanted)
    found = shown.output[0].results  # type: ignore[union-attr]
    assert [each.filename for each in found] == ["https://example.org/roma", "roma.md"]


async def test_a_reason_tells_no_path_of_the_server(service: Service) -> None:
    store = service.front.settings.store
    service.front.script = (RunStarted("?"), RunEnded("failed", f"no {store}"))
    made = await service.client.responses.create(model="breadth", input="Who?")
    assert made.error is not None
    assert made.error.message == "no runs.db"
    assert store not in made.model_dump_json()


async def test_a_failed_run_says_why(service: Service) -> None:
    service.front.script = (RunStarted("Who?"), RunEnded("failed", "the model is gone"))
    made = await service.client.responses.create(model="breadth", input="Who?")
    assert made.status == "failed"
    assert made.error is not None
    assert made.error.message == "the model is gone"
    stream = await service.client.responses.retrieve(made.id, stream=True)
    assert [event.type async for event in stream][-1] == "response.failed"


async def test_a_response_goes_on_from_one_that_has_ended(service: Service) -> None:
    service.front.script = WHOLE
    first = await service.client.responses.create(model="breadth", input="Who directed Roma?")
    second = await service.client.responses.create(
        model="breadth", input="And when was he born?", previous_response_id=first.id
    )
    assert second.previous_response_id == first.id
    assert service.front.asked[1][0].options["after"] == first.id.removeprefix("resp_")
    service.front.script = working()
    third = await service.client.responses.create(model="breadth", input="Who?", background=True)
    for wrong in (third.id, "resp_nothing"):
        with pytest.raises(openai.BadRequestError) as refused:
            await service.client.responses.create(
                model="breadth", input="Who?", previous_response_id=wrong
            )
        assert refused.value.param == "previous_response_id"


async def test_the_input_is_listed(service: Service) -> None:
    service.front.script = WHOLE
    turns: list[Any] = [
        {"role": "user", "content": "Who directed Roma?"},
        {"role": "assistant", "content": "Alfonso Cuarón."},
        {"role": "user", "content": "And Up?"},
    ]
    made = await service.client.responses.create(model="breadth", input=turns)
    page = await service.client.responses.input_items.list(made.id, limit=2, order="asc")
    both = [item.content[0].text async for item in page]  # type: ignore[union-attr]
    assert both == ["Who directed Roma?", "Alfonso Cuarón.", "And Up?"]
    conversation = service.front.asked[0][0].options["conversation"]
    assert conversation == [
        {"role": "user", "content": "Who directed Roma?"},
        {"role": "assistant", "content": "Alfonso Cuarón."},
    ]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": "x" * 2001}, "input"),
        ({"input": []}, "input"),
        ({"input": [{"role": "assistant", "content": "I"}]}, "input"),
        ({"input": [{"role": "robot", "content": "I"}]}, "input[0].role"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "u"}]}]},
            "input[0].content[0].type",
        ),
        ({"input": "Who?", "model": "gpt"}, "model"),
        ({"input": "Who?", "metadata": {str(n): "v" for n in range(17)}}, "metadata"),
        ({"input": "Who?", "metadata": {"k": "v" * 513}}, "metadata"),
        ({"input": "Who?", "metadata": {"k" * 65: "v"}}, "metadata"),
        ({"input": "Who?", "reasoning": {"effort": "mighty"}}, "reasoning.effort"),
        ({"input": "Who?", "max_tool_calls": 0}, "max_tool_calls"),
        ({"input": "Who?", "tools": [{"type": "computer_use"}]}, "tools[0].type"),
        ({"input": "Who?", "tools": [{"type": "web_search"}]}, "tools[0]"),
        ({"input": "Who?", "background": True, "store": False}, "store"),
        ({"input": "Who?", "text": {"format": {"type": "json_schema"}}}, "text.format.schema"),
        ({"model": "breadth"}, "input"),
    ],
)
async def test_what_is_wrong_is_named(service: Service, body: Any, param: str) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        await service.client.responses.create(**({"model": "breadth"} | body))
    assert refused.value.status_code == (404 if param == "model" else 400)
    assert refused.value.param == param
    assert not service.front.asked


async def test_the_same_request_with_the_same_key_is_one_response(service: Service) -> None:
    service.front.script = WHOLE
    headers = {"Idempotency-Key": "once"}

    async def ask(text: str) -> Response:
        return await service.client.responses.create(
            model="breadth", input=text, extra_headers=headers
        )

    one, other = await asyncio.gather(ask("Who?"), ask("Who?"))
    assert one.id == other.id
    with pytest.raises(openai.ConflictError):
        await ask("Who else?")


async def test_a_key_finds_what_is_not_stored_and_nothing_that_was_deleted(
    service: Service,
) -> None:
    service.front.script = WHOLE

    async def ask(key: str, **more: Any) -> Any:
        headers = {"Idempotency-Key": key}
        return await service.client.responses.create(
            model="breadth", input="Who?", extra_headers=headers, **more
        )

    one, other = [await ask("a", store=False) for _ in range(2)]
    assert one.to_dict() == other.to_dict()
    with pytest.raises(openai.NotFoundError):
        await service.client.responses.retrieve(one.id)
    stream = [event async for event in await ask("b", store=False, stream=True)]
    assert [event async for event in await ask("b", store=False, stream=True)] == stream
    kept = await ask("c")
    await service.client.responses.delete(kept.id)
    with pytest.raises(openai.ConflictError, match="was deleted"):
        await ask("c")
    assert len(await service.front.store.runs()) == 3


@pytest.mark.parametrize("stream", [False, True])
async def test_a_run_goes_on_while_a_client_with_the_same_key_waits(
    service: Service, stream: bool
) -> None:
    service.front.script = working()

    async def ask() -> str:
        body = {"model": "breadth", "input": "Who?", "stream": stream}
        headers = {"Idempotency-Key": "k"}
        async with service.http.post("/v1/responses", json=body, headers=headers) as answer:
            return await answer.text()

    async def leave(client: asyncio.Task[str]) -> bool:
        client.cancel()
        async with asyncio.timeout(20):
            return await service.front.leaving.get()

    clients = []
    for _ in range(3):
        service.front.created.clear()
        clients.append(asyncio.create_task(ask()))
        await service.front.created.wait()
    assert [await leave(client) for client in clients[:2]] == [False, False]
    assert not service.front.stopped
    await service.front.play_next(*ending())
    assert "Alfonso Cuar\\u00f3n" in await clients[2]
    assert await ask() == await ask()


async def test_what_is_another_users_is_not_there(service: Service) -> None:
    service.front.script = WHOLE
    made = await service.client.responses.create(model="breadth", input="Who?")
    other = service.client.with_options(default_headers={USER: "bob"})
    for call in (
        other.responses.retrieve,
        other.responses.cancel,
        other.responses.delete,
        other.responses.input_items.list,
    ):
        with pytest.raises(openai.NotFoundError):
            await call(made.id)
    with pytest.raises(openai.BadRequestError):
        await other.responses.create(model="breadth", input="Who?", previous_response_id=made.id)


async def test_no_item_is_made_past_the_cap_and_a_failed_call_is_failed(service: Service) -> None:
    steps = [Step(name, "lookup", {"question": f"{name}?"}) for name in ("a", "b", "c")]
    events: list[Event] = [RunStarted("Who?"), Decided("x", "y")]
    for step in steps:
        events += [StepAdded(step, 1, "planner"), StepStarted(step.id, step.arguments)]
    events += [StepEnded("a", Failed("no engine")), StepEnded("b", Done("v"))]
    service.front.script = (*events, StepEnded("c", Done("w")), *ending())
    made = await service.client.responses.create(model="breadth", input="Who?", max_tool_calls=2)
    assert [item.type for item in made.output] == ["file_search_call"] * 2 + ["message"]
    assert [item.status for item in made.output[:2]] == ["failed", "completed"]  # type: ignore[union-attr]


async def test_a_text_that_is_too_long_is_cut_at_a_word(service: Service) -> None:
    service.front.script = WHOLE
    made = await service.client.responses.create(model="breadth", input="Who?", max_output_tokens=3)
    assert made.status == "incomplete"
    assert made.incomplete_details is not None
    assert made.incomplete_details.reason == "max_output_tokens"
    assert TEXT.startswith(made.output_text)
    assert 0 < len(made.output_text) < len(TEXT)


async def test_a_stream_whose_store_fails_ends_with_an_error_of_the_proper_form(
    service: Service,
) -> None:
    service.front.script = working()
    stream = await service.client.responses.create(
        model="breadth", input="Who?", stream=True, background=True
    )
    seen: list[Any] = []
    async for event in stream:
        seen.append(event)
        if event.type == "response.output_item.done":
            with sqlite3.connect(service.front.settings.store) as database:
                database.execute("DROP TABLE event")
            database.close()
            async with service.front.changed:
                service.front.changed.notify_all()
    EVENT.validate_python(seen[-1].to_dict())
    assert (seen[-1].type, seen[-1].code) == ("error", "storage")
    assert seen[-1].sequence_number == seen[-2].sequence_number
