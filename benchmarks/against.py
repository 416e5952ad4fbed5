"""One DAG of 100 steps with a sleeping tool: the Executor, and what one would pick instead."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median

from benchmarks import rivals
from benchmarks.dags import Dag, random_dag
from benchmarks.makespan import asleep, timed
from benchmarks.ways import bare, breadth, one_consumer, sequential, supersteps

SHAPE, STEPS, LIMIT = "sparse", 100, 16
DAG = random_dag(SHAPE, STEPS)
DIAMOND = Dag(((), (), (0,), (1,)), (0.1, 0.3, 0.3, 0.1))


@dataclass(frozen=True)
class Engine:
    """One engine on the DAG. All in seconds; CPU is that of all its processes."""

    name: str
    seconds: float
    cpu: float
    start_seconds: float = 0.0
    """Until it could take a step; the ways in this process have none."""
    start_cpu: float = 0.0


async def here(repeats: int) -> list[Engine]:
    """The ways in this process, by turns; medians."""
    call = asleep(DAG)
    runs: dict[str, Callable[[], Awaitable[None]]] = {
        "breadth": lambda: breadth(DAG.needs, call, LIMIT),
        "sequential": lambda: sequential(DAG.needs, call),
        "supersteps": lambda: supersteps(DAG.needs, call, LIMIT),
        "one_consumer": lambda: one_consumer(DAG.needs, call, LIMIT),
        "bare": lambda: bare(DAG.needs, call, LIMIT),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            found[name].append(await timed(run))
    return [
        Engine(name, median(seconds for seconds, _ in pairs), median(cpu for _, cpu in pairs))
        for name, pairs in found.items()
    ]


def elsewhere(python: str) -> tuple[list[Engine], list[str]]:
    """The ready-made engines, each once in a process of its own; and those that are left out."""
    made = {
        name: rivals.asked(name, python, shape=SHAPE, steps=STEPS, limit=LIMIT)
        for name in rivals.ENGINES
    }
    engines = [Engine(name, **found) for name, found in made.items() if found is not None]
    return engines, [name for name, found in made.items() if found is None]


def figures(engines: list[Engine]) -> dict[str, float]:
    """How many times as long as Breadth, and CPU a step."""
    ours = next(engine for engine in engines if engine.name == "breadth")
    result: dict[str, float] = {}
    for engine in engines:
        if engine is not ours:
            result[f"dag_speedup_over_{engine.name}"] = engine.seconds / ours.seconds
        result[f"dag_cpu_us_per_step_{engine.name}"] = engine.cpu / STEPS * 1e6
    return result


async def diamond(repeats: int) -> dict[str, float]:
    """The diamond on the Executor and by supersteps, by turns."""
    times: dict[str, list[float]] = {"diamond": [], "levels": []}
    for _ in range(repeats):
        ours, _ = await timed(lambda: breadth(DIAMOND.needs, asleep(DIAMOND), LIMIT))
        theirs, _ = await timed(lambda: supersteps(DIAMOND.needs, asleep(DIAMOND), LIMIT))
        times["diamond"].append(ours)
        times["levels"].append(theirs)
    return {
        f"{name}_over_critical_path": median(seconds) / DIAMOND.critical_path
        for name, seconds in times.items()
    }
