"""What a vLLM takes to understand our grammars, with the counts in them and without.

    python benchmarks/grammars.py --server http://127.0.0.1:8000/v1
    python benchmarks/grammars.py --server http://127.0.0.1:8000/v1 --quick --json

Seconds for one token under a grammar that the server has never seen, nor any rule of it (each time
another character is left out of its classes): of a plan, of an answer, of a section of a report.
`told`: as it is written, `loosened`: as vLLM is asked. `again`: the same grammar a second time.
`share`: of the seconds that `told` takes, `loosened` takes so much.
"""

import argparse
import asyncio
import json
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.engines import named_server
from inference import EndpointModel, Message, Request
from inference.loosening import loosened_grammar
from planner.essay_prompt import essay_grammar
from planner.grammar import plan_grammar
from planner.writing_prompt import answer_grammar
from tools import Calculate, Compare

GRAMMARS = {
    "plan": plan_grammar([Calculate(), Compare()], edges=True),
    "answer": answer_grammar([1, 2, 3, 4]),
    "section": essay_grammar([1, 2, 3, 4, 5, 6], 12),
}
_ASKED = Request((Message("user", "Say something."),), max_tokens=1)


def new(grammar: str) -> str:
    """The grammar, with one more character that none of its classes has."""
    return grammar.replace("[^", f"[^{chr(0x4E00 + secrets.randbelow(20000))}")


async def seconds(model: EndpointModel, grammar: str) -> float:
    """One token, under this grammar as it stands."""
    began = time.monotonic()
    told = {"structured_outputs": {"grammar": grammar}}
    async with aclosing(model.stream(_ASKED, extra=told)) as chunks:
        async for _ in chunks:
            pass
    return time.monotonic() - began


async def measured(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """By turns; the middle of several."""
    found: dict[str, dict[str, float]] = {}
    async with named_server(options.server) as server:
        await seconds(server.endpoint, 'root ::= "warm"')
        for name, grammar in GRAMMARS.items():
            taken: dict[str, list[float]] = {"told": [], "loosened": [], "again": []}
            for _ in range(options.times):
                taken["told"].append(await seconds(server.endpoint, new(grammar)))
                loosened = loosened_grammar(new(grammar))
                taken["loosened"].append(await seconds(server.endpoint, loosened))
                taken["again"].append(await seconds(server.endpoint, loosened))
            row = {way: round(median(of), 2) for way, of in taken.items()}
            found[name] = row | {
                "share": round(median(taken["loosened"]) / median(taken["told"]), 3)
            }
    return found


def show(found: Mapping[str, Mapping[str, Any]]) -> None:
    """A table."""
    table = Table("grammar of a", "told, s", "loosened, s", "again, s", "share")
    for name, row in found.items():
        table.add_row(name, *(f"{row[key]}" for key in ("told", "loosened", "again", "share")))
    Console().print(table)


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="a vLLM that is up, ending in /v1")
    parser.add_argument("--times", type=int, default=3, help="of each")
    parser.add_argument("--quick", action="store_true", help="once each")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    options.times = 1 if options.quick else options.times
    found = asyncio.run(measured(options))
    if options.json:
        print(json.dumps(found))
    else:
        show(found)


if __name__ == "__main__":
    main()
