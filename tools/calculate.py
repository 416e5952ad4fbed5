"""The tool `calculate`: exact sums over numbers, amounts with units, and dates.

The expression is first cut into quantities, words and signs. Each quantity becomes a name, so what
is left is a Python expression of names, operators and calls; Python's own grammar parses it and
`evaluate` walks the four kinds of node that are allowed. Nothing is ever executed as code.
"""

import ast
import re
from fractions import Fraction

from tools.algebra import algebra, asks_for_algebra
from tools.arithmetic import FUNCTIONS, Value, evaluate, in_unit
from tools.quantities import LIMIT, match_amount, match_moment, plain
from tools.tool import Arguments, ToolError, ToolResult
from tools.values import Amount, unit_error, unit_named, units

_MARGIN = 3.0
"""Seconds before the call is given up in which algebra is given up by itself."""
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
        "'2010-07-16 + 90 days', 'mean(3, 4, 8)', 'solve x**2 - 5*x + 6 = 0'."
    )
    arguments: type[Arguments] = CalculateArguments
    resource = "cpu"
    seconds = 10.0

    async def call(self, arguments: CalculateArguments) -> ToolResult:
        """Raises ToolError for an expression that cannot be read or has no result."""
        if asks_for_algebra(arguments.expression):
            return ToolResult(value=await algebra(arguments.expression, self.seconds - _MARGIN))
        return ToolResult(value=calculate(arguments.expression))


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
    result = evaluate(tree.body, values)
    return str(in_unit(result, unit) if unit else result)


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
    except unit_error() as error:
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
        if word[1].lower() in _OPERATORS or word[1] in FUNCTIONS:
            break
        end = word.end()
    if bracket := re.compile(r"\s*\([^()]*\)").match(text, end):
        if isinstance(value, Amount) and not value.unit and end == start:
            raise ToolError(f"an operator is missing before {bracket[0].strip()!r}")
        end = bracket.end()
    return end


def _word(text: str, word: str, end: int) -> str:
    if word in FUNCTIONS:
        if not text[end:].lstrip().startswith("("):
            raise ToolError(f"{word} takes its values in brackets")
        return word
    if word in _NOISE:
        return ""
    if word not in _OPERATORS:
        raise ToolError(f"unknown name: {word!r}")
    return _OPERATORS[word]
