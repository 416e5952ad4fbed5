"""What the full-text index is given, and asked for.

FTS5's tokenizer takes a run of Chinese or Japanese for one word. Here such a run becomes its
overlapping pairs of characters, in what is indexed and in what is asked alike.
"""

import re
import unicodedata

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

_RUN = re.compile(f"[{IDEOGRAPHIC}{SOUTH_EAST_ASIAN}{HANGUL}]+")
_WORD = re.compile(r"[^\W_]+")


def segmented(text: str) -> str:
    """`text` for the index. Of each run the last character stands alone too, as nothing else
    would match a query of that one character.
    """
    return text if text.isascii() else _RUN.sub(_pairs_and_last, text)


def match_expression(query: str) -> str | None:
    """The query in FTS5's language, any of its words; None when it has no word."""
    terms = dict.fromkeys(term for word in telling_words(query) for term in _terms(word))
    return " OR ".join(list(terms)[:MOST_TERMS]) or None


def telling_words(query: str) -> list[str]:
    """Each word of the query once, without stop words unless it has no others."""
    words = list(dict.fromkeys(_WORD.findall(unicodedata.normalize("NFC", query).lower())))
    return [word for word in words if word not in STOP_WORDS] or words


def _terms(word: str) -> list[str]:
    """The word, quoted, or the pairs of its unspaced runs and what stands between those."""
    terms: list[str] = []
    at = 0
    for run in _RUN.finditer(word):
        terms += [f'"{part}"' for part in [word[at : run.start()]] if part]
        terms += [f'"{pair}"' for pair in _pairs(run[0])] or [f'"{run[0]}" *']
        at = run.end()
    return terms + [f'"{part}"' for part in [word[at:]] if part]


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]


def _pairs_and_last(run: re.Match[str]) -> str:
    return f" {' '.join([*_pairs(run[0]), run[0][-1]])} "
