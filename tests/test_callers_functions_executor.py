"""What the executor does with calls that are left to the caller, and with what hangs on them."""

import json
from collections.abc import Sequence

import pytest
from executor_bench import Ask, echo

from inference import ScriptedModel
from planner import (
    Budget,
    Call,
    Caller,
    Done,
    Executor,
    History,
    Limits,
    MemoryTrace,
    Plan,
    ResearchSettings,
    Skipped,
    Step,
    StepEnded,
    StepStarted,
    Toolbox,
    Trace,
    research,
    steps_to_go_on,
    waiting_calls,
)
from planner.handing import WAITS
from tools import CallersFunction

SHAPE = {"type": "object", "properties": {"of": {"type": "string"}}, "required": ["of"]}
PRICE = CallersFunction("price", "Says what a thing costs.", SHAPE)
HANGS = Skipped(f"needs p: {WAITS}")


async def work(question: str) -> object:
    return ["tea", "milk"] if question == "list" else await echo(question)


async def ended(steps: Sequence[Step], trace: Trace) -> Executor:
    tools = {"ask": Ask(work), "price": PRICE}  # type: ignore[arg-type]
    caller = Caller(tools, budget=Budget(Limits()), trace=trace)
    async with Executor(caller, trace=trace, speculation="on") as executor:
        for step in steps:
            await executor.add(step)
        await executor.drained()
    return executor


def price(id_: str, of: str, **more: object) -> Step:
    return Step(id_, "price", {"of": of}, **more)  # type: ignore[arg-type]


def ask(id_: str, question: str, **more: object) -> Step:
    return Step(id_, "ask", {"question": question}, **more)  # type: ignore[arg-type]


async def test_each_element_is_a_call_and_the_list_waits_for_all() -> None:
    trace = MemoryTrace()
    steps = [ask("a", "list"), price("p", "{item}", for_each="a"), ask("c", "{p}")]
    executor = await ended(steps, trace)
    assert sorted(executor.calls, key=lambda call: call.id) == [
        Call("p[0]", "price", {"of": "tea"}),
        Call("p[1]", "price", {"of": "milk"}),
    ]
    assert (executor.outcomes["p"], executor.outcomes["c"]) == (Skipped(WAITS), HANGS)


async def test_the_same_call_is_left_once() -> None:
    trace = MemoryTrace()
    executor = await ended([price("p", "tea"), price("q", "tea")], trace)
    assert [call.id for call in executor.calls] == ["p"]
    assert executor.outcomes["q"] == Skipped(WAITS)
    assert [event.id for event in trace.events if isinstance(event, StepStarted)] == ["p"]


@pytest.mark.parametrize(
    "behind",
    [
        ask("c", "{p}"),
        ask("c", "on", needs=("p",)),
        ask("c", "on", when="not p"),
        ask("c", "on", when="p failed"),
    ],
)
@pytest.mark.parametrize("optional", [False, True])
async def test_what_hangs_on_a_call_waits_whatever_it_asks_of_it(
    behind: Step, optional: bool
) -> None:
    trace = MemoryTrace()
    executor = await ended([price("p", "tea", optional=optional), behind], trace)
    assert executor.outcomes["c"] == HANGS


async def test_what_goes_on_is_what_waits_and_all_behind_it() -> None:
    steps = (
        ask("a", "x"),
        price("p", "tea"),
        ask("c", "{p} {a}"),
        ask("d", "{c}"),
        ask("e", "{a}"),
    )
    trace = MemoryTrace()
    executor = await ended(steps, trace)
    past = History(
        steps=steps,
        outcomes=executor.outcomes,
        arguments={"p": json.dumps({"arguments": {"of": "tea"}, "tool": "price"})},
    )
    assert steps_to_go_on(past) == {"p", "c", "d"}
    assert waiting_calls(past) == (Call("p", "price", {"of": "tea"}),)
    assert executor.outcomes["e"] == Done("x")


async def test_arguments_are_told_as_the_schema_has_them() -> None:
    trace = MemoryTrace()
    executor = await ended([ask("a", "x"), Step("p", "price", {"of": 7})], trace)
    assert [call.arguments for call in executor.calls] == [{"of": "7"}]
    begun = [event for event in trace.events if isinstance(event, StepStarted)]
    assert {event.id: dict(event.arguments) for event in begun}["p"] == {"of": "7"}


async def test_a_sub_run_has_no_functions_of_the_caller() -> None:
    whole = Step("a", "research", {"objective": "What does tea cost?"})
    trace = MemoryTrace()
    result = await research(
        "What does tea cost?",
        model=ScriptedModel(lambda request: '{"id":"a","price":"tea"}'),
        toolbox=lambda model: Toolbox((Ask(echo), PRICE), planned=("ask", "price")),
        trace=trace,
        settings=ResearchSettings(plan_samples=1, rounds=1),
        plan=Plan((whole,)),
    )
    assert result.calls == ()
    outcomes = [event.outcome for event in trace.events if isinstance(event, StepEnded)]
    assert not any(isinstance(outcome, Skipped) for outcome in outcomes)
