"""The same DAG on ready-made engines: Dask distributed, Prefect and Ray, each on this machine.

    python benchmarks/rivals.py dask --shape sparse --steps 100 --limit 16

prints one object: `seconds` and `cpu` (of this process and all that it started) for running the
DAG, `start_seconds` and `start_cpu` for getting ready, all in seconds. It needs the standard
library, psutil and the engine alone, so an environment of the engine's own can run it. Steps sleep:
as coroutines on Dask and Ray, in its pool of threads on Prefect.
"""

import argparse
import asyncio
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.dags import Dag, random_dag

try:
    import psutil
except ImportError:
    psutil = None
try:
    import distributed
except ImportError:
    distributed = None
try:
    import prefect
    from prefect.task_runners import ThreadPoolTaskRunner
except ImportError:
    prefect = None
try:
    import ray
except ImportError:
    ray = None

Mark = Callable[[], None]
"""Called when the engine is ready."""


def dask(dag: Dag, limit: int, ready: Mark) -> None:
    """One worker with so many threads, in this process; each step is a future."""

    async def work(seconds: float, *inputs: int) -> int:
        await asyncio.sleep(seconds)
        return 1

    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=limit, processes=False, dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client:
        client.submit(work, 0.0, pure=False).result()
        ready()
        futures: list[Any] = []
        for needs, seconds in zip(dag.needs, dag.seconds, strict=True):
            inputs = [futures[need] for need in needs]
            futures.append(client.submit(work, seconds, *inputs, pure=False))
        client.gather(futures)


def prefect_flow(dag: Dag, limit: int, ready: Mark) -> None:
    """A flow whose steps are tasks, on its thread pool and its own ephemeral server."""

    @prefect.task
    def work(seconds: float, inputs: Sequence[int]) -> int:
        time.sleep(seconds)
        return 1

    @prefect.flow(task_runner=ThreadPoolTaskRunner(max_workers=limit))
    def flow() -> None:
        work.submit(0.0, []).result()
        ready()
        futures: list[Any] = []
        for needs, seconds in zip(dag.needs, dag.seconds, strict=True):
            futures.append(work.submit(seconds, [], wait_for=[futures[need] for need in needs]))
        for future in futures:
            future.result()

    flow()


def ray_actor(dag: Dag, limit: int, ready: Mark) -> None:
    """One asynchronous actor that takes so many calls at once; inputs are object references."""

    @ray.remote(max_concurrency=limit)
    class Worker:
        async def work(self, seconds: float, *inputs: int) -> int:
            await asyncio.sleep(seconds)
            return 1

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    worker = Worker.options(max_concurrency=limit).remote()
    ray.get(worker.work.remote(0.0))
    ready()
    references: list[Any] = []
    for needs, seconds in zip(dag.needs, dag.seconds, strict=True):
        inputs = [references[need] for need in needs]
        references.append(worker.work.remote(seconds, *inputs))
    ray.get(references)


ENGINES: dict[str, tuple[Any, Callable[[Dag, int, Mark], None]]] = {
    "dask": (distributed, dask),
    "prefect": (prefect, prefect_flow),
    "ray": (ray, ray_actor),
}


def cpu() -> float:
    """Seconds of this process and of all that it started and that still runs."""
    total = time.process_time()
    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return total


def measured(engine: str, dag: Dag, limit: int) -> dict[str, float]:
    """Run it once in this process."""
    _, run = ENGINES[engine]
    marks = [(time.perf_counter(), cpu())]
    run(dag, limit, lambda: marks.append((time.perf_counter(), cpu())))
    marks.append((time.perf_counter(), cpu()))
    (began, cpu0), (ready, cpu1), (ended, cpu2) = marks
    return {
        "seconds": ended - ready,
        "cpu": cpu2 - cpu1,
        "start_seconds": ready - began,
        "start_cpu": cpu1 - cpu0,
    }


def asked(
    engine: str, python: str, *, shape: str, steps: int, limit: int
) -> dict[str, float] | None:
    """Measure in a process of its own; None where that Python does not have the engine."""
    words = [engine, "--shape", shape, "--steps", str(steps), "--limit", str(limit)]
    with tempfile.TemporaryDirectory() as folder:
        quiet = {
            "PREFECT_HOME": folder,
            "PREFECT_LOGGING_LEVEL": "CRITICAL",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "RAY_USAGE_STATS_ENABLED": "0",
            "DO_NOT_TRACK": "1",
        }
        done = subprocess.run(
            [python, __file__, *words],
            capture_output=True,
            text=True,
            env=os.environ | quiet,
            timeout=300,
            check=False,
        )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        print(f"{engine}: left out: {done.stderr.strip()[-300:]}", file=sys.stderr)
        return None
    found: dict[str, float] = json.loads(lines[-1])
    return found


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine", choices=sorted(ENGINES))
    parser.add_argument("--shape", default="sparse")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--limit", type=int, default=16)
    options = parser.parse_args()
    if psutil is None or ENGINES[options.engine][0] is None:
        sys.exit(f"{options.engine} (or psutil) is not installed here")
    logging.disable(logging.WARNING)
    dag = random_dag(options.shape, options.steps)
    print(json.dumps(measured(options.engine, dag, options.limit)))


if __name__ == "__main__":
    main()
