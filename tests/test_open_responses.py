"""What the neutral specification, Open Responses, asks of a server: the categories of its published
checks (text, streaming, system prompt, tools, images, several turns), and the rules of its items,
events and states, on a whole service."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from conftest import QUESTION, ChatServer, right_reply

from service.api import application
from service.settings import Settings
from service.work.service import service

RESPONSE: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "object": (str,),
    "created_at": (int,),
    "completed_at": (int, type(None)),
    "status": (str,),
    "incomplete_details": (dict, type(None)),
    "model": (str,),
    "previous_response_id": (str, type(None)),
    "instructions": (str, type(None)),
    "output": (list,),
    "error": (dict, type(None)),
    "tools": (list,),
    "tool_choice": (str, dict),
    "truncation": (str,),
    "parallel_tool_calls": (bool,),
    "text": (dict,),
    "top_p": (int, float),
    "presence_penalty": (int, float),
    "frequency_penalty": (int, float),
    "top_logprobs": (int,),
    "temperature": (int, float),
    "reasoning": (dict, type(None)),
    "usage": (dict, type(None)),
    "max_output_tokens": (int, type(None)),
    "max_tool_calls": (int, type(None)),
    "store": (bool,),
    "background": (bool,),
    "service_tier": (str,),
    "metadata": (dict,),
    "safety_identifier": (str, type(None)),
    "prompt_cache_key": (str, type(None)),
}
"""The fields that every response has, and what they may be."""
STATUSES = {"queued", "in_progress", "completed", "incomplete", "failed", "cancelled"}
ITEMS = {
    "message": {"role", "content"},
    "function_call": {"call_id", "name", "arguments"},
    "reasoning": {"summary"},
    "file_search_call": {"queries", "results"},
    "web_search_call": {"action"},
}
"""What an item has besides `id`, `type` and `status`."""
WHOLE, OF_ITEM = {"response"}, {"output_index", "item"}
OF_PART = {"item_id", "output_index", "content_index"}
OF_SUMMARY = {"item_id", "output_index", "summary_index"}
EVENTS: dict[str, set[str]] = {
    **{
        f"response.{state}": WHOLE
        for state in ("created", "queued", "in_progress", "completed", "incomplete", "failed")
    },
    "response.output_item.added": OF_ITEM,
    "response.output_item.done": OF_ITEM,
    "response.content_part.added": OF_PART | {"part"},
    "response.content_part.done": OF_PART | {"part"},
    "response.output_text.delta": OF_PART | {"delta"},
    "response.output_text.done": OF_PART | {"text"},
    "response.output_text.annotation.added": OF_PART | {"annotation", "annotation_index"},
    "response.reasoning_summary_part.added": OF_SUMMARY | {"part"},
    "response.reasoning_summary_part.done": OF_SUMMARY | {"part"},
    "response.reasoning_summary_text.delta": OF_SUMMARY | {"delta"},
    "response.reasoning_summary_text.done": OF_SUMMARY | {"text"},
    "response.function_call_arguments.delta": {"item_id", "output_index", "delta"},
    "response.function_call_arguments.done": {"item_id", "output_index", "arguments"},
    "response.file_search_call.in_progress": {"item_id", "output_index"},
    "response.file_search_call.searching": {"item_id", "output_index"},
    "response.file_search_call.completed": {"item_id", "output_index"},
}
"""What each event of the specification has besides `type` and `sequence_number`."""
OURS = "breadth:"
WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "Says what the weather is in a city.",
    "parameters": {
        "type": "object",
        "properties": {"location": {"type": "string"}},
        "required": ["location"],
    },
}
ASKED = "What is the weather in Paris?"


def reply(asked: str) -> str:
    """A small model that finds the function for the weather, and else does everything right."""
    question = asked.rpartition("Question: ")[2]
    if asked.startswith("Tool: ") or "yes or no" in asked:
        return "yes"
    if "Result:" in asked and "18 °C" in asked:
        return "In Paris it is 18 °C [1]."
    if "lookup: " in asked and "weather" in question:
        return "get_weather"
    if asked.startswith("get_weather("):
        return json.dumps({"location": "Paris"})
    if question == ASKED:
        return '{"id":"a","lookup":"What is the weather in Paris?"}'
    return right_reply(asked)


@pytest.fixture
async def http(
    tmp_path: Path, films: Path, chat_server: ChatServer
) -> AsyncIterator[ClientSession]:
    """Of a running service."""
    chat_server.reply = reply
    settings = Settings(
        model="openai:test",
        base_url=chat_server.url,
        database=str(tmp_path / "runs.db"),
        cache=tmp_path / "cache",
        data=tmp_path,
        embeddings="off",
        plan_samples=1,
        enough=1.0,
    )
    async with service(settings, [films], most=2) as (front, _):
        runner = web.AppRunner(application(front), handler_cancellation=True, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
            yield session
        await runner.cleanup()


async def created(http: ClientSession, given: Any, **more: Any) -> dict[str, Any]:
    """A response that was waited for, and is sound."""
    body = {"model": "breadth", "input": given, **more}
    async with http.post("/v1/responses", json=body) as answer:
        assert answer.content_type == "application/json"
        made: dict[str, Any] = await answer.json()
    assert answer.status == 200, made
    require_response(made)
    return made


async def streamed(http: ClientSession, given: Any, **more: Any) -> list[dict[str, Any]]:
    """The events of a response, each of which is sound by itself."""
    body = {"model": "breadth", "input": given, "stream": True, **more}
    events: list[dict[str, Any]] = []
    async with http.post("/v1/responses", json=body) as answer:
        assert answer.content_type == "text/event-stream"
        text = await answer.text()
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    assert blocks.pop() == "data: [DONE]"
    for block in blocks:
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        require_event(event)
        events.append(event)
    return events


def require_response(response: dict[str, Any]) -> None:
    """Every field, every item, and a state that there is."""
    for name, kinds in RESPONSE.items():
        assert isinstance(response[name], kinds), name
    assert response["object"] == "response"
    assert response["status"] in STATUSES
    assert (response["completed_at"] is not None) == (response["status"] == "completed")
    assert (response["error"] is not None) == (response["status"] == "failed")
    assert (response["incomplete_details"] is not None) == (response["status"] == "incomplete")
    for tool in response["tools"]:
        assert {"type", "name", "description", "parameters", "strict"} <= tool.keys()
    for place, item in enumerate(response["output"]):
        require_item(item)
        if item["status"] == "incomplete":
            assert (place, response["status"]) == (len(response["output"]) - 1, "incomplete")
    ids = [item["id"] for item in response["output"]]
    assert len(ids) == len(set(ids))
    if response["usage"] is not None:
        usage = response["usage"]
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
        assert "cached_tokens" in usage["input_tokens_details"]
        assert "reasoning_tokens" in usage["output_tokens_details"]


def require_item(item: dict[str, Any]) -> None:
    """What every item has, and its kind."""
    assert isinstance(item["id"], str)
    assert item["status"] in ("in_progress", "completed", "incomplete", "failed")
    assert ITEMS[item["type"]] <= item.keys()
    for part in item.get("content") or ():
        assert part["type"] == "output_text"
        assert {"text", "annotations", "logprobs"} <= part.keys()
        for note in part["annotations"]:
            assert note["type"] == "url_citation"
            assert {"url", "title", "start_index", "end_index"} <= note.keys()


def require_event(event: dict[str, Any]) -> None:
    """One of the specification with its fields, or one of ours, by its name."""
    assert isinstance(event["sequence_number"], int)
    if event["type"].startswith(OURS):
        return
    assert EVENTS[event["type"]] <= event.keys()
    if "response" in event:
        require_response(event["response"])
    if "item" in event:
        require_item(event["item"])


def require_stream(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The order of the whole; gives the last response, which is what the events add up to."""
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    kinds = [event["type"] for event in events if not event["type"].startswith(OURS)]
    assert kinds[:3] == ["response.created", "response.queued", "response.in_progress"]
    last: dict[str, Any] = events[-1]["response"]
    assert kinds[-1] == f"response.{last['status']}"
    assert kinds.count(kinds[-1]) == 1
    states = [event["response"]["status"] for event in events if "response" in event]
    assert states == ["queued", "queued", "in_progress", last["status"]]
    assert len({event["response"]["id"] for event in events if "response" in event}) == 1
    items = put_together(events)
    assert [items[place] for place in sorted(items)] == last["output"]
    return last


