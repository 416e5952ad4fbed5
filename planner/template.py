"""Arguments of a step as templates: `{a}` is the result of step a, `{a.items.0}` a part of it.

A template is parsed once, when its line is read; filling it never looks at what was filled in, so
a fetched text that contains braces names nothing. `{{}` is a brace, where a name would be read.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence

from pydantic import JsonValue

ITEM = "item"
"""`{item}` in a step with for_each: the element that this call is about."""

INDEX = "index"
"""`{index}` in a step with for_each: the element's place in its list, from 0."""

OWN = frozenset({ITEM, INDEX})
"""Names that stand for no step."""

NAME = r"[A-Za-z][A-Za-z0-9_]*"
PATH = r"(?:\.[\w-]+)*"
_BRACE = "{"
_NAME = re.compile(rf"\{{({NAME}|\{{(?=\}}))({PATH})\}}")
"""A name, or a brace."""
_MOST_SHOWN = 8


class MissingPart(LookupError):
    """A template asks for a part of a value that the value does not have."""


def names(template: JsonValue) -> Iterator[str]:
    """The names that a template holds, nested ones too, in order, with repetitions."""
    for text in _texts(template):
        yield from (match[1] for match in _NAME.finditer(text) if match[1] != _BRACE)


def _texts(template: JsonValue) -> Iterator[str]:
    """Every string in a JSON value but the keys of objects."""
    if isinstance(template, str):
        yield template
    elif isinstance(template, list | dict):
        for element in template.values() if isinstance(template, dict) else template:
            yield from _texts(element)


def whole(template: JsonValue) -> str | None:
    """The name that a string consists of, if it is one name without a path and nothing else."""
    match = _NAME.fullmatch(template) if isinstance(template, str) else None
    return match[1] if match and not match[2] and match[1] != _BRACE else None


def fill(template: JsonValue, value_of: Callable[[str], JsonValue]) -> JsonValue:
    """The template with every name replaced. Raises MissingPart.

    A string that is one name and nothing else becomes the value itself, whatever its type; inside
    a longer string the value is written out as text. Of nothing, every part is nothing.
    """

    def filled(match: re.Match[str]) -> JsonValue:
        if match[1] == _BRACE:
            return _BRACE
        value = value_of(match[1])
        return None if value is None else part(value, parts(match[2]), match[1])

    if isinstance(template, str):
        only = _NAME.fullmatch(template)
        if only:
            return filled(only)
        return _NAME.sub(lambda match: as_text(filled(match)), template)
    if isinstance(template, list):
        return [fill(element, value_of) for element in template]
    if isinstance(template, dict):
        return {key: fill(element, value_of) for key, element in template.items()}
    return template


def parts(path: str) -> tuple[str, ...]:
    """`.items.0` as its words."""
    return tuple(path.split(".")[1:])


def part(value: JsonValue, path: Sequence[str], name: str) -> JsonValue:
    """The part of a value that a path leads to. `name` says in an error whose value it is."""
    for word in path:
        if isinstance(value, dict) and word in value:
            value = value[word]
        elif isinstance(value, list) and word.isdecimal() and int(word) < len(value):
            value = value[int(word)]
        else:
            raise MissingPart(f"{name} has no {word!r}: {_inventory(value)}")
        name = f"{name}.{word}"
    return value


def _inventory(value: JsonValue) -> str:
    """What there is instead of a part that is not there."""
    if isinstance(value, dict):
        more = ", ..." if len(value) > _MOST_SHOWN else ""
        return "it has " + (", ".join([*value][:_MOST_SHOWN]) + more if value else "no fields")
    if isinstance(value, list):
        return f"it is a list of {len(value)}, counted from 0"
    kinds = {str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return f"it is {kinds.get(type(value), 'null')}"


def as_text(value: JsonValue) -> str:
    """A value as a person would write it inside a sentence."""
    if isinstance(value, str):
        return value
    if value is None:
        return "unknown"
    if isinstance(value, list):
        return ", ".join(as_text(element) for element in value if element is not None)
    return json.dumps(value, ensure_ascii=False)


def literal(text: str) -> str:
    """A text that somebody wrote, as a template that names nothing and is filled as that text."""
    return _NAME.sub(lambda match: f"{{{_BRACE}}}{match[0][1:]}", text)


def without_paths(template: JsonValue) -> JsonValue:
    """The template with whole values where it asks for parts of them, texts only."""
    return _NAME.sub(r"{\1}", template) if isinstance(template, str) else template


def without_names(text: str, put: str = " ") -> str:
    """The text of a template with something else in the place of its names."""
    return _NAME.sub(lambda match: _BRACE if match[1] == _BRACE else put, text)


def renamed(template: JsonValue, suffix: str) -> JsonValue:
    """The template with the suffix behind every name of a step."""
    if isinstance(template, str):
        kept = {*OWN, _BRACE}
        return _NAME.sub(
            lambda match: match[0] if match[1] in kept else f"{{{match[1]}{suffix}{match[2]}}}",
            template,
        )
    if isinstance(template, list):
        return [renamed(element, suffix) for element in template]
    if isinstance(template, dict):
        return {key: renamed(element, suffix) for key, element in template.items()}
    return template
