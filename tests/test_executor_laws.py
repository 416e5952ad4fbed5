"""What holds for every plan, however it is edited, speculated on, timed, cut off and resumed."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, replace

from executor_bench import Bench
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from planner import (
    Done,
    Event,
    Executor,
    History,
    Outcome,
    PlanError,
    Speculated,
    Speculation,
    SpeculationStarted,
    Step,
    StepAdded,
    StepCancelled,
    StepEnded,
    StepReplaced,
    StepStarted,
)
from tools import ToolError, tell_draft

KINDS = ("text", "yes", "list", "nothing", "object", "fail")
GATE = Step("g", "ask", {"question": "text g"})
"""What is edited waits for this one, so that it is known what has not begun."""


@dataclass(frozen=True)
class Case:
    """A plan, what is done to it while its gate is held, and how its drafts are."""

    steps: tuple[Step, ...]
    cancelled: tuple[str, ...]
    replaced: tuple[Step, ...]
    right: frozenset[str]
    """Kinds of questions whose drafts come true; those of the others do not."""


@st.composite
def steps(draw: st.DrawFn, number: int, names: list[str]) -> Step:
    """A step that builds on some of the named ones."""
    ids = st.sampled_from(names) if names else st.nothing()
    inputs = draw(st.lists(ids, max_size=2, unique=True)) if names else []
    over = draw(st.none() | ids) if names else None
    asked = draw(st.none() | ids) if names else None
    form = draw(st.sampled_from(["{}", "not {}", "{} = yes", "{} != yes", "{} failed"]))
    parts = [f"{{{name}}}" for name in inputs if draw(st.booleans())]
    if over is not None:
        parts.append(draw(st.sampled_from(["{item}", "{index}", "{item.x}"])))
    if inputs and draw(st.booleans()):
        parts.append(f"{{{inputs[0]}.x}}")
    question = " ".join([draw(st.sampled_from(KINDS)), str(number), *parts])
    return Step(
        id=f"s{number}",
        tool=draw(st.sampled_from(["ask", "ask", "ask", "act"])),
        arguments={"question": question},
        needs=(*inputs, *(["g"] if draw(st.booleans()) else [])),
        for_each=over,
        optional=draw(st.booleans()),
        when=None if asked is None else form.format(asked),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Edges point back, but those of a replacement may point forward where that makes no circle."""
    count = draw(st.integers(1, 8))
    names = [f"s{number}" for number in range(count)]
    plan = [draw(steps(number, names[:number])) for number in range(count)]
    gated = [step.id for step in plan if "g" in step.needs]
    edited = draw(st.lists(st.sampled_from(gated), max_size=3, unique=True)) if gated else []
    others = [
        draw(steps(int(name[1:]), [other for other in names if other != name])) for name in edited
    ]
    return Case(
        steps=(GATE, *plan),
        cancelled=tuple(draw(st.lists(st.sampled_from(gated), max_size=2))) if gated else (),
        replaced=tuple(replace(step, needs=tuple({*step.needs, "g"})) for step in others),
        right=frozenset(draw(st.sets(st.sampled_from(KINDS)))),
    )


class World:
    """Answers by the question alone; when they come, and what is drafted before, varies."""

    def __init__(self, case: Case, seed: int | None) -> None:
        """Without a seed: at once, and without drafts."""
        self.gate = asyncio.Event()
        self.calls = 0
        self._case = case
        self._random = None if seed is None else random.Random(seed)

    async def __call__(self, question: str) -> JsonValue:
        self.calls += 1
        kind = question.split(" ", 1)[0]
        answer: JsonValue = {
            "yes": "Yes",
            "list": [{"x": question}, {"x": 1}, None],
            "object": {"x": question},
            "nothing": None,
        }.get(kind, f"<{question}>")
        if self._random is not None:
            for _ in range(self._random.randrange(3)):
                await asyncio.sleep(0)
            tell_draft(answer if kind in self._case.right else "something else")
            for _ in range(self._random.randrange(8)):
                await asyncio.sleep(0)
        if question == "text g":
            await self.gate.wait()
        if kind == "fail":
            raise ToolError("no")
        return answer


async def run(case: Case, seed: int | None, mode: Speculation = "off") -> Bench:
    """Add all, edit, let the gate open."""
    world = World(case, seed)
    bench = Bench(world, speculation=mode)
    async with asyncio.timeout(10), bench.executor as executor:
        for step in case.steps:
            await executor.add(step)
        if seed is not None:
            for _ in range(seed % 30):
                await asyncio.sleep(0)
        for step in case.replaced:
            await tried(executor, step)
        for name in case.cancelled:
            await executor.cancel(name, "not wanted")
        world.gate.set()
        await executor.drained()
    return bench


async def tried(executor: Executor, step: Step) -> None:
    """Where it makes a circle, it is refused, always."""
    try:
        await executor.replace(step)
    except PlanError as error:
        assert "wait for each other" in str(error)  # noqa: PT017 - it need not be raised


