"""Methods as they are written: `rsa`, `vote(16)`, `best-of(4, debate(3))`, `moa([a, b])`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from inference import ROLES, ScriptedModel
from reasoning.attempts import Attempt
from reasoning.once import once
from reasoning.registry import ALIASES, METHODS, Crew, Kind, Method, Parameter

_TOKEN = re.compile(r"\s*(?:(-?\d+(?:\.\d+)?)(?![\w.])|([A-Za-z][\w-]*)|([(),=\[\]]))")
_KINDS: Mapping[Kind, str] = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a word",
    "attempt": "a method",
    "models": "models by name, as [a, b]",
}
_LONGEST = 500
_DEEPEST = 6
_DIGITS = 9
_MOST = 100_000
"""Calls of what is checked: each sample of a request has its place before one is written."""


class MethodError(ValueError):
    """What was written is no method; says where and why."""


@dataclass(frozen=True)
class Written:
    """A method with what it was given."""

    name: str
    given: dict[str, Any]

    @property
    def method(self) -> Method | None:
        """None: a single sample."""
        return METHODS.get(self.name)

    @property
    def cost(self) -> tuple[int, int]:
        """Calls and rounds at most, those of attempts inside included."""
        if self.method is None:
            return 1, 1
        inner = [one.cost for one in self.given.values() if isinstance(one, Written)]
        calls, rounds = (max((one[part] for one in inner), default=1) for part in (0, 1))
        values = {k: v for k, v in self.given.items() if not isinstance(v, Written)}
        return (
            self.method.cost(**values, attempt=calls)[0],
            self.method.cost(**values, attempt=rounds)[1],
        )

    def made(self, crew: Crew) -> Attempt:
        """The attempt. Raises MethodError for a value that the method refuses."""
        if self.method is None:
            return once(crew.model)
        values = {
            name: value.made(crew) if isinstance(value, Written) else value
            for name, value in self.given.items()
        }
        try:
            return self.method.build(crew, **values)
        except ValueError as error:
            raise MethodError(f"{self.name}: {error}") from error


def parsed(text: str) -> Written:
    """Read it. Raises MethodError, which names the place or the nearest name."""
    if len(text) > _LONGEST:
        raise MethodError(f"a method is written in {_LONGEST} characters at most")
    return _Reading(text).whole()


def checked(text: str) -> Written:
    """Read it, and see that it can be made where roles are the names of models, and is not endless.
    Raises MethodError."""
    written, nobody = parsed(text), ScriptedModel([])
    written.made(Crew(nobody, dict.fromkeys(ROLES, nobody)))
    calls, _ = written.cost
    if calls > _MOST:
        raise MethodError(f"{written.name} would take {calls:,} calls; {_MOST:,} are the most")
    return written


def method_of(text: str, crew: Crew) -> Attempt:
    """From what was written to an attempt. Raises MethodError."""
    return parsed(text).made(crew)


class _Reading:
    """Token by token."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0

    def whole(self) -> Written:
        """All of it is one expression."""
        written = self._expression(0)
        if self._at < len(self._tokens):
            self._fail("nothing may stand here")
        return written

    def _expression(self, depth: int) -> Written:
        """A name, and what it is given between brackets."""
        if depth > _DEEPEST:
            self._fail("attempts stand too deep inside one another")
        name = self._known(self._word())
        arguments: list[tuple[str, Any]] = []
        if self._take("("):
            while not self._take(")"):
                arguments.append(self._argument(depth))
                if not self._take(",") and self._next() != ")":
                    self._fail("a comma or ) is missing")
        return Written(name, _placed(name, arguments))

    def _argument(self, depth: int) -> tuple[str, Any]:
        """A value, and its name where it has one."""
        if self._next() == "[":
            return "", self._names()
        if _is_number(self._next()):
            return "", self._number()
        if self._next(1) != "=":
            return "", self._expression(depth + 1)
        name = self._word().replace("-", "_")
        self._step()
        if self._next() == "[":
            return name, self._names()
        if _is_number(self._next()):
            return name, self._number()
        word = self._next()
        is_method = self._next(1) == "(" or word in METHODS or word in ALIASES or word == "once"
        return name, self._expression(depth + 1) if is_method else self._word()

    def _number(self) -> int | float:
        """Whole, unless it has a point."""
        token = self._step()
        return float(token) if "." in token else int(token)

    def _names(self) -> tuple[str, ...]:
        """Between square brackets."""
        self._step()
        names = []
        while not self._take("]"):
            names.append(self._word())
            if not self._take(",") and self._next() != "]":
                self._fail("a comma or ] is missing")
        return tuple(names)

    def _known(self, word: str) -> str:
        """The name of a method, of what may be an alias."""
        name = word.lower().replace("_", "-")
        name = ALIASES.get(name, name)
        if name == "once" or name in METHODS:
            return name
        close = get_close_matches(name, [*METHODS, *ALIASES, "once"], 3)
        hint = f" (did you mean {', '.join(close)}?)" if close else " (see breadth methods)"
        raise MethodError(f"there is no method {word!r}{hint}")

    def _next(self, ahead: int = 0) -> str:
        place = self._at + ahead
        return self._tokens[place][0] if place < len(self._tokens) else ""

    def _step(self) -> str:
        token = self._next()
        self._at += 1
        return token

    def _take(self, sign: str) -> bool:
        if self._next() != sign:
            if not self._next() and sign in ")]":
                self._fail(f"a {sign} is missing")
            return False
        self._at += 1
        return True

    def _word(self) -> str:
        if not self._next()[:1].isalpha():
            self._fail("a name is missing")
        return self._step()

    def _fail(self, why: str) -> None:
        place = self._tokens[self._at][1] if self._at < len(self._tokens) else len(self._text)
        raise MethodError(f"{self._text!r}, character {place + 1}: {why}")


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """Each with its place."""
    at, text = 0, text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise MethodError(f"{text!r}, character {at + 1}: {text[at]!r} cannot stand here")
        token = next(part for part in found.groups() if part)
        if _is_number(token) and len(token) > _DIGITS:
            place = found.end() - len(token) + 1
            raise MethodError(f"{text!r}, character {place}: a number has {_DIGITS} digits at most")
        yield token, found.end() - len(token)
        at = found.end()


