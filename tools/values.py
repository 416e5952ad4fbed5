"""Dates and amounts as values: exact, with their units, and ordered where that is decided."""

import calendar
import re
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pint

BARE_YEARS = range(1000, 2200)
"""A number of these that stands alone is read as a year."""
_MONTHS = "January February March April May June July August September October November December"
MONTHS = _MONTHS.split()
# pint's name = as it is written (one/many), then further spellings; "_" stands for a space.
# Capitals are currencies: rates change, so each is a dimension of its own.
_TABLE = """
second=second:seconds s sec secs; minute=minute:minutes min mins; hour=hour:hours h hr hrs
day=day:days; week=week:weeks wk wks; month=month:months; year=year:years yr yrs
decade=decade:decades; century=century:centuries
millimeter=mm millimetre millimetres millimeter millimeters
centimeter=cm centimetre centimetres centimeter centimeters
meter=m metre metres meter meters; kilometer=km kilometre kilometres kilometer kilometers
inch=inch:inches "; foot=foot:feet ft '; yard=yard:yards yd yds; mile=mile:miles mi
nautical_mile=nautical_mile:nautical_miles nmi; light_year=light-year:light-years light_years ly
gram=g gram grams; kilogram=kg kilogram kilograms kilo kilos; metric_ton=tonne:tonnes t
ton=ton:tons; pound=pound:pounds lb lbs; ounce=ounce:ounces oz
meter**2=m² m2 sq_m square_metres square_meters; hectare=hectare:hectares ha; acre=acre:acres
kilometer**2=km² km2 sq_km square_kilometres square_kilometers; foot**2=sq_ft square_feet
mile**2=square_mile:square_miles sq_mi; liter=litre:litres L l liter liters; gallon=gallon:gallons
kilometer/hour=km/h kph kmh kilometres_per_hour kilometers_per_hour; meter/second=m/s
mile/hour=mph miles_per_hour; degree_Celsius=°C degrees_Celsius; megawatt=MW megawatts
degree_Fahrenheit=°F degrees_Fahrenheit; gigawatt=GW gigawatts; gigabyte=GB gigabytes
percent=% percent per_cent; USD=$ US$ dollar dollars US_dollars; AUD=A$; CAD=C$ CA$
EUR=€ euro euros; GBP=£ pounds_sterling; JPY=¥ yen; INR=₹ Rs rupees
"""
_ROWS = [row.strip().partition("=") for row in re.split("[;\n]", _TABLE) if row]
_WRITTEN = {name: words.split()[0].replace("_", " ") for name, _, words in _ROWS}
CURRENCIES = frozenset(name for name, *_ in _ROWS if name.isupper())
SPELLINGS = {
    word.replace("_", " "): name
    for name, _, words in _ROWS
    for word in [*re.split("[: ]", words), *([name] if name in CURRENCIES else [])]
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, a month, or a run of whole years. Refuses a date that the calendar does not have."""

    year: int
    """Astronomical: 1 BC is 0 and 450 BC is -449, so that subtraction is right."""
    month: int | None = None
    day: int | None = None
    years: int = 1
    """How many years it covers: 10 for a decade, 100 for a century."""

    def __post_init__(self) -> None:
        if not -9999 <= self.year <= 9999 or (self.day and not self.month):
            raise ValueError("no such year")
        if self.month is not None and self.month not in range(1, 13):
            raise ValueError("no such month")
        # `calendar` knows no year before 1; the Gregorian calendar repeats after 400.
        length = calendar.monthrange(self.year % 400 + 2000, self.month or 1)[1]
        if self.day is not None and self.day not in range(1, length + 1):
            raise ValueError("no such day")

    @property
    def first(self) -> tuple[int, int, int]:
        """Year, month and day of its first day."""
        return self.year, self.month or 1, self.day or 1

    @property
    def last(self) -> tuple[int, int, int]:
        """Year, month and day of its last day (31 stands for the end of any month)."""
        return self.year + self.years - 1, self.month or 12, self.day or 31

    def __str__(self) -> str:
        """As a person writes it."""
        year = f"{self.year}" if self.year > 0 else f"{1 - self.year} BC"
        year = f"AD {year}" if 0 < self.year < BARE_YEARS.start else year
        if self.years > 1:
            return f"{self.year}s" if self.years == 10 else f"the century from {year}"
        month = MONTHS[self.month - 1] if self.month else ""
        return " ".join(part for part in (str(self.day or ""), month, year) if part)


@dataclass(frozen=True, slots=True)
class Amount:
    """An exact number of something."""

    magnitude: Fraction
    unit: str = ""
    """As `pint` calls it; empty for a plain count ("1.2 million people")."""

    def __str__(self) -> str:
        """As a person writes it."""
        number = write_number(self.magnitude)
        one, _, many = _WRITTEN.get(self.unit, self.unit).partition(":")
        if self.unit in CURRENCIES:
            return _write_money(self.magnitude, one)
        if one in ("%", "°C", "°F"):
            return number + one
        return f"{number} {one if abs(self.magnitude) == 1 else many or one}".strip()


Quantity = Moment | Amount


@cache
def units() -> "pint.UnitRegistry[Fraction]":
    """The units that amounts have; loaded at the first use, as that takes half a second."""
    registry: pint.UnitRegistry[Fraction] = import_module("pint").UnitRegistry(
        non_int_type=Fraction
    )
    for currency in CURRENCIES:
        registry.define(f"{currency} = [currency_{currency}]")
    return registry


def unit_error() -> type[Exception]:
    """What `units` raises for a unit that it does not know, or cannot turn into another."""
    error: type[Exception] = import_module("pint").PintError
    return error


def convert(amount: Amount, unit: str) -> Amount | None:
    """The same amount in another unit, or None where there is no way.

    A percentage is no plain number here: beside "15", "12%" lacks what it is a part of.
    """
    if amount.unit == unit:
        return amount
    if {"", "percent"} & {amount.unit, unit}:
        return None
    try:
        found = units().Quantity(amount.magnitude, amount.unit).to(unit)
    except unit_error():
        return None
    return Amount(Fraction(found.magnitude), unit)


def unit_named(words: str) -> str | None:
    """What `pint` calls the unit that is written so, or None."""
    words = " ".join(words.split())
    return SPELLINGS.get(words) or SPELLINGS.get(words.lower())


def compare_quantities(a: Quantity, b: Quantity) -> int | None:
    """-1, 0 or 1 as a is before (less than), the same as, or after (more than) b.

    None: not comparable (a date and a length), or not decidable from these values: 1969 may be
    before or after 14 September 1969. Two dates written alike count as the same.
    """
    match a, b:
        case Moment(), Moment():
            if a == b:
                return 0
            return -1 if a.last < b.first else 1 if a.first > b.last else None
        case Amount(), Amount():
            other = convert(b, a.unit)
            if other is None:
                return None
            return (a.magnitude > other.magnitude) - (a.magnitude < other.magnitude)
    return None


def as_moment(quantity: Quantity) -> Moment | None:
    """A date as it is; a plain whole number that can be a year ("about 950") as that year."""
    if isinstance(quantity, Moment):
        return quantity
    number = quantity.magnitude
    is_year = not quantity.unit and number.denominator == 1 and 100 <= number < BARE_YEARS.stop
    return Moment(int(number)) if is_year else None


def as_amount(quantity: Quantity) -> Amount | None:
    """An amount as it is; a bare year as the plain number that it may be ("1400" students)."""
    if isinstance(quantity, Amount):
        return quantity
    is_bare = quantity.month is None and quantity.years == 1 and quantity.year in BARE_YEARS
    return Amount(Fraction(quantity.year)) if is_bare else None


def years_apart(a: Moment, b: Moment) -> int:
    """Whole years between two dates by the calendar; by their years alone if one has no day."""
    early, late = sorted((a, b), key=lambda moment: moment.first)
    had_birthday = not (early.day and late.day) or late.first[1:] >= early.first[1:]
    return late.year - early.year - (not had_birthday)


def write_number(number: Fraction) -> str:
    """Exactly if it ends within 30 decimals, else to 12 significant digits."""
    scaled = number * 10**30
    if scaled.denominator == 1:
        whole, rest = divmod(abs(scaled.numerator), 10**30)
        decimals = f"{rest:030}".rstrip("0")
        return f"{'-' * (number < 0)}{whole}{'.' * bool(decimals)}{decimals}"
    return _write_rounded(number, 12)


def _write_rounded(number: Fraction, digits: int) -> str:
    with localcontext(prec=digits):
        rounded = Decimal(number.numerator) / Decimal(number.denominator)
    return f"{rounded.normalize():f}" if abs(rounded.adjusted()) < 30 else f"{rounded:E}"


def _write_money(number: Fraction, sign: str) -> str:
    """$412.5 million rather than $412500000."""
    for word, scale in (("billion", 10**9), ("million", 10**6)):
        if abs(number) >= scale and (number / scale * 1000).denominator == 1:
            return f"{'-' * (number < 0)}{sign}{write_number(abs(number) / scale)} {word}"
    whole, _, cents = f"{float(abs(number)):.2f}".partition(".")
    return f"{'-' * (number < 0)}{sign}{int(whole):,}{'.' + cents if cents != '00' else ''}"
