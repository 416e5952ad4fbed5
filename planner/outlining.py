"""The outline of a report: headings, and which notes belong under which.

The skeleton of Skeleton-of-Thought (Ning et al. 2023, arXiv:2307.15337): one call for the points,
then one for each point in parallel. A second call gives each note a heading, all of them in one
list of letters: a small model that is to list the notes of each heading itself deals them out in
order, or leaves some out.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from inference import Message, Model, ModelError, Request, as_data, complete
from planner.errors import BudgetExceeded
from planner.events import Decided, Trace
from planner.notes import Note, in_reading_order
from planner.phrases import phrases
from planner.style import Style
from tools import stems

_LETTERS = "ABCDE"
"""Of the headings."""
_HEADING, _TITLE = 60, 90
"""Characters."""
_FEWEST = 2
_MOST = 40
"""Notes."""
_SYSTEM = (
    "Make the outline of a report that answers the question from the notes in the data: a title"
    " and three to five headings, in the order in which things are told. No introduction, no"
    " conclusion."
)
_SORT = "Under which heading does each note belong?"
_BELONGS = re.compile(r"\[(\d+)\] ([A-E])")
_SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 3, "maxLength": _TITLE},
        "headings": {
            "type": "array",
            "items": {"type": "string", "minLength": 3, "maxLength": _HEADING},
            "minItems": _FEWEST,
            "maxItems": len(_LETTERS),
        },
    },
    "required": ["title", "headings"],
    "additionalProperties": False,
}
_FRAMES = frozenset(
    {"introduction", "conclusion", "conclusions", "summary", "sources", "references", "limits"}
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A section to be written."""

    text: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A report to be written."""

    title: str
    headings: tuple[Heading, ...]


async def outlined(
    question: str, notes: Sequence[Note], model: Model, style: Style, trace: Trace, seed: int
) -> Outline:
    """By the model; by the sources where it cannot be asked, or says nothing that can be used."""
    numbered = dict(enumerate(in_reading_order(notes)[:_MOST], 1))
    try:
        skeleton = _skeleton(question, numbered, style, seed)
        made = (await complete(model, skeleton)).samples[0]
        told = json.loads(made.text)
        title, names = str(told["title"]), _usable(told["headings"])
        sorting = _sorting(skeleton, made.text, names, len(numbered))
        sorted_ = (await complete(model, sorting)).samples[0].text
        headings = _filled(names, sorted_, numbered)
    except (ModelError, BudgetExceeded, ValueError, LookupError, TypeError) as error:
        await trace.record(Decided("outline by sources", str(error)))
        return Outline(_clean(question), _by_source(notes, style))
    if len(headings) < _FEWEST:
        return Outline(_clean(title), _by_source(notes, style))
    return Outline(_clean(title), headings)


def _skeleton(question: str, notes: Mapping[int, Note], style: Style, seed: int) -> Request:
    """What is asked for the title and the headings."""
    lines = "\n".join(f"[{number}] {note.line}" for number, note in notes.items())
    return Request(
        messages=(
            Message("system", _SYSTEM + style.wishes),
            Message("user", f"{as_data(lines)}\nQuestion: {question}"),
        ),
        max_tokens=160,
        schema=_SCHEMA,
        seed=seed,
        purpose="write",
    )


def _sorting(skeleton: Request, said: str, names: Sequence[str], notes: int) -> Request:
    """What is asked for the heading of each note: a letter for each of them, in order."""
    options = "\n".join(f"{letter} {name}" for letter, name in zip(_LETTERS, names, strict=False))
    lines = ' "\\n" '.join(f'"[{number}] " letter' for number in range(1, notes + 1))
    letters = " | ".join(f'"{letter}"' for letter in _LETTERS[: len(names)])
    return replace(
        skeleton,
        messages=(
            *skeleton.messages,
            Message("assistant", said),
            Message("user", f"{_SORT}\n{options}"),
        ),
        max_tokens=8 * notes,
        schema=None,
        grammar=f"root ::= {lines}\nletter ::= {letters}\n",
    )


def _usable(headings: Sequence[object]) -> list[str]:
    """Headings that are different, and head something. Raises ValueError where there are none."""
    found = dict.fromkeys(_clean(str(heading)) for heading in headings)
    kept = [text for text in found if text and text.casefold() not in _FRAMES]
    if not kept:
        raise ValueError("no heading can be used")
    return kept[: len(_LETTERS)]


def _filled(names: Sequence[str], sorted_: str, notes: Mapping[int, Note]) -> tuple[Heading, ...]:
    """The headings with their notes; those that got none are left out."""
    belongs = {int(number): letter for number, letter in _BELONGS.findall(sorted_)}
    for number, note in notes.items():
        for letter, name in zip(_LETTERS, names, strict=False):
            if stems(name) <= stems(note.passage.source.title):
                belongs[number] = letter  # the heading is the title of where it stands
    belongs = _without_singles(belongs)
    made = (
        Heading(
            name, tuple(note for number, note in notes.items() if belongs.get(number) == letter)
        )
        for letter, name in zip(_LETTERS, names, strict=False)
    )
    return tuple(heading for heading in made if heading.notes)


def _without_singles(belongs: Mapping[int, str]) -> dict[int, str]:
    """Letters by notes; a note alone under its heading goes to that of the note before it, or
    behind it: of one note there is nothing to write together."""
    found = dict(belongs)
    for number in sorted(found):
        if list(found.values()).count(found[number]) == 1:
            near = found.get(number - 1) or found.get(number + 1)
            found[number] = near or found[number]
    return found


def _clean(text: str) -> str:
    """One line, without marks of a heading."""
    return " ".join(text.split()).strip("#*: ")


def _by_source(notes: Sequence[Note], style: Style) -> tuple[Heading, ...]:
    """A section for each source that has more than one note, and one for the others."""
    titles = dict.fromkeys(note.passage.source.title for note in notes)
    order = {title: at for at, title in enumerate(titles)}
    ordered = sorted(notes, key=lambda note: order[note.passage.source.title])
    groups = [
        Heading(title, tuple(group))
        for title, group in groupby(ordered, key=lambda note: note.passage.source.title)
    ]
    large = [group for group in groups if len(group.notes) > 1][: len(_LETTERS)]
    rest = [note for group in groups if group not in large for note in group.notes]
    others = [Heading(phrases(style.language).further, tuple(rest))] if rest else []
    return (*large, *others)
