"""Functions of the caller in chat completions."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from asked_front import TEXT, USER, Service, ending, serving_api
from openai.types.chat import ChatCompletion

from planner import Event, RunEnded, RunStarted, Step, StepAdded, StepEnded, StepStarted
from planner.handing import WAITS
from planner.outcomes import Skipped
from service.wishes import Wishes

PRICE: Any = {
    "type": "function",
    "function": {
        "name": "price",
        "description": "what a thing costs",
        "parameters": {"type": "object", "properties": {"of": {"type": "string"}}},
        "strict": True,
    },
}
QUESTION = "What do tea and coffee cost?"
STEPS = (Step("a", "price", {"of": "tea"}), Step("b", "price", {"of": "coffee"}))
CALLING: tuple[Event, ...] = (
    RunStarted(QUESTION),
    *(StepAdded(step, 1, "planner") for step in STEPS),
    *(StepStarted(step.id, step.arguments) for step in STEPS),
    *(StepEnded(step.id, Skipped(WAITS)) for step in STEPS),
    RunEnded("completed"),
)
ANSWERED = (RunStarted(QUESTION), *ending())
ASKED: Any = {"role": "user", "content": QUESTION}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with serving_api(tmp_path) as running:
        running.front.script = CALLING
        yield running


def wishes_of(service: Service) -> Wishes:
    return Wishes.from_options(service.front.asked[-1][0].options)


async def ask(service: Service, *messages: Any, user: str = "", **more: Any) -> ChatCompletion:
    return await service.client.chat.completions.create(
        model="breadth",
        messages=messages or (ASKED,),
        tools=[PRICE],
        extra_headers={USER: user},
        **more,
    )


def results(made: ChatCompletion) -> list[Any]:
    """The message of the calls, and what they gave."""
    message = made.choices[0].message
    told = {"tea": "2 euros", "coffee": "3 euros"}
    given = [
        {
            "role": "tool",
            "tool_call_id": call.id,
            "content": told[json.loads(call.function.arguments)["of"]],  # type: ignore[union-attr]
        }
        for call in message.tool_calls or ()
    ]
    return [message.model_dump(exclude_none=True), *given]


async def test_calls_come_together_and_what_they_gave_takes_their_run_up(service: Service) -> None:
    made = await ask(service)
    (choice,) = made.choices
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
    assert [
        (call.type, call.function.name, json.loads(call.function.arguments))  # type: ignore[union-attr]
        for call in choice.message.tool_calls or ()
    ] == [("function", "price", {"of": "tea"}), ("function", "price", {"of": "coffee"})]
    function = {name: PRICE["function"][name] for name in ("name", "description", "parameters")}
    assert wishes_of(service).functions == [function | {"strict": True}]
    service.front.script = ANSWERED
    after = await ask(service, ASKED, *results(made))
    assert (after.choices[0].finish_reason, after.choices[0].message.content) == ("stop", TEXT)
    assert after.choices[0].message.tool_calls is None
    asked, _ = service.front.asked[-1]
    assert (asked.question, asked.takes_up) == (QUESTION, made.model_extra["breadth"]["run"])  # type: ignore[index]
    outputs: Any = wishes_of(service).outputs
    assert [(each["name"], each["arguments"]["of"], each["output"]) for each in outputs] == [
        ("price", "tea", "2 euros"),
        ("price", "coffee", "3 euros"),
    ]
    assert wishes_of(service).conversation is None


async def test_a_message_without_calls_has_no_field_of_them(service: Service) -> None:
    service.front.script = ANSWERED
    body = {"model": "breadth", "messages": [ASKED], "tools": [PRICE]}
    async with service.http.post("/v1/chat/completions", json=body) as answer:
        assert "tool_calls" not in (await answer.json())["choices"][0]["message"]


async def test_calls_are_streamed_as_the_client_puts_them_together(service: Service) -> None:
    async with service.client.chat.completions.stream(
        model="breadth", messages=[ASKED], tools=[PRICE]
    ) as stream:
        kinds = [event.type async for event in stream]
        final = await stream.get_final_completion()
    assert kinds.count("tool_calls.function.arguments.done") == 2
    (choice,) = final.choices
    assert choice.finish_reason == "tool_calls"
    assert [json.loads(call.function.arguments) for call in choice.message.tool_calls or ()] == [
        {"of": "tea"},
        {"of": "coffee"},
    ]


async def test_only_the_run_of_the_same_user_and_question_is_taken_up(service: Service) -> None:
    made = await ask(service, user="ann")
    service.front.script = ANSWERED
    for user, question in (("bob", QUESTION), ("ann", "And what does tea cost?")):
        await ask(service, {"role": "user", "content": question}, *results(made), user=user)
        asked, _ = service.front.asked[-1]
        assert (asked.question, asked.takes_up) == (question, None)
        assert len(wishes_of(service).outputs or ()) == 2
    await ask(service, ASKED, *results(made), user="ann")
    assert service.front.asked[-1][0].takes_up is not None


async def test_what_functions_gave_for_an_earlier_question_is_not_taken(service: Service) -> None:
    made = await ask(service)
    service.front.script = ANSWERED
    said = {"role": "assistant", "content": "Two and three euros."}
    await ask(service, ASKED, *results(made), said, {"role": "user", "content": "And now?"})
    assert wishes_of(service).outputs is None
    asked, _ = service.front.asked[-1]
    assert (asked.question, asked.takes_up) == ("And now?", None)
    turns: Any = wishes_of(service).turns
    assert [turn["role"] for turn in turns if turn["role"] != "tool"] == ["user", "assistant"]


def allowing(*names: str) -> dict[str, Any]:
    tools = [{"type": "function", "function": {"name": name}} for name in names]
    return {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": tools}}


@pytest.mark.parametrize(
    ("choice", "offered"),
    [
        ("none", False),
        (allowing(), False),
        (allowing("other"), False),
        ({"type": "allowed_tools", "allowed_tools": 1}, False),
        ("auto", True),
        (allowing("other", "price"), True),
        ({"type": "function", "function": {"name": "price"}}, True),
    ],
)
async def test_only_allowed_functions_are_offered(
    service: Service, choice: Any, offered: bool
) -> None:
    service.front.script = ANSWERED
    await ask(service, tool_choice=choice)
    assert (wishes_of(service).functions is not None) == offered


CALLED = {"id": "c1", "type": "function", "function": {"name": "price", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"tools": [{"type": "custom", "custom": {"name": "f"}}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
        (
            {"tools": [{"type": "function", "function": {"name": "lookup"}}]},
            "tools[0].function.name",
        ),
        ({"tools": [PRICE, PRICE]}, "tools[1].function.name"),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": 1}}}]},
            "tools[0].function.parameters",
        ),
        ({"tool_choice": "always"}, "tool_choice"),
        (
            {"messages": [ASKED, {"role": "tool", "tool_call_id": "c1", "content": "2"}]},
            "messages[1].tool_call_id",
        ),
        ({"messages": [ASKED, {"role": "tool", "content": "2"}]}, "messages[1].tool_call_id"),
        (
            {
                "messages": [
                    ASKED,
                    {
                        "role": "assistant",
                        "tool_calls": [CALLED | {"function": {"name": "price", "arguments": "{"}}],
                    },
                    {"role": "tool", "tool_call_id": "c1", "content": "2"},
                ]
            },
            "messages[2]",
        ),
        (
            {"messages": [ASKED, {"role": "assistant", "tool_calls": [{"id": "c1"}]}]},
            "messages[1].tool_calls[0].function",
        ),
    ],
)
async def test_what_is_wrong_is_named(service: Service, change: Any, param: str) -> None:
    body = {"model": "breadth", "messages": [ASKED]} | change
    async with service.http.post("/v1/chat/completions", json=body) as answer:
        error = (await answer.json())["error"]
    assert (answer.status, error["param"]) == (400, param)
    assert not service.front.asked