def results(bench: Bench) -> tuple[dict[str, Outcome], dict[str, Outcome]]:
    return dict(bench.executor.outcomes), bench.executor.elements


@settings(max_examples=150, deadline=None)
@given(cases(), st.integers(0, 10_000), st.integers(0, 10_000))
async def test_outcomes_depend_on_nothing_but_the_plan(case: Case, one: int, other: int) -> None:
    plain = await run(case, None)
    for bench in (plain, await run(case, one, "off"), await run(case, other, "on")):
        assert results(bench) == results(plain)
        check_events(bench, case)


def check_events(bench: Bench, case: Case) -> None:
    """One end each, no start too early, no start after the end or of what was cancelled."""
    events = bench.trace.events
    every = {*bench.executor.outcomes, *bench.executor.elements}
    assert Counter(bench.ended) == Counter(every)
    assert {step.id for step in case.steps} == set(bench.executor.outcomes)
    plan = {step.id: step for step in bench.executor.plan.steps}
    ended: set[str] = set()
    cancelled: set[str] = set()
    acted = [s.id for s in plan.values() if s.tool == "act"]
    for event in events:
        match event:
            case StepEnded(id=name):
                ended.add(name)
            case StepCancelled(id=name):
                cancelled.add(name)
            case StepStarted(id=name):
                step = plan[name.partition("[")[0]]
                waited = set(step.inputs)
                if step.follows is not None and f"{step.follows}[0]" in every:
                    index = name.partition("[")[2]
                    waited = waited - {step.follows} | {f"{step.follows}[{index}"}
                assert waited <= ended
                assert name not in ended
                assert step.id not in cancelled
            case SpeculationStarted(id=name):
                assert name not in acted or any(step.id == name for step in case.replaced)
    begun = [e.id for e in events if isinstance(e, SpeculationStarted)]
    assert Counter(begun) == Counter(e.id for e in events if isinstance(e, Speculated))
    kept = Counter(e.id for e in events if isinstance(e, Speculated) and e.kept)
    joined = Counter(e.id for e in events if isinstance(e, StepStarted) and e.guessed)
    assert kept <= joined


def past(events: list[Event]) -> History:
    """What a run that was cut off behind these events knows."""
    steps: dict[str, Step] = {}
    outcomes: dict[str, Outcome] = {}
    cancelled: dict[str, str] = {}
    replaced: set[str] = set()
    for event in events:
        match event:
            case StepAdded(step=step):
                steps[step.id] = step
            case StepReplaced(step=step):
                steps[step.id] = step
                replaced.add(step.id)
            case StepCancelled(id=name, reason=reason):
                cancelled[name] = reason
            case StepEnded(id=name, outcome=outcome):
                outcomes[name] = outcome
    return History(
        steps=tuple(steps.values()),
        outcomes=outcomes,
        cancelled=cancelled,
        replaced=frozenset(replaced),
    )


@settings(max_examples=100, deadline=None)
@given(cases(), st.integers(0, 10_000), st.floats(0, 1))
async def test_a_run_that_was_cut_off_ends_the_same_and_repeats_nothing(
    case: Case, seed: int, share: float
) -> None:
    whole = await run(case, seed, "on")
    events = whole.trace.events
    edits = [
        n for n, e in enumerate(events) if isinstance(e, StepAdded | StepCancelled | StepReplaced)
    ]
    first = edits[-1] + 1
    history = past(events[: first + round(share * (len(events) - first))])
    world = World(case, seed + 1)
    world.gate.set()
    again = Bench(world, speculation="on", history=history)
    async with asyncio.timeout(10):
        await again.run(case.steps)
    assert results(again) == results(whole)
    assert not set(again.started) & set(history.outcomes)


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(0, 10_000), st.sampled_from(["stop", "cancel"]), st.integers(0, 40))
async def test_at_any_moment_all_can_be_ended(case: Case, seed: int, how: str, after: int) -> None:
    world = World(case, seed)
    world.gate.set()
    bench = Bench(world, speculation="on")
    async with asyncio.timeout(10), bench.executor as executor:
        for step in case.steps:
            await executor.add(step)
        for _ in range(after):
            await asyncio.sleep(0)
        if how == "stop":
            executor.stop("enough")
        for step in case.steps if how == "cancel" else ():
            await executor.cancel(step.id, "enough")
        seen, calls = len(bench.trace.events), world.calls
        await executor.drained()
    every = {*executor.outcomes, *executor.elements}
    assert {step.id for step in case.steps} == set(executor.outcomes)
    assert Counter(bench.ended) == Counter(every)
    assert not [e for e in bench.trace.events[seen:] if isinstance(e, StepStarted)]
    assert world.calls == calls
    assert all(isinstance(o, Done) or str(o) for o in executor.outcomes.values())
