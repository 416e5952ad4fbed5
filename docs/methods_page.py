"""Writes the parts of methods.md that are made of the registry and of what was measured:

python docs/methods_page.py

What was measured stands in methods_measured.json: a list of what `benchmarks/methods.py --json`
printed of each model.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from reasoning import METHODS

PAGE = Path(__file__).with_name("methods.md")
MEASURED = PAGE.with_name("methods_measured.json")


def registry() -> Iterator[str]:
    """A line of each method."""
    yield "| method | what it does | calls | rounds | when | paper |"
    yield "|---|---|---|---|---|---|"
    for one in METHODS.values():
        papers = ", ".join(f"[{paper}](https://arxiv.org/abs/{paper})" for paper in one.papers)
        analogue = " *" if one.form == "analogue" else ""
        names = ", ".join(f"`{name}`" for name in (one.name, *one.aliases))
        cells = (f"{names}{analogue}", one.does, f"`{one.calls}`", f"`{one.rounds}`", one.when)
        yield f"| {' | '.join(cells)} | {papers} |"


def measured() -> Iterator[str]:
    """A table of each model."""
    for number, found in enumerate(json.loads(MEASURED.read_text(encoding="utf-8"))):
        if number:
            yield ""
        yield from (f"`{found['model']}`:", "")
        yield from _table(found)


def _table(found: dict[str, Any]) -> Iterator[str]:
    """A line of each row, and the bounds."""
    vote = f"above a vote of {found['budget']}"
    yield f"| method | n | accuracy | 95 % | above one sample | {vote} | tokens | calls | rounds |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for row in found["methods"]:
        cells = (
            f"`{row['method']}`", f"{row['n']}", f"{row['accuracy']:.3f}",
            f"{row['low']:.2f}-{row['high']:.2f}", _above(row["gain"]), _above(row["beyond"]),
            f"{row['tokens']:,.0f}", f"{row['calls']:.1f}", f"{row['rounds']}",
        )  # fmt: skip
        yield f"| {' | '.join(cells)} |"
    yield ""
    bounds = (f"{name} {value:.3f}" for name, value in found["bounds"].items())
    yield f"Bounds, of {found['questions']} problems: {', '.join(bounds)}."


def _above(gain: dict[str, float] | None) -> str:
    if gain is None:
        return ""
    return f"{gain['mean']:+.3f} ({gain['low']:+.2f} to {gain['high']:+.2f})"


PARTS = {"registry": registry, "measured": measured}


def written(page: str) -> str:
    """The page, with all parts as they are now."""
    for name, lines in PARTS.items():
        begins, ends = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
        before, _, rest = page.partition(begins)
        _, found, after = rest.partition(ends)
        if not found:
            raise SystemExit(f"{PAGE.name} has no part {begins.strip()} ... {ends.strip()}")
        page = before + begins + "\n".join(lines()) + "\n" + ends + after
    return page


def main() -> None:
    """Put them into the page."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
