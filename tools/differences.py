"""By how much two values differ, as a person writes it."""

from datetime import date
from fractions import Fraction

from tools.values import Amount, Moment, convert, years_apart


def amounts_apart(a: Amount, b: Amount, unit: str | None) -> str | None:
    """How far two amounts are apart, as a person would write it; None if they do not compare."""
    other = convert(b, a.unit)
    if other is None:
        return None
    gap = Amount(abs(a.magnitude - other.magnitude), a.unit)
    return str((convert(gap, unit) if unit else None) or gap)


def moments_apart(a: Moment, b: Moment, unit: str) -> str | None:
    """The time between two dates in whole units, or None if they are not precise enough."""
    days = _days_apart(a, b)
    if unit in ("day", "week"):
        per = 1 if unit == "day" else 7
        return None if days is None else str(Amount(Fraction(days // per), unit))
    if unit == "month":
        return _months_apart(a, b)
    years = years_apart(a, b)
    if not years and days:
        return f"less than a year ({Amount(Fraction(days), 'day')})"
    return str(Amount(Fraction(years), "year"))


def _days_apart(a: Moment, b: Moment) -> int | None:
    if not (a.day and b.day and min(a.year, b.year) > 0):
        return None
    return abs((date(*a.first) - date(*b.first)).days)


def _months_apart(a: Moment, b: Moment) -> str | None:
    if not (a.month and b.month):
        return None
    early, late = sorted((a, b), key=lambda moment: moment.first)
    months = 12 * (late.year - early.year) + late.first[1] - early.first[1]
    if early.day and late.day and late.day < early.day:
        months -= 1
    return str(Amount(Fraction(months), "month"))
