"""Numbers and dates of a claim against those of a text, however both are written."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from tools import (
    MONTHS,
    Amount,
    Moment,
    Quantity,
    as_amount,
    as_moment,
    convert,
    find_quantities,
    words,
)

_ROUGHLY = re.compile(
    r"(?:\b(?:about|around|nearly|almost|over|roughly|approximately|approx|some|circa|ca|c"
    r"|more than|less than|under|up to|at least|at most|etwa|rund|environ|unos)\b\.?|~)"
    r"(?=\s*(?:the\s+|a\s+)?[$€£¥]?\d)",
    re.IGNORECASE,
)
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]}|\\.)?" for month in MONTHS)
_DAYS = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})\b"
    rf"|\b(?P<named>{_MONTH})\s+(?P<nth>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d)"
)
_DIGITS = re.compile(r"\d+")
_NUMBER_OF = {name[:3]: number for number, name in enumerate(MONTHS, 1)}
_EXACT, _ROUNDED, _ROUGH = Fraction(0), Fraction(1, 50), Fraction(1, 10)
_SCALED = re.compile(
    r"\d+(?:[.,]\d+)?\s*(?:[kmb]n?|thousand|million|billion|trillion|lakh|crore)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number or a date, and how exactly it was meant."""

    value: Quantity
    slack: Fraction = _EXACT
    """By how much, as a share of it, another may differ and still be the same."""

    def same_as(self, other: Quantity) -> bool:
        """Whether a text that says the other says this."""
        mine = self.value
        if isinstance(mine, Moment) and isinstance(other, Moment):
            return _within(other, mine)
        if isinstance(mine, Moment) or isinstance(other, Moment):
            return _years_or_counts(mine, other)
        return _near(mine, other, self.slack)

    def rivals(self, other: Quantity) -> bool:
        """Whether the other is of the same kind, so that it may stand in this one's place."""
        mine = self.value
        if isinstance(mine, Moment) or isinstance(other, Moment):
            return isinstance(mine, Moment) and isinstance(other, Moment)
        return mine.unit == other.unit or convert(other, mine.unit) is not None


def figures_of(text: str) -> list[Figure]:
    """Those of a claim, in order."""
    rough = _ROUGHLY.search(text) is not None
    slack = _ROUGH if rough else max(map(_rounding, _SCALED.finditer(text)), default=_EXACT)
    return [Figure(one, slack) for one in find_quantities(text)]


def _rounding(scaled: re.Match[str]) -> Fraction:
    """Half of the last digit of 1.2 million, as a share of it."""
    digits = re.sub(r"\D", "", scaled[0])
    return Fraction(1, 2 * max(1, int(digits)))


def days_in(text: str) -> set[tuple[int, int]]:
    """Months and days, with their year or without."""
    found = set()
    for match in _DAYS.finditer(text):
        month = _NUMBER_OF[(match["month"] or match["named"])[:3]]
        found.add((month, int(match["day"] or match["nth"])))
    dates = (one for one in find_quantities(text) if isinstance(one, Moment))
    return found | {(one.month, one.day) for one in dates if one.month and one.day}


def digits_in(text: str) -> set[str]:
    """Runs of digits: what is left to compare where a number is not read."""
    return set(_DIGITS.findall(" ".join(words(text))))


def unread(text: str, figures: Iterable[Figure]) -> set[str]:
    """Digits of the text that are in none of the figures that were read from it."""
    read = {piece for figure in figures for piece in _pieces(figure.value)}
    return {digits for digits in digits_in(text) if str(int(digits)) not in read}


def _pieces(value: Quantity) -> Iterator[str]:
    """The digits that a quantity may be written with."""
    if isinstance(value, Moment):
        yield from (str(n) for n in (value.year, 1 - value.year, value.month, value.day) if n)
        yield str((value.year + 99) // 100)
        return
    whole = value.magnitude
    for scale in (1, 12, 100, 1000, 10**5, 10**6, 10**7, 10**9, 10**12):
        yield from _DIGITS.findall(f"{float(abs(whole / scale)):.12g}")


def _within(said: Moment, claimed: Moment) -> bool:
    """Whether a date that is said is the claimed one, or a part of it: a day says its year."""
    if claimed == said:
        return True
    return claimed.first <= said.first and said.last <= claimed.last


def _years_or_counts(mine: Quantity, other: Quantity) -> bool:
    """1400 may be a year on one side and a number of things on the other."""
    one, two = as_amount(mine), as_amount(other)
    if one is not None and two is not None:
        return one.magnitude == two.magnitude
    first, second = as_moment(mine), as_moment(other)
    return first is not None and second is not None and _within(second, first)


def _near(mine: Amount, other: Amount, slack: Fraction) -> bool:
    """The same amount, in other units and rounded as it was meant; a unit may go without saying."""
    if mine.unit == other.unit or not (mine.unit and other.unit):
        converted: Amount | None = other
    else:
        converted, slack = convert(other, mine.unit), max(slack, _ROUNDED)
    if converted is None:
        return False
    if "percent" in (mine.unit, other.unit) and mine.unit != other.unit and slack:
        return False
    gap = abs(mine.magnitude - converted.magnitude)
    return gap <= slack * max(abs(mine.magnitude), abs(converted.magnitude))
