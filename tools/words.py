"""Words of a text, for overlap: lower case, without accents, function words left out."""

import re
import unicodedata
from collections.abc import Iterable

_NUMBER = r"(?<!\d[.,])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\d+,\d{1,2})(?![.,]?\d)"
"""With a decimal point, or commas between thousands: 2 does not stand in 14.2. A day (14.09.1969)
is no such number: its parts are words."""
_WORD = re.compile(rf"{_NUMBER}|\w+")
_THOUSANDS = re.compile(r",(?=\d{3})")
_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a about after all also an and any are as at be been before but by can could did do does"
        " for from had has have he her his how in into is it its of on or over she so than that"
        " the their them then there these they this those to under was were what when where which"
        " while who whom whose why will with would",
    )
)


def folded(text: str) -> str:
    """Lower case, accents off: what two spellings of one name have in common."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def words(text: str) -> list[str]:
    """All words, folded, in order; numbers without commas between thousands."""
    return [_written(word) for word in _WORD.findall(folded(text))]


def _written(word: str) -> str:
    """1,200 as 1200, and 12,5 as 12.5."""
    return _THOUSANDS.sub("", word).replace(",", ".") if "," in word else word


def content_words(text: str) -> list[str]:
    """The words that carry the meaning, in order; all of them if none does."""
    every = words(text)
    return [word for word in every if word not in _FUNCTION_WORDS] or every


def is_function_word(word: str) -> bool:
    """Whether a word only holds a sentence together."""
    return folded(word) in _FUNCTION_WORDS


def stems(text: str | Iterable[str]) -> frozenset[str]:
    """Content words cut to their first letters, so that `directed` meets `director`."""
    found = content_words(text) if isinstance(text, str) else text
    return frozenset(word if word.isdigit() else word[:5] for word in found)


def squeezed(text: str) -> str:
    """Words only, single spaces: for finding a value in a passage whatever the punctuation."""
    return " ".join(words(text))


def holds(text: str, value: str) -> bool:
    """Whether a text contains a value, word for word."""
    needle = squeezed(value)
    return bool(needle) and f" {needle} " in f" {squeezed(text)} "
