"""Facts of one kind about several things, as a table."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from planner.grounds import Ground, Grounds
from planner.outcomes import Sentence, Table

_NAME = re.compile(
    r"(?<=\s)(?:[A-Z\d][\w'’.-]*)(?:\s+(?:(?:of|de|van|von|der|la|le|the|and|&|[-–])\s+)*"
    r"[A-Z\d][\w'’.-]*)*"
)
_FEWEST = 2
"""Things, for a table of them."""


def table_of(grounds: Grounds) -> Table | None:
    """One row for each thing that the same was asked of; None where there are no two.

    The columns are the questions with the name taken out. A ground's citation number is that among
    the grounds' citations.
    """
    columns: defaultdict[str, dict[str, Ground]] = defaultdict(dict)
    for ground in grounds.proven:
        found = _asked_of(ground.question)
        if found is not None:
            asked, name = found
            columns[asked][name] = ground
    several = {asked: cells for asked, cells in columns.items() if len(cells) >= _FEWEST}
    values = {ground.value for cells in several.values() for ground in cells.values()}
    names = dict.fromkeys(name for cells in several.values() for name in cells)
    rows = [_row(name, several, grounds) for name in names if name not in values]
    if len(rows) < _FEWEST:
        return None
    return Table(("", *several), tuple(rows))


def _row(
    name: str, columns: Mapping[str, Mapping[str, Ground]], grounds: Grounds
) -> tuple[Sentence, ...]:
    """Of a thing, and of what was found of it: the director of a film, and when he was born."""
    known, cells = [name], {}
    for _ in columns:
        for asked, found in columns.items():
            ground = next((found[one] for one in known if one in found), None)
            if ground is not None and asked not in cells:
                cells[asked] = ground
                known.append(ground.value)
    return (Sentence(name), *(_cell(cells.get(asked), grounds) for asked in columns))


def _asked_of(question: str) -> tuple[str, str] | None:
    """What is asked, and of whom, where the question names one thing."""
    names: Sequence[re.Match[str]] = list(_NAME.finditer(question.rstrip("?")))
    if len(names) != 1:
        return None
    start, end = names[0].span()
    asked = f"{question[:start]}…{question[end:]}"
    return asked, names[0][0]


def _cell(ground: Ground | None, grounds: Grounds) -> Sentence:
    """A value with its citation; empty where nothing was found."""
    if ground is None:
        return Sentence("")
    number = grounds.number(ground)
    return Sentence(ground.value, () if number is None else (number,))
