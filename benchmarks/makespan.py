"""Makespan over the lower bound, and CPU a step, on seeded random DAGs.

The bound is max(critical path, work / limit), from the seconds that the steps ask for. No scheduler
reaches it everywhere: `greedy` is that of a scheduler that costs nothing and takes steps in the
order in which they got ready (simulated). Above it, the engine and the machine take their time: the
least that asyncio can do (`bare`), run beside it on the same DAG, tells how much of it is the
machine's; that is done from 64 slots on, where the processor and not the slots sets the pace.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from benchmarks.dags import SHAPES, Dag, random_dag
from benchmarks.ways import Call, bare, breadth

LIMITS = (4, 16, 64, 256)
_BARE_LIMIT, _BARE_STEPS = 64, 1_000


@dataclass(frozen=True)
class Cell:
    """One DAG on one number of slots."""

    shape: str
    steps: int
    limit: int
    seconds: float
    over_bound: float
    over_greedy: float
    over_bare: float | None
    cpu_us: float | None
    """Microseconds of CPU a step, of the whole process."""
    bare_cpu_us: float | None


def asleep(dag: Dag) -> Call:
    """A tool that sleeps for each step's seconds."""

    async def call(step: int) -> str:
        await asyncio.sleep(dag.seconds[step])
        return f"r{step}"

    return call


async def timed(run: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """Seconds by the clock and of CPU."""
    began, cpu = time.perf_counter(), time.process_time()
    await run()
    return time.perf_counter() - began, time.process_time() - cpu


async def cell(shape: str, steps: int, limit: int, *, seed: int = 0) -> Cell:
    """Run it once on the Executor, and on bare asyncio where that tells something."""
    dag = random_dag(shape, steps, seed=seed)
    seconds, cpu = await timed(lambda: breadth(dag.needs, asleep(dag), limit))
    over_bare = bare_cpu_us = None
    if limit >= _BARE_LIMIT and steps == _BARE_STEPS:
        least, bare_cpu = await timed(lambda: bare(dag.needs, asleep(dag), limit))
        over_bare, bare_cpu_us = seconds / least, bare_cpu / steps * 1e6
    return Cell(
        shape=shape,
        steps=steps,
        limit=limit,
        seconds=seconds,
        over_bound=seconds / dag.bound(limit),
        over_greedy=seconds / dag.greedy(limit),
        cpu_us=cpu / steps * 1e6,
        over_bare=over_bare,
        bare_cpu_us=bare_cpu_us,
    )


def sizes(quick: bool) -> Iterable[tuple[int, Sequence[int]]]:
    """Steps, and the slots to run them on. 10,000 steps on 4 slots would take 125 s a shape."""
    yield 10, (LIMITS[0], LIMITS[-1]) if quick else LIMITS
    yield 100, (LIMITS[0], LIMITS[-1]) if quick else LIMITS
    yield 1_000, LIMITS
    yield 10_000, (LIMITS[-1],) if quick else LIMITS[2:]


async def cells(quick: bool) -> list[Cell]:
    """Every shape, size and limit.

    One after another; but on few slots, where the processor has next to nothing to do, the shapes
    run beside each other, and the CPU of one cannot be told.
    """
    found: list[Cell] = []
    for steps, limits in sizes(quick):
        for limit in limits:
            if limit == LIMITS[0] and steps > limit:
                made = await asyncio.gather(*(cell(shape, steps, limit) for shape in SHAPES))
                found += [replace(one, cpu_us=None) for one in made]
            else:
                found += [await cell(shape, steps, limit) for shape in SHAPES]
    return found


def figures(found: Sequence[Cell]) -> dict[str, float]:
    """Medians over shapes and limits, and the worst, by the number of steps."""
    result: dict[str, float] = {}
    for steps in sorted({one.steps for one in found}):
        of = [one for one in found if one.steps == steps]
        result[f"makespan_over_bound_{steps}"] = median(one.over_bound for one in of)
        result[f"makespan_over_bound_{steps}_worst"] = max(one.over_bound for one in of)
        result[f"makespan_over_greedy_{steps}"] = median(one.over_greedy for one in of)
        result[f"makespan_over_greedy_{steps}_worst"] = max(one.over_greedy for one in of)
        widest = [one for one in of if one.limit == LIMITS[-1]]
        result[f"cpu_us_per_step_{steps}"] = median(one.cpu_us or 0.0 for one in widest)
        ratios = [one.over_bare for one in of if one.over_bare is not None]
        if ratios:
            bares = [one.bare_cpu_us for one in widest if one.bare_cpu_us is not None]
            result[f"makespan_over_bare_{steps}"] = median(ratios)
            result[f"cpu_us_per_step_{steps}_bare"] = median(bares)
    return result
