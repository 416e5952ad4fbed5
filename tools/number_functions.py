"""Functions of plain numbers for `calculate`: exact where they can be, else to 50 digits."""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction

from tools.tool import ToolError

MAX_FACTORIAL = 1000
MAX_COMBINED = 10_000
MAX_EXPONENT = 2000
_DIGITS = 50


def decimal(number: Fraction) -> Decimal:
    """To the digits of the context."""
    return Decimal(number.numerator) / Decimal(number.denominator)


def _whole(number: Fraction, most: int | None = None) -> int:
    if number.denominator != 1 or number < 0:
        raise ToolError("a whole number that is not negative is needed")
    if most is not None and number > most:
        raise ToolError(f"the number is too large: {most} at most")
    return int(number)


def _factorial(number: Fraction) -> Fraction:
    return Fraction(math.factorial(_whole(number, MAX_FACTORIAL)))


def _combinations(of: Fraction, taken: Fraction) -> Fraction:
    return Fraction(math.comb(_whole(of, MAX_COMBINED), _whole(taken)))


def _logarithm(of: Callable[[Decimal], Decimal]) -> Callable[[Fraction], Fraction]:
    def work_out(number: Fraction) -> Fraction:
        if number <= 0:
            raise ToolError("only a number above zero has a logarithm")
        with localcontext(prec=_DIGITS):
            return Fraction(of(decimal(number)))

    return work_out


def _exponential(number: Fraction) -> Fraction:
    if abs(number) > MAX_EXPONENT:
        raise ToolError("the power is too large")
    with localcontext(prec=_DIGITS):
        return Fraction(decimal(number).exp())


_MANY = range(1, 201)
NUMBER_FUNCTIONS: Mapping[str, tuple[Callable[..., Fraction], range]] = {
    "factorial": (_factorial, range(1, 2)),
    "comb": (_combinations, range(2, 3)),
    "gcd": (lambda *numbers: Fraction(math.gcd(*map(_whole, numbers))), _MANY),
    "lcm": (lambda *numbers: Fraction(math.lcm(*map(_whole, numbers))), range(1, 21)),
    "floor": (lambda number: Fraction(math.floor(number)), range(1, 2)),
    "ceil": (lambda number: Fraction(math.ceil(number)), range(1, 2)),
    "ln": (_logarithm(lambda number: number.ln()), range(1, 2)),
    "log10": (_logarithm(lambda number: number.log10()), range(1, 2)),
    "log2": (_logarithm(lambda number: number.ln() / Decimal(2).ln()), range(1, 2)),
    "exp": (_exponential, range(1, 2)),
}
