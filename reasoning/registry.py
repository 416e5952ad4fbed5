"""The methods by their names: what each does, what it costs, and how it is made."""

import ast
import inspect
import math
import operator
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin, get_type_hints

from inference import Model
from reasoning.attempts import Attempt
from reasoning.history import History

Kind = Literal["int", "float", "bool", "str", "attempt", "models"]
Form = Literal["strategy", "analogue"]
"""`analogue`: the paper trains weights; this does by prompts, with any model, what they do."""
_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "ceil": math.ceil,
    "log2": math.log2,
    "max": max,
    "min": min,
}


@dataclass(frozen=True)
class Crew:
    """Who works for a method: the model, and others where several differ."""

    model: Model
    """Its roles (`RoledModel`) may be others: explorers are asked with the purpose `explore`,
    those who merge with `merge`, judges with `judge`."""
    named: Mapping[str, Model] = field(default_factory=dict)
    """Models that an expression may name: `moa([small, large])`."""
    differ: tuple[str, ...] | None = None
    """Those of them that are meant where none is named; None: all."""
    agents: Mapping[str, Attempt] = field(default_factory=dict)
    """Attempts that can do more than write, with tools say: who takes part where a method has
    agents that differ in what they use."""
    accepts: Callable[[str], Awaitable[bool]] | None = None
    """Whether a text is right, told by something better than a judge: tests, a proof, a form."""
    history: History | None = None
    """What methods have cost and brought before, for those that choose by it; None: assumptions."""

    @property
    def different(self) -> list[str]:
        """Names of the models that are meant where none is named."""
        return [*(self.named if self.differ is None else self.differ)]

    def models(self, names: Sequence[str]) -> list[Model]:
        """Those of these names. Raises ValueError for others."""
        unknown = [name for name in names if name not in self.named]
        if unknown:
            known = ", ".join(sorted(self.named)) or "none"
            raise ValueError(f"there is no model {unknown[0]!r} (named are: {known})")
        return [self.named[name] for name in names]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One that a method takes; by its paper's name where it has one."""

    name: str
    kind: Kind
    default: Any


@dataclass(frozen=True)
class Method:
    """A published way to spend parallel samples."""

    name: str
    does: str
    """In one sentence."""
    papers: tuple[str, ...]
    """arXiv ids."""
    calls: str
    """Samples and judgements at most, as a formula of its parameters; an attempt inside counts as
    `attempt`."""
    rounds: str
    """Calls behind one another at most, as such a formula."""
    when: str
    """When to use it."""
    form: Form
    build: Callable[..., Attempt]
    parameters: tuple[Parameter, ...]

    @property
    def aliases(self) -> tuple[str, ...]:
        """Its shorter names."""
        return tuple(alias for alias, name in ALIASES.items() if name == self.name)

    def cost(self, **given: Any) -> tuple[int, int]:
        """Calls and rounds at most, for these values of its parameters; the others by default."""
        known = {"attempt": 1, **{one.name: one.default for one in self.parameters}, **given}
        values = {name: _as_number(value) for name, value in known.items()}
        return math.ceil(worth(self.calls, values)), math.ceil(worth(self.rounds, values))


METHODS: dict[str, Method] = {}
"""By name, in the order of their papers' fields."""
ALIASES: dict[str, str] = {}
"""Shorter names of methods."""


def method(
    name: str,
    *papers: str,
    calls: str,
    rounds: str,
    when: str,
    form: Form = "strategy",
    alias: str = "",
) -> Callable[[Callable[..., Attempt]], Callable[..., Attempt]]:
    """Register a function from a Crew and parameters to an Attempt.

    The first line of its docstring is what it does; its parameters, with their types and defaults,
    are the method's.
    """

    def registered(build: Callable[..., Attempt]) -> Callable[..., Attempt]:
        for one in (name, alias):
            assert one not in {*METHODS, *ALIASES}, f"there are two methods {one!r}"
        does = (inspect.getdoc(build) or "").partition("\n")[0].rstrip(".")
        taken = _parameters(build)
        if alias:
            ALIASES[alias] = name
        METHODS[name] = Method(name, does, papers, calls, rounds, when, form, build, taken)
        return build

    return registered


def _parameters(build: Callable[..., Attempt]) -> tuple[Parameter, ...]:
    """Those behind the crew."""
    hints = get_type_hints(build)
    signature = list(inspect.signature(build).parameters.values())[1:]
    return tuple(Parameter(one.name, _kind(hints[one.name]), one.default) for one in signature)


def _kind(hint: Any) -> Kind:
    """Of a parameter, by its type."""
    if hint in (int, float, bool, str):
        kind: Kind = hint.__name__
        return kind
    options = get_args(hint)
    if get_origin(hint) is tuple:
        return "models"
    return _kind(options[0]) if options and options[0] in (int, float) else "attempt"


def worth(formula: str, values: Mapping[str, float]) -> float:
    """A formula's value: numbers, names, + - * / // **, ceil, log2, max, min. Raises ValueError."""
    try:
        return float(_worked_out(ast.parse(formula, mode="eval").body, values))
    except (SyntaxError, KeyError, TypeError, ZeroDivisionError) as error:
        raise ValueError(f"{formula!r} cannot be worked out: {error}") from error


def _worked_out(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=sign, right=right):
            worked = _OPERATORS[type(sign)]
            return float(worked(_worked_out(left, values), _worked_out(right, values)))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return float(_FUNCTIONS[name](*(_worked_out(one, values) for one in arguments)))
        case _:
            raise ValueError(f"a formula has no {type(node).__name__}")


def _as_number(value: Any) -> float:
    """Of a parameter in a formula: an attempt inside counts once, models by their number."""
    if isinstance(value, int | float):
        return float(value)
    return float(len(value)) if isinstance(value, tuple) and value else 1.0


def require(fulfilled: bool, why: str) -> None:
    """Raise ValueError for what no method can be made of."""
    if not fulfilled:
        raise ValueError(why)
