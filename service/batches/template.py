"""Templates over the columns of a row: `Who founded {company}, and when?`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from service.errors import UsageProblem

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Template:
    """Text with the names of columns in braces; doubled braces are braces."""

    text: str
    columns: tuple[str, ...]
    """That it names, each once."""

    @classmethod
    def of(cls, text: str, columns: Sequence[str], option: str) -> "Template":
        """Over these columns; case does not count. Raises UsageProblem that names the `option`."""
        named: dict[str, None] = {}
        for piece in _PIECE.finditer(text):
            if piece[0] in ("{{", "}}"):
                continue
            if piece[1] is None:
                raise UsageProblem(
                    f"{option}: the {piece[0]} at character {piece.start() + 1} has no partner;"
                    f" write {piece[0] * 2} for a brace"
                )
            named[_column(piece[1], columns, option)] = None
        return cls(text, tuple(named))

    def filled(self, values: Mapping[str, str]) -> str:
        """With the values of a row, on one line."""

        def value(piece: re.Match[str]) -> str:
            if piece[1] is None:
                return piece[0][0]
            return values[_column(piece[1], tuple(values), "")]

        return " ".join(_PIECE.sub(value, self.text).split())


def _column(named: str, columns: Sequence[str], option: str) -> str:
    """The column that is meant. Raises UsageProblem."""
    name = " ".join(named.split())
    if name in columns:
        return name
    alike = [column for column in columns if column.casefold() == name.casefold()]
    if len(alike) == 1:
        return alike[0]
    close = get_close_matches(name, columns, 1)
    hint = f"; did you mean {{{close[0]}}}?" if close else ""
    there = ", ".join(columns)
    raise UsageProblem(f"{option}: there is no column {name!r}{hint} The columns are: {there}")
