"""Quantities are read out of phrases, exactly or not at all."""

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.quantities import (
    MONTHS,
    Amount,
    Moment,
    Quantity,
    as_amount,
    as_moment,
    compare_quantities,
    find_quantities,
    parse_quantity,
    years_apart,
)


def amount(magnitude: int | str, unit: str = "") -> Amount:
    return Amount(Fraction(magnitude), unit)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("14 September 1969", Moment(1969, 9, 14)),
        ("born in 1969", Moment(1969)),
        ("the 3rd of May, 1899", Moment(1899, 5, 3)),
        ("July 30, 1970", Moment(1970, 7, 30)),
        ("Sept. 5, 1980", Moment(1980, 9, 5)),
        ("on Sunday, 14 September 1969 (aged 54)", Moment(1969, 9, 14)),
        ("May 1899", Moment(1899, 5)),
        ("2010-07-16", Moment(2010, 7, 16)),
        ("2010-07-16T12:00:00Z", Moment(2010, 7, 16)),
        ("30-Jul-1970", Moment(1970, 7, 30)),
        ("30/07/1970", Moment(1970, 7, 30)),
        ("07/30/1970", Moment(1970, 7, 30)),
        ("30.07.1970", Moment(1970, 7, 30)),
        ("04.03.1970", Moment(1970, 3, 4)),
        ("03/04/1970", Moment(1970)),
        ("15–17 May 2019", Moment(2019, 5, 15)),
        ("May 15 – June 17, 2019", Moment(2019, 5, 15)),
        ("15 May – 17 June 2019", Moment(2019, 5, 15)),
        ("1994–1998", Moment(1994)),
        ("2010–11", Moment(2010)),
        ("2010-11", Moment(2010)),
        ("2009-05", Moment(2009, 5)),
        ("c. 450 BC", Moment(-449)),
        ("500–450 BCE", Moment(-499)),
        ("15 March 44 BC", Moment(-43, 3, 15)),
        ("AD 79", Moment(79)),
        ("79 CE", Moment(79)),
        ("the early 1990s", Moment(1990, years=10)),
        ("the 1990's", Moment(1990, years=10)),
        ("19th century", Moment(1801, years=100)),
        ("5th century BC", Moment(-499, years=100)),
        ("1969 in New York", Moment(1969)),
        ("١٤ September ١٩٦٩", Moment(1969, 9, 14)),
    ],
)
def test_a_date_is_read_as_precisely_as_it_is_written(text: str, moment: Moment) -> None:
    assert parse_quantity(text) == moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("148 minutes", amount(148, "minute")),
        ("2 h 28 min", amount(148, "minute")),
        ("2h28m", amount(148, "minute")),
        ("2 hours, 28 minutes", amount(148, "minute")),
        ("2½ hours", amount("2.5", "hour")),
        ("$825 million", amount(825_000_000, "USD")),
        ("US$1.5bn", amount(1_500_000_000, "USD")),
        ("825 million US dollars", amount(825_000_000, "USD")),
        ("£3.2m", amount(3_200_000, "GBP")),
        ("Rs 20 crore", amount(200_000_000, "INR")),
        ("$1,234.50", amount("1234.5", "USD")),
        ("about 1.2 million people", amount(1_200_000)),
        ("1,400", amount(1400)),
        ("1400 students", amount(1400)),
        ("1 200 000", amount(1_200_000)),
        ("1,5 million", amount(1_500_000)),
        ("10–15 kg", amount(10, "kilogram")),
        ("$10-15 million", amount(10_000_000, "USD")),
        ("6 ft 2 in", amount(74, "inch")),
        ("6'2\"", amount(74, "inch")),
        ("54-year-old", amount(54, "year")),
        ("12%", amount(12, "percent")),
        ("−5 °C", amount(-5, "degree_Celsius")),
        ("3 km²", amount(3, "kilometer**2")),
        ("120 km/h", amount(120, "kilometer/hour")),
        ("seven", amount(7)),
        ("twenty-five members", amount(25)),
        ("two hundred", amount(200)),
        ("a dozen", amount(12)),
        ("２５ minutes", amount(25, "minute")),
    ],
)
def test_an_amount_is_read_with_its_scale_and_unit(text: str, expected: Amount) -> None:
    assert parse_quantity(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "Christopher Nolan", "one of them", "14 September", "September 14", "30/07/70"),
        *("12:30", "1.234.567", "two hundred and five", "B-52", "may be", "v1.2.3"),
    ],
)
def test_what_is_no_whole_quantity_is_left_unread(text: str) -> None:
    assert parse_quantity(text) is None


def test_all_quantities_of_a_phrase_are_found_in_order() -> None:
    found = list(find_quantities("aged 54 in 2010, after 148 minutes"))
    assert found == [amount(54), Moment(2010), amount(148, "minute")]


