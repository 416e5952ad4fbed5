"""Writes the part of methods.md that is made of the registry: python docs/methods_page.py"""

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from reasoning import METHODS

PAGE = Path(__file__).with_name("methods.md")
BEGINS, ENDS = "<!-- registry -->\n", "<!-- /registry -->\n"


def generated() -> str:
    """What stands between the marks."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "| method | what it does | calls | rounds | when | paper |"
    yield "|---|---|---|---|---|---|"
    for one in METHODS.values():
        papers = ", ".join(f"[{paper}](https://arxiv.org/abs/{paper})" for paper in one.papers)
        analogue = " *" if one.form == "analogue" else ""
        names = ", ".join(f"`{name}`" for name in (one.name, *one.aliases))
        cells = (f"{names}{analogue}", one.does, f"`{one.calls}`", f"`{one.rounds}`", one.when)
        yield f"| {' | '.join(cells)} | {papers} |"


def main() -> None:
    """Put it into the page."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    PAGE.write_text(f"{before}{BEGINS}{generated()}{ENDS}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
