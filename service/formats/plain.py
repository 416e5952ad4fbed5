"""What others wrote (titles, passages, model output), made fit for a document that is read."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from service.legible import settled
from tools import REASONED

_BROKEN = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff]|[\U0001fffe-\U0001ffff]"
)
"""What no XML and no UTF-8 can hold, or what annotates the text around it."""
_LANGUAGES = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
    "ARABIC": "ar",
    "HEBREW": "he",
    "GREEK": "el",
    "THAI": "th",
    "DEVANAGARI": "hi",
}
"""By the script, where that says the language, or one whose letters look right."""
_ENOUGH = 0.2
"""Of the letters; a name in another script is not the language of a text."""
_FEW = 0.25
"""Of the letters that have a direction: names in the other one."""
_MARKS = {"ltr": "\u200e", "rtl": "\u200f"}
"""Signs without a form that have a direction."""
_STRONG = ("L", "R", "AL")


def clean(text: str) -> str:
    """Lines and letters alone: nothing that moves, turns or breaks what stands around it."""
    return _BROKEN.sub("", settled(text.replace("\r\n", "\n").replace("\r", "\n")))


def line(text: str) -> str:
    """On one line."""
    return " ".join(clean(text).split())


def cut(text: str, limit: int) -> str:
    """At most so many characters, ended between two words where there are words."""
    if len(text) <= limit:
        return text
    beginning = text[: limit - 1]
    words = beginning.rpartition(" ")[0]
    return (words if len(words) > limit / 2 else beginning).rstrip() + "…"


def page_line(text: str, limit: int) -> str:
    """On one line, at most so many characters."""
    return cut(line(text), limit)


def direction(text: str, otherwise: str = "ltr") -> str:
    """rtl or ltr, by most of its letters; by the first one where both are many.

    `otherwise`: of a text without letters that have one.
    """
    kinds = Counter(map(unicodedata.bidirectional, text))
    left, right = kinds["L"], kinds["R"] + kinds["AL"]
    if not left + right:
        return otherwise
    if right < _FEW * (left + right):
        return "ltr"
    if left < _FEW * (left + right):
        return "rtl"
    first = next(kind for kind in map(unicodedata.bidirectional, text) if kind in _STRONG)
    return "ltr" if first == "L" and left > right else "rtl"


def apart(parts: Iterable[str], way: str, between: str = ", ") -> str:
    """Parts that each run their own way, in a text that runs this way."""
    return between.join(turned(part, way) for part in parts)


def turned(part: str, way: str) -> str:
    """With marks that keep its ends with it, and what stands behind it apart.

    Without them a date behind an Arabic name is told backwards, and a path loses its first slash.
    """
    own = direction(part, "ltr" if any(map(str.isdigit, part)) else way)
    if own != way:
        return f"{_MARKS[own]}{part}{_MARKS[own]}{_MARKS[way]}"
    strong = {unicodedata.bidirectional(sign) for sign in part}
    return part + _MARKS[way] if strong & {"R", "AL"} else part


def slopes(text: str) -> bool:
    """Whether most of its letters have a slope for emphasis; those of Arabic, Chinese have none."""
    letters = [script(sign) for sign in text if sign.isalpha()]
    upright = sum(name in _LANGUAGES and name != "GREEK" for name in letters)
    return 2 * upright <= len(letters)


def script(letter: str) -> str:
    """The first word of a character's name in Unicode: LATIN, ARABIC, CJK, ..."""
    word = unicodedata.name(letter, "").partition(" ")[0]
    return "CJK" if word in ("IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH") else word


def language(texts: Iterable[str]) -> str:
    """BCP 47, where the script tells; else nothing: Latin letters are of many languages."""
    counts = Counter(script(letter) for text in texts for letter in text if letter.isalpha())
    letters = sum(counts.values())
    for name, code in _LANGUAGES.items():  # kana before the characters that Chinese has, too
        if counts[name] > _ENOUGH * letters:
            return code
    return ""


def place_of(location: str, title: str) -> str:
    """Where a reader finds a source; nothing for a method's reasoning, which is in the run alone:
    all that tells of it, also where an address is asked for, is its title."""
    is_told = location == title and web_address(location) is None
    return "" if is_told or location.startswith(REASONED) else location


def web_address(location: str) -> str | None:
    """The address to link to, every unsafe character percent-encoded; None if it is no web page."""
    try:
        parts = urlsplit(location.strip())
        known = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    if not known:
        return None
    return quote(location.strip(), safe=":/?#@!$&'()*+,;=%-._~[]", errors="replace")
