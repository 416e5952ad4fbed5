"""What a batch survives, and how busy it keeps the model.

    python benchmarks/batch.py --quick --json
    python benchmarks/batch.py --rows 200 --kills 10 --embedded 10 --model base

`breadth batch` asks so many rows of a scripted model, and is killed (kill -9) so often on the way,
each time started again by the same command; then a further batch of the embedded model (0.5B, where
no other is named), where it is installed, is timed. In the end:

rows               of the batch that was killed
kills              that were made
reports            that are there in the end
rows_lost          without a report, or without exactly one end in their trace
rows_run_twice     with a second run, or with a call made again after it had ended
model_busy_share   of the time in which rows were under way, that in which the model was asked: of
                   ten rows and the embedded engine, or of the scripted model, where that is not
                   installed
scripted_busy_share
                   the same of the scripted model and all rows, which nobody kills
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.film_pages import QUESTION, write_pages
from benchmarks.model_server import film_model
from benchmarks.service_processes import Kept
from storage import BatchRecord, TraceStore

_SECONDS = 0.15
"""That the scripted model takes for an answer."""
_LEAST_ROWS = 2
"""That a process is to end before it may be killed again: else ten of them could end none."""
_EARLY = 0.3
"""Of the kills: at any moment, however little was done."""
_END_SECONDS = 900.0
_ASKED = (
    *("Who directed Inception?", "Who directed Parasite?"),
    *("When was Christopher Nolan born?", "When was Bong Joon-ho born?", QUESTION),
)


def write_rows(file: Path, count: int) -> Path:
    """Questions that differ, since those that are the same share a run."""
    with file.open("w", encoding="utf-8") as out:
        for number in range(count):
            question = _ASKED[number % len(_ASKED)]
            text = f"{question.removesuffix('?')} ({number})?"
            out.write(json.dumps({"id": f"r{number:04}", "question": text}) + "\n")
    return file


def batch_of(folder: Path, rows: Path, model: Sequence[str], *more: str) -> Kept:
    """The command, in the folder."""
    environment = {
        "BREADTH_DATA": str(folder / "data"),
        "BREADTH_EMBEDDINGS": "off",
        "PYTHONUNBUFFERED": "1",
    }
    words = ("batch", str(rows), "-o", str(folder / "out"), "-d", str(folder / "films"))
    return Kept((*words, *model, *more), environment, folder / "batch.log")


async def killed(folder: Path, options: argparse.Namespace, url: str) -> dict[str, int]:
    """A batch that is killed on its way, and what is left of it in the end."""
    rows = write_rows(folder / "rows.jsonl", options.rows)
    batch = batch_of(folder, rows, ("--model", "openai:film", "--base-url", url))
    chance, kills = random.Random(options.seed), 0
    async with asyncio.timeout(_END_SECONDS):
        while True:
            begun = ended_rows(folder)
            await batch.start()
            assert batch.process is not None
            if kills < options.kills:
                if chance.random() < _EARLY:  # while it begins
                    await _reached(batch, folder, 0, chance.uniform(0.0, 4.0))
                else:
                    goal = begun + max(_LEAST_ROWS, options.rows // (options.kills + 2))
                    await _reached(batch, folder, goal, chance.uniform(0.0, 0.6))
                if batch.process.returncode is None:
                    await batch.kill()
                    kills += 1
                    continue
            code = await batch.process.wait()
            if code == 0:
                break
            raise RuntimeError((folder / "batch.log").read_text(encoding="utf-8")[-3000:])
    async with await TraceStore.open(folder / "data" / "runs.db") as store:
        record = await store.batches.newest(str(folder / "out"))
        assert record is not None
        counted = await counts(store, await store.batches.get(record.id), folder)
    return {"rows": options.rows, "kills": kills, **counted}


async def _reached(batch: Kept, folder: Path, rows: int, more: float) -> None:
    """So many reports are there, and a moment has passed; or it has ended by itself."""
    assert batch.process is not None
    while True:
        if batch.process.returncode is not None or ended_rows(folder) >= rows:
            break
        await asyncio.sleep(0.05)
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(batch.process.wait()), more)


def ended_rows(folder: Path) -> int:
    """Reports that are there."""
    return len(list((folder / "out" / "reports").glob("*.html")))


async def counts(store: TraceStore, record: BatchRecord, folder: Path) -> dict[str, int]:
    """From the traces and the folder."""
    asked = Counter(run.question for run in await store.runs(limit=10**6))
    lost = twice = 0
    for line in record.lines:
        assert line.run is not None
        log = await store.log(line.run)
        ends = sum(logged.kind == "run_ended" for logged in log)
        lost += ends != 1 or not (folder / "out" / "reports" / f"{line.name}.html").is_file()
        ended: set[str] = set()
        repeated = False
        for logged in log:
            call = logged.data.get("id", "")
            if logged.kind == "step_ended":
                ended.add(call)
            repeated |= logged.kind == "step_started" and call in ended
        twice += asked[line.question] != 1 or repeated
    return {"reports": ended_rows(folder), "rows_lost": lost, "rows_run_twice": twice}


async def undisturbed(folder: Path, rows: Path, model: Sequence[str]) -> dict[str, Any]:
    """A batch as it tells of itself."""
    batch = batch_of(folder, rows, model, "--json", "--quiet")
    began = time.monotonic()
    await batch.start()
    assert batch.process is not None
    async with asyncio.timeout(_END_SECONDS):
        await batch.process.wait()
    text = batch.log.read_text(encoding="utf-8")
    told: dict[str, Any] = json.loads(text[text.index("{\n") :])
    return told | {"wall": time.monotonic() - began}


async def measured(options: argparse.Namespace) -> dict[str, Any]:
    """See the top of the file."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as named, film_model(_SECONDS) as url:
        folder = Path(named)
        for part in ("killed", "whole"):
            write_pages(folder / part / "films")
        found |= await killed(folder / "killed", options, url)
        rows = write_rows(folder / "whole.jsonl", options.rows)
        model = ("--model", "openai:film", "--base-url", url)
        told = await undisturbed(folder / "whole", rows, model)
        share = told["model_busy_share"]
        found |= {"model_busy_share": share, "scripted_busy_share": share}
        found |= {"scripted_seconds": told["seconds"]}
    if options.embedded and find_spec("xllamacpp"):
        with tempfile.TemporaryDirectory() as named:
            folder = Path(named)
            write_pages(folder / "films")
            rows = write_rows(folder / "rows.jsonl", options.embedded)
            told = await undisturbed(folder, rows, ("--model", options.model))
            found |= {
                "embedded_rows": told["rows"],
                "embedded_answered": told["answered"],
                "embedded_nothing_found": told["nothing_found"],
                "model_busy_share": told["model_busy_share"],
                "embedded_seconds": told["seconds"],
            }
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--embedded", type=int, default=10, help="rows; 0: none")
    parser.add_argument("--model", default="small", help="of the embedded engine")
    parser.add_argument("--quick", action="store_true", help="as it is without it: eight minutes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found = asyncio.run(measured(options))
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
