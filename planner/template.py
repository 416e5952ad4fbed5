"""Arguments of a step as templates: `{a}` stands for the result of step a.

A template is parsed once, when its line is read; filling it never looks at what was filled in, so
a fetched text that contains braces names nothing.
"""

import json
import re
from collections.abc import Callable, Iterator

from pydantic import JsonValue

ITEM = "item"
"""`{item}` in a step with for_each: the element that this call is about."""

_NAME = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")


def names(template: JsonValue) -> Iterator[str]:
    """The names that a template holds, nested ones too, in order, with repetitions."""
    if isinstance(template, str):
        yield from _NAME.findall(template)
    elif isinstance(template, list):
        for element in template:
            yield from names(element)
    elif isinstance(template, dict):
        for element in template.values():
            yield from names(element)


def fill(template: JsonValue, value_of: Callable[[str], JsonValue]) -> JsonValue:
    """The template with every name replaced.

    A string that is one name and nothing else becomes the value itself, whatever its type; inside
    a longer string the value is written out as text.
    """
    if isinstance(template, str):
        whole = _NAME.fullmatch(template)
        if whole:
            return value_of(whole[1])
        return _NAME.sub(lambda match: as_text(value_of(match[1])), template)
    if isinstance(template, list):
        return [fill(element, value_of) for element in template]
    if isinstance(template, dict):
        return {key: fill(element, value_of) for key, element in template.items()}
    return template


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
    """A text that somebody wrote, as a template that names nothing."""
    return text.replace("{", "(").replace("}", ")")


def without_names(text: str) -> str:
    """The text of a template with its names cut out."""
    return _NAME.sub(" ", text)


def renamed(template: JsonValue, suffix: str) -> JsonValue:
    """The template with the suffix behind every name but `{item}`."""
    if isinstance(template, str):
        return _NAME.sub(
            lambda match: match[0] if match[1] == ITEM else f"{{{match[1]}{suffix}}}", template
        )
    if isinstance(template, list):
        return [renamed(element, suffix) for element in template]
    if isinstance(template, dict):
        return {key: renamed(element, suffix) for key, element in template.items()}
    return template
