"""How sentences point at their sources: by numbers, by author and date, or by notes."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from planner import Answer, Sentence
from search import Passage, Source
from service.formats.plain import cut, line, place_of, web_address
from service.formats.wording import ENGLISH, Wording

CitationStyle = Literal["numbers", "author-date", "footnotes"]
STYLES: tuple[CitationStyle, ...] = ("numbers", "author-date", "footnotes")

_BETWEEN_NAMES = re.compile("[;；؛、]")
"""A semicolon of any script, and what Chinese and Japanese have between the things of a list."""
_LABEL = 48
"""Characters of a title or a name that stand in the text."""
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_SEVERAL = 3
"""From so many authors on only the first is named in the text."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that a sentence points at."""

    text: str
    number: int
    """Of the answer's citations, from 1."""


@dataclass(frozen=True, slots=True)
class Marks:
    """All that a sentence points at, as it is written behind it."""

    before: str
    marks: tuple[Mark, ...]
    between: str
    after: str
    raised: bool = False
    """As the marks of notes are."""

    def __str__(self) -> str:
        """As plain text."""
        return self.before + self.between.join(mark.text for mark in self.marks) + self.after


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list of sources, and the passages under it."""

    label: str
    """`1`, or the author and the year."""
    source: Source
    passages: tuple[tuple[int, Passage], ...]
    """With the numbers of their citations."""


class Citing:
    """The marks and the list of sources of one answer, in one style."""

    def __init__(
        self, answer: Answer, style: CitationStyle, day: str = "", words: Wording = ENGLISH
    ) -> None:
        """`day`: when the sources were read."""
        self.style = style
        self._citations, self._day, self._words = answer.citations, day, words
        self._labels = _labels([passage.source for passage in answer.citations], words.undated)

    @property
    def heading(self) -> str:
        """Over the list of sources."""
        return self._words.notes if self.style == "footnotes" else self._words.sources

    def marks(self, sentence: Sentence) -> Marks | None:
        """None where it points at nothing."""
        cited = list(self._cited(sentence))
        if not cited:
            return None
        if self.style == "author-date":
            named: dict[str, int] = {}
            for number, passage in cited:
                named.setdefault(self._named(passage), number)
            return Marks("(", tuple(Mark(name, n) for name, n in named.items()), "; ", ")")
        if self.style == "footnotes":
            return Marks("", tuple(Mark(str(n), n) for n, _ in cited), ",", "", raised=True)
        return Marks("", tuple(Mark(f"[{n}]", n) for n, _ in cited), " ", "")

    def entries(self) -> Sequence[Entry]:
        """By number, or by author and date."""
        numbered = list(enumerate(self._citations, 1))
        if self.style != "author-date":
            return [Entry(str(n), passage.source, ((n, passage),)) for n, passage in numbered]
        found: defaultdict[str, list[tuple[int, Passage]]] = defaultdict(list)
        for number, passage in numbered:
            found[passage.source.location].append((number, passage))
        entries = [
            Entry(self._labels[location], passages[0][1].source, tuple(passages))
            for location, passages in found.items()
        ]
        return sorted(entries, key=lambda entry: entry.label.strip("“").casefold())

    def details(self, source: Source) -> list[str]:
        """What is said of a source besides its title and where it is."""
        said = [line(source.author), line(source.published)]
        if self._day and web_address(source.location):
            said.append(self._words.accessed.format(self._day))
        return [part for part in said if part]

    def _cited(self, sentence: Sentence) -> Iterator[tuple[int, Passage]]:
        """Numbers that there are, each once."""
        for number in dict.fromkeys(sentence.cites):
            if 1 <= number <= len(self._citations):
                yield number, self._citations[number - 1]

    def _named(self, passage: Passage) -> str:
        """Author and date, and the page where there are pages."""
        label, place = self._labels[passage.source.location], self._words.part(passage.part)
        return f"{label}, {place}" if place else label


def source_line(passage: Passage, day: str = "", words: Wording = ENGLISH) -> str:
    """Title, who wrote it and when, and place."""
    source = passage.source
    where = place_of(source.location, source.title)
    said = [source.author, source.published, where, words.place(passage)]
    said.append(words.accessed.format(day) if day and web_address(source.location) else "")
    return f"{source.title} ({', '.join(filter(None, said))})"


def authors_of(author: str) -> list[str]:
    """The names in a line that says who wrote it; one name where that is not plain."""
    text = line(author)
    if _BETWEEN_NAMES.search(text):
        return [name for name in map(str.strip, _BETWEEN_NAMES.split(text)) if name]
    parts = [part.strip() for part in text.replace(", and ", ", ").split(",") if part.strip()]
    if len(parts) > 2 or (len(parts) == 2 and all(" " in part for part in parts)):
        return [name for part in parts for name in _both(part)]
    return _both(text) if text else []


def _both(text: str) -> list[str]:
    """Two people, and not an office of this and that, where either has a name of two words."""
    parts = text.split(" and ")
    return parts if all(" " in part.strip() for part in parts) else [text]


def year_of(published: str) -> str:
    """The year in what says when something was published, or nothing."""
    found = _YEAR.search(line(published))
    return found[0] if found else ""


def _labels(sources: Sequence[Source], undated: str) -> Mapping[str, str]:
    """By the location; letters behind the year tell sources of one author and year apart."""
    alike: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for source in {source.location: source for source in sources}.values():
        alike[_who(source), year_of(source.published) or undated].append(source.location)
    labels = {}
    for (who, year), locations in alike.items():
        for place, location in enumerate(locations):
            letter = "" if len(locations) == 1 else _letters(place)
            dash = "-" if letter and not year.isdigit() else ""
            labels[location] = f"{who} {year}{dash}{letter}"
    return labels


def _letters(place: int) -> str:
    """a, b, ..., z, aa, ab, ..."""
    before, last = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(ord("a") + last)


def _who(source: Source) -> str:
    """The authors; the title where nobody says who."""
    names = authors_of(source.author)
    if not names:
        return f"“{cut(line(source.title) or line(source.location), _LABEL)}”"
    if len(names) >= _SEVERAL:
        return f"{cut(names[0], _LABEL)} et al."
    return " & ".join(cut(name, _LABEL) for name in names)
