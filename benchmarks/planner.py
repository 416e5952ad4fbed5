"""The planner and the executor: makespan over the bound, and against what one would pick instead.

    python benchmarks/planner.py --data FOLDER                 tables of everything
    python benchmarks/planner.py --data FOLDER --quick         less of each, four minutes
    python benchmarks/planner.py --data FOLDER --quick --json  one object
    python benchmarks/planner.py --data FOLDER --plans 24      plan quality alone, with the model

Each part's own module says how it measures. `makespan.py`: seeded random DAGs, steps of 50 ms with
heavy tails; `makespan_over_bound_N` is the median over shapes and limits. `against.py`: one DAG
with the same sleeping tool, one step after another, by LangGraph supersteps, by LLMCompiler's rule,
and on Dask, Prefect and Ray where the Python of `--rivals` has them (this one, unless told).
`gold.py`: the sub-question DAGs of fanoutqa.jsonl and musique.jsonl with a modelled model and a
loopback tool server; left out without `--data`. `many_runs.py`: 1,000 runs at once, in a process of
their own. `plan_quality.py`: only with `--plans N`, for it loads the embedded model.

The diamond a (0.1 s) -> c (0.3 s) beside b (0.3 s) -> d (0.1 s) has a critical path of 0.4 s, and
its levels take 0.6 s: `diamond_over_critical_path` is the Executor's, `levels_over_critical_path`
that of LangGraph with one node a step.
"""

import argparse
import asyncio
import gc
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import against, gold, makespan, plan_quality

SETS = {"fanoutqa": "fanout", "musique": "musique"}
MANY_RUNS = Path(__file__).with_name("many_runs.py")

Figures = dict[str, float]


class Report:
    """Figures and tables as they come."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.figures: Figures = {}
        self._console = Console(width=110)

    def show(self, title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table for people."""
        if self.options.json:
            return
        table = Table(title=title, title_justify="left")
        for name in head:
            table.add_column(name, justify="left" if name == head[0] else "right")
        for row in rows:
            table.add_row(*map(shown, row))
        self._console.print(table)


def shown(value: object) -> str:
    """A cell of a table."""
    if isinstance(value, float):
        return f"{value:,.3f}"
    return "" if value is None else str(value)


async def makespans(report: Report) -> None:
    """Random DAGs."""
    cells = await makespan.cells(report.options.quick)
    report.figures |= makespan.figures(cells)
    report.show(
        "Executor on random DAGs: makespan over bound, greedy and bare asyncio; CPU us a step",
        ("shape", "steps", "limit", "seconds", "bound", "greedy", "bare", "CPU", "bare CPU"),
        (astuple(one) for one in cells),
    )


async def engines(report: Report) -> None:
    """The same DAG everywhere."""
    repeats = 2 if report.options.quick else 15
    report.figures |= await against.diamond(repeats)
    found = await against.here(repeats)
    others, missing = against.elsewhere(report.options.rivals)
    found += others
    report.figures |= against.figures(found)
    report.show(
        f"One DAG of {against.STEPS} steps on {against.LIMIT} slots, bound"
        f" {against.DAG.bound(against.LIMIT):.3f} s; left out: {', '.join(missing) or 'none'}",
        ("engine", "seconds", "CPU us a step", "start-up seconds", "CPU seconds of it"),
        (
            (e.name, e.seconds, e.cpu / against.STEPS * 1e6, e.start_seconds, e.start_cpu)
            for e in found
        ),
    )


async def golds(report: Report) -> None:
    """Gold DAGs with and without the model's time."""
    for name, short in SETS.items():
        path, limit = report.options.data / f"{name}.jsonl", 20 if report.options.quick else 250
        for model in (True, False):
            rows = await gold.measured(path, limit, model=model)
            ratios = gold.speedups(rows)
            end = "" if model else "_without_model"
            report.figures[f"{short}_speedup_by_speculation{end}"] = 1 / ratios["speculating"][0]
            for way in ratios.keys() - {"speculating"}:
                together, middle, most = ratios[way]
                report.figures[f"{short}_speedup_over_{way}{end}"] = together
                report.figures[f"{short}_speedup_over_{way}{end}_median"] = middle
                report.figures[f"{short}_speedup_over_{way}{end}_most"] = most
            report.show(
                f"{name}, {len(rows[0].seconds)} questions, "
                + ("model turns modelled" if model else "model turns take no time"),
                (
                    "way",
                    "seconds",
                    "Breadth faster by",
                    "median",
                    "most",
                    "calls",
                    "read",
                    "written",
                    "guessed",
                    "kept",
                ),
                (
                    (
                        row.way,
                        sum(row.seconds) / len(row.seconds),
                        *ratios.get(row.way, (1.0, 1.0, 1.0)),
                        row.calls,
                        round(row.read_tokens),
                        round(row.written_tokens),
                        row.guessed,
                        row.kept,
                    )
                    for row in rows
                ),
            )


def many_runs(report: Report) -> None:
    """In a process of their own: what ran before would hide their memory."""
    done = subprocess.run(
        [sys.executable, str(MANY_RUNS)], capture_output=True, text=True, check=True
    )
    found: Figures = json.loads(done.stdout)
    report.figures |= {name: found[name] for name in ("kib_per_run", "loop_delay_p99_ms")}
    report.show("1,000 runs at once", ("figure", "value"), found.items())


async def plans(report: Report) -> None:
    """With the embedded model."""
    options = report.options
    report.figures |= await plan_quality.measured(options.data, options.plans, options.model)
    report.show(f"{options.plans} plans", ("figure", "value"), report.figures.items())


async def measured(options: argparse.Namespace) -> Figures:
    """The parts, one after another."""
    report = Report(options)
    if options.plans:
        await plans(report)
    else:
        await makespans(report)
        await engines(report)
        if options.data is not None:
            await golds(report)
        many_runs(report)
    return report.figures


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of the question sets")
    parser.add_argument(
        "--rivals", default=sys.executable, help="its Python has Dask, Prefect, Ray"
    )
    parser.add_argument("--plans", type=int, default=0, help="ask the model for so many plans")
    parser.add_argument("--model", default="base", help="for --plans")
    parser.add_argument("--quick", action="store_true", help="less of each")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.plans and options.data is None:
        parser.error("--plans needs --data")
    gc.freeze()  # as the command does
    figures = asyncio.run(measured(options))
    if options.json:
        print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
