"""What a full-text index is given, and asked for.

FTS5's tokenizer takes a run of Chinese or Japanese for one word. Here such a run becomes its
overlapping pairs of characters, in what is indexed and in what is asked alike.
"""

import re
import unicodedata
from dataclasses import dataclass

from search.scripts import HANGUL, IDEOGRAPHIC, SOUTH_EAST_ASIAN

STOP_WORDS = frozenset(
    [
        *("a", "an", "and", "are", "as", "at", "be", "been", "by", "did", "do", "does", "for"),
        *("from", "had", "has", "have", "he", "her", "his", "how", "in", "is", "it", "its"),
        *("of", "on", "or", "s", "she", "t", "that", "the", "their", "they", "this", "to"),
        *("was", "were", "what", "when", "where", "which", "who", "whom", "whose", "why"),
        *("will", "with"),
    ]
)
MOST_TERMS = 64
"""Of a longer query the first count: a pasted page is not a better question."""

LONGEST = 255
"""Characters of a word that tell it from others."""

_RUN = re.compile(f"[{IDEOGRAPHIC}{SOUTH_EAST_ASIAN}{HANGUL}]+")
_WORD = re.compile(r"[^\W_]+")
_ACCENTS = re.compile("[\u0300-\u036f]")


def segmented(text: str) -> str:
    """`text` for the index. Of each run the last character stands alone too, as nothing else
    would match a query of that one character.
    """
    return text if text.isascii() else _RUN.sub(_pairs_and_last, text)


@dataclass(frozen=True, slots=True)
class Term:
    """What is asked of the full-text index."""

    text: str
    begins: bool = False
    """Whether words that only begin with it count, too."""


def query_terms(query: str) -> list[Term]:
    """Any of these is looked for; none when the query has no word."""
    terms = dict.fromkeys(term for word in telling_words(query) for term in _terms(word))
    return list(terms)[:MOST_TERMS]


def match_expression(query: str) -> str | None:
    """The query in FTS5's language; None when it has no word."""
    written = (f'"{term.text}"{" *" if term.begins else ""}' for term in query_terms(query))
    return " OR ".join(written) or None


def plain_words(text: str) -> list[str]:
    """The words of a text, small and without accents, as FTS5's tokenizer has them."""
    if not text.isascii():
        text = unicodedata.normalize("NFD", text.lower())
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", text))
    return [word[:LONGEST] for word in _WORD.findall(text.lower())]


def telling_words(query: str) -> list[str]:
    """Each word of the query once, without stop words unless it has no others."""
    words = list(dict.fromkeys(_WORD.findall(unicodedata.normalize("NFC", query).lower())))
    return [word for word in words if word not in STOP_WORDS] or words


def _terms(word: str) -> list[Term]:
    """The word, or the pairs of its unspaced runs and what stands between those."""
    terms: list[Term] = []
    at = 0
    for run in _RUN.finditer(word):
        terms += [Term(part) for part in [word[at : run.start()]] if part]
        terms += [Term(pair) for pair in _pairs(run[0])] or [Term(run[0], begins=True)]
        at = run.end()
    return terms + [Term(part) for part in [word[at:]] if part]


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]


def _pairs_and_last(run: re.Match[str]) -> str:
    return f" {' '.join([*_pairs(run[0]), run[0][-1]])} "
