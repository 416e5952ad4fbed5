"""Dates and amounts, read out of the short pieces of text that a model copies from passages.

Nothing here raises on junk: what cannot be read is None, and only the first `LIMIT` characters
are looked at. Small models are poor at order and sums, so what is read here is exact: fractions,
and dates that remember how precise they are.
"""

import calendar
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache

import pint

LIMIT = 2000
BARE_YEARS = range(1000, 2200)
"""A number of these that stands alone is read as a year."""

_MONTHS = "January February March April May June July August September October November December"
_ONES = "one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
MONTHS = _MONTHS.split()
_WORDS = {"zero": 0, "a": 1} | dict(
    zip(f"{_ONES} {_TEENS} {_TENS}".split(), [*range(1, 20), *range(20, 100, 10)], strict=True)
)
_SCALES = {
    "dozen": 12, "hundred": 100, "k": 10**3, "thousand": 10**3, "lakh": 10**5, "m": 10**6,
    "mn": 10**6, "million": 10**6, "crore": 10**7, "b": 10**9, "bn": 10**9, "billion": 10**9,
    "trillion": 10**12,
}  # fmt: skip

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
_SPELLINGS = {
    word.replace("_", " "): name
    for name, _, words in _ROWS
    for word in [*re.split("[: ]", words), *([name] if name in CURRENCIES else [])]
}


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

_UNIT = rf"(?:{_any(_SPELLINGS)})(?![^\W\d_])(?!(?<=min)\()"
_CURRENCY = _any(word for word, name in _SPELLINGS.items() if name in CURRENCIES and len(word) < 4)
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


@cache
def units() -> "pint.UnitRegistry[Fraction]":
    """The units that amounts have; built at the first use, which takes half a second."""
    registry: pint.UnitRegistry[Fraction] = pint.UnitRegistry(non_int_type=Fraction)
    for currency in CURRENCIES:
        registry.define(f"{currency} = [currency_{currency}]")
    return registry


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
    except pint.PintError:
        return None
    return Amount(Fraction(found.magnitude), unit)


def unit_named(words: str) -> str | None:
    """What `pint` calls the unit that is written so, or None."""
    words = " ".join(words.split())
    return _SPELLINGS.get(words) or _SPELLINGS.get(words.lower())


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
