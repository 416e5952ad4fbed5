"""The tool `calculate`: exact sums over numbers, amounts with units, and dates.

The expression is first cut into quantities, words and signs. Each quantity becomes a name, so what
is left is a Python expression of names, operators and calls; Python's own grammar parses it and
`_evaluate` walks the four kinds of node that are allowed. Nothing is ever executed as code.
"""

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import reduce
from math import isqrt

import pint
from dateutil.relativedelta import relativedelta

from tools.quantities import (
    BARE_YEARS,
    LIMIT,
    Amount,
    Moment,
    as_moment,
    compare_quantities,
    convert,
    match_amount,
    match_moment,
    plain,
    unit_named,
    units,
    years_apart,
)
from tools.tool import Arguments, ToolError, ToolResult

MAX_BITS = 10_000
"""No number on the way may be longer: some 3000 digits."""
MAX_SIGNS = 150
"""How many operators and brackets an expression may have; it bounds the depth as well."""


class CalculateArguments(Arguments):
    """What `calculate` takes."""

    expression: str


class Calculate:
    """Works out an expression. The value is written as a person would write it."""

    name = "calculate"
    description = (
        "Works out sums exactly, with units, percentages and dates: '12% of 340', "
        "'90 min in hours', '$825 million / 2', 'years_between(30 July 1970, 16 July 2010)', "
        "'2010-07-16 + 90 days', 'mean(3, 4, 8)'."
    )
    arguments: type[Arguments] = CalculateArguments
    resource = "cpu"
    seconds = 5.0

    async def call(self, arguments: CalculateArguments) -> ToolResult:
        """Raises ToolError for an expression that cannot be read or has no result."""
        return ToolResult(value=calculate(arguments.expression))


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
        return _convert(days, unit)

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


Value = Amount | Moment | Gap


def calculate(expression: str) -> str:
    """The result as a person writes it. Raises ToolError naming the problem, at once."""
    if len(expression) > LIMIT:
        raise ToolError(f"the expression is longer than {LIMIT} characters")
    text = plain(expression).strip(" =?\t").rstrip(".")
    text, unit = _asked_unit(_separated(text))
    source, values = _cut(text)
    try:
        tree = ast.parse(source, mode="eval")
    except SyntaxError as error:
        raise ToolError(f"cannot read the expression {expression[:80]!r}") from error
    result = _evaluate(tree.body, values)
    return str(_converted(result, unit) if unit else result)


def round_half_up(number: Fraction, digits: int) -> Fraction:
    """As people round: 0.5 becomes 1 and -0.5 becomes -1."""
    step = Fraction(10) ** -digits
    whole = (abs(number) / step * 2 + 1) // 2
    return step * (whole if number >= 0 else -whole)


# Cutting

_WORD = re.compile(r"[^\W\d]\w*\.?")
_NOUN = re.compile(r"(?:\s+|-(?=old\b))([^\W\d_][\w']*)")
_SIGN = re.compile(r"\*\*|//|[-+*/(),^×·÷%~≈]")
_SIGNS = {"^": "**", "×": "*", "·": "*", "÷": "/", "~": "", "≈": ""}
_MODULO = re.compile(r"\s*[\d(]")
_OPERATORS = {
    "plus": "+", "minus": "-", "times": "*", "x": "*", "of": "*", "multiplied": "*",
    "divided": "/", "mod": "%",
}  # fmt: skip
_FILLERS = (
    "about approximately approx around roughly circa c ca nearly almost over the a on by born died "
    "released founded exactly only some"
)
_NOISE = frozenset(_FILLERS.split())


def _separated(text: str) -> str:
    """With a space behind each comma that parts two values: in "max(1,20)" and "max(1,200)".

    A comma before three digits parts thousands only outside of calls, and in calls that part
    their values by ", ": "max(1,200, 900)".
    """
    text = text.translate(str.maketrans("[]{}", "    "))
    if not re.search(r"[a-z]\s*\(", text):
        return text
    return re.sub(r",(?=\d{1,2}(?!\d))" if ", " in text else ",", ", ", text)


