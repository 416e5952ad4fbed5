"""Dates and amounts, read out of the short pieces of text that a model copies from passages.

Nothing here raises on junk: what cannot be read is None, and only the first `LIMIT` characters
are looked at. Small models are poor at order and sums, so what is read here is exact: fractions,
and dates that remember how precise they are.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from fractions import Fraction

from tools.values import (
    CURRENCIES,
    MONTHS,
    SPELLINGS,
    Amount,
    Moment,
    Quantity,
    as_amount,
    as_moment,
    compare_quantities,
    convert,
    unit_named,
    write_number,
    years_apart,
)

__all__ = [
    "LIMIT",
    "MONTHS",
    "Amount",
    "Moment",
    "Quantity",
    "as_amount",
    "as_moment",
    "compare_quantities",
    "convert",
    "find_quantities",
    "match_amount",
    "match_moment",
    "parse_quantity",
    "plain",
    "write_number",
    "years_apart",
]

LIMIT = 2000
_ONES = "one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {"zero": 0, "a": 1} | dict(
    zip(f"{_ONES} {_TEENS} {_TENS}".split(), [*range(1, 20), *range(20, 100, 10)], strict=True)
)
_SCALES = {
    "dozen": 12, "hundred": 100, "k": 10**3, "thousand": 10**3, "lakh": 10**5, "m": 10**6,
    "mn": 10**6, "million": 10**6, "crore": 10**7, "b": 10**9, "bn": 10**9, "billion": 10**9,
    "trillion": 10**12,
}  # fmt: skip
_MONTH_NUMBERS = {name[:3].lower(): number for number, name in enumerate(MONTHS, start=1)}
_SIGNS = str.maketrans("‐‑‒–—−’‘′“”″", "------'''\"\"\"", "\u200b\ufeff") | {
    ord("½"): ".5",
    ord("¼"): ".25",
    ord("¾"): ".75",
}
_CONTEXT = (
    (re.compile(r"""^(["'])(.*)\1$"""), r"\2"),
    # "m" and "in" are read as minutes and inches where hours and feet come before.
    (re.compile(r"(\d\s*h(?:rs?|ours?)?\s*\d+)\s*m\b"), r"\1 min"),
    (re.compile(r"(\d\s*(?:ft|feet|foot|')\s*\d[\d.]*)\s*in\b"), r"\1 inch"),
)


