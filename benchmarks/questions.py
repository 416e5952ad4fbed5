"""Public question sets over their pooled passages: planned runs against what a user would write.

    python benchmarks/questions.py --data FOLDER
    python benchmarks/questions.py --data FOLDER --sets musique --limit 15 --json

`breadth eval` for musique.jsonl and hotpotqa.jsonl one after another, in a trace store of its own
that is thrown away: the scores of `planned`, `oneshot` and `react` on the same questions, the first
`--limit` of each set behind those that `--skip` leaves out.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from service.evaluating.evaluation import Assignment, evaluated
from service.evaluating.progress import EvaluationTerminal
from service.evaluating.question_sets import read_questions
from service.evaluating.report import Report, as_json, as_table
from service.settings import Settings


async def measured(options: argparse.Namespace, name: str, folder: str) -> Report:
    """One set."""
    questions = read_questions(options.data / f"{name}.jsonl")
    assignment = Assignment(
        questions,
        questions.chosen(options.skip, options.limit),
        tuple(options.systems.split(",")),
        (),
        Settings(model=options.model, data=Path(folder), database=None),
    )
    with EvaluationTerminal(Console(stderr=True), "") as display:
        return Report.of(await evaluated(assignment, display))


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the question sets")
    parser.add_argument("--sets", default="musique,hotpotqa")
    parser.add_argument("--systems", default="planned,oneshot,react")
    parser.add_argument("--limit", type=int, default=15, help="questions of each set")
    parser.add_argument("--skip", type=int, default=0, help="leave out the first so many")
    parser.add_argument("--model", default="base")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in options.sets.split(","):
            report = asyncio.run(measured(options, name, folder))
            if options.json:
                print(json.dumps({name: as_json(report)}, ensure_ascii=False), flush=True)
            else:
                Console().print(as_table(report))


if __name__ == "__main__":
    main()
