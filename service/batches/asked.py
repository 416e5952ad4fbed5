"""What a batch asks: from rows and a template to questions, each known by its key."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pydantic import JsonValue

from service.batches.names import file_names
from service.batches.rows import BadRows, Row, RowFile
from service.batches.template import Template
from service.errors import UsageProblem
from service.saved import options_of
from service.settings import Settings
from service.sources import Root
from storage import NewLine

_MOST_CHARACTERS = 2000
"""Of a question, as `breadth ask` has it."""
_NOT_OF_THE_ANSWER = frozenset(
    {"base_url", "prices", "seconds", "max_tool_calls", "max_tokens", "max_cost"}
)
"""Options that change what a run may take, or who computes it, and not what is asked."""


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A row as it is asked."""

    row: Row
    question: str
    name: str
    """Of its files."""
    key: str
    """Of the question and its options."""

    @property
    def line(self) -> NewLine:
        """As it is kept."""
        return NewLine(self.key, self.question, self.name)


@dataclass(frozen=True)
class Questions:
    """All that a batch asks."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[AskedRow, ...]

    @property
    def key(self) -> str:
        """The same for the same rows in the same order."""
        return _digest([[row.key, row.name, row.row.values] for row in self.rows])

    @property
    def distinct(self) -> int:
        """Questions that differ."""
        return len({row.key for row in self.rows})


def questions_of(
    file: RowFile,
    question: str | None,
    name: str | None,
    roots: Sequence[Root],
    settings: Settings,
) -> Questions:
    """`question`: the template; None: the column `question`. `name`: that of the names of files;
    None: the column `id`, where there is one, else the question.

    Raises UsageProblem for a template, a row or a column that will not do.
    """
    asking = Template.of(question or _column(file), file.columns, "--question")
    ids = [column for column in file.columns if column.casefold() == "id"]
    naming = name or (f"{{{ids[0]}}}" if ids else None)
    named = Template.of(naming, file.columns, "--name") if naming else None
    texts = _checked(file, asking)
    wanted = [named.filled(row.values) for row in file.rows] if named else texts
    options = options_of(roots, settings)
    same = {name: value for name, value in options.items() if name not in _NOT_OF_THE_ANSWER}
    rows = zip(file.rows, texts, file_names(wanted), strict=True)
    asked = [AskedRow(row, text, called, _key(text, same)) for row, text, called in rows]
    return Questions(file.path, file.columns, tuple(asked))


def _column(file: RowFile) -> str:
    """The template of a file that has the questions themselves."""
    for column in file.columns:
        if column.casefold() == "question":
            return f"{{{column}}}"
    there = ", ".join(file.columns)
    raise UsageProblem(
        f"{file.path}: it has no column 'question': write a template over its columns ({there}),"
        f' as in --question "What is known of {{{file.columns[0]}}}?"'
    )


def _checked(file: RowFile, asking: Template) -> list[str]:
    """The questions. Raises BadRows."""
    problems: list[tuple[str, str]] = []
    texts = []
    for row in file.rows:
        empty = [column for column in asking.columns if not row.values[column].strip()]
        text = asking.filled(row.values)
        if empty:
            problems.append((row.place, f"column {empty[0]!r}: it is empty"))
        elif not text:
            problems.append((row.place, "the question is empty"))
        elif len(text) > _MOST_CHARACTERS:
            longest = max(asking.columns, key=lambda column: len(row.values[column]), default="")
            of_it = f"column {longest!r}: " if longest else ""
            told = f"the question has {len(text)} characters; at most {_MOST_CHARACTERS} can be"
            problems.append((row.place, f"{of_it}{told} asked"))
        texts.append(text)
    if problems:
        raise BadRows(file.path, problems)
    return texts


def _key(question: str, options: Mapping[str, JsonValue]) -> str:
    return _digest([question, options])


def _digest(value: object) -> str:
    told = json.dumps(value, sort_keys=True)
    return sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
