"""The sources of an answer for BibTeX and BibLaTeX."""

import re
import unicodedata
from collections.abc import Iterator
from hashlib import sha256

from planner import Answer
from search import Source
from service.formats.citing import authors_of, year_of
from service.formats.plain import line, place_of, web_address
from service.formats.publication import Publication

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",  # a plain \{ would count as a brace
    "}": r"\textbraceright{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
} | {sign: f"\\{sign}" for sign in "#$%&_"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = re.compile(r"^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$")
_SMALL = frozenset({"a", "an", "the", "of", "on", "der", "die", "das", "le", "la", "les", "el"})
_SPELT = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
"""Letters that are no other letter with a sign on it."""
_SHORTEST = 6
"""Hexadecimal digits of a key that tell two sources of one name apart."""


def as_bibtex(publication: Publication) -> str:
    """An entry for each cited document. A document's key is the same in every run."""
    return "\n".join(
        f"@misc{{{key},\n" + "".join(f"  {name} = {value},\n" for name, value in fields) + "}\n"
        for key, fields in _entries(publication.answer, publication.day)
    )


def _entries(answer: Answer, day: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Keys and fields."""
    used: set[str] = set()
    for source in {one.source.location: one.source for one in answer.citations}.values():
        key = _key(source, used)
        used.add(key)
        yield key, list(_fields(source, day))


def _fields(source: Source, day: str) -> Iterator[tuple[str, str]]:
    """Those that there is something to say in."""
    names = authors_of(source.author)
    if names:
        yield "author", "{" + " and ".join(map(_name, names)) + "}"
    yield "title", "{{" + _escaped(source.title or source.location) + "}}"
    if found := _DAY.match(line(source.published)):
        yield "year", f"{{{found[1]}}}"
        if found[2] and 1 <= int(found[2]) <= len(_MONTHS):
            yield "month", _MONTHS[int(found[2]) - 1]
        if found[3]:
            yield "day", f"{{{int(found[3])}}}"
    elif source.published:
        yield "year", f"{{{year_of(source.published) or _escaped(source.published)}}}"
    address = web_address(source.location)
    if address:
        yield "url", f"{{{address}}}"
        if day:
            yield "urldate", f"{{{day}}}"
    elif place := place_of(source.location, source.title):
        yield "howpublished", f"{{{_escaped(place)}}}"
    if day:
        yield "note", f"{{Accessed {day}}}"


def _name(name: str) -> str:
    """In braces, where BibTeX would take it for two people or a name of too many parts."""
    escaped = _escaped(name)
    whole = " and " in f" {name.lower()} " or name.count(",") > 1
    return f"{{{escaped}}}" if whole else escaped


def _key(source: Source, used: set[str]) -> str:
    """Of author, year, title and address; letters and digits alone."""
    names = authors_of(source.author)
    words = [word for word in map(_plain, line(source.title).split()) if word not in _SMALL]
    family = names[0].split(",")[0].split() if names else []
    author = _plain(family[-1]) if family else ""
    year = found[1] if (found := _DAY.match(line(source.published))) else ""
    readable = (author + year + next(filter(None, words), ""))[:40] or "source"
    digest = sha256(source.location.encode("utf-8", "surrogatepass")).hexdigest()
    for length in range(_SHORTEST, len(digest) + 1):
        key = f"{readable}-{digest[:length]}"
        if key not in used:
            break
    return key


def _plain(word: str) -> str:
    """Lower-case ASCII letters and digits of a word."""
    spelt = word.lower().translate(_SPELT)
    folded = unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", folded)


def _escaped(text: str) -> str:
    """A text that TeX sets literally, with its braces in pairs."""
    return "".join(_ESCAPES.get(letter, letter) for letter in line(text))
