"""Public question sets over their pooled passages: planned runs against one shot.

    python benchmarks/questions.py --data FOLDER
    python benchmarks/questions.py --data FOLDER --sets musique --limit 15 --json

For musique.jsonl and hotpotqa.jsonl: exact match and F1 of the same model on the same questions,
one shot (the first five passages in one prompt) and planned (a run of Breadth), with seconds and
prompt tokens a question. The questions are the first `--limit` of each set, behind those that
`--skip` leaves out.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.main_job import Watcher
from benchmarks.pools import Pool, load
from benchmarks.scoring import exact_match, f1
from inference import Message, Request, as_data, complete
from service.models import model_of
from service.others import Others
from service.settings import Settings
from service.sources import Sources
from service.workplace import Workplace
from storage import TraceStore
from tools.reading_prompt import reading_prompt

ONE_SHOT_PASSAGES = 5


async def one_shot(place: Workplace, question: str) -> str | None:
    """What a user would do instead: the best passages in one prompt."""
    hits = await place.sources.engine.search(question, limit=ONE_SHOT_PASSAGES)
    if not hits:
        return None
    *start, last = reading_prompt(question, hits[0].passage)
    shown = "\n".join(f"{h.passage.source.title}: {h.passage.text}" for h in hits)
    asked = last.content.rpartition("\n")[2]
    messages = (*start, Message("user", f"{as_data(shown)}\n{asked}"))
    made = await complete(
        place.model, Request(messages=messages, max_tokens=40, stop=("\n",), purpose="read")
    )
    return made.samples[0].text.strip().rstrip(".")


async def compared(
    questions: Sequence[dict[str, Any]], place: Workplace, watcher: Watcher
) -> dict[str, float]:
    """Both systems on the same questions, one after another."""
    scores: defaultdict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        async with await TraceStore.open(Path(folder) / "runs.db") as store:
            for question in questions:
                text = question["question"].strip()
                gold = [question["answer"], *question.get("aliases", [])]
                began = time.monotonic()
                given = await one_shot(place, text)
                note(scores, "oneshot", given, gold, began)
                watcher.started("")
                began = time.monotonic()
                run = await store.create_run(text, {})
                value = (await place.run(store, run, text, None)).result.answer.value
                note(scores, "planned", value, gold, began)
                usages = [call.completion.usage for call in watcher.calls]
                scores["planned_calls"].append(len(usages))
                scores["planned_read_tokens"].append(
                    sum(usage.prompt_tokens - usage.cached_tokens for usage in usages)
                )
                show(text, gold, given, value, watcher)
    return {name: round(mean(values), 3) for name, values in scores.items()}


def note(
    scores: defaultdict[str, list[float]],
    system: str,
    given: str | None,
    gold: Sequence[str],
    began: float,
) -> None:
    """One answer of one system."""
    scores[f"{system}_em"].append(exact_match(given, gold))
    scores[f"{system}_f1"].append(f1(given, gold))
    scores[f"{system}_seconds"].append(time.monotonic() - began)


def show(
    question: str, gold: Sequence[str], given: str | None, value: str | None, watcher: Watcher
) -> None:
    """Each question as it goes, for people."""
    lines = [question, f"  gold {gold[0]!r}, one shot {given!r}, planned {value!r}"]
    print("\n    ".join([*lines, *watcher.steps]), file=sys.stderr, flush=True)


async def measured(options: argparse.Namespace) -> dict[str, float]:
    """All sets with one loaded model."""
    figures: dict[str, float] = {}
    settings, watcher = Settings(model=options.model), Watcher()
    model = await model_of(settings)
    try:
        for name in options.sets.split(","):
            questions = load(options.data / f"{name}.jsonl")
            index = await Pool.of(questions).index()
            place = Workplace(model, Sources(index, index), settings, watcher, Others(), looks=True)
            chosen = questions[options.skip : options.skip + options.limit]
            found = await compared(chosen, place, watcher)
            figures |= {f"{name}_{key}": round(value, 3) for key, value in found.items()}
            index.close()
    finally:
        await model.close()
    return figures


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the question sets")
    parser.add_argument("--sets", default="musique,hotpotqa")
    parser.add_argument("--limit", type=int, default=15, help="questions of each set")
    parser.add_argument("--skip", type=int, default=0, help="leave out the first so many")
    parser.add_argument("--model", default="base")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = asyncio.run(measured(options))
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:32} {value}")


if __name__ == "__main__":
    main()
