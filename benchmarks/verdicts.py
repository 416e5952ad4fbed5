"""How often an answer is right by what the verifier says of its value.

    python benchmarks/verdicts.py runs.db --evaluation NAME          a table
    python benchmarks/verdicts.py runs.db --evaluation NAME --json   one object

NAME: an evaluation that `breadth eval` made; may be given several times. Its planned runs are
counted. An answer is `supported` where a cited sentence that tells the value is told as supported
(any cited sentence, where none tells it), else `doubted`. On questions without an answer only none
is right; `strict_abstained` counts the doubted with the abstentions, as `--strict` would.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from planner import Answer
from service.evaluating.measures import Measured
from storage import TraceStore
from tools import holds


def kind_of(answer: Answer) -> str:
    """`supported`, `doubted` or `abstained`."""
    if answer.value is None:
        return "abstained"
    cited = [sentence for sentence in answer.every_sentence if sentence.cites]
    telling = [one for one in cited if holds(one.text, answer.value)] or cited
    return "supported" if any(one.verdict == "supported" for one in telling) else "doubted"


async def counted(path: Path, evaluations: Sequence[str]) -> dict[str, int]:
    """Answers by kind, and of each kind the right ones."""
    found: Counter[str] = Counter()
    async with await TraceStore.open(path, create=False) as store:
        for name in evaluations:
            for result in (await store.evaluations.get(name)).results:
                record = await store.run(result.run) if result.system == "planned" else None
                if record is None or record.answer is None:
                    continue
                kind = kind_of(record.answer)
                found[kind] += 1
                found[f"{kind}_right"] += Measured.of(result.run, result.data).exact
    found["strict_abstained"] = found["abstained"] + found["doubted"]
    return dict(sorted(found.items()))


def main() -> None:
    """Parse, count, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database", type=Path)
    parser.add_argument("--evaluation", action="append", required=True, metavar="NAME")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = asyncio.run(counted(options.database, options.evaluation))
    if options.json:
        print(json.dumps(found))
    else:
        print("\n".join(f"{name:20} {number}" for name, number in found.items()))


if __name__ == "__main__":
    main()