def _any(words: Iterable[str]) -> str:
    """A pattern of any of them, longest first; capitals matter in those of one or two letters."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(
        (r"(?i:{})" if len(word) > 2 else "{}").format(re.escape(word).replace(r"\ ", r"\s+"))
        for word in longest_first
    )


_NAME = "(?:" + "|".join(f"{m[:3]}(?:{m[3:]})?" for m in MONTHS) + r"|sept)(?![a-z])\.?"
_ERA = r"\s*(?:BCE?|CE|AD|B\.C\.(?:E\.)?|A\.D\.)(?!\w)"
_YEAR = (
    rf"(?:(?P<ad>AD)\s*)?(?P<year>\d{{3,4}}(?!\d)|\d{{1,2}}(?={_ERA}|(?(ad)(?!\d)|(?!))))"
    rf"(?P<era>{_ERA})?"
)
_NTH = r"\d{1,2}(?:st|nd|rd|th)?(?!\d)"
_DAY, _MONTH = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?!\d)", rf"(?P<month>{_NAME})"
_TO = r"\s*(?:-|/|to|and|until)\s*"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # 14 September 1969, the 3rd of May, 1899, 15-17 May 2019, 15 May - 17 June 2019
        rf"{_DAY}(?:{_TO}{_NTH})?[\s-]*(?:of\s+)?{_MONTH}(?:{_TO}{_NTH}\s*{_NAME})?[\s,-]*{_YEAR}",
        # July 30, 1970, May 15-17, 2019, May 15 - June 17, 2019
        rf"{_MONTH}\s*{_DAY}(?:{_TO}(?:{_NAME}\s*)?{_NTH})?(?:\s*,\s*|\s+){_YEAR}",
        # May 1899, May-June 2019
        rf"{_MONTH}(?:{_TO}{_NAME})?[\s,]*(?:of\s+)?{_YEAR}",
        r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})(?!\d)(?:T[\d:.]+Z?)?",
        r"(?P<year>\d{4})-(?P<month>\d{2})(?![\d-])",
        r"(?P<month>\d{1,2})(?P<order>[-/.])(?P<day>\d{1,2})(?P=order)(?P<year>\d{4})(?!\d)",
        rf"(?P<century>\d{{1,2}})(?:st|nd|rd|th)[\s-]century(?P<era>{_ERA})?",
        r"(?P<year>\d{2,3}0)(?P<decade>'?s)(?!\w)",
        rf"AD\s*(?P<year>\d{{1,4}})(?!\d)|(?P<bc>\d{{1,4}})(?:{_TO}\d{{1,4}})?(?P<era>{_ERA})",
    )
)
_START = re.compile(r"(?<!\w)(?<!\d[.,:/])(?<![A-Za-z]-)(?=[\w$€£¥₹.])")
_UNIT = rf"(?:{_any(SPELLINGS)})(?![^\W\d_])(?!(?<=min)\()"
_CURRENCY = _any(word for word, name in SPELLINGS.items() if name in CURRENCIES and len(word) < 4)
_FIGURES = (
    r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d{1,3}(?: \d{3})+(?!\d)"
    r"|\d+,\d\d?(?!\d)|\d*\.?\d+(?:e[+-]?\d\d?(?!\d))?"
)
_SCALE = r"dozen|lakh|crore|hundred|thousand|million|billion|trillion|mn|bn|k"
_WORD = (
    rf"(?:{_TENS.replace(' ', '|')})(?:[-\s](?:{_ONES.replace(' ', '|')}))?"
    rf"|{_TEENS.replace(' ', '|')}|{_ONES.replace(' ', '|')}|zero|a(?=\s+(?:{_SCALE})\b)"
)
# A day without its year, a time of day, a version, "two hundred and five": no number in them.
_UNREADABLE = re.compile(
    rf"{_NTH}\s*(?:of\s+)?{_NAME}|{_NAME}\s*{_NTH}|\d+(?:[:/]\d+)+|\d+(?:\.\d+){{2,}}"
    rf"|(?:{_WORD})\s+(?:{_SCALE})\s+(?:and\s+)?(?:{_WORD})\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    rf"(?:(?P<currency>{_CURRENCY})\s*)?"
    # "one of them" is no number
    rf"(?i:(?P<figures>{_FIGURES})(?:(?:st|nd|rd|th)(?!\w))?|(?P<words>{_WORD})(?!\w|\s+of\b))"
    rf"(?:(?:\s*|-)(?P<scale>(?i:{_SCALE}|(?(currency)[mb]|(?!)))(?![^\W\d_])))?"
    rf"(?:(?:\s*|-)(?P<unit>{_UNIT})|(?![^\W_])(?![.:]\d))"
)
_JOINTS = {True: re.compile(r"\s*,?\s*(?:and\s+)?"), False: re.compile(r"\s*(?:and\s+)?")}
_RANGE = re.compile(
    rf"(?P<low>(?:(?:{_CURRENCY})\s*)?(?:{_FIGURES}))(?:\s*-\s*|\s+to\s+)(?:(?:{_CURRENCY})\s*)?"
    rf"(?:{_FIGURES})(?=\s*(?:(?:{_SCALE})\b|{_UNIT}))"
)
# "1969 in film" is a year; "1969 seats" or "1500 m" is an amount.
_BARE_YEAR = re.compile(
    rf"(?P<year>1\d{{3}}|2[01]\d\d)(?:{_TO}(?:\d{{4}}|\d\d))?(?!\d|[.,:/]\d|\s*{_UNIT}|\s*(?:{_SCALE})\b)"
    r"(?!\s+(?!(?:in|at|on|as|to|by|and|or|until|when|with|for|from|under|after|before|but|is|was"
    r"|while|during|according)\b)[a-z])(?!\w)"
)


def parse_quantity(text: str) -> Quantity | None:
    """The first quantity in the phrase, or None.

    A range counts by its start. A date in figures is read day first or month first when only one
    of the two is possible; "03/04/1970" can be both, so only its year is taken.
    """
    return next(find_quantities(text), None)


def find_quantities(text: str) -> Iterator[Quantity]:
    """Every quantity in the first `LIMIT` characters of the phrase, in order."""
    phrase, position = plain(text), 0
    while start := _START.search(phrase, position):
        quantity, position = _read_at(phrase, start.end())
        if quantity is not None:
            yield quantity


def plain(text: str) -> str:
    """The start of the text with plain digits, spaces, hyphens and quotes."""
    text = "".join(
        " " if sign.isspace() else str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
        for sign in text[:LIMIT].translate(_SIGNS)
    )
    for pattern, replacement in _CONTEXT:
        text = pattern.sub(replacement, text)
    return text


def match_moment(phrase: str, start: int) -> tuple[Moment, int] | None:
    """The date that is written at that place of a `plain` phrase, and where it ends."""
    for pattern in _DATES:
        found = pattern.match(phrase, start)
        if found and (moment := _moment(found.groupdict())):
            return moment, found.end()
    return None


def match_amount(phrase: str, start: int, *, comma: bool = True) -> tuple[Amount, int] | None:
    """The amount that is written at that place of a `plain` phrase, and where it ends.

    Parts are summed ("2 h 28 min"); `comma` says that a comma may stand between them.
    """
    read = _match_part(phrase, start)
    while read and read[0].unit and (joint := _JOINTS[comma].match(phrase, read[1])):
        part = _match_part(phrase, joint.end())
        so_far = convert(read[0], part[0].unit) if part else None
        if not part or not so_far or so_far.magnitude <= read[0].magnitude:
            break
        read = Amount(so_far.magnitude + part[0].magnitude, part[0].unit), part[1]
    return read


def _read_at(phrase: str, start: int) -> tuple[Quantity | None, int]:
    """What stands at that place, if it can be read, and where to read on."""
    if moment := match_moment(phrase, start):
        return moment
    if unread := _UNREADABLE.match(phrase, start):
        return None, unread.end()
    return _match_alone(phrase, start) or (None, start + 1)


def _match_part(phrase: str, start: int) -> tuple[Amount, int] | None:
    found = _AMOUNT.match(phrase, start)
    if not found:
        return None
    if found["words"]:
        magnitude = Fraction(
            sum(_WORDS[word] for word in re.split("[- ]+", found["words"].lower()))
        )
    else:
        magnitude = Fraction(_figures(found["figures"]))
    unit = unit_named(found["currency"] or found["unit"] or "") or ""
    scale = _SCALES[found["scale"].lower()] if found["scale"] else 1
    return Amount(magnitude * scale, unit), found.end()


def _figures(written: str) -> str:
    """Without separators: "1,200.5", "1 200"; a comma before one or two is decimal."""
    if re.fullmatch(r"\d+,\d\d?", written):
        return written.replace(",", ".")
    return re.sub("[, ]", "", written)


def _match_alone(phrase: str, start: int) -> tuple[Quantity, int] | None:
    """A bare year, or an amount with its sign; a range of amounts has its unit at the end."""
    if year := _BARE_YEAR.match(phrase, start):
        return Moment(int(year["year"])), year.end()
    skipped = 0
    if found := _RANGE.match(phrase, start):
        skipped = found.end() - found.end("low")
        phrase = phrase[: found.end("low")] + phrase[found.end() :]
    read = match_amount(phrase, start)
    if read and re.search(r"(^|[ (])-$", phrase[:start]):
        read = Amount(-read[0].magnitude, read[0].unit), read[1]
    return read and (read[0], read[1] + skipped)


def _moment(part: dict[str, str | None]) -> Moment | None:
    is_bc = (part.get("era") or "").upper().lstrip().startswith("B")
    century, year = part.get("century"), int(part.get("year") or part.get("bc") or 0)
    if century:
        year = int(century) * 100 - (0 if is_bc else 99)
    if not year:
        return None
    month, day = _month_and_day(part, year)
    years = 100 if century else 10 if part.get("decade") else 1
    try:
        return Moment(1 - year if is_bc else year, month, day, years)
    except ValueError:
        return None


def _month_and_day(part: dict[str, str | None], year: int) -> tuple[int | None, int | None]:
    month, day = part.get("month"), part.get("day")
    if month is None:
        return None, None
    if not month.isdecimal():
        return _MONTH_NUMBERS[month[:3].lower()], int(day) if day else None
    first, second = int(month), int(day or 0)
    if part.get("order") is None:
        # "2010-11" is a season and no month.
        return (None, None) if not day and first == (year + 1) % 100 else (first, second or None)
    if first > 12 or part["order"] == "." or first == second:
        return second, first
    return (first, second) if second > 12 else (None, None)
