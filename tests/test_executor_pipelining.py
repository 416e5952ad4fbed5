"""A for_each over a for_each: each element is taken up as soon as it has ended."""

import asyncio
from collections import Counter

import pytest
from executor_bench import Bench, ask, echo
from pydantic import JsonValue

from planner import Done, Failed, History, Outcome, Skipped, Step
from tools import ToolError

CHAIN = [
    ask("a", "list"),
    ask("b", "b {item}", for_each="a"),
    ask("c", "c {item}", for_each="b"),
    ask("d", "d {item}", for_each="c"),
]


async def test_an_element_waits_for_its_own_predecessor_only() -> None:
    """The first element goes through all steps while the second has not ended the first."""
    last = asyncio.Event()

    async def work(question: str) -> JsonValue:
        if question == "list":
            return ["x", "y"]
        if question == "d c b x":
            last.set()
        if question == "b y":
            async with asyncio.timeout(30):
                await last.wait()
        return question

    bench = Bench(work)
    executor = await bench.run(CHAIN)
    assert executor.outcomes["d"] == Done(["d c b x", "d c b y"])
    assert executor.elements["c[1]"] == Done("c b y")
    every = [f"{step}[{n}]" for step in "bcd" for n in (0, 1)]
    assert Counter(bench.ended) == Counter(["a", "b", "c", "d", *every])


async def test_it_is_so_too_beside_another_step_that_has_ended() -> None:
    last = asyncio.Event()

    async def work(question: str) -> JsonValue:
        if question == "list":
            return ["x", "y"]
        if question == "b x of e":
            last.set()
        if question == "b y":
            async with asyncio.timeout(30):
                await last.wait()
        return question

    steps = [*CHAIN[:2], ask("e", "e"), ask("c", "{item} of {e}", for_each="b")]
    executor = await Bench(work).run(steps)
    assert executor.outcomes["c"] == Done(["b x of e", "b y of e"])


@pytest.mark.parametrize("more", [{"question": "{item} of {b}"}, {"needs": ("b",)}, {"when": "b"}])
async def test_who_names_the_whole_list_waits_for_it(more: dict[str, object]) -> None:
    step = ask("c", **({"question": "{item}", "for_each": "b"} | more))  # type: ignore[arg-type]
    assert step.follows is None
    bench = Bench(lambda question: listed(question))
    await bench.run([*CHAIN[:2], step])
    order = [event.id for event in bench.trace.events if hasattr(event, "id")]
    assert order.index("c[0]") > max(i for i, name in enumerate(order) if name == "b")


async def listed(question: str) -> JsonValue:
    return ["x", "y"] if question == "list" else question


@pytest.mark.parametrize(
    ("bad", "optional", "elements", "whole"),
    [
        (
            {"x"},
            False,
            [Skipped("needs b[0]: no"), Done("c b y"), Skipped("b[2] found nothing")],
            Done([None, "c b y", None]),
        ),
        (
            {"x"},
            True,
            [Done("c unknown"), Done("c b y"), Done("c unknown")],
            Done(["c unknown", "c b y", "c unknown"]),
        ),
        (
            {"x", "y", "z"},
            False,
            [Skipped("needs b[0]: no"), Skipped("needs b[1]: no"), Skipped("needs b[2]: no")],
            Skipped("needs b: no"),
        ),
        ({"x", "y", "z"}, True, [Done("c unknown")] * 3, Done(["c unknown"] * 3)),
    ],
)
async def test_an_element_that_ended_badly_counts_for_its_followers_alone(
    bad: set[str], optional: bool, elements: list[Outcome], whole: Outcome
) -> None:
    async def work(question: str) -> JsonValue:
        if question == "list":
            return ["x", "y", "z"]
        if question[2:] in bad and question.startswith("b"):
            raise ToolError("no")
        return None if question == "b z" else question

    steps = [CHAIN[0], ask("b", "b {item}", for_each="a", optional=optional), CHAIN[2]]
    executor = await Bench(work).run(steps)
    assert [executor.elements[f"c[{n}]"] for n in range(3)] == elements
    assert executor.outcomes["c"] == whole
    late = Bench(work)
    async with late.executor as again:
        for step in steps:
            await again.add(step)
            await again.drained()
    assert (again.outcomes, again.elements) == (executor.outcomes, executor.elements)


@pytest.mark.parametrize("known", [1, 2, 3])
async def test_a_resumed_chain_repeats_no_element(known: int) -> None:
    outcomes: dict[str, Outcome] = {"a": Done(["x", "y"]), "b[0]": Done("B"), "c[0]": Done("C")}
    if known > 1:
        outcomes |= {"b[1]": Done("b y"), "b": Done(["B", "b y"])}
    if known > 2:
        outcomes |= {"c[1]": Failed("no"), "c": Done(["C", None])}
    bench = Bench(echo, history=History(steps=tuple(CHAIN), outcomes=outcomes))
    executor = await bench.run(CHAIN)
    ends = [["d C", "d c b y"], ["d C", "d c b y"], ["d C", None]]
    assert executor.outcomes["d"] == Done(ends[known - 1])
    rest = [["b[1]", "c[1]", "d[0]", "d[1]"], ["c[1]", "d[0]", "d[1]"], ["d[0]"]]
    assert sorted(bench.started) == rest[known - 1]


async def test_facts_of_a_chain_tell_where_each_element_comes_from() -> None:
    executor = await Bench(listed).run(CHAIN[:3])
    assert [fact.chain for fact in executor.facts["c"]] == [
        ("c b x", "b x", "list"),
        ("c b y", "b y", "list"),
    ]


async def test_three_thousand_elements() -> None:
    async def work(question: str) -> JsonValue:
        return list(range(3_000)) if question == "list" else question

    steps: list[Step] = CHAIN[:3]
    executor = await Bench(work).run(steps)
    assert executor.outcomes["c"] == Done([f"c b {n}" for n in range(3_000)])
