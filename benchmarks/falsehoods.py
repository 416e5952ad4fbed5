"""Planted falsehoods: how many the verifier catches, and how often it cries wolf over true claims.

    python benchmarks/falsehoods.py DATA                a table for each judge
    python benchmarks/falsehoods.py DATA --json         one object
    python benchmarks/falsehoods.py DATA --quick --json the rules alone over all, 90 claims a judge

DATA: a folder with hotpotqa.jsonl and musique.jsonl, one question a line, each with passages that
say whether they are supporting. True claims are sentences of those, in slightly other words;
falsehoods are made of them by rule (`falsehood_making.py`), one for each at most, in a number, a
name, a negation, a date, or the subject. Further ones are written by hand
(`falsehoods_written.py`). Thresholds were chosen on the even ones; the odd ones are reported,
unless `--even` is given.

`caught`: falsehoods that come out as anything but supported; `false_alarms`: true claims that do.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.falsehood_making import KINDS, Case, cases
from benchmarks.falsehoods_written import written
from inference import ScriptedModel
from planner import MemoryTrace
from planner.grounds import Grounds
from planner.outcomes import Answer, Sentence
from planner.verification import Asker, Scales, Weighing
from service.models import model_of
from service.settings import Settings

RULES = "rules"
_NOTHING = Grounds((), None, (), (), ())
_QUICK = 90


def halves(data: Path, *, even: bool) -> list[Case]:
    """A true claim and its falsehood stand in the same half."""
    found = cases(data)
    made: list[list[Case]] = []
    for case in found:
        if case.kind == "true":
            made.append([])
        made[-1].append(case)
    by_hand = written()
    half = [case for group in made[not even :: 2] for case in group]
    return half + by_hand[not even :: 2]


def sample(found: Sequence[Case], most: int) -> list[Case]:
    """Two true ones for each false one, all kinds of these alike, as far as there are any."""
    chance = random.Random(0)
    kinds = {kind: [case for case in found if case.kind == kind] for kind in ("true", *KINDS)}
    for those in kinds.values():
        chance.shuffle(those)
    kept = kinds["true"][: most * 2 // 3]
    while len(kept) < most and any(kinds[kind] for kind in KINDS):
        kept += [kinds[kind].pop() for kind in KINDS if kinds[kind]]
    return kept


async def measured(found: Sequence[Case], judge: str) -> dict[str, Any]:
    """With the rules alone, or with a judge, too."""
    model: Any = ScriptedModel([]) if judge == RULES else await model_of(Settings(model=judge))
    asker = Asker(model, trace=MemoryTrace())
    flagged: dict[str, list[bool]] = defaultdict(list)
    began, asked = time.monotonic(), 0
    for case in found:
        scales = Scales(Answer(None, (), (case.passage,)), "", _NOTHING)
        weighing = scales.weighed(Sentence(case.claim, (1,)))
        open_ = [(weighing, at) for at, one in enumerate(weighing.parts) if not one.finding.sure]
        if judge != RULES and open_:
            asked += len(open_) + 1
            await asker.ask(open_, scales, lambda tokens: True)
        flagged[case.kind].append(_is_flagged(weighing))
        if judge != RULES:
            right = flagged[case.kind][-1] == (case.kind != "true")
            print(judge, case.kind, "right" if right else "WRONG", case.claim, file=sys.stderr)
    if judge != RULES:
        await model.close()
    return figures(flagged) | {
        "asked": asked,
        "seconds": round(time.monotonic() - began, 1),
    }


def _is_flagged(weighing: Weighing) -> bool:
    return weighing.verdict != "supported"


def figures(flagged: dict[str, list[bool]]) -> dict[str, Any]:
    """Shares, and of how many."""
    false = [one for kind in KINDS for one in flagged[kind]]
    found: dict[str, Any] = {
        "caught": _share(false),
        "false_alarms": _share(flagged["true"]),
        "falsehoods": len(false),
        "true": len(flagged["true"]),
    }
    return found | {f"caught_{kind}": _share(flagged[kind]) for kind in KINDS}


def _share(those: Sequence[bool]) -> float | None:
    return round(sum(those) / len(those), 3) if those else None


async def every(options: argparse.Namespace) -> dict[str, Any]:
    """By judge."""
    found = halves(options.data, even=options.even)
    fewer = sample(found, _QUICK if options.quick else 3 * _QUICK)
    made = {
        RULES: await measured(found, RULES),
        "rules_of_the_sample": await measured(fewer, RULES),
    }
    for judge in options.judges.split(","):
        if judge:
            made[judge] = await measured(fewer, judge)
    return made


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument(
        "--judges", default="small,base", help="models, commas between; may be empty"
    )
    parser.add_argument("--even", action="store_true", help="those that thresholds are chosen on")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    made = asyncio.run(every(options))
    if options.json:
        print(json.dumps(made))
        return
    for judge, rows in made.items():
        print(judge)
        for name, value in rows.items():
            print(f"  {name:18} {value}")


if __name__ == "__main__":
    main()
