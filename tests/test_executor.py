"""The executor: every step runs when its inputs are there and ends in exactly one outcome."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from tenacity import wait_none

from planner import (
    Budget,
    Caller,
    Done,
    Executor,
    Failed,
    History,
    Limits,
    MemoryTrace,
    PlanError,
    Skipped,
    Step,
    StepEnded,
    StepStarted,
    call_key,
)
from tools import Arguments, Compare, ToolError, ToolResult

Work = Callable[[str], Awaitable[JsonValue]]


class AskArguments(Arguments):
    """One text."""

    question: str


class Ask:
    """A tool that does what the test says."""

    name = "ask"
    description = "for tests"
    arguments: type[Arguments] = AskArguments
    resource = "cpu"

    def __init__(self, work: Work, *, seconds: float = 30.0) -> None:
        self.seconds = seconds
        self._work = work

    async def call(self, arguments: AskArguments) -> ToolResult:
        return ToolResult(await self._work(arguments.question))


def ask(id_: str, question: str, **more: object) -> Step:
    return Step(id_, "ask", {"question": question}, **more)


class Bench:
    """An executor with its trace."""

    def __init__(
        self,
        work: Work,
        *,
        limits: Limits | None = None,
        slots: int = 64,
        history: History | None = None,
        seconds: float = 30.0,
    ) -> None:
        self.trace = MemoryTrace()
        self.budget = Budget(limits or Limits())
        caller = Caller(
            {"ask": Ask(work, seconds=seconds), "compare": Compare()},
            budget=self.budget,
            trace=self.trace,
            limits={"cpu": slots},
            wait=wait_none(),
        )
        self.executor = Executor(caller, trace=self.trace, history=history)

    async def run(self, steps: Sequence[Step]) -> Executor:
        async with self.executor as executor:
            for step in steps:
                await executor.add(step)
            await executor.drained()
        return executor

    @property
    def started(self) -> list[str]:
        return [event.id for event in self.trace.events if isinstance(event, StepStarted)]

    @property
    def ended(self) -> list[str]:
        return [event.id for event in self.trace.events if isinstance(event, StepEnded)]


async def echo(question: str) -> JsonValue:
    return question


async def test_a_diamond_waits_for_nothing_that_it_does_not_name() -> None:
    """a -> c beside b -> d: c and b run together, which level by level never happens."""
    together = asyncio.Barrier(2)

    async def work(question: str) -> JsonValue:
        if question in {"c", "b"}:
            async with asyncio.timeout(5):
                await together.wait()
        return question

    bench = Bench(work)
    executor = await bench.run(
        [ask("a", "a"), ask("b", "b"), ask("c", "c", needs=("a",)), ask("d", "d", needs=("b",))]
    )
    assert {name: executor.outcomes[name] for name in "abcd"} == {n: Done(n) for n in "abcd"}


async def test_a_result_is_filled_in_where_it_is_named() -> None:
    bench = Bench(echo)
    executor = await bench.run([ask("a", "Paris"), ask("b", "What is {a}?")])
    assert executor.outcomes["b"] == Done("What is Paris?")


async def test_a_failure_skips_only_what_needed_it() -> None:
    async def work(question: str) -> JsonValue:
        if question == "bad":
            raise ToolError("it broke")
        return question

    bench = Bench(work)
    executor = await bench.run(
        [
            ask("a", "bad"),
            ask("b", "good"),
            ask("c", "{a}"),
            ask("d", "{c}"),
            ask("e", "{b}"),
        ]
    )
    assert executor.outcomes == {
        "a": Failed("it broke"),
        "b": Done("good"),
        "c": Skipped("needs a: it broke"),
        "d": Skipped("needs c: needs a: it broke"),
        "e": Done("good"),
    }


async def test_what_needs_an_optional_step_runs_without_it() -> None:
    async def work(question: str) -> JsonValue:
        if question == "bad":
            raise ToolError("it broke")
        return question

    bench = Bench(work)
    executor = await bench.run([ask("a", "bad", optional=True), ask("b", "so {a}")])
    assert executor.outcomes["b"] == Done("so unknown")


async def test_nothing_is_asked_about_what_was_not_found() -> None:
    async def work(question: str) -> JsonValue:
        return None if question == "who" else question

    bench = Bench(work)
    executor = await bench.run([ask("a", "who"), ask("b", "When was {a} born?")])
    assert executor.outcomes["b"] == Skipped("a found nothing")
    assert bench.started == ["a"]


async def test_a_slow_tool_is_given_up() -> None:
    async def work(question: str) -> JsonValue:
        await asyncio.Event().wait()
        return question

    bench = Bench(work, seconds=0.01)
    executor = await bench.run([ask("a", "x"), ask("b", "y", optional=True)])
    assert executor.outcomes["a"] == Failed("ask gave no result in 0.01 s")


async def test_what_may_pass_by_itself_is_tried_again() -> None:
    tries: Counter[str] = Counter()

    async def work(question: str) -> JsonValue:
        tries[question] += 1
        if question == "busy" and tries[question] < 3:
            raise ToolError("busy", retryable=True)
        if question == "never":
            raise ToolError("no")
        return question

    bench = Bench(work)
    executor = await bench.run([ask("a", "busy"), ask("b", "never")])
    assert executor.outcomes == {"a": Done("busy"), "b": Failed("no")}
    assert tries == {"busy": 3, "never": 1}
    assert [e.attempt for e in bench.trace.events if isinstance(e, StepStarted)] == [1, 1, 2, 3]


async def test_each_resource_has_its_limit() -> None:
    running = most = 0

    async def work(question: str) -> JsonValue:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return question

    await Bench(work, slots=3).run([ask(f"s{n}", f"q{n}") for n in range(20)])
    assert most == 3


async def test_the_same_call_is_made_once() -> None:
    calls: list[str] = []

    async def work(question: str) -> JsonValue:
        calls.append(question)
        await asyncio.sleep(0)
        return question

    bench = Bench(work)
    executor = await bench.run([ask("a", "x"), ask("b", "x"), ask("c", "x", needs=("a",))])
    assert calls == ["x"]
    assert set(executor.outcomes.values()) == {Done("x")}


async def test_for_each_runs_one_call_an_element_together_and_keeps_their_order() -> None:
    together = asyncio.Barrier(3)

    async def work(question: str) -> JsonValue:
        if question == "list":
            return ["x", "y", "z"]
        async with asyncio.timeout(5):
            await together.wait()
        return question

    bench = Bench(work)
    executor = await bench.run([ask("a", "list"), ask("b", "is {item}", for_each="a")])
    assert executor.outcomes["b"] == Done(["is x", "is y", "is z"])
    assert sorted(bench.ended) == ["a", "b", "b[0]", "b[1]", "b[2]"]


async def test_a_failed_element_leaves_a_gap_and_all_failed_fail() -> None:
    async def work(question: str) -> JsonValue:
        if question == "list":
            return ["x", "bad"]
        if "bad" in question or "ever" in question:
            raise ToolError("no")
        return question

    bench = Bench(work)
    executor = await bench.run(
        [
            ask("a", "list"),
            ask("b", "{item}", for_each="a"),
            ask("c", "ever {item}", for_each="a"),
            ask("d", "empty", for_each="e"),
            ask("f", "f"),
        ][:3]
    )
    assert executor.outcomes["b"] == Done(["x", None])
    assert executor.outcomes["c"] == Failed("no")


async def test_compare_gets_the_facts_with_the_questions_behind_them() -> None:
    answers = {
        "Who directed Inception?": "Christopher Nolan",
        "Who directed Parasite?": "Bong Joon-ho",
        "When was Christopher Nolan born?": "30 July 1970",
        "When was Bong Joon-ho born?": "14 September 1969",
    }

    async def work(question: str) -> JsonValue:
        return answers[question]

    bench = Bench(work)
    executor = await bench.run(
        [
            ask("a", "Who directed Inception?"),
            ask("b", "Who directed Parasite?"),
            ask("c", "When was {a} born?"),
            ask("d", "When was {b} born?"),
            Step("e", "compare", {"question": "Who is older?", "facts": ["{c}", "{d}"]}),
            Step(
                "f",
                "compare",
                {
                    "question": "Which film has the older director, Inception or Parasite?",
                    "facts": ["{c}", "{d}"],
                },
            ),
        ]
    )
    assert executor.outcomes["e"] == Done("Bong Joon-ho")
    assert executor.outcomes["f"] == Done("Parasite")


async def test_a_bug_in_a_tool_is_not_swallowed() -> None:
    async def work(question: str) -> JsonValue:
        raise RuntimeError("a bug")

    with pytest.raises(ExceptionGroup) as caught:
        await Bench(work).run([ask("a", "x")])
    assert caught.group_contains(RuntimeError, match="a bug")


async def test_arguments_of_the_wrong_shape_fail_the_step_and_name_the_field() -> None:
    bench = Bench(echo)
    executor = await bench.run([Step("a", "ask", {"query": "x"}), Step("b", "fly", {})])
    outcome = executor.outcomes["a"]
    assert isinstance(outcome, Failed)
    assert "question: Field required" in outcome.error
    assert executor.outcomes["b"] == Skipped("there is no tool 'fly'")


async def test_the_budget_of_tool_calls_is_never_overdrawn() -> None:
    bench = Bench(echo, limits=Limits(tool_calls=3))
    executor = await bench.run([ask(f"s{n}", f"q{n}") for n in range(10)])
    done = [o for o in executor.outcomes.values() if isinstance(o, Done)]
    assert len(done) == 3
    assert len(bench.started) == 3
    assert bench.budget.exceeded is not None
    assert bench.budget.exceeded.limit == "max-tool-calls"


async def test_stopping_ends_what_runs_and_skips_what_waits() -> None:
    begun = asyncio.Event()

    async def work(question: str) -> JsonValue:
        begun.set()
        await asyncio.Event().wait()
        return question

    bench = Bench(work)
    async with bench.executor as executor:
        await executor.add(ask("a", "x"))
        await executor.add(ask("b", "{a}"))
        await begun.wait()
        executor.stop("time is over")
        await executor.drained()
    assert executor.outcomes == {"a": Failed("stopped: time is over"), "b": Skipped("time is over")}


@pytest.mark.parametrize("after", range(12))
async def test_stopping_at_any_moment_ends_every_step_once(after: int) -> None:
    """Whatever was being recorded, called, fanned out or just started."""

    async def work(question: str) -> JsonValue:
        await asyncio.sleep(0)
        return ["x", "y", "z"] if question == "list" else question

    class Slow(MemoryTrace):
        async def record(self, event: object) -> None:
            await asyncio.sleep(0)
            await super().record(event)  # type: ignore[arg-type]
            if len(self.events) == after:
                bench.executor.stop("enough")

    bench = Bench(work)
    bench.trace = Slow()
    caller = Caller({"ask": Ask(work)}, budget=bench.budget, trace=bench.trace)
    bench.executor = Executor(caller, trace=bench.trace)
    async with asyncio.timeout(5):
        executor = await bench.run(
            [ask("a", "list"), ask("b", "{item}", for_each="a"), ask("c", "{b}"), ask("d", "d")]
        )
    assert set(executor.outcomes) == {"a", "b", "c", "d"}
    assert Counter(bench.ended)["b"] == 1
    assert max(Counter(bench.ended).values()) == 1


async def test_a_list_without_any_value_found_nothing() -> None:
    async def work(question: str) -> JsonValue:
        return ["x", "y"] if question == "list" else None

    bench = Bench(work)
    executor = await bench.run([ask("a", "list"), ask("b", "{item}", for_each="a")])
    assert executor.outcomes["b"] == Done(None)


async def test_cancelling_reaches_every_call_and_ends_no_step() -> None:
    begun, cancelled = asyncio.Barrier(4), 0

    async def work(question: str) -> JsonValue:
        nonlocal cancelled
        try:
            await begun.wait()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled += 1
            raise
        return question

    bench = Bench(work)
    running = asyncio.create_task(bench.run([ask(n, n) for n in "abc"]))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert cancelled == 3
    assert bench.ended == []


async def test_a_resumed_run_repeats_no_finished_step_nor_element() -> None:
    steps = [
        ask("a", "list"),
        ask("b", "{item}", for_each="a"),
        ask("c", "last {b}"),
    ]
    past = History(
        steps=tuple(steps[:2]), outcomes={"a": Done(["x", "y"]), "b[0]": Done("from before")}
    )
    bench = Bench(echo, history=past)
    executor = await bench.run(steps)
    assert executor.outcomes["c"] == Done("last from before, y")
    assert sorted(bench.started) == ["b[1]", "c"]


async def test_a_step_may_come_while_others_run_but_must_name_what_is_there() -> None:
    release = asyncio.Event()

    async def work(question: str) -> JsonValue:
        await release.wait()
        return question

    bench = Bench(work)
    async with bench.executor as executor:
        await executor.add(ask("a", "x"))
        with pytest.raises(PlanError, match="no earlier line"):
            await executor.add(ask("b", "{z}"))
        await executor.add(ask("b", "{a}!"))
        release.set()
        await executor.drained()
    assert executor.outcomes["b"] == Done("x!")


def test_a_call_key_does_not_depend_on_the_order_of_arguments() -> None:
    assert call_key("t", {"b": 1, "a": [2]}) == call_key("t", {"a": [2], "b": 1})


@st.composite
def dags(draw: st.DrawFn) -> tuple[list[Step], frozenset[str]]:
    """Random steps whose edges point back, and the ids that fail."""
    count = draw(st.integers(1, 12))
    steps = []
    for number in range(count):
        inputs = draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set()
        steps.append(
            ask(
                f"s{number}",
                f"q{number}",
                needs=tuple(f"s{i}" for i in sorted(inputs)),
                optional=draw(st.booleans()),
            )
        )
    failing = draw(st.sets(st.sampled_from([step.id for step in steps]), max_size=4))
    return steps, frozenset(failing)


@settings(max_examples=60, deadline=None)
@given(dags(), st.integers(1, 4), st.randoms())
async def test_every_step_ends_once_and_none_starts_before_its_inputs(
    dag: tuple[list[Step], frozenset[str]], slots: int, random: object
) -> None:
    steps, failing = dag

    async def work(question: str) -> JsonValue:
        for _ in range(random.randrange(4)):  # type: ignore[attr-defined]
            await asyncio.sleep(0)
        if f"s{question[1:]}" in failing:
            raise ToolError("no")
        return question

    bench = Bench(work, slots=slots)
    executor = await bench.run(steps)
    assert Counter(bench.ended) == Counter(step.id for step in steps)
    order = {(type(e), e.id): at for at, e in enumerate(bench.trace.events) if hasattr(e, "id")}
    blocked: set[str] = set()
    for step in steps:
        if (StepStarted, step.id) in order:
            for name in step.inputs:
                assert order[StepEnded, name] < order[StepStarted, step.id]
        if step.id in failing or blocked & set(step.inputs):
            if not step.optional:
                blocked.add(step.id)
            assert not isinstance(executor.outcomes[step.id], Done)
        else:
            assert executor.outcomes[step.id] == Done(f"q{step.id[1:]}")
