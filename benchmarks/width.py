"""Whether citations get worse as runs get wider: the same report from 5, 20 and 60 look-ups.

    python benchmarks/width.py DATA                 a table
    python benchmarks/width.py DATA --json          one object: width_N_precision and the like
    python benchmarks/width.py DATA --quick --json  5 and 20 look-ups

DATA: a folder with musique.jsonl. A plan of N of its sub-questions, each a look-up over the pooled
passages of all its questions, is given to the run; what they find is written up as a report.
`precision`: the share of cited sentences all of whose names and numbers stand in what they cite, by
citation_audit.py and not by the product's verifier. `supported`: the share that the verifier called
so; `cited`: of all sentences, those that cite something; `found`: of the look-ups, those with a
value.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.citation_audit import cited_of
from benchmarks.pools import Set
from planner import Done, Plan, Step, StepEnded
from service.evaluating.corpus import corpus
from service.evaluating.watching import Watch
from service.others import Others
from service.settings import Settings
from service.workplace import Workplace, workplace
from storage import TraceStore

WIDTHS = (5, 20, 60)
Figures = dict[int, Mapping[str, float]]
"""By width."""
QUESTION = "Report what is known about the people, places and works that were looked up."


class Watcher(Watch):
    """Also shows the vectors being made, which nobody watches here."""

    def embedding(self, done: int, total: int) -> None:
        """See `service.evaluating.corpus.Embedding`."""


async def measured(data: Path, widths: Sequence[int], model: str, keep: Path | None) -> Figures:
    """One report for each width."""
    settings = Settings(model=model, size="report", max_tool_calls=200, seconds=3600)
    given, watcher = await asyncio.to_thread(Set.of, data / "musique.jsonl"), Watcher()
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        sources = corpus(given.pool, settings, watcher)
        store = await TraceStore.open(keep or Path(folder) / "runs.db")
        async with store, workplace([], settings, watcher, Others(), given=sources) as place:
            for width in widths:
                asked = [one.query for one in given.gold[:width]]
                figures[width] = await _one(place, store, watcher, asked)
                print(f"{width:3} {figures[width]}", file=sys.stderr, flush=True)
    return figures


async def _one(
    place: Workplace, store: TraceStore, watcher: Watcher, asked: Sequence[str]
) -> Mapping[str, float]:
    """The figures of one report."""
    watcher.events.clear()
    steps = (Step(f"s{n}", "lookup", {"question": text}) for n, text in enumerate(asked, 1))
    began = time.monotonic()
    run = await store.create_run(QUESTION, {})
    finished = await place.run(store, run, QUESTION, plan=Plan(tuple(steps)))
    answer = finished.result.answer
    ended = [event.outcome for event in watcher.events if isinstance(event, StepEnded)]
    values = [outcome for outcome in ended if isinstance(outcome, Done) and outcome.value]
    cited = cited_of(run, QUESTION, answer)
    shares = {
        "precision": mean(not one.missing for one in cited) if cited else 0.0,
        "supported": mean(one.verdict == "supported" for one in cited) if cited else 0.0,
        "cited": len(cited) / max(1, len(answer.every_sentence)),
        "found": len(values) / len(asked),
        "sentences": len(answer.every_sentence),
        "sources": len(answer.citations),
        "seconds": time.monotonic() - began,
    }
    return {name: round(value, 3) for name, value in shares.items()}


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--quick", action="store_true", help="5 and 20 look-ups")
    parser.add_argument("--model", default="base")
    parser.add_argument("--keep", type=Path, help="a database for the runs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    widths = WIDTHS[:2] if options.quick else WIDTHS
    figures = asyncio.run(measured(options.data, widths, options.model, options.keep))
    if options.json:
        flat = {
            f"width_{width}_{name}": value
            for width, those in figures.items()
            for name, value in those.items()
        }
        print(json.dumps(flat))
        return
    table = Table("look-ups", *next(iter(figures.values())))
    for width, those in figures.items():
        table.add_row(str(width), *(f"{value:g}" for value in those.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