def _asked_unit(text: str) -> tuple[str, str | None]:
    """The expression before a last "in hours", and that unit."""
    found = re.fullmatch(r"(.*\S)\s+(?:in|to|into|as)\s+([^()]+)", text, re.DOTALL)
    if not found:
        return text, None
    words = found[2].strip().removeprefix("a ").replace("percentage", "percent")
    if unit := unit_named(words):
        return found[1], unit
    try:
        if not re.fullmatch("[A-Za-z]{1,30}", words):
            raise ToolError(f"unknown unit: {words!r}")
        return found[1], str(units().parse_units(words))
    except pint.PintError as error:
        raise ToolError(f"unknown unit: {words!r}") from error


def _cut(text: str) -> tuple[str, dict[str, Value]]:
    """The expression with names for its quantities, and what they stand for."""
    pieces: list[str] = []
    values: dict[str, Value] = {}
    position, signs = 0, 0
    while position < len(text):
        piece, position = _next(text, position, values)
        pieces.append(piece)
        signs += bool(piece) and not piece[0].isalpha()
        if signs > MAX_SIGNS:
            raise ToolError(f"the expression has more than {MAX_SIGNS} operators and brackets")
    return "".join(f" {piece}" for piece in pieces if piece).strip(), values


def _next(text: str, start: int, values: dict[str, Value]) -> tuple[str, int]:
    if text[start].isspace():
        return "", start + 1
    if read := match_moment(text, start) or match_amount(text, start, comma=False):
        value, end = _without_modulo(text, *read)
        return _named(value, values), _behind_noise(text, value, end)
    if word := _WORD.match(text, start):
        return _word(text, word[0].lower().rstrip("."), word.end()), word.end()
    if not (sign := _SIGN.match(text, start)):
        raise ToolError(f"cannot read {text[start : start + 20]!r}")
    if sign[0] == "%" and not _MODULO.match(text, sign.end()):
        return "* " + _named(Amount(Fraction(1), "percent"), values), sign.end()
    return _SIGNS.get(sign[0], sign[0]), sign.end()


def _named(value: Value, values: dict[str, Value]) -> str:
    name = f"q{len(values)}"
    values[name] = value
    return name


def _without_modulo(text: str, value: Value, end: int) -> tuple[Value, int]:
    """ "10 % 3" is no percentage."""
    if isinstance(value, Amount) and text[end - 1] == "%" and _MODULO.match(text, end):
        return Amount(value.magnitude), end - 1
    return value, end


def _behind_noise(text: str, value: Value, end: int) -> int:
    """Behind "people" in "1.2 million people", and behind "(2 h)" in "120 min (2 h)"."""
    start = end
    while word := _NOUN.match(text, end):
        if word[1].lower() in _OPERATORS or word[1] in _FUNCTIONS:
            break
        end = word.end()
    if bracket := re.compile(r"\s*\([^()]*\)").match(text, end):
        if isinstance(value, Amount) and not value.unit and end == start:
            raise ToolError(f"an operator is missing before {bracket[0].strip()!r}")
        end = bracket.end()
    return end


def _word(text: str, word: str, end: int) -> str:
    if word in _FUNCTIONS:
        if not text[end:].lstrip().startswith("("):
            raise ToolError(f"{word} takes its values in brackets")
        return word
    if word in _NOISE:
        return ""
    if word not in _OPERATORS:
        raise ToolError(f"unknown name: {word!r}")
    return _OPERATORS[word]


# Evaluating


