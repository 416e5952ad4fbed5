"""A process of its own that does algebra with sympy: started by `tools.algebra`, never imported.

Sympy may think for ever, so it has to be where it can be killed. What is asked for is read by
Python's grammar and built up from the few kinds of node that are known; nothing is executed.
"""

import ast
import json
import os
import re
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy

MAX_EXPONENT = 200
MAX_DIGITS = 100
_CONSTANTS = {"pi": sympy.pi, "e": sympy.E}
_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "sqrt": sympy.sqrt,
    "exp": sympy.exp,
    "ln": sympy.log,
    "log10": lambda value: sympy.log(value, 10),
    "log2": lambda value: sympy.log(value, 2),
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "asin": sympy.asin,
    "acos": sympy.acos,
    "atan": sympy.atan,
    "abs": sympy.Abs,
}


class NotAlgebra(Exception):
    """The question cannot be read, or has no answer of the kind."""


def main() -> None:
    """Reads the question from standard input, and writes the report to standard error."""
    request = json.loads(sys.stdin.read())
    resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))
    report: dict[str, Any] = {"value": None, "error": None, "cut": None}
    try:
        report["value"] = answer(request["verb"], request["parts"])
    except NotAlgebra as error:
        report["error"] = {"kind": "", "message": str(error)}
    except (RecursionError, MemoryError, OverflowError):
        report["error"] = {"kind": "", "message": "it is too large"}
    except (NotImplementedError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        # What sympy raises for what it cannot do.
        said = f"sympy cannot do it: {error}"[:200]
        report["error"] = {"kind": "", "message": said}
    sys.stderr.write(json.dumps(report))
    sys.stderr.flush()
    os._exit(0)


def answer(verb: str, parts: Sequence[str]) -> str:
    """The answer as a person writes it. Raises NotAlgebra."""
    if verb == "solve":
        return _solved(parts)
    read = [_read(part) for part in parts]
    first, rest = read[0], read[1:]
    if verb in ("derivative", "integral"):
        unknown = rest[0] if rest else _only_unknown([first])
        if not isinstance(unknown, sympy.Symbol):
            raise NotAlgebra(f"{unknown} is no unknown")
        if verb == "derivative":
            return _written(sympy.simplify(sympy.diff(first, unknown)))
        if len(rest) not in (0, 1, 3):
            raise NotAlgebra("an integral has an expression, an unknown, and two bounds or none")
        done = sympy.integrate(first, (unknown, *rest[1:]) if rest[1:] else unknown)
        if done.has(sympy.Integral):
            raise NotAlgebra("no integral in closed form is known")
        return _written(done)
    if rest:
        raise NotAlgebra(f"{verb} takes one expression")
    verbs = {"expand": sympy.expand, "factor": sympy.factor, "simplify": sympy.simplify}
    return _written(verbs[verb](first))


def _solved(parts: Sequence[str]) -> str:
    equations, unknowns = [], []
    for part in parts:
        sides = [_read(side) for side in re.split("=+", part)]
        if len(sides) > 2:
            raise NotAlgebra("an equation has two sides")
        if len(sides) == 1 and isinstance(sides[0], sympy.Symbol):
            unknowns.append(sides[0])
        else:
            equations.append(sides[0] - (sides[1] if len(sides) == 2 else 0))
    if not equations:
        raise NotAlgebra("there is no equation")
    if not any(each.free_symbols for each in equations):
        return "always true" if all(each == 0 for each in equations) else "never true"
    unknowns = unknowns or (
        [_only_unknown(equations)] if len(equations) == 1 else _unknowns(equations)
    )
    if len(equations) == 1 and len(unknowns) == 1:
        return _roots(equations[0], unknowns[0])
    found = sympy.solve(equations, unknowns, dict=True)
    if not found:
        return "no solution"
    return " or ".join(
        ", ".join(f"{each} = {_written(one[each])}" for each in unknowns if each in one)
        for one in found
    )


def _roots(equation: Any, unknown: Any) -> str:
    if sympy.simplify(equation) == 0:
        return f"every {unknown}"
    found = sympy.solve(equation, unknown)
    is_periodic = equation.has(sympy.sin, sympy.cos, sympy.tan)
    written = " or ".join(f"{unknown} = {_written(each)}" for each in found)
    return (written or "no solution") + (" (within one turn)" if is_periodic and written else "")


def _unknowns(equations: Sequence[Any]) -> list[Any]:
    symbols = set().union(*(each.free_symbols for each in equations))
    return sorted(symbols, key=str)


def _only_unknown(equations: Sequence[Any]) -> Any:
    unknowns = _unknowns(equations)
    if len(unknowns) != 1:
        raise NotAlgebra(f"which is the unknown, of {', '.join(map(str, unknowns)) or 'none'}?")
    return unknowns[0]


def _written(value: Any) -> str:
    """Exactly, and in figures beside it where it is a number but not a whole one."""
    text = str(value).replace("**", "^").replace("log(", "ln(")
    if sympy.Symbol("E", real=True) not in value.free_symbols:
        text = text.replace("E", "e")
    if not value.is_number or value.is_Integer or not value.is_real:
        return text
    figures = str(sympy.N(value, 12))
    if "." in figures and "e" not in figures:
        figures = figures.rstrip("0").rstrip(".")
    return figures if value.has(sympy.CRootOf) else f"{text} ({figures})"


def _read(text: str) -> Any:
    text = re.sub(r"(\d)\s*(?=[A-Za-z(])", r"\1*", text.replace("^", "**"))
    text = re.sub(r"\)\s*(?=[A-Za-z(0-9])", ")*", text)
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise NotAlgebra(f"cannot read {text.strip()[:80]!r}") from error
    return _built(tree.body, text.strip())


def _built(node: ast.expr, text: str) -> Any:
    match node:
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            figures = ast.get_source_segment(text, node) or ""
            if len(figures) > MAX_DIGITS or not re.fullmatch(r"\d*\.?\d+(e[+-]?\d\d?)?", figures):
                raise NotAlgebra("the number is too large")
            return sympy.Rational(figures)
        case ast.Name(id=name):
            if name in _CONSTANTS:
                return _CONSTANTS[name]
            if len(name) != 1:
                raise NotAlgebra(f"unknown name: {name!r}")
            return sympy.Symbol(name, real=True)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_built(operand, text)
        case ast.BinOp(left=left, op=op, right=right):
            return _combined(_built(left, text), op, _built(right, text))
        case ast.Call(func=ast.Name(id=name), args=[argument]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](_built(argument, text))
    raise NotAlgebra("only sums, products, powers and the usual functions can be used")


def _combined(left: Any, op: ast.operator, right: Any) -> Any:
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            if right == 0:
                raise NotAlgebra("division by zero")
            return left / right
        case ast.Pow():
            if right.is_number and not abs(right) <= MAX_EXPONENT:
                raise NotAlgebra("the power is too large")
            return left**right
    raise NotAlgebra("only + - * / and powers can be used")


if __name__ == "__main__":
    main()
