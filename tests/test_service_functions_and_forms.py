"""Functions of the caller and forms of answers in a whole service."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from conftest import QUESTION, ChatServer, right_reply
from openai import AsyncOpenAI, BadRequestError

from planner import Call, waiting_calls
from service.api import application
from service.saved import options_of
from service.settings import Settings
from service.wishes import Wishes
from service.work.service import Service, service
from storage import Asked, Asker, RunRecord, TraceStore, UnknownRun

ANN = Asker(user="ann", priority=1)
ASKED = "What is the weather in Paris and in Oslo?"
FUNCTION: Any = {
    "name": "get_weather",
    "description": "Says what the weather is in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
    "strict": True,
}
PLAN = "\n".join(
    f'{{"id":"{id_}","lookup":"What is the weather in {city}?"}}'
    for id_, city in (("a", "Paris"), ("b", "Oslo"))
)
CALLS = (
    Call("a", "get_weather", {"city": "Paris"}),
    Call("b", "get_weather", {"city": "Oslo"}),
)


def reply(asked: str) -> str:
    """A small model that does everything right, from the last message alone."""
    question = asked.rpartition("Question: ")[2]
    if "Result:" in asked:
        return "In Paris it is 18 °C, sunny [1]. In Oslo it is 7 °C, rain [2]."
    if asked.startswith("Tool: ") or "yes or no" in asked:
        return "yes"
    if "lookup: " in asked:
        return "get_weather"
    if asked.startswith("get_weather("):
        return json.dumps({"city": question.split()[-1].rstrip("?")})
    return PLAN if question == ASKED else "none"


@pytest.fixture
def settings(tmp_path: Path, chat_server: ChatServer) -> Settings:
    chat_server.reply = reply
    return Settings(
        model="openai:test",
        base_url=chat_server.url,
        database=str(tmp_path / "runs.db"),
        cache=tmp_path / "cache",
        data=tmp_path,
        plan_samples=1,
        enough=1.0,
    )


def asked(settings: Settings, films: Path, **changes: Any) -> Asked:
    outputs = changes.pop("outputs", None)
    wishes = Wishes(functions=[FUNCTION], outputs=outputs)
    options = options_of([films], settings) | wishes.to_options()
    fields = {"kind": "response", "question": ASKED, "options": options, "request": {}}
    return Asked(**(fields | changes))


async def outputs_of(store: TraceStore, run: str) -> list[dict[str, Any]]:
    """What the caller says that its functions gave, in the order in which it is asked."""
    told = {"Paris": "18 °C, sunny", "Oslo": "7 °C, rain"}
    return [
        {
            "call_id": call.id,
            "name": call.name,
            "arguments": dict(call.arguments),
            "output": told[str(call.arguments["city"])],
        }
        for call in waiting_calls(await store.history(run))
    ]


async def handed_over(front: Service, settings: Settings, films: Path) -> str:
    made = await front.create(asked(settings, films), ANN)
    record = await front.ended(made.run)
    assert (record.status, record.reason, record.answer) == ("completed", None, None)
    return made.run


async def test_calls_are_kept_and_what_they_gave_takes_the_run_up(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    async with service(settings, [films], most=2) as (front, _):
        first = await handed_over(front, settings, films)
        assert waiting_calls(await front.store.history(first)) == CALLS
        planned = chat_server.asked.count(chat_server.asked[0])
        outputs = await outputs_of(front.store, first)
        again = asked(settings, films, outputs=outputs, takes_up=first)
        made = await front.create(again, ANN)
        record = await front.ended(made.run)
        history = await front.store.history(made.run)
    assert (record.status, record.user, record.parent) == ("completed", "ann", first)
    assert record.answer is not None
    assert record.answer.text == ("In Paris it is 18 °C, sunny. [1] In Oslo it is 7 °C, rain. [2]")
    assert waiting_calls(history) == ()
    assert chat_server.asked.count(chat_server.asked[0]) == planned


async def test_it_is_taken_up_without_what_was_finished_too(
    settings: Settings, films: Path
) -> None:
    """As a client does that sends the whole conversation again."""
    async with service(settings, [films], most=2) as (front, _):
        first = await handed_over(front, settings, films)
        outputs = await outputs_of(front.store, first)
        made = await front.create(asked(settings, films, outputs=outputs), ANN)
        record = await front.ended(made.run)
    assert (record.status, record.parent) == ("completed", None)
    assert record.answer is not None
    assert record.answer.value == "7 °C, rain"


async def test_nobody_takes_up_what_is_anothers(settings: Settings, films: Path) -> None:
    async with service(settings, [films], most=2) as (front, _):
        first = await handed_over(front, settings, films)
        with pytest.raises(UnknownRun):
            await front.create(asked(settings, films, takes_up=first), Asker("bob", priority=1))


async def test_a_worker_that_comes_later_goes_on_with_what_was_taken_up(
    settings: Settings, films: Path
) -> None:
    async with service(settings, [films], most=2) as (front, _):
        first = await handed_over(front, settings, films)
        outputs = (await outputs_of(front.store, first))[:1]
    async with service(settings, [films], most=0) as (front, _):
        made = await front.create(asked(settings, films, outputs=outputs, takes_up=first), ANN)
    async with service(settings, [films], most=2) as (front, _):
        record = await front.ended(made.run)
        assert (record.status, record.answer) == ("completed", None)
        assert waiting_calls(await front.store.history(made.run)) == CALLS[1:]


FORM: Any = {
    "name": "older",
    "schema": {
        "type": "object",
        "properties": {"director": {"type": "string"}, "town": {"type": ["string", "null"]}},
        "required": ["director", "town"],
    },
    "strict": True,
}


async def answer_in(
    form: dict[str, Any], settings: Settings, films: Path, chat_server: ChatServer
) -> RunRecord:
    def filling(text: str) -> str:
        if "Fields:" in text:
            return json.dumps({"director": "Bong Joon-ho", "town": None})
        return right_reply(text)

    chat_server.reply = filling
    options = options_of([films], settings) | Wishes(form=form).to_options()
    async with service(settings, [films], most=1) as (front, _):
        made = await front.create(asked(settings, films, question=QUESTION, options=options), ANN)
        return await front.ended(made.run)


async def test_an_answer_is_kept_in_the_form_that_a_request_wishes(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    record = await answer_in(FORM, settings, films, chat_server)
    assert record.status == "completed"
    assert record.answer is not None
    assert record.answer.data == {"director": "Bong Joon-ho", "town": None}


async def test_a_form_that_cannot_be_used_fails_its_run_in_words(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    record = await answer_in(FORM | {"schema": {}}, settings, films, chat_server)
    assert record.status == "failed"
    assert str(record.reason).startswith("the form of the answer: $: the schema has to be that of")


async def test_the_official_client_calls_its_functions_and_gets_an_answer(
    settings: Settings, films: Path
) -> None:
    told = {"Paris": "18 °C, sunny", "Oslo": "7 °C, rain"}
    tools: Any = [{"type": "function", **FUNCTION}]
    async with service(settings, [films], most=2) as (front, _), asking(front) as client:
        first = await client.responses.create(model="breadth", input=ASKED, tools=tools)
        calls = [item for item in first.output if item.type == "function_call"]
        assert [(call.name, json.loads(call.arguments)) for call in calls] == [
            (call.name, call.arguments) for call in CALLS
        ]
        given: Any = [
            {
                "type": "function_call_output",
                "call_id": call.call_id,
                "output": told[json.loads(call.arguments)["city"]],
            }
            for call in calls
        ]
        second = await client.responses.create(
            model="breadth", input=given, tools=tools, previous_response_id=first.id
        )
        parent = (await front.store.run(second.id.removeprefix("resp_"))).parent
    assert (first.status, first.output_text) == ("completed", "")
    assert second.status == "completed"
    assert "18 °C" in second.output_text
    assert "7 °C" in second.output_text
    assert not any(item.type == "function_call" for item in second.output)
    assert parent == first.id.removeprefix("resp_")


@pytest.mark.parametrize("streams", [False, True])
async def test_the_official_client_calls_its_functions_in_chat_completions(
    settings: Settings, films: Path, chat_server: ChatServer, streams: bool
) -> None:
    told = {"Paris": "18 °C, sunny", "Oslo": "7 °C, rain"}
    tools: Any = [{"type": "function", "function": FUNCTION}]
    messages: list[Any] = [{"role": "user", "content": ASKED}]
    async with service(settings, [films], most=2) as (front, _), asking(front) as client:

        async def complete() -> Any:
            asked: Any = {"model": "breadth", "messages": messages, "tools": tools}
            if not streams:
                return await client.chat.completions.create(**asked)
            async with client.chat.completions.stream(**asked) as stream:
                return await stream.get_final_completion()

        first = await complete()
        message = first.choices[0].message
        calls = [(c.function.name, json.loads(c.function.arguments)) for c in message.tool_calls]
        assert calls == [(call.name, call.arguments) for call in CALLS]
        planned = chat_server.asked.count(chat_server.asked[0])
        messages.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls:
            output = told[json.loads(call.function.arguments)["city"]]
            messages.append({"role": "tool", "tool_call_id": call.id, "content": output})
        second = await complete()
        run = await front.store.run(second.id.removeprefix("chatcmpl-"))
    assert first.choices[0].finish_reason == "tool_calls"
    assert second.choices[0].finish_reason == "stop"
    assert "18 °C" in second.choices[0].message.content
    assert "7 °C" in second.choices[0].message.content
    assert not second.choices[0].message.tool_calls
    assert run.parent == first.id.removeprefix("chatcmpl-")
    assert chat_server.asked.count(chat_server.asked[0]) == planned


async def test_the_official_client_gets_json_in_its_form_and_is_told_of_a_bad_one(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    def forming(asked: str) -> str:
        return '{"older":"Bong Joon-ho"}' if "JSON" in asked else right_reply(asked)

    chat_server.reply = forming
    schema: Any = {
        "type": "object",
        "properties": {"older": {"type": "string"}},
        "required": ["older"],
        "additionalProperties": False,
    }
    form: Any = {"format": {"type": "json_schema", "name": "n", "schema": schema}}
    async with service(settings, [films], most=2) as (front, _), asking(front) as client:
        made = await client.responses.create(model="breadth", input=QUESTION, text=form)
        bad: Any = {"format": form["format"] | {"schema": {"$ref": "https://example.org/x"}}}
        with pytest.raises(BadRequestError) as refused:
            await client.responses.create(model="breadth", input=QUESTION, text=bad)
    assert refused.value.param == "text.format.schema"
    assert json.loads(made.output_text) == {"older": "Bong Joon-ho"}


@asynccontextmanager
async def asking(front: Service) -> AsyncIterator[AsyncOpenAI]:
    """The official client, of the service over a real connection."""
    runner = web.AppRunner(application(front), handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    async with AsyncOpenAI(base_url=url, api_key="any", max_retries=0) as client:
        yield client
    await runner.cleanup()