@pytest.mark.parametrize(
    ("first", "second", "order"),
    [
        ("1969", "30 July 1970", -1),
        ("1969", "14 September 1969", None),
        ("1969", "1969", 0),
        ("May 1969", "June 1969", -1),
        ("1990s", "1994", None),
        ("1990s", "2001", -1),
        ("450 BC", "44 BC", -1),
        ("5th century BC", "AD 79", -1),
        ("2 hours", "119 min", 1),
        ("1 km", "1000 m", 0),
        ("8.849 km", "8,611 m", 1),
        ("238 mph", "431 km/h", -1),
        ("$5", "$4", 1),
        ("$5", "€5", None),
        ("5 kg", "5 m", None),
        ("12%", "15", None),
        ("12%", "15%", -1),
        ("148", "132 minutes", None),
        ("1969", "5 kg", None),
    ],
)
def test_order_is_told_only_where_the_values_decide(
    first: str, second: str, order: int | None
) -> None:
    a, b = parse_quantity(first), parse_quantity(second)
    assert a is not None
    assert b is not None
    assert compare_quantities(a, b) == order


def test_a_bare_number_can_be_a_year_or_a_count() -> None:
    assert as_moment(amount(950)) == Moment(950)
    assert as_moment(amount(12)) is None
    assert as_moment(amount(950, "meter")) is None
    assert as_amount(Moment(1400)) == amount(1400)
    assert as_amount(Moment(1400, 5)) is None


@pytest.mark.parametrize(
    ("early", "late", "years"),
    [
        ((1970, 7, 30), (2010, 7, 16), 39),
        ((1970, 7, 30), (2010, 7, 30), 40),
        ((2000, 2, 29), (2001, 2, 28), 0),
        ((-43, 3, 15), (14, 8, 19), 57),
        ((1969,), (1971, 1, 1), 2),
    ],
)
def test_years_follow_the_calendar(
    early: tuple[int, ...], late: tuple[int, ...], years: int
) -> None:
    assert years_apart(Moment(*early), Moment(*late)) == years
    assert years_apart(Moment(*late), Moment(*early)) == years


@pytest.mark.parametrize("parts", [(2001, 2, 29), (1969, 13), (1969, None, 3), (1969, 0), (10**5,)])
def test_a_date_that_does_not_exist_is_refused(parts: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no such"):
        Moment(*parts)


_PIECES = ["9", "May", "1969", "-", " ", ",", "BC", "h", "$", "one", "hundred", "1,000", ".", "/"]
_PHRASES = st.text(max_size=80) | st.lists(st.sampled_from(_PIECES), max_size=30).map("".join)


@given(_PHRASES)
def test_junk_never_raises(text: str) -> None:
    assert all(isinstance(quantity, Quantity) for quantity in find_quantities(text))


@pytest.mark.parametrize("piece", [*_PIECES, "1 ", "1 h 1 min ", "1969-", "one ", "May 1 "])
def test_a_long_text_takes_bounded_time(piece: str) -> None:
    start = time.perf_counter()
    list(find_quantities(piece * 10_000))
    assert time.perf_counter() - start < 2


_MOMENTS = st.builds(
    Moment,
    st.integers(-500, 2100),
    st.none() | st.integers(1, 12),
    st.none(),
    st.just(1),
) | st.dates().map(lambda day: Moment(day.year, day.month, day.day))
_AMOUNTS = st.builds(
    Amount,
    st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=1000),
    st.sampled_from(["", "minute", "hour", "USD", "EUR", "percent", "kilometer", "mile"]),
)


@given(_MOMENTS | _AMOUNTS, _MOMENTS | _AMOUNTS)
def test_order_is_antisymmetric(a: Quantity, b: Quantity) -> None:
    order = compare_quantities(a, b)
    assert compare_quantities(b, a) == (None if order is None else -order)
    assert compare_quantities(a, a) == 0


@given(_MOMENTS)
def test_a_written_date_is_read_back(moment: Moment) -> None:
    assert parse_quantity(str(moment)) == moment


@given(
    st.dates(), st.sampled_from(["{d} {m} {y:04}", "{m} {d}, {y:04}", "the {d}th of {m} {y:04}"])
)
def test_every_day_is_read_in_every_wording(day: object, wording: str) -> None:
    year, month, number = day.year, day.month, day.day  # type: ignore[attr-defined]
    text = wording.format(d=number, m=MONTHS[month - 1], y=year)
    assert parse_quantity(text) == Moment(year, month, number)


@given(_AMOUNTS.filter(lambda value: value.unit in ("minute", "kilometer", "mile", "")))
def test_a_written_amount_is_read_back(value: Amount) -> None:
    whole = Amount(Fraction(abs(value.magnitude) // 1) / 10 + 3000, value.unit)
    assert parse_quantity(str(whole)) in (whole, Moment(3000), whole)
