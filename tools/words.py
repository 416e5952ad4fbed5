"""Words of a text, for overlap: lower case, without accents, function words left out."""

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"\w+")
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
    """All words, folded, in order."""
    return _WORD.findall(folded(text))


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
