"""Tools of a request: sources, functions of the caller, MCP servers and their secrets."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest
from asked_front import TEXT, Service, ending, serving_api
from openai import OpenAI
from openai.types.responses import Response, ResponseItemList
from pydantic import BaseModel

from planner import Done, Event, RunEnded, RunStarted, Step, StepAdded, StepEnded, StepStarted
from service.saved import restored
from service.settings import Settings
from service.wishes import Wishes

PRICE: Any = {
    "type": "function",
    "name": "price",
    "description": "what a thing costs",
    "parameters": {"type": "object", "properties": {"of": {"type": "string"}}},
    "strict": True,
}
CALL = Step("a", "price", {"of": "tea"})
CALLING: tuple[Event, ...] = (
    RunStarted("What does tea cost?"),
    StepAdded(CALL, 1, "planner"),
    StepStarted("a", CALL.arguments),
    StepEnded("a", Done(None)),
    RunEnded("completed"),
)
SERVER: Any = {"type": "mcp", "server_label": "shop", "server_url": "https://shop.example/mcp"}
SECRET = {"authorization": "Token-123", "headers": {"X-Key": "Key-456"}}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with serving_api(tmp_path, search="searx") as running:
        yield running


def wishes_of(service: Service, place: int = -1) -> Wishes:
    return Wishes.from_options(service.front.asked[place][0].options)


async def ask(service: Service, **body: Any) -> Response:
    return await service.client.responses.create(**({"model": "breadth", "input": "Who?"} | body))


async def test_a_function_is_called_by_the_caller_who_says_what_it_gave(service: Service) -> None:
    service.front.script = CALLING
    made = await ask(service, input="What does tea cost?", tools=[PRICE])
    (call,) = made.output
    assert call.type == "function_call"
    assert (made.status, call.name, json.loads(call.arguments)) == (
        "completed",
        "price",
        {"of": "tea"},
    )
    function = {name: PRICE[name] for name in ("name", "description", "parameters", "strict")}
    assert wishes_of(service).functions == [function]
    service.front.script = (RunStarted("What does tea cost?"), *ending())
    given: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "2 euros"}
    after = await ask(service, input=[given], previous_response_id=made.id, tools=[PRICE])
    assert after.output_text == TEXT
    assert service.front.asked[-1][0].question == "What does tea cost?"
    assert wishes_of(service).outputs == [
        {"call_id": call.call_id, "name": "price", "arguments": {"of": "tea"}, "output": "2 euros"}
    ]
    assert wishes_of(service).after is None
    listed = await service.client.responses.input_items.list(after.id)
    assert [item.type for item in listed.data] == ["function_call_output"]


async def test_what_functions_gave_is_kept_through_several_turns(service: Service) -> None:
    service.front.script = CALLING
    first = await ask(service, input="What does tea cost?", tools=[PRICE])
    coffee = Step("a", "price", {"of": "coffee"})
    service.front.script = (
        RunStarted("?"),
        *(StepAdded(step, 1, "planner") for step in (coffee,)),
        StepStarted("a", coffee.arguments),
        RunEnded("completed"),
    )
    ids = []
    previous = first
    for price in ("2", "3"):
        (call,) = previous.output
        ids.append(call.call_id)  # type: ignore[union-attr]
        given: Any = {"type": "function_call_output", "call_id": ids[-1], "output": price}
        previous = await ask(
            service, input=[given], previous_response_id=previous.id, tools=[PRICE]
        )
    outputs: Any = wishes_of(service).outputs
    assert [(each["arguments"]["of"], each["output"]) for each in outputs] == [
        ("tea", "2"),
        ("coffee", "3"),
    ]
    assert previous.output == []  # it asks for what was given already


async def test_a_conversation_may_bring_its_calls_along(service: Service) -> None:
    service.front.script = (RunStarted("?"), *ending())
    turns: Any = [
        {"role": "user", "content": "What does tea cost?"},
        {"type": "function_call", "call_id": "c1", "name": "price", "arguments": '{"of": "tea"}'},
        {"type": "function_call_output", "call_id": "c1",
         "output": [{"type": "input_text", "text": "2"}]},
    ]  # fmt: skip
    made = await ask(service, input=turns, tools=[PRICE])
    assert made.output_text == TEXT
    assert service.front.asked[0][0].question == "What does tea cost?"
    outputs: Any = wishes_of(service).outputs
    assert (outputs[0]["name"], outputs[0]["output"]) == ("price", "2")
    listed = await service.client.responses.input_items.list(made.id, order="asc")
    ResponseItemList.model_validate(listed.model_dump(mode="json") | {"object": "list"})
    assert [item.type for item in listed.data] == [
        "message",
        "function_call",
        "function_call_output",
    ]


async def test_calls_are_streamed_as_the_client_puts_them_together(service: Service) -> None:
    service.front.script = CALLING
    async with service.client.responses.stream(
        model="breadth", input="What does tea cost?", tools=[PRICE]
    ) as stream:
        kinds = [event.type async for event in stream]
        final = await stream.get_final_response()
    assert "response.function_call_arguments.delta" in kinds
    assert "response.function_call_arguments.done" in kinds
    (call,) = final.output
    assert call.type == "function_call"
    assert call.arguments == '{"of": "tea"}'


async def test_what_a_server_is_to_be_told_is_kept_apart(service: Service) -> None:
    service.front.script = (RunStarted("?"), *ending())
    tool = SERVER | SECRET | {"allowed_tools": ["find"], "require_approval": "never"}
    made = await ask(service, tools=[tool])
    asked, _ = service.front.asked[0]
    assert asked.secrets == {"mcp": {"shop": SECRET}}
    assert wishes_of(service).servers == [
        {
            "label": "shop",
            "url": "https://shop.example/mcp",
            "description": None,
            "allowed": ["find"],
            "never_ask": True,
        }
    ]
    kept = await service.front.store.responses.named(made.id)
    shown = await service.client.responses.retrieve(made.id)
    document = await service.front.store.document(kept.run)
    for told in (kept.request, asked.options, shown.model_dump(mode="json"), document):
        assert "Token-123" not in json.dumps(told)
        assert "Key-456" not in json.dumps(told)


async def test_tools_say_where_to_look(service: Service) -> None:
    service.front.script = (RunStarted("?"), *ending())
    domains = {"filters": {"allowed_domains": ["example.org"]}}
    made = await ask(service, tools=[{"type": "web_search_preview"} | domains])
    assert (wishes_of(service).web, wishes_of(service).files) == (True, None)
    assert wishes_of(service).domains == ["example.org"]
    await ask(service, tools=[{"type": "web_search"}, {"type": "file_search"}])
    assert (wishes_of(service).web, wishes_of(service).files) == (True, True)
    code = {"type": "code_interpreter", "container": {"type": "auto"}}
    await ask(service, tools=[code])
    run = await service.front.store.run(service.front.asked[-1][0].options and made.id[5:])
    assert restored(run, Settings())[1].search == "searx"
    options: Any = service.front.asked[-1][0].options
    assert "python" in options["tools"]
    assert (wishes_of(service).web, wishes_of(service).files) == (None, None)


async def test_with_no_tool_chosen_documents_alone_are_searched(service: Service) -> None:
    service.front.script = (RunStarted("?"), *ending())
    every: list[Any] = [{"type": "web_search"}, PRICE, SERVER, {"type": "code_interpreter"}]
    made = await ask(service, tools=every, tool_choice="none")
    wishes = wishes_of(service)
    assert (wishes.files, wishes.web) == (True, False)
    assert (wishes.functions, wishes.servers) == (None, None)
    assert service.front.asked[0][0].options["search"] is None
    assert [tool.type for tool in made.tools] == [
        "web_search",
        "function",
        "mcp",
        "code_interpreter",
    ]
    Response.model_validate(made.model_dump(mode="json"))


async def test_any_json_is_a_form_of_an_answer(service: Service) -> None:
    service.front.script = (RunStarted("?"), *ending())

    class Film(BaseModel):
        title: str

    await ask(service, text={"format": {"type": "json_object"}})
    assert wishes_of(service).form == {
        "name": "answer",
        "schema": {"type": "object"},
        "strict": False,
    }
    schema = Film.model_json_schema()
    form = {"type": "json_schema", "name": "film", "schema": schema, "strict": True}
    await ask(service, text={"format": form})
    assert wishes_of(service).form == {"name": "film", "schema": schema, "strict": True}


async def test_what_has_no_effect_is_given_back(service: Service) -> None:
    service.front.script = (RunStarted("?"), *ending())
    said: dict[str, Any] = {
        "temperature": 0.5,
        "top_p": 0.9,
        "user": "u",
        "safety_identifier": "s",
        "prompt_cache_key": "p",
        "truncation": "auto",
        "parallel_tool_calls": False,
    }
    made = await ask(service, **said, service_tier="flex", extra_body={"unheard_of": 1})
    assert {name: getattr(made, name) for name in said} == said


@pytest.mark.parametrize(
    ("tool", "param"),
    [
        (PRICE | {"name": "with space"}, "tools[0].name"),
        (PRICE | {"name": "lookup"}, "tools[0].name"),
        (PRICE | {"parameters": {"type": "array"}}, "tools[0].parameters"),
        (PRICE | {"parameters": {"properties": 3}}, "tools[0].parameters"),
        (SERVER | {"server_label": "a b"}, "tools[0].server_label"),
        (SERVER | {"server_url": None, "connector_id": "c"}, "tools[0].server_url"),
        (SERVER | {"server_url": "file:///etc/passwd"}, "tools[0].server_url"),
        (SERVER | {"server_url": "https://u:p@shop.example"}, "tools[0].server_url"),
        (SERVER | {"headers": {"X-Key": "two\nlines"}}, "tools[0].headers"),
        (SERVER | {"headers": {"Host": "elsewhere"}}, "tools[0].headers"),
        (SERVER | {"headers": {"X:Y": "z"}}, "tools[0].headers"),
        (SERVER | {"authorization": 3}, "tools[0].authorization"),
        (SERVER | {"require_approval": "always"}, "tools[0].require_approval"),
        (SERVER | {"allowed_tools": {"read_only": True}}, "tools[0].allowed_tools.read_only"),
        (
            {"type": "web_search", "filters": {"allowed_domains": "example.org"}},
            "tools[0].filters.allowed_domains",
        ),
        ({"type": "image_generation"}, "tools[0].type"),
        ({}, "tools[0].type"),
    ],
)
async def test_a_tool_that_cannot_be_had_is_named(service: Service, tool: Any, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await ask(service, tools=[tool])
    assert refused.value.param == param
    assert param in refused.value.message
    assert "p@shop" not in refused.value.message
    assert not service.front.asked


@pytest.mark.parametrize("tools", [[PRICE, PRICE], [SERVER, SERVER]])
async def test_two_tools_have_two_names(service: Service, tools: Any) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await ask(service, tools=tools)
    assert (refused.value.param or "").startswith("tools[1]")


async def test_outputs_need_their_calls_and_calls_their_outputs(service: Service) -> None:
    given: Any = {"type": "function_call_output", "call_id": "c1", "output": "2"}
    with pytest.raises(openai.BadRequestError) as refused:
        await ask(service, input=[given])
    assert refused.value.param == "input[0].call_id"
    service.front.script = CALLING
    made = await ask(service, tools=[PRICE])
    with pytest.raises(openai.BadRequestError) as refused:
        await ask(service, input="And coffee?", previous_response_id=made.id)
    assert refused.value.param == "previous_response_id"
    call: Any = made.output[0].model_dump()
    with pytest.raises(openai.BadRequestError) as refused:
        await ask(service, input=[call, given | {"call_id": call["call_id"], "output": 3}])
    assert refused.value.param == "input[1].output"


async def test_a_client_that_leaves_what_it_wants_stored_does_not_stop_it(
    service: Service,
) -> None:
    service.front.script = (RunStarted("?"),)
    stream = await service.client.responses.create(
        model="breadth", input="Who?", stream=True, store=True
    )
    async for event in stream:
        if event.type == "response.in_progress":
            break
    await stream.close()
    run = await service.front.play_next(*ending())
    left = await service.client.responses.create(
        model="breadth", input="Who?", stream=True, store=False
    )
    async for event in left:
        if event.type == "response.in_progress":
            break
    await left.close()
    async with asyncio.timeout(20):
        await service.front.was_stopped.wait()
    assert run not in service.front.stopped
    assert (await service.client.responses.retrieve(f"resp_{run}")).output_text == TEXT


async def test_the_client_that_blocks_is_answered_too(service: Service) -> None:
    service.front.script = (RunStarted("?"), *ending())

    def used() -> list[str]:
        with OpenAI(base_url=f"{service.url}/v1", api_key="k", max_retries=0) as client:
            made = client.responses.create(model="breadth", input="Who?")
            streamed = client.responses.create(model="breadth", input="Who?", stream=True)
            last = [event.type for event in streamed][-1]
            stopped = client.responses.cancel(made.id)
            again = client.responses.retrieve(made.id, stream=True, starting_after=2)
            rest = [event.sequence_number for event in again]
            client.responses.delete(made.id)
            return [made.output_text, last, str(stopped.status), str(rest[0])]

    assert await asyncio.to_thread(used) == [TEXT, "response.completed", "completed", "3"]
