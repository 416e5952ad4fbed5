"""Names of files from the words of a row: short, plain, and no two alike."""

import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256

_LONGEST = 60
_UNFIT = re.compile(r"[^\w.-]+|_+")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
"""What Windows has no file of."""
_LONGEST_BYTES = 180


def file_name(words: str) -> str:
    """Letters, digits, dots and hyphens; never empty."""
    plain = _UNFIT.sub("-", unicodedata.normalize("NFC", words)).strip("-.")
    if len(plain) > _LONGEST:
        whole = plain[:_LONGEST]
        begin = whole.rpartition("-")[0]
        plain = (begin if len(begin) > _LONGEST / 2 else whole).strip("-.")
    while len(plain.encode()) > _LONGEST_BYTES:
        plain = plain[:-1]
    if not plain:
        return "row-" + sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain}-row" if _RESERVED.fullmatch(plain) else plain


def file_names(wanted: Iterable[str]) -> list[str]:
    """In their order; what is there already is counted on, whatever its case."""
    taken: set[str] = set()
    names = []
    for words in wanted:
        plain = name = file_name(words)
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names
