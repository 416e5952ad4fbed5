"""The main job on the questions of examples/: how many are answered rightly, and at what price.

    python benchmarks/main_job.py                 a table
    python benchmarks/main_job.py --json          one object
    python benchmarks/main_job.py --quick --json  the first six questions
    python benchmarks/main_job.py --keep runs.db  keep the runs, for citation_audit.py

`answered`: right answers, where none is right for a question that the documents do not answer;
`prompt_tokens_median`: of all model calls of a question; `read` leaves out what was in the cache.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from planner import Decided, StepAdded, StepEnded
from service.evaluating.matching import right
from service.evaluating.watching import Watch
from service.others import Others
from service.settings import Settings
from service.workplace import workplace
from storage import TraceStore

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


class Watcher(Watch):
    """A Display that keeps what a benchmark counts."""

    def started(self, run: str) -> None:
        """A new run."""
        self.events.clear()

    @property
    def steps(self) -> list[str]:
        """The plan with its outcomes, a line each."""
        outcomes = {e.id: e.outcome for e in self.events if isinstance(e, StepEnded)}
        return [
            f"{e.step.id}: {e.step.tool} {dict(e.step.arguments)}"
            f" -> {short(outcomes.get(e.step.id))}"
            for e in self.events
            if isinstance(e, StepAdded) and e.step.tool != "search"
        ] + [f"{e.what}: {e.why}" for e in self.events if isinstance(e, Decided)]


def short(outcome: Any) -> str:
    """An outcome on one line."""
    return str(getattr(outcome, "value", outcome))[:120]


@dataclass(frozen=True)
class Row:
    """One question."""

    id: str
    question: str
    expected: str | None
    value: str | None
    answer: str
    right: bool
    seconds: float
    prompt_tokens: int
    read_tokens: int
    written_tokens: int
    steps: list[str]


async def measured(
    questions: list[dict[str, Any]], documents: Path, settings: Settings, keep: Path | None = None
) -> list[Row]:
    """Every question, one after another, with one loaded model."""
    watcher, rows = Watcher(), []
    with tempfile.TemporaryDirectory() as folder:
        store = await TraceStore.open(keep or Path(folder) / "runs.db")
        async with store, workplace([documents], settings, watcher, Others()) as place:
            for question in questions:
                watcher.started("")
                began = time.monotonic()
                run = await store.create_run(question["question"], {})
                finished = await place.run(store, run, question["question"], None)
                rows.append(row(question, finished.result.answer, watcher, began))
                print(line(rows[-1]), file=sys.stderr, flush=True)
    return rows


def row(question: dict[str, Any], answer: Any, watcher: Watcher, began: float) -> Row:
    """What a question cost and whether it was answered."""
    gold = [question["answer"], *question.get("aliases", [])] if question["answer"] else []
    usages = watcher.usages
    return Row(
        id=question["id"],
        question=question["question"],
        expected=question["answer"],
        value=answer.value,
        answer=answer.text,
        right=right(answer.value, gold),
        seconds=time.monotonic() - began,
        prompt_tokens=sum(usage.prompt_tokens for usage in usages),
        read_tokens=sum(usage.prompt_tokens - usage.cached_tokens for usage in usages),
        written_tokens=sum(usage.completion_tokens for usage in usages),
        steps=watcher.steps,
    )


def line(row: Row) -> str:
    """For people."""
    mark = "right" if row.right else "WRONG"
    text = (
        f"{mark} {row.id} {row.seconds:5.1f} s {row.read_tokens:5d} read {row.written_tokens:4d}"
        f" written  {row.question}\n      {row.value!r}, expected {row.expected!r}"
    )
    return "\n        ".join([text, *row.steps])


def summary(rows: list[Row]) -> dict[str, float | int]:
    """The figures."""
    return {
        "answered": sum(row.right for row in rows),
        "asked": len(rows),
        "seconds_median": round(median(row.seconds for row in rows), 1),
        "prompt_tokens_median": round(median(row.prompt_tokens for row in rows)),
        "prompt_tokens_read_median": round(median(row.read_tokens for row in rows)),
    }


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=Path, default=EXAMPLES / "questions.jsonl")
    parser.add_argument("--documents", type=Path, default=EXAMPLES / "films")
    parser.add_argument("--model", default="base")
    parser.add_argument("--only", help="ids, with commas")
    parser.add_argument("--quick", action="store_true", help="the first six questions")
    parser.add_argument("--keep", type=Path, help="a database for the runs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    lines = options.questions.read_text(encoding="utf-8").splitlines()
    questions = [json.loads(text) for text in lines if text.strip()]
    if options.only:
        questions = [one for one in questions if one["id"] in options.only.split(",")]
    if options.quick:
        questions = questions[:6]
    settings = Settings(model=options.model)
    rows = asyncio.run(measured(questions, options.documents, settings, options.keep))
    if options.json:
        print(json.dumps(summary(rows)))
    else:
        for name, value in summary(rows).items():
            print(f"{name:28} {value}")


if __name__ == "__main__":
    main()
