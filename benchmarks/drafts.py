"""What several drafts of an answer add, and what they cost: by best, vote and synthesis.

    python benchmarks/drafts.py                 a table
    python benchmarks/drafts.py --json          one object, keys N_select_figure (3_best_seconds)
    python benchmarks/drafts.py --quick --json  two questions, 1 and 3 drafts
    python benchmarks/drafts.py --keep runs.db  keep the runs, for citation_audit.py

Questions that no single value answers, over the films of examples/, each with every number of
drafts and every way to choose. One run that is not counted goes before those of a question, so that
all find its passages in the engine's cache; the ways take turns at being the first.

`sentences`: delivered, of one answer. `told`: different names and numbers in an answer that its
cited passages have and the question has not: how much it says. `precision`: the share of cited
sentences all of whose names and numbers stand in what they cite (by citation_audit.py, not by the
product's verifier). `supported`: the share that the verifier called so. `seconds`, `read` and
`written` (tokens; what the cache held is not read) of one question.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from statistics import mean

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.citation_audit import cited_of
from planner import Answer, Select
from service.evaluating.watching import Watch
from service.others import Others
from service.settings import Settings
from service.workplace import Workplace, workplace
from storage import TraceStore

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
QUESTIONS = (
    "What is known about the director of Parasite?",
    "How did Studio Ghibli come about, and who led it?",
    "What made The Third Man known?",
    "Describe the life of Andrei Tarkovsky.",
    "What is Solaris about, and how do its films differ?",
    "How was Metropolis lost and found again?",
)
SELECTS: tuple[Select, ...] = ("best", "vote", "synthesis")


@dataclass(frozen=True)
class Way:
    """How many drafts, and how one answer comes of them."""

    drafts: int
    select: Select

    @property
    def name(self) -> str:
        """As its figures are called."""
        return f"{self.drafts}_{self.select}" if self.drafts > 1 else "1"


@dataclass(frozen=True)
class Row:
    """What one run came to."""

    sentences: float
    told: float
    precision: float | None
    supported: float | None
    seconds: float
    read: float
    written: float


def ways(quick: bool) -> list[Way]:
    """One draft, and more of them in each way."""
    many = (3,) if quick else (3, 6)
    return [Way(1, "best"), *(Way(drafts, select) for drafts in many for select in SELECTS)]


def row(question: str, answer: Answer, watch: Watch, seconds: float) -> Row:
    """The figures of a run."""
    cited = cited_of("", question, answer)
    return Row(
        sentences=len(answer.every_sentence),
        told=len(frozenset().union(*(one.told for one in cited))),
        precision=mean(not one.missing for one in cited) if cited else None,
        supported=mean(one.verdict == "supported" for one in cited) if cited else None,
        seconds=seconds,
        read=sum(usage.prompt_tokens - usage.cached_tokens for usage in watch.usages),
        written=sum(usage.completion_tokens for usage in watch.usages),
    )


async def measured(
    questions: Sequence[str], chosen: Sequence[Way], settings: Settings, keep: Path | None
) -> dict[str, list[Row]]:
    """Every question in every way, one after another, with one loaded model."""
    rows: dict[str, list[Row]] = {way.name: [] for way in chosen}
    with tempfile.TemporaryDirectory() as folder:
        store = await TraceStore.open(keep or Path(folder) / "runs.db")
        async with store, workplace([EXAMPLES / "films"], settings, Watch(), Others()) as place:
            for number, question in enumerate(questions):
                await _one(place, store, question, chosen[0])
                turned = number % len(chosen)
                for way in (*chosen[turned:], *chosen[:turned]):
                    rows[way.name].append(await _one(place, store, question, way))
                    print(f"{way.name:12} {rows[way.name][-1]}", file=sys.stderr, flush=True)
    return rows


async def _one(place: Workplace, store: TraceStore, question: str, way: Way) -> Row:
    """One run."""
    watch = Watch()
    update = {"drafts": way.drafts, "select": way.select}
    here = replace(place, display=watch, settings=place.settings.model_copy(update=update))
    began = time.monotonic()
    finished = await here.run(store, await store.create_run(question, {}), question, None)
    return row(question, finished.result.answer, watch, time.monotonic() - began)


def averages(rows: Sequence[Row]) -> dict[str, float]:
    """Of all questions; a share counts only where there was something to share."""
    columns = zip(*(astuple(one) for one in rows), strict=True)
    named = zip((field.name for field in fields(Row)), columns, strict=True)
    told = ((name, [value for value in column if value is not None]) for name, column in named)
    return {name: round(mean(values), 3) for name, values in told if values}


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two questions, 1 and 3 drafts")
    parser.add_argument("--model", default="base")
    parser.add_argument("--keep", type=Path, help="a database for the runs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    settings = Settings(model=options.model, size="answer")
    questions = QUESTIONS[:2] if options.quick else QUESTIONS
    rows = asyncio.run(measured(questions, ways(options.quick), settings, options.keep))
    figures = {name: averages(those) for name, those in rows.items()}
    if options.json:
        flat = {
            f"{way}_{name}": value for way, all_ in figures.items() for name, value in all_.items()
        }
        print(json.dumps(flat))
        return
    table = Table("drafts", *(field.name for field in fields(Row)))
    for way, all_ in figures.items():
        table.add_row(way, *(f"{all_.get(field.name, float('nan')):g}" for field in fields(Row)))
    Console().print(table)


if __name__ == "__main__":
    main()
