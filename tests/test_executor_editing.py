"""Steps that are cancelled or replaced while the plan runs."""

import asyncio

import pytest
from executor_bench import Bench, ask, echo
from pydantic import JsonValue

from planner import (
    Done,
    Executor,
    Failed,
    History,
    PlanError,
    Skipped,
    Step,
    StepCancelled,
    StepEnded,
    StepReplaced,
)


class Gates:
    """Work that begins when it is asked for and ends when the test says so."""

    def __init__(self) -> None:
        self.begun: dict[str, asyncio.Event] = {}
        self.open: dict[str, asyncio.Event] = {}
        self.cancelled: list[str] = []

    def of(self, question: str) -> tuple[asyncio.Event, asyncio.Event]:
        begun = self.begun.setdefault(question, asyncio.Event())
        return begun, self.open.setdefault(question, asyncio.Event())

    async def __call__(self, question: str) -> JsonValue:
        begun, is_open = self.of(question)
        begun.set()
        try:
            await is_open.wait()
        except asyncio.CancelledError:
            self.cancelled.append(question)
            raise
        return ["x", "y"] if question == "list" else question


async def add(executor: Executor, *steps: Step) -> None:
    for step in steps:
        await executor.add(step)


async def test_a_running_call_is_cancelled_and_the_rest_goes_on() -> None:
    gates = Gates()
    bench = Bench(gates)
    async with bench.executor as executor:
        steps = ask("a", "a"), ask("b", "{a}"), ask("c", "c"), ask("d", "{c}", when="a failed")
        await add(executor, *steps)
        await gates.of("a")[0].wait()
        assert await executor.cancel("a", "no longer wanted")
        gates.of("c")[1].set()
        await executor.drained()
        assert not await executor.cancel("a", "again")
    assert gates.cancelled == ["a"]
    assert executor.outcomes == {
        "a": Failed("cancelled: no longer wanted"),
        "b": Skipped("needs a: cancelled: no longer wanted"),
        "c": Done("c"),
        "d": Done("c"),
    }
    events = [event for event in bench.trace.events if getattr(event, "id", None) == "a"]
    assert events[-2:] == [
        StepCancelled("a", "no longer wanted"),
        StepEnded("a", Failed("cancelled: no longer wanted")),
    ]


async def test_a_waiting_step_never_starts_and_ends_at_once() -> None:
    gates = Gates()
    bench = Bench(gates)
    async with bench.executor as executor:
        await add(executor, ask("a", "a"), ask("b", "b {a}"), ask("c", "c {b}", needs=("a",)))
        await executor.cancel("b", "enough")
        await gates.of("a")[0].wait()
        assert executor.outcomes == {"b": Skipped("enough")}
        gates.of("a")[1].set()
        await executor.drained()
    assert executor.outcomes["c"] == Skipped("needs b: enough")
    assert bench.started == ["a"]


async def test_of_a_for_each_that_is_cancelled_every_element_ends() -> None:
    gates = Gates()
    gates.of("list")[1].set()
    gates.of("b x")[1].set()
    bench = Bench(gates)
    async with bench.executor as executor:
        await add(executor, ask("a", "list"), ask("b", "b {item}", for_each="a"))
        await add(executor, ask("c", "c {item}", for_each="b"), ask("d", "d", when="c failed"))
        await gates.of("c b x")[0].wait()
        await executor.cancel("c", "enough")
        gates.of("b y")[1].set()
        gates.of("d")[1].set()
        await executor.drained()
    assert executor.outcomes["b"] == Done(["b x", "b y"])
    assert executor.outcomes["c"] == Failed("cancelled: enough")
    assert executor.elements["c[0]"] == Failed("cancelled: enough")
    assert executor.elements["c[1]"] == Skipped("enough")
    assert executor.outcomes["d"] == Done("d")


async def test_an_unknown_step_can_be_neither_cancelled_nor_replaced() -> None:
    async with Bench(echo).executor as executor:
        with pytest.raises(PlanError, match="there is no step 'z'"):
            await executor.cancel("z", "x")
        with pytest.raises(PlanError, match="there is no step 'z'"):
            await executor.replace(ask("z", "x"))


async def test_a_waiting_step_can_be_put_behind_others() -> None:
    gates = Gates()
    bench = Bench(gates)
    async with bench.executor as executor:
        await add(executor, ask("a", "a"), ask("b", "{a}!"), ask("d", "{b}?"), ask("c", "c"))
        await executor.replace(ask("b", "{c}!"), why="a leads nowhere")
        for question in ("c", "c!", "c!?"):
            gates.of(question)[1].set()
            await gates.of(question)[0].wait()
        gates.of("a")[1].set()
        await executor.drained()
    assert executor.outcomes["d"] == Done("c!?")
    [event] = [event for event in bench.trace.events if isinstance(event, StepReplaced)]
    assert event == StepReplaced(ask("b", "{a}!"), ask("b", "{c}!"), "a leads nowhere")


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (ask("b", "{d}"), "wait for each other"),
        (ask("b", "{z}"), "'z', which is no step"),
        (ask("a", "other"), "'a' has begun"),
    ],
)
async def test_what_could_not_run_is_refused_and_all_stays_as_it_was(
    step: Step, words: str
) -> None:
    gates = Gates()
    async with Bench(gates).executor as executor:
        await add(executor, ask("a", "a"), ask("b", "{a}!"), ask("d", "{b}?"))
        await gates.of("a")[0].wait()
        with pytest.raises(PlanError, match=words):
            await executor.replace(step)
        for question in ("a", "a!", "a!?"):
            gates.of(question)[1].set()
        await executor.drained()
    assert executor.outcomes["d"] == Done("a!?")


async def test_a_step_that_is_replaced_by_one_without_inputs_starts() -> None:
    gates = Gates()
    async with Bench(gates).executor as executor:
        await add(executor, ask("a", "a"), ask("b", "{a}!"))
        await executor.replace(ask("b", "b"))
        gates.of("b")[1].set()
        await gates.of("b")[0].wait()
        gates.of("a")[1].set()
        await executor.drained()
    assert executor.outcomes["b"] == Done("b")


async def test_a_resumed_run_honours_what_was_cancelled_and_replaced() -> None:
    steps = [ask("a", "a"), ask("b", "{a}!"), ask("d", "{b}?"), ask("c", "c")]
    past = History(
        steps=(steps[0], steps[3], ask("b", "{c}!"), steps[2]),
        outcomes={"c": Done("C")},
        cancelled={"a": "not wanted"},
        replaced=frozenset({"b"}),
    )
    bench = Bench(echo, history=past)
    executor = await bench.run(steps)
    assert executor.outcomes == {
        "a": Skipped("not wanted"),
        "b": Done("C!"),
        "c": Done("C"),
        "d": Done("C!?"),
    }
    assert bench.started == ["b", "d"]
