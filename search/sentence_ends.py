"""Where sentences end."""

import re
from collections.abc import Iterator

_BREAK = re.compile(r"\n[ \t\f]*\n\s*")
"""Between blocks: paragraphs, headings, lists."""

_LINE = re.compile(r"[^\n]+")
_HEADING = re.compile(r"#{1,6}[ \t]")
_OWN_LINE = re.compile(r"[ \t]*(?:#{1,6}[ \t]|\|)")
"""A heading or a row of a table: a unit of its own."""
_ITEM = re.compile(r"[ \t]*(?:[-*+•–][ \t]|\(?\d{1,3}[.)][ \t])")
"""An item of a list: begins a unit."""

_END = re.compile(r"""[.!?…؟۔।]+["'”’»)\]]*(?=\s)|[。！？｡]+[」』”’）】]*""")
_QUOTATIVE = ("と", "って")
"""Behind a Japanese quotation: "said", in the same sentence."""
_WORD_BEFORE = re.compile(r"[^\s(\[{\"'“‘«]+\Z")
_WORD_AFTER = re.compile(r"\s+[\"'“‘«(\[]*([^\s,.;:!?\"'”’»)\]]*)")


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


NEVER_LAST = _words(
    "dr mr mrs ms mme mlle prof st ste mt ft gen sen rep gov capt cmdr col lt maj sgt rev hon pres "
    "messrs fr br vs cf eg ie viz approx ca al ed eds trans fig figs eq ref refs bzw zb vgl resp "
    "др ул им см"
)
"""Abbreviations that something always follows."""

BEFORE_NUMBERS = _words(
    "no nos nr vol vols ch sec art p pp c b d fl n op jan feb mar apr jun jul aug sep sept oct nov "
    "dec §"
)
"""Abbreviations when a number follows, ends of sentences otherwise."""

USUAL_FIRST_WORDS = _words(
    "the a an he she it they we you i his her its their our this that these those there in on at "
    "by for from with after before when while since although if as but and so then however his "
    "one two many most some both what who where why how is was are were"
)
"""Behind an initial or U.S., only one of these in capitals shows that a new sentence begins."""

_INITIALS = re.compile(r"(?:[^\W\d_]\.)+\Z")
_MAY_END = re.compile(r"\b(?:jr|sr|inc|ltd|co|corp|etc|bros|ave|blvd|rd|ph\.d|b\.a|m\.a)\.\Z", re.I)


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences, in order, without the space around them.

    Every character that is not white space is in exactly one. Headings, table rows, list items
    and paragraphs end where they end, with or without a mark.
    """
    return [span for block in blocks(text) for span in sentences_within(text, *block)]


def blocks(text: str) -> Iterator[tuple[int, int]]:
    """Spans of what blank lines set apart."""
    at = 0
    for gap in _BREAK.finditer(text):
        yield from _trimmed(text, at, gap.start())
        at = gap.end()
    yield from _trimmed(text, at, len(text))


def sentences_within(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """As `sentences`, for one block."""
    for first, last in _units(text, start, end):
        at = first
        for mark in _END.finditer(text, first, last):
            if _ends_sentence(text, first, mark):
                yield from _trimmed(text, at, mark.end())
                at = mark.end()
        yield from _trimmed(text, at, last)


def is_heading(text: str, start: int) -> bool:
    """Whether the line at `start` is a heading in Markdown, as extracted pages have them too."""
    return _HEADING.match(text, start) is not None


def _units(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The block, cut where a line begins something new."""
    at = start
    for line in _LINE.finditer(text, start, end):
        alone = _OWN_LINE.match(text, line.start(), end) is not None
        if line.start() > at and (alone or _ITEM.match(text, line.start(), end)):
            yield at, line.start()
            at = line.start()
        if alone:
            yield at, line.end()
            at = line.end()
    yield at, end


def _ends_sentence(text: str, start: int, mark: re.Match[str]) -> bool:
    if mark[0][0] in "。！？｡":
        quoted = mark[0][-1] in "」』"
        return not (quoted and text.startswith(_QUOTATIVE, mark.end()))
    following = _WORD_AFTER.match(text, mark.end())
    after = following[1] if following else ""
    if after[:1].islower():
        return False
    if mark[0].rstrip("\"'”’»)]") != ".":
        return True
    found = _WORD_BEFORE.search(text, max(start, mark.start() - 40), mark.start())
    return found is None or not _is_abbreviated(found[0] + ".", after, found.start() == start)


def _is_abbreviated(word: str, after: str, opens_line: bool) -> bool:
    """Whether the stop of `word` belongs to it and does not end a sentence before `after`."""
    bare = word.rstrip(".").replace(".", "").lower()
    if bare in NEVER_LAST or (opens_line and bare.isdigit()):
        return True
    if bare in BEFORE_NUMBERS and after[:1].isdigit():
        return True
    if _INITIALS.search(word) and len(word) == 2 * len(bare):
        return after != "" and after.lower() not in USUAL_FIRST_WORDS
    return _MAY_END.search(word) is not None and after[:1].isdigit()


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    bare = piece.strip()
    if bare:
        first = start + len(piece) - len(piece.lstrip())
        yield first, first + len(bare)
