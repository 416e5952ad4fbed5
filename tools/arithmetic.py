"""What the expressions of `calculate` are worked out with: sums of amounts and of dates."""

import ast
from collections.abc import Callable, Mapping
from decimal import localcontext
from fractions import Fraction
from functools import cmp_to_key, reduce
from math import isqrt

from tools.gaps import Gap, convert_or_refuse, moved_by, round_half_up
from tools.number_functions import NUMBER_FUNCTIONS, decimal
from tools.tool import ToolError
from tools.values import (
    BARE_YEARS,
    Amount,
    Moment,
    as_moment,
    compare_quantities,
    convert,
    unit_error,
    units,
    years_apart,
)

MAX_BITS = 10_000
"""No number on the way may be longer: some 3000 digits."""
Value = Amount | Moment | Gap


def evaluate(node: ast.AST, values: Mapping[str, Value]) -> Value:
    """The value of a parsed expression. Raises ToolError for what it may not hold."""
    match node:
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _negated(evaluate(operand, values))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return evaluate(operand, values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            operate = _ARITHMETIC[type(op)]
            return _bounded(operate(evaluate(left, values), evaluate(right, values)))
        case ast.Call(func=ast.Name(id=name), args=[*arguments], keywords=[]) if name in FUNCTIONS:
            function, counts = FUNCTIONS[name]
            if len(arguments) not in counts:
                raise ToolError(f"{name} does not take {len(arguments)} values")
            return _bounded(function(*(evaluate(argument, values) for argument in arguments)))
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


def in_unit(value: Value, unit: str) -> Amount | Gap:
    """The value expressed in a unit. Raises ToolError where it cannot be."""
    if isinstance(value, Gap):
        return Gap(value.start, value.end, unit)
    amount = _number(value)
    if not amount.unit and unit == "percent":
        return Amount(amount.magnitude * 100, unit)
    if not amount.unit and unit == "year":
        # "2010 - 1970 in years"
        return Amount(amount.magnitude, unit)
    return convert_or_refuse(amount, unit)


def _add(a: Value, b: Value) -> Value:
    if isinstance(a, Moment):
        return moved_by(a, _number(b))
    if isinstance(b, Moment):
        return moved_by(b, _number(a))
    left, right = _number(a), _number(b)
    if right.unit == "percent" != left.unit:
        return Amount(left.magnitude * (1 + right.magnitude / 100), left.unit)
    if not left.unit and right.unit == "year" and left.magnitude in BARE_YEARS:
        return Amount(left.magnitude + right.magnitude)
    total = Amount(left.magnitude + convert_or_refuse(right, left.unit).magnitude, left.unit)
    # "3 hours - 20 min" is 160 minutes and no 2.666 hours.
    is_short = 10**6 % total.magnitude.denominator == 0
    return total if is_short else convert_or_refuse(total, right.unit)


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
    except unit_error() as error:
        raise ToolError(f"cannot multiply {first} and {second}") from error
    powers = [(name, int(exponent)) for name, exponent in found.unit_items()]
    top = [name if n == 1 else f"{name}**{n}" for name, n in powers if n > 0]
    bottom = ["/" + (name if n == -1 else f"{name}**{-n}") for name, n in powers if n < 0]
    return Amount(magnitude * Fraction(found.magnitude), ("*".join(top) or "1") + "".join(bottom))


def _remainder(a: Value, b: Value) -> Value:
    left, right = _number(a), _number(b)
    divisor = convert_or_refuse(right, left.unit).magnitude
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
        root = decimal(number) ** decimal(exponent)
    return Amount(Fraction(root))


def _root(value: Value) -> Value:
    number = _plain(value)
    if number < 0:
        raise ToolError("a negative number has no square root")
    exact = Fraction(isqrt(number.numerator), isqrt(number.denominator))
    return Amount(exact) if exact**2 == number else _power(Amount(number), Amount(Fraction(1, 2)))


def _in_order(a: Value, b: Value) -> int:
    left, right = (x if isinstance(x, Moment) else _number(x) for x in (a, b))
    order = compare_quantities(left, right)
    if order is None:
        raise ToolError(f"cannot compare {left} and {right}")
    return order


def _extreme(sign: int) -> Callable[..., Value]:
    def of_two(a: Value, b: Value) -> Value:
        return b if _in_order(a, b) * sign < 0 else a

    return lambda *values: reduce(of_two, values)


def _sum(*values: Value) -> Value:
    return reduce(_add, values)


def _mean(*values: Value) -> Value:
    return _divide(_sum(*values), Amount(Fraction(len(values))))


def _median(*values: Value) -> Value:
    ordered = sorted(values, key=cmp_to_key(_in_order))
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else _mean(*ordered[middle - 1 : middle + 1])


def _of_plain(function: Callable[..., Fraction]) -> Callable[..., Value]:
    return lambda *values: Amount(function(*map(_plain, values)))


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
FUNCTIONS: Mapping[str, tuple[Callable[..., Value], range]] = {
    "min": (_extreme(-1), _MANY),
    "max": (_extreme(1), _MANY),
    "sum": (_sum, _MANY),
    "mean": (_mean, _MANY),
    "average": (_mean, _MANY),
    "median": (_median, _MANY),
    "count": (lambda *values: Amount(Fraction(len(values))), _MANY),
    "round": (_round, range(1, 3)),
    "abs": (_absolute, range(1, 2)),
    "sqrt": (_root, range(1, 2)),
    "years_between": (_between("year"), range(2, 3)),
    "days_between": (_between("day"), range(2, 3)),
    "age": (_age, range(2, 3)),
    **{
        name: (_of_plain(work_out), counts) for name, (work_out, counts) in NUMBER_FUNCTIONS.items()
    },
}