def put_together(events: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """The items by their places, as a client sees them grow: each is added, changed, and done."""
    open_: dict[int, dict[str, Any]] = {}
    texts: dict[int, str] = {}
    done: dict[int, dict[str, Any]] = {}
    for event in events:
        place = event.get("output_index")
        if place is None:
            continue
        assert place not in done, event
        match event["type"].removeprefix("response."):
            case "output_item.added":
                assert place not in open_
                assert event["item"]["status"] == "in_progress"
                open_[place], texts[place] = event["item"], ""
            case "output_item.done":
                assert event["item"]["id"] == open_[place]["id"]
                assert event["item"]["status"] != "in_progress"
                done[place] = event["item"]
            case "content_part.added":
                assert event["part"]["text"] == ""
            case "content_part.done":
                assert event["part"]["text"] == texts[place]
            case kind:
                assert event["item_id"] == open_[place]["id"]
                if kind.endswith(".delta"):
                    texts[place] += event["delta"]
                if kind.endswith("arguments.done"):
                    assert event["arguments"] == texts[place]
                if kind.endswith("text.done"):
                    assert event["text"] == texts[place]
    assert done.keys() == open_.keys()
    assert list(open_) == sorted(open_)
    return done


def message(role: str, text: str) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": text}


def texts_of(response: dict[str, Any]) -> str:
    said = [item for item in response["output"] if item["type"] == "message"]
    return "".join(part["text"] for item in said for part in item["content"])


@pytest.mark.parametrize("given", [QUESTION, [message("user", QUESTION)]])
async def test_text(http: ClientSession, given: Any) -> None:
    made = await created(http, given)
    assert made["status"] == "completed"
    assert "Bong Joon-ho" in texts_of(made)
    async with http.get(f"/v1/responses/{made['id']}") as answer:
        assert await answer.json() == made


async def test_a_question_that_nothing_answers_has_a_message_too(http: ClientSession) -> None:
    made = await created(http, [message("user", "Say hello in exactly 3 words.")])
    assert made["status"] == "completed"
    assert [item["type"] for item in made["output"]][-1] == "message"


async def test_streaming(http: ClientSession) -> None:
    last = require_stream(await streamed(http, [message("user", QUESTION)]))
    assert last["status"] == "completed"
    assert "Bong Joon-ho" in texts_of(last)
    async with http.get(f"/v1/responses/{last['id']}") as answer:
        assert await answer.json() == last


async def test_streaming_of_what_a_limit_cuts(http: ClientSession) -> None:
    last = require_stream(await streamed(http, QUESTION, max_output_tokens=3))
    assert last["status"] == "incomplete"
    assert last["incomplete_details"] == {"reason": "max_output_tokens"}
    assert last["output"][-1]["status"] == "incomplete"


async def test_a_system_prompt(http: ClientSession) -> None:
    pirate = message("system", "You are a pirate. Always respond in pirate speak.")
    made = await created(http, [pirate, message("user", QUESTION)])
    assert made["status"] == "completed"
    assert made["output"]


async def test_a_function_is_asked_for_and_its_output_taken(http: ClientSession) -> None:
    made = await created(http, [message("user", ASKED)], tools=[WEATHER])
    (call,) = [item for item in made["output"] if item["type"] == "function_call"]
    assert (call["name"], json.loads(call["arguments"])) == ("get_weather", {"location": "Paris"})
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "18 °C"}
    after = await created(http, [output], tools=[WEATHER], previous_response_id=made["id"])
    assert after["previous_response_id"] == made["id"]
    assert "18 °C" in texts_of(after)
    # The same without the state of the server: what came back is sent again.
    again = await created(http, [message("user", ASKED), *made["output"], output], tools=[WEATHER])
    assert "18 °C" in texts_of(again)