def _placed(name: str, arguments: list[tuple[str, Any]]) -> dict[str, Any]:
    """Each value under its parameter: by name, or the first free one of its kind."""
    method, given = METHODS.get(name), dict[str, Any]()
    free = list(method.parameters) if method else []
    for wanted, value in arguments:
        fitting = [one for one in free if (not wanted or one.name == wanted) and _fits(one, value)]
        if not fitting:
            raise MethodError(_unplaced(name, wanted, value, given))
        free.remove(fitting[0])
        given[fitting[0].name] = _as_kind(fitting[0], value)
    return given


def _unplaced(name: str, wanted: str, value: Any, given: Mapping[str, Any]) -> str:
    """Why a value has no parameter."""
    parameters = METHODS[name].parameters if name in METHODS else ()
    if wanted in given:
        return f"{name} is given {wanted!r} twice"
    shown = value.name if isinstance(value, Written) else value
    for one in parameters:
        if one.name == wanted:
            return f"{name}: {one.name} is {_KINDS[one.kind]}, and not {shown!r}"
    takes = ", ".join(f"{one.name} ({_KINDS[one.kind]})" for one in parameters)
    return f"{name} does not take {wanted or shown!r}; it takes {takes or 'nothing'}"


def _fits(parameter: Parameter, value: Any) -> bool:
    match parameter.kind, value:
        case "attempt", Written():
            return True
        case "models", tuple():
            return True
        case "int", int():
            return True
        case "float", int() | float():
            return True
        case "bool", "true" | "false":
            return True
        case "str", str():
            return True
        case _:
            return False


def _as_kind(parameter: Parameter, value: Any) -> Any:
    if parameter.kind == "bool":
        return value == "true"
    return float(value) if parameter.kind == "float" else value


def _is_number(token: str) -> bool:
    return token.lstrip("-")[:1].isdigit()
