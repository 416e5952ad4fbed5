"""Many research runs at once in one process: memory a run, and how late the event loop gets.

    python benchmarks/many_runs.py --runs 1000

prints one object: `kib_per_run`, the growth of the process's resident memory at its peak over the
runs; `loop_delay_p99_ms`, how much later than asked a sleep of 10 ms ends, at the 99th percentile,
while runs are under way; `seconds`, until the last has ended; `steps`, of a run; `cpu_us_per_step`.
A run is all of `research`: a scripted model streams a plan of 20 look-ups in lanes of five, each
look-up waits for 2 s in the mean, heavy-tailed, and asks the model once. The trace keeps nothing.
The runs arrive twenty at each turn of the loop; `at_once`: the most that were under way.
"""

import argparse
import asyncio
import gc
import json
import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.dags import heavy_tailed
from inference import Message, Model, Request, ScriptedModel, complete
from planner import Event, ResearchSettings, StepEnded, Toolbox, research
from tools import Arguments, ToolResult

STEPS = 20
LANE = 5
TOOL_SECONDS = 2.0
_ARRIVING = 20
_TICK = 0.01
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PAGE = Path("/proc/self/statm")


class LookupArguments(Arguments):
    """One question."""

    question: str


class Waiting:
    """A look-up that waits, then asks the model."""

    name = "lookup"
    description = "for benchmarks"
    arguments: type[Arguments] = LookupArguments
    resource = "model"
    seconds = 120.0

    def __init__(self, model: Model, random: Random) -> None:
        self._model = model
        self._random = random

    async def call(self, arguments: LookupArguments) -> ToolResult:
        await asyncio.sleep(heavy_tailed(self._random, TOOL_SECONDS))
        asked = (Message("user", arguments.question),)
        made = await complete(self._model, Request(messages=asked, max_tokens=16, purpose="read"))
        return ToolResult(made.samples[0].text)


class Counting:
    """A trace that counts the steps that ended, and keeps nothing."""

    def __init__(self) -> None:
        self.ended = 0

    async def record(self, event: Event) -> None:
        self.ended += isinstance(event, StepEnded)


def plan() -> str:
    """Twenty lines in lanes of five."""
    lines = []
    for number in range(STEPS):
        named = f"{{{_LETTERS[number - 1]}}}" if number % LANE else f"Place {number}"
        lines.append(json.dumps({"id": _LETTERS[number], "lookup": f"Who built {named}?"}))
    return "\n".join(lines)


def reply(request: Request) -> str:
    """A plan, or a short value."""
    return PLAN if request.purpose == "plan" else "Ada Lovelace"


PLAN = plan()


async def one(number: int, model: Model, under_way: set[int]) -> int:
    """A run; how many steps it had."""
    trace = Counting()
    under_way.add(number)
    await research(
        f"Who built Place {number}?",
        model=model,
        toolbox=lambda recorded: Toolbox([Waiting(recorded, Random(number))], ("lookup",)),
        trace=trace,
        settings=ResearchSettings(plan_samples=1, rounds=1),
    )
    under_way.remove(number)
    return trace.ended


class Watch:
    """Looks at the loop and at the memory every 10 ms."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self.peak = resident()
        self.under_way: set[int] = set()
        self.most = 0

    async def look(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_TICK)
            self.delays.append(time.perf_counter() - began - _TICK)
            self.peak = max(self.peak, resident())
            self.most = max(self.most, len(self.under_way))


def resident() -> int:
    """KiB of this process; Linux tells."""
    return int(_PAGE.read_text().split()[1]) * 4


async def measured(runs: int) -> dict[str, float]:
    """All at once."""
    model = ScriptedModel(reply)
    await one(0, model, set())  # what is loaded once is no run's own
    gc.freeze()  # as the command does
    watch, before = Watch(), resident()
    looking = asyncio.create_task(watch.look())
    began, cpu = time.perf_counter(), time.process_time()
    tasks = []
    for number in range(1, runs + 1):
        tasks.append(asyncio.create_task(one(number, model, watch.under_way)))
        if number % _ARRIVING == 0:
            await asyncio.sleep(0)
    steps = await asyncio.gather(*tasks)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    looking.cancel()
    return {
        "kib_per_run": round((watch.peak - before) / runs, 1),
        "loop_delay_p99_ms": round(sorted(watch.delays)[int(len(watch.delays) * 0.99)] * 1e3, 1),
        "at_once": watch.most,
        "seconds": round(seconds, 2),
        "steps": sum(steps) / runs,
        "cpu_us_per_step": round(cpu / sum(steps) * 1e6, 1),
    }


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    options = parser.parse_args()
    print(json.dumps(asyncio.run(measured(options.runs))))


if __name__ == "__main__":
    main()