async def test_streaming_of_a_function_call(http: ClientSession) -> None:
    events = await streamed(http, [message("user", ASKED)], tools=[WEATHER])
    last = require_stream(events)
    (call,) = [item for item in last["output"] if item["type"] == "function_call"]
    own = [event["type"] for event in events if event.get("item_id") == call["id"]]
    assert own == [
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
    ]


async def test_only_allowed_tools_are_called(http: ClientSession) -> None:
    for choice in (
        "none",
        {"type": "allowed_tools", "mode": "auto", "tools": []},
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
    ):
        made = await created(http, ASKED, tools=[WEATHER], tool_choice=choice)
        assert not [item for item in made["output"] if item["type"] == "function_call"], choice
        assert (made["tool_choice"], made["tools"][0]["name"]) == (choice, "get_weather")
    allowed = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function"}]}
    named = {"type": "function", "name": "get_weather"}
    for choice in (allowed, allowed | {"tools": [named]}):
        made = await created(http, ASKED, tools=[WEATHER], tool_choice=choice)
        assert [item for item in made["output"] if item["type"] == "function_call"], choice


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"},
        {
            "type": "input_file",
            "filename": "a.pdf",
            "file_data": "data:application/pdf;base64,JQ==",
        },
    ],
)
async def test_an_image_is_refused_and_the_error_says_where_it_stands(
    http: ClientSession, part: Any
) -> None:
    content = [{"type": "input_text", "text": "What do you see?"}, part]
    body = {"model": "breadth", "input": [message("user", "") | {"content": content}]}
    async with http.post("/v1/responses", json=body) as answer:
        error = (await answer.json())["error"]
    assert answer.status == 400
    assert error.keys() == {"type", "code", "param", "message"}
    assert (error["type"], error["param"]) == ("invalid_request_error", "input[0].content[1].type")
    assert "only text is" in error["message"]


async def test_several_turns(http: ClientSession, chat_server: ChatServer) -> None:
    made = await created(
        http,
        [
            message("user", "My name is Alice."),
            message("assistant", "Hello Alice! How can I help you?"),
            message("user", QUESTION),
        ],
    )
    assert made["status"] == "completed"
    assert made["output"]
    after = await created(http, "When was Bong Joon-ho born?", previous_response_id=made["id"])
    assert after["previous_response_id"] == made["id"]
    assert "14 September 1969" in texts_of(after)


async def test_what_went_wrong_has_the_form_of_an_error(http: ClientSession) -> None:
    for body, status in (
        ({"model": "breadth"}, 400),
        ({"model": "gpt-none", "input": "Who?"}, 404),
        ({"model": "breadth", "input": "Who?", "previous_response_id": "resp_0"}, 400),
    ):
        async with http.post("/v1/responses", json=body) as answer:
            assert answer.status == status
            assert (await answer.json())["error"].keys() == {"type", "code", "param", "message"}
