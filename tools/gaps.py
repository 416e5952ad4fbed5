"""The time between two dates, and dates that are moved by an amount of time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from dateutil.relativedelta import relativedelta

from tools.tool import ToolError
from tools.values import Amount, Moment, convert

_PER_YEAR: Mapping[str, Fraction] = {
    "year": Fraction(1),
    "month": Fraction(12),
    "decade": Fraction(1, 10),
    "century": Fraction(1, 100),
}


@dataclass(frozen=True, slots=True)
class Gap:
    """The time from one date to another: days and years of it both follow the calendar."""

    start: Moment
    end: Moment
    unit: str = ""
    """The unit that was asked for; empty for days and years."""

    def __str__(self) -> str:
        """As a person writes it."""
        if self.unit or not (self.start.day and self.end.day):
            amount = self.amount(self.unit or "year")
            return str(Amount(round_half_up(amount.magnitude, 2), amount.unit))
        years = round_half_up(self.amount("year").magnitude, 2)
        return f"{self.amount('day')} ({Amount(years, 'year')})"

    def amount(self, unit: str) -> Amount:
        """The length in that unit."""
        if unit in _PER_YEAR:
            return Amount(self._years() * _PER_YEAR[unit], unit)
        days = Amount(Fraction((_day(self.end) - _day(self.start)).days), "day")
        return convert_or_refuse(days, unit)

    def _years(self) -> Fraction:
        start, end = self.start, self.end
        if not (start.day and end.day):
            months = (end.month - start.month) if start.month and end.month else 0
            return Fraction(12 * (end.year - start.year) + months, 12)
        early, late = sorted((_day(start), _day(end)))
        whole = relativedelta(late, early).years
        last, following = (early + relativedelta(years=whole + more) for more in (0, 1))
        years = Fraction(whole) + Fraction((late - last).days, (following - last).days)
        return years if early == _day(start) else -years


def round_half_up(number: Fraction, digits: int) -> Fraction:
    """As people round: 0.5 becomes 1 and -0.5 becomes -1."""
    step = Fraction(10) ** -digits
    whole = (abs(number) / step * 2 + 1) // 2
    return step * (whole if number >= 0 else -whole)


def convert_or_refuse(amount: Amount, unit: str) -> Amount:
    """The amount in another unit. Raises ToolError where it has none of that dimension."""
    converted = convert(amount, unit)
    if converted is None:
        raise ToolError(f"cannot turn {amount} into {unit or 'a plain number'}")
    return converted


def _day(moment: Moment) -> date:
    try:
        return date(moment.year, moment.month or 0, moment.day or 0)
    except ValueError as error:
        raise ToolError(f"a full date from year 1 on is needed, not {moment}") from error


def moved_by(moment: Moment, amount: Amount) -> Moment:
    """The calendar's date after so much time."""
    by_months = amount.unit in _PER_YEAR
    steps = convert_or_refuse(amount, "month" if by_months else "day").magnitude
    if steps.denominator != 1 or abs(steps) > 10**7:
        raise ToolError(f"a date can be moved by whole days and months, not by {amount}")
    step = relativedelta(months=int(steps)) if by_months else timedelta(days=int(steps))
    try:
        moved = _day(moment) + step
    except (ValueError, OverflowError) as error:
        raise ToolError(f"no such date: {moment} and {amount}") from error
    return Moment(moved.year, moved.month, moved.day)
