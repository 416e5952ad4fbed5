"""What an answer has to look like, and how a text of that form is read.

Thinking, fences and prose around the value are left out. In all else a text is read strictly:
nothing is repaired, a bracket that never closes is not closed, and what stands inside of it is not
taken for the whole.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Generic, Protocol, TypeVar

from jsonschema import Draft202012Validator, SchemaError
from jsonschema.exceptions import best_match
from pydantic import JsonValue, TypeAdapter, ValidationError
from referencing import Registry

from inference.model import Request
from inference.tightening import tight

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")

_THOUGHT, _THOUGHT_END = "<think>", "</think>"
_FENCED = re.compile(r"```[^\n`]*\n(.*?)\n?```", re.DOTALL)
_OPENING = re.compile(r"[\[{]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|["\[\]{}]', re.DOTALL)
_LONGEST = 200
"""Characters of what is wrong, in one line."""


class Unfit(Exception):
    """A text is not of the form; its message says where and why, in one short line."""

    def __init__(self, where: str, why: str) -> None:
        """`where`: a path from `$`, the whole value."""
        line = " ".join(f"{where}: {why}".split())
        super().__init__(line if len(line) <= _LONGEST else f"{line[:_LONGEST]}...")


class Form(Protocol[T_co]):
    """What an answer has to look like."""

    @property
    def described(self) -> str:
        """One line that tells a model which nothing holds to the form."""
        ...

    def asked(self, request: Request) -> Request:
        """The request, with the constraint that goes to the engine."""
        ...

    def read(self, text: str) -> T_co:
        """The value that a whole text gives. Raises Unfit."""
        ...


class JsonForm:
    """A JSON value that a schema accepts."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Raises ValueError for what is no schema, or one that no engine can be held to."""
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            raise ValueError(f"this is no JSON schema: {error.message}") from error
        self._tight = tight(schema)
        self._validator = Draft202012Validator(
            schema,
            # An empty registry fetches nothing from elsewhere.
            registry=Registry(),
            format_checker=Draft202012Validator.FORMAT_CHECKER,
        )
        written = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
        self.described = f"Answer with JSON alone, valid for this schema: {written}"

    def asked(self, request: Request) -> Request:
        """See `Form.asked`."""
        return replace(request, schema=self._tight)

    def read(self, text: str) -> JsonValue:
        """See `Form.read`. Several values are an answer only if one of them is valid."""
        found = list(values_in(text))
        if not found:
            raise Unfit("$", "there is no whole JSON value in the answer")
        faults = [self._fault(value) for value in found]
        fitting = [value for value, fault in zip(found, faults, strict=True) if fault is None]
        if not fitting:
            raise next(fault for fault in reversed(faults) if fault is not None)
        if any(value != fitting[0] for value in fitting):
            raise Unfit("$", f"there are {len(fitting)} different answers instead of one")
        return fitting[0]

    def _fault(self, value: JsonValue) -> Unfit | None:
        """What the schema has against it."""
        try:
            error = best_match(self._validator.iter_errors(value))
        except RecursionError:
            return Unfit("$", "it is nested too deeply")
        return Unfit(error.json_path, error.message) if error else None


class TypedForm(Generic[T]):
    """A value of a Python type that pydantic knows."""

    def __init__(self, kind: type[T]) -> None:
        """Raises ValueError for a type whose schema no engine can be held to."""
        self._adapter = TypeAdapter(kind)
        self._json = JsonForm(self._adapter.json_schema())
        self.described = self._json.described

    def asked(self, request: Request) -> Request:
        """See `Form.asked`."""
        return self._json.asked(request)

    def read(self, text: str) -> T:
        """See `Form.read`."""
        written = json.dumps(self._json.read(text), ensure_ascii=False)
        try:
            return self._adapter.validate_json(written)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            path = "".join(f"[{at}]" if isinstance(at, int) else f".{at}" for at in first["loc"])
            raise Unfit(f"${path}", first["msg"]) from error


class RegexForm:
    """A text that a regular expression matches from end to end."""

    def __init__(self, regex: str) -> None:
        """`regex`: in Python's notation."""
        self._regex = re.compile(regex)
        self.described = f"Answer with a text that matches this expression, alone: {regex}"

    def asked(self, request: Request) -> Request:
        """See `Form.asked`."""
        return request

    def read(self, text: str) -> str:
        """See `Form.read`."""
        for said in (text, _said(text)):
            if self._regex.fullmatch(said):
                return said
        raise Unfit("$", f"it does not match {self._regex.pattern}")


class GrammarForm:
    """A text of a GBNF grammar. Only the engine can check it: any whole text passes here."""

    def __init__(self, grammar: str) -> None:
        """`grammar`: in GBNF."""
        self.described = f"Answer with a text of this GBNF grammar, alone: {grammar}"

    def asked(self, request: Request) -> Request:
        """See `Form.asked`."""
        return request

    def read(self, text: str) -> str:
        """See `Form.read`."""
        return text


def values_in(text: str) -> Iterator[JsonValue]:
    """The JSON value that the text is, or the outermost objects and lists in it, but thinking.

    They end at a bracket that never closes: what comes then may be a part of something cut.
    """
    for whole in (text, _said(text)):
        try:
            yield _parsed(whole)
        except ValueError:
            continue
        return
    for span in _spans(_unthought(text)):
        try:
            yield _parsed(span)
        except ValueError:
            continue


def _parsed(text: str) -> JsonValue:
    """A JSON value. Raises ValueError, too, for what Python reads and JSON cannot say again."""
    try:
        value: JsonValue = json.loads(text)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # NaN, half characters
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def _spans(text: str) -> Iterator[str]:
    """Every piece from an outermost opening bracket to the one that closes it."""
    at = 0
    while opening := _OPENING.search(text, at):
        end = _end(text, opening.start())
        if end is None:
            return
        yield text[opening.start() : end]
        at = end


def _end(text: str, start: int) -> int | None:
    """Behind the bracket that closes the one at the start; None where there is none."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        match token[0]:
            case "{" | "[":
                depth += 1
            case "}" | "]":
                depth -= 1
                if not depth:
                    return token.end()
            case '"':
                return None  # a string that never ends
    return None


def _unthought(text: str) -> str:
    """The text behind the thinking, up to thinking that never ends."""
    return text.rpartition(_THOUGHT_END)[2].partition(_THOUGHT)[0]


def _said(text: str) -> str:
    """The answer without thinking, white space and a fence around all of it."""
    said = _unthought(text).strip()
    fenced = _FENCED.fullmatch(said)
    return fenced[1].strip() if fenced else said
