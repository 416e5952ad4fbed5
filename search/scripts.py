"""Scripts that do not set words apart: where a word ends cannot be seen, so characters count."""

import re

IDEOGRAPHIC = (
    "\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Han, Hiragana and Katakana, as the inside of a character class."""

SOUTH_EAST_ASIAN = "\u0e01-\u0e4e\u0e81-\u0ecd\u1000-\u109f\u1780-\u17d3"
"""Thai, Lao, Burmese and Khmer."""

HANGUL = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"
"""Korean sets words apart, but glues particles to them."""

CHARACTERS_A_WORD = 2
LONGEST_WORD = 25
"""A longer string is no word; it counts as several."""

_UNSPACED = re.compile(f"[{IDEOGRAPHIC}{SOUTH_EAST_ASIAN}\u3001-\u303f\uff01-\uff65]")


def count_words(text: str) -> float:
    """Words, about: two characters of a script without spaces are one."""
    unspaced = 0
    if not text.isascii():
        text, unspaced = _UNSPACED.subn("", text)
    tokens = text.split()
    surplus = sum(len(token) / LONGEST_WORD - 1 for token in tokens if len(token) > LONGEST_WORD)
    return unspaced / CHARACTERS_A_WORD + len(tokens) + surplus
