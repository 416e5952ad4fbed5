"""Names of a claim against the words of a text: initials, particles, accents, short forms."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from search import sentences as sentence_spans
from tools import MONTHS, is_function_word, words

_WORD = re.compile(r"(?<![\d’'])[^\W\d_](?:[\w'’]|-(?=\w)|\.(?=[^\W\d_]\.))*")
_RUN_GAP = re.compile(
    r"(?:(?<=\b[^\W\d_])\.|(?<=\b[A-Z][a-z])\.)?\s+"
    r"(?:(?:of|the|de|da|di|du|la|le|van|von|der|den|del|al|bin|y|&)\s+)*"
)
"""Between two words of one name."""
_LETTER = re.compile(r"\b([^\W\d_])\.")
_OTHER_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_TITLES = frozenset(
    words(
        "mr mrs ms miss dr prof professor sir dame lord lady saint st king queen prince princess"
        " emperor pope president minister senator general captain colonel major director film movie"
        " novel book album song river lake mount mountain city town village county state island"
        " university college"
    )
)
"""Words that go with names and may be left out."""
_ARTICLES = frozenset(words("der die das ein eine le la les l un une el los las il lo gli os"))
_DAYS = frozenset(words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"))
_NO_NAMES = frozenset(word.lower() for word in MONTHS) | _DAYS
_DERIVED = re.compile(r"(?:i?an|ean|n|ese|ish|ic|i?'?s|ns)\Z")
"""What makes another form of a name."""
_OWN = re.compile(r"(?:|a|y|e|o|ia|ium)\Z")
_LEAST = 4


@dataclass(frozen=True, slots=True)
class Name:
    """Capitalised words that stand together."""

    words: tuple[str, ...]
    """As they are written."""
    start: int
    end: int
    sure: bool = True
    """The first word of a sentence is capital whether it is a name or not."""


def names_in(text: str) -> list[Name]:
    """The names of a text, in order; dates are none."""
    starts = {start for start, _ in sentence_spans(text)}
    runs: list[list[re.Match[str]]] = []
    for match in _WORD.finditer(text):
        if not match[0][0].isupper() or match[0].lower() in _NO_NAMES:
            continue
        opens = match.start() in starts or not text[: match.start()].strip("\"'“”‘’«([ ")
        if opens and (is_function_word(match[0]) or match[0].lower() in _ARTICLES):
            continue
        last = runs[-1][-1] if runs else None
        if last is not None and _RUN_GAP.fullmatch(text, last.end(), match.start()):
            runs[-1].append(match)
        else:
            runs.append([match])
    return [_name(run, starts) for run in runs]


def _name(run: Sequence[re.Match[str]], starts: Collection[int]) -> Name:
    """One name of the words of a run."""
    first, last = run[0], run[-1]
    sure = len(run) > 1 or first.start() not in starts
    return Name(tuple(match[0] for match in run), first.start(), last.end(), sure)


def key(name: Name) -> frozenset[str]:
    """Its words as they are compared: folded, without titles and possessives."""
    found = frozenset(one for word in name.words for one in spelled(word)) - {"s"}
    return found - _TITLES or found


def match(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two keys may be of one thing: one is a part of the other, initials aside.

    Karlin Bridge is the Bridge, and not Brod Bridge.
    """
    first, second = ({word for word in words_ if len(word) > 1} for words_ in (one, other))
    if not first or not second:
        return bool(one & other)
    short, long = sorted((first, second), key=len)
    letters = {word for word in one | other if len(word) == 1}
    rest = {word for word in short - long if word[0] not in letters}
    return bool(short & long) and not rest


class Vocabulary:
    """The words of a text, as names are looked for in it."""

    def __init__(self, text: str) -> None:
        """Of any length."""
        self.words = frozenset(spelled(text))
        self._letters = {letter.lower() for letter in _LETTER.findall(text)}
        self._initials = frozenset(word[0] for word in self.words)
        self._short = {_short_form(name.words) for name in names_in(text)}
        self._written = text

    def lacks(self, name: Name) -> list[str]:
        """The words of a name that the text has in no form."""
        missing = [word for word in name.words if not self._has(word, name)]
        if missing and _short_form(name.words) in self.words:
            return []
        return missing

    def _has(self, word: str, name: Name) -> bool:
        """One word of it."""
        if word.isupper() and word.lower() in self._short:  # UCL, University College London
            return True
        parts = [part for part in spelled(word) if part != "s"]
        return all(self._has_part(part, name) for part in parts)

    def _has_part(self, part: str, name: Name) -> bool:
        if part in self.words or part in _TITLES:
            return True
        beside = {one for word in name.words for one in spelled(word)} - {part}
        known = any(len(one) > 1 and one in self.words for one in beside)
        if len(part) == 1 and beside:  # J. for Joanne, where the rest of the name is there
            return known and part in self._initials
        if known and part[0] in self._letters:  # Fitzgerald, where the text has F.
            return True
        stem = part[:-1] if len(part) <= _LEAST else part[: max(_LEAST, len(part) - 4)]
        return len(stem) >= _LEAST and any(_kin(part, word) for word in self.words)


def spelled(text: str) -> Iterator[str]:
    """The words of a text, folded, in each of the ways that their letters are written."""
    lowered = unicodedata.normalize("NFC", text.casefold())
    for variant in {lowered, lowered.translate(_OTHER_LETTERS), lowered.translate(_UMLAUTS)}:
        yield from words(variant)


def _kin(one: str, other: str) -> bool:
    """Whether two words are forms of one name: Italy and Italian, Rome's and Rome."""
    short, long = sorted((one, other), key=len)
    shared = 0
    while shared < len(short) and short[shared] == long[shared]:
        shared += 1
    if shared < _LEAST:
        return False
    ends = (short[shared:], long[shared:])
    return any(_OWN.match(a) and _DERIVED.match(b) for a, b in (ends, ends[::-1]))


def _short_form(words_of_it: tuple[str, ...]) -> str:
    """The first letters of a name of several words."""
    return "".join(word[0] for word in words_of_it).lower() if len(words_of_it) > 1 else ""