def _evaluate(node: ast.AST, values: Mapping[str, Value]) -> Value:
    match node:
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _negated(_evaluate(operand, values))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _evaluate(operand, values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            operate = _ARITHMETIC[type(op)]
            return _bounded(operate(_evaluate(left, values), _evaluate(right, values)))
        case ast.Call(func=ast.Name(id=name), args=[*arguments], keywords=[]) if name in _FUNCTIONS:
            function, counts = _FUNCTIONS[name]
            if len(arguments) not in counts:
                raise ToolError(f"{name} does not take {len(arguments)} values")
            return _bounded(function(*(_evaluate(argument, values) for argument in arguments)))
    raise ToolError("only sums of numbers, amounts and dates can be worked out")


def _bounded(value: Value) -> Value:
    if isinstance(value, Amount):
        bits = value.magnitude.numerator.bit_length() + value.magnitude.denominator.bit_length()
        if bits > MAX_BITS:
            raise ToolError("the number is too large")
    return value


def _number(value: Value) -> Amount:
    if isinstance(value, Moment):
        raise ToolError(f"{value} is a date: it can be compared, subtracted and moved only")
    return value.amount(value.unit or "day") if isinstance(value, Gap) else value


def _plain(value: Value) -> Fraction:
    amount = _number(value)
    if amount.unit == "percent":
        return amount.magnitude / 100
    if amount.unit:
        raise ToolError(f"a plain number is needed, not {amount}")
    return amount.magnitude


def _converted(value: Value, unit: str) -> Amount | Gap:
    if isinstance(value, Gap):
        return Gap(value.start, value.end, unit)
    amount = _number(value)
    if not amount.unit and unit == "percent":
        return Amount(amount.magnitude * 100, unit)
    if not amount.unit and unit == "year":
        # "2010 - 1970 in years"
        return Amount(amount.magnitude, unit)
    return _convert(amount, unit)


def _convert(amount: Amount, unit: str) -> Amount:
    converted = convert(amount, unit)
    if converted is None:
        raise ToolError(f"cannot turn {amount} into {unit or 'a plain number'}")
    return converted


def _day(moment: Moment) -> date:
    try:
        return date(moment.year, moment.month or 0, moment.day or 0)
    except ValueError as error:
        raise ToolError(f"a full date from year 1 on is needed, not {moment}") from error


def _moved(moment: Moment, amount: Amount) -> Moment:
    """The calendar's date after so much time."""
    by_months = amount.unit in _PER_YEAR
    steps = _convert(amount, "month" if by_months else "day").magnitude
    if steps.denominator != 1 or abs(steps) > 10**7:
        raise ToolError(f"a date can be moved by whole days and months, not by {amount}")
    step = relativedelta(months=int(steps)) if by_months else timedelta(days=int(steps))
    try:
        moved = _day(moment) + step
    except (ValueError, OverflowError) as error:
        raise ToolError(f"no such date: {moment} and {amount}") from error
    return Moment(moved.year, moved.month, moved.day)


def _add(a: Value, b: Value) -> Value:
    if isinstance(a, Moment):
        return _moved(a, _number(b))
    if isinstance(b, Moment):
        return _moved(b, _number(a))
    left, right = _number(a), _number(b)
    if right.unit == "percent" != left.unit:
        return Amount(left.magnitude * (1 + right.magnitude / 100), left.unit)
    if not left.unit and right.unit == "year" and left.magnitude in BARE_YEARS:
        return Amount(left.magnitude + right.magnitude)
    total = Amount(left.magnitude + _convert(right, left.unit).magnitude, left.unit)
    # "3 hours - 20 min" is 160 minutes and no 2.666 hours.
    return total if 10**6 % total.magnitude.denominator == 0 else _convert(total, right.unit)


def _subtract(a: Value, b: Value) -> Value:
    if isinstance(a, Moment) and isinstance(b, Moment):
        return Gap(b, a)
    return _add(a, _negated(b))


def _negated(value: Value) -> Amount:
    amount = _number(value)
    return Amount(-amount.magnitude, amount.unit)


def _times(a: Value, b: Value) -> Value:
    left, right = _number(a), _number(b)
    left, right = (x if x.unit != "percent" else Amount(x.magnitude / 100) for x in (left, right))
    if not left.unit or not right.unit:
        return Amount(left.magnitude * right.magnitude, left.unit or right.unit)
    same = convert(right, left.unit) or right
    return _of_units(left.magnitude * same.magnitude, left.unit, same.unit, 1)


def _divide(a: Value, b: Value) -> Value:
    left, right = _number(a), _number(b)
    if not right.magnitude:
        raise ToolError("division by zero")
    if not right.unit:
        return Amount(left.magnitude / right.magnitude, left.unit)
    if right.unit == "percent":
        return _divide(left, Amount(_plain(right)))
    same = convert(right, left.unit)
    if same:
        return Amount(left.magnitude / same.magnitude)
    return _of_units(left.magnitude / right.magnitude, left.unit, right.unit, -1)


def _of_units(magnitude: Fraction, first: str, second: str, power: int) -> Amount:
    """An amount of the product of two units, named as `pint` reads it."""
    try:
        found = (
            units().Quantity(Fraction(1), first) * units().Quantity(Fraction(1), second) ** power
        )
    except pint.PintError as error:
        raise ToolError(f"cannot multiply {first} and {second}") from error
    powers = [(name, int(exponent)) for name, exponent in found.unit_items()]
    top = [name if n == 1 else f"{name}**{n}" for name, n in powers if n > 0]
    bottom = ["/" + (name if n == -1 else f"{name}**{-n}") for name, n in powers if n < 0]
    return Amount(magnitude * Fraction(found.magnitude), ("*".join(top) or "1") + "".join(bottom))


def _remainder(a: Value, b: Value) -> Value:
    left, right = _number(a), _number(b)
    divisor = _convert(right, left.unit).magnitude
    if not divisor:
        raise ToolError("division by zero")
    return Amount(left.magnitude % divisor, left.unit)


def _whole_quotient(a: Value, b: Value) -> Value:
    quotient = _number(_divide(a, b))
    return Amount(Fraction(quotient.magnitude // 1), quotient.unit)


def _power(a: Value, b: Value) -> Value:
    base, exponent = _number(a), _plain(b)
    if base.unit not in ("", "percent"):
        if exponent not in (2, 3):
            raise ToolError(f"{base} can be squared and cubed only")
        return _times(_times(base, base), base if exponent == 3 else Amount(Fraction(1)))
    number = _plain(base)
    bits = max(number.numerator.bit_length(), number.denominator.bit_length())
    if abs(exponent) * bits > MAX_BITS:
        raise ToolError("the power is too large")
    if not number and exponent < 0:
        raise ToolError("division by zero")
    if exponent.denominator == 1:
        return Amount(number ** int(exponent))
    if number < 0:
        raise ToolError("a negative number has no such power")
    with localcontext(prec=50):
        root = _decimal(number) ** _decimal(exponent)
    return Amount(Fraction(root))


def _decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


def _root(value: Value) -> Value:
    number = _plain(value)
    if number < 0:
        raise ToolError("a negative number has no square root")
    exact = Fraction(isqrt(number.numerator), isqrt(number.denominator))
    return Amount(exact) if exact**2 == number else _power(Amount(number), Amount(Fraction(1, 2)))


def _extreme(sign: int) -> Callable[..., Value]:
    def of_two(a: Value, b: Value) -> Value:
        left, right = (x if isinstance(x, Moment) else _number(x) for x in (a, b))
        order = compare_quantities(left, right)
        if order is None:
            raise ToolError(f"cannot compare {left} and {right}")
        return right if order * sign < 0 else left

    return lambda *values: reduce(of_two, values)


def _sum(*values: Value) -> Value:
    return reduce(_add, values)


def _mean(*values: Value) -> Value:
    return _divide(_sum(*values), Amount(Fraction(len(values))))


def _round(value: Value, *digits: Value) -> Value:
    amount, places = _number(value), _plain(digits[0]) if digits else 0
    if places not in range(-30, 31):
        raise ToolError("a number is rounded to at most 30 decimals")
    return Amount(round_half_up(amount.magnitude, int(places)), amount.unit)


def _absolute(value: Value) -> Value:
    amount = _number(value)
    return Amount(abs(amount.magnitude), amount.unit)


def _between(unit: str) -> Callable[..., Value]:
    return lambda a, b: Gap(_date(a), _date(b), unit)


def _age(born: Value, day: Value) -> Value:
    return Amount(Fraction(years_apart(_date(born), _date(day))), "year")


def _date(value: Value) -> Moment:
    moment = None if isinstance(value, Gap) else as_moment(value)
    if moment is None:
        raise ToolError(f"{value} is no date")
    return moment


_ARITHMETIC: Mapping[type[ast.operator], Callable[[Value, Value], Value]] = {
    ast.Add: _add,
    ast.Sub: _subtract,
    ast.Mult: _times,
    ast.Div: _divide,
    ast.Mod: _remainder,
    ast.FloorDiv: _whole_quotient,
    ast.Pow: _power,
}
_MANY = range(1, 201)
_FUNCTIONS: Mapping[str, tuple[Callable[..., Value], range]] = {
    "min": (_extreme(-1), _MANY),
    "max": (_extreme(1), _MANY),
    "sum": (_sum, _MANY),
    "mean": (_mean, _MANY),
    "average": (_mean, _MANY),
    "count": (lambda *values: Amount(Fraction(len(values))), _MANY),
    "round": (_round, range(1, 3)),
    "abs": (_absolute, range(1, 2)),
    "sqrt": (_root, range(1, 2)),
    "years_between": (_between("year"), range(2, 3)),
    "days_between": (_between("day"), range(2, 3)),
    "age": (_age, range(2, 3)),
}
