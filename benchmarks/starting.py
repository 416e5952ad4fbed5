"""What commands take to begin, against importing every command each time, as they once did.

    python benchmarks/starting.py                 a table
    python benchmarks/starting.py --quick --json  one object, of fewer starts

Seconds of processor time, the least of several starts by turns: what else the machine does counts
little. `over_everything`: the share of what the imports of all commands together take.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
_EVERYTHING = """
from importlib import import_module
from pathlib import Path
for path in Path("service").rglob("*cli.py"):
    import_module(".".join(path.with_suffix("").parts))
import planner.phases, search.browser, search.office, storage.migrating
"""
STARTS = {
    "everything": ["-c", _EVERYTHING],
    "version": ["-m", "service", "version"],
    "runs": ["-m", "service", "runs", "--help"],
    "ask": ["-m", "service", "ask", "--help"],
    "serve": ["-m", "service", "serve", "--help"],
}


def taken(words: Sequence[str]) -> float:
    """Processor time of a process, its children's included."""
    before = os.times()
    command = [sys.executable, *words]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    after = os.times()
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )


def measured(starts: int) -> dict[str, dict[str, float]]:
    """By turns, so that a busy moment meets all."""
    found = {name: float("inf") for name in STARTS}
    for _ in range(starts):
        for name, words in STARTS.items():
            found[name] = min(found[name], taken(words))
    return {
        name: {"seconds": round(took, 2), "over_everything": round(took / found["everything"], 2)}
        for name, took in found.items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--starts", type=int, default=7, help="of each")
    parser.add_argument("--quick", action="store_true", help="3 starts of each")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found = measured(3 if options.quick else options.starts)
    if options.json:
        print(json.dumps(found))
        return
    table = Table("", "seconds", "of everything")
    for name, row in found.items():
        table.add_row(name, f"{row['seconds']:.2f}", f"{row['over_everything']:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
