"""Questions inside of questions: what is described instead of named is asked for first.

"Where was the father of the director of Up born?" holds two such descriptions. A small model often
leaves them in one look-up, which then finds a page about the wrong one of the three. Here they are
taken out, from the innermost on, by the words of the question alone. The rules are cautious: what
is put in another way, or in another language than English, stays as it is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count

from pydantic import JsonValue

from planner import template
from planner.descriptions import described, is_left_empty, left_descriptions
from planner.plan import Step
from planner.trailing import trailing
from tools import asks_to_compare, words

_MOST_PARTS = 4
_LONGEST = 400
_SENTENCES = re.compile(r"[a-z]{2}[.!?] +[A-Z]")
_NUMBER = re.compile(r"\{(\d)\}")


def parts(question: str) -> list[str]:
    """The questions to ask, the last one last; `{1}` stands for the answer of the first.

    A question that describes nothing is its own only part.
    """
    whole = text = question.strip()
    if len(text) > _LONGEST or _NUMBER.search(text):
        return [whole]
    ended = trailing(text)
    if ended is not None:
        return list(ended)
    found: list[str] = []
    if text.endswith("."):
        text = f"{text[:-1]}?"
    while len(found) < _MOST_PARTS - 1 and (inner := described(text)) is not None:
        start, end, asked = inner
        found.append(asked)
        text = f"{text[:start]}{{{len(found)}}}{text[end:]}"
    return [whole] if not found or is_left_empty(text) else [*found, text]


def is_plain(question: str) -> bool:
    """Whether the words of a question alone make a plan: nothing described is left in its parts.

    The parts are right more often than a small model's plans are (docs/plan-language.md).
    """
    if asks_to_compare(question):
        return False
    if trailing(question) is not None:
        return True
    found = parts(question)
    one = not _SENTENCES.search(question.strip())
    return one and len(found) > 1 and not any(map(left_descriptions, found))


def unnested(step: Step, field: str, earlier: Sequence[Step]) -> list[Step]:
    """The steps that a look-up stands for, itself the last: what it describes is looked up first.

    `field`: the argument that holds the question. An earlier step that asks the same is taken up
    instead of asking again.
    """
    question = step.arguments.get(field)
    if not isinstance(question, str) or step.for_each or asks_to_compare(question):
        return [step]
    *inner, last = parts(question)
    known = {_key(other, field): other.id for other in earlier if other.tool == step.tool}
    fresh = _fresh_ids(step, earlier)
    steps: list[Step] = []
    ids: list[str] = []
    for text in inner:
        made = _asking(step, next(fresh), field, _named(text, ids))
        same = known.get(_key(made, field))
        ids.append(same or made.id)
        steps += [] if same else [made]
    if not inner and last == question.strip():
        return [step]
    return [*steps, _asking(step, step.id, field, _named(last, ids))]


def _fresh_ids(step: Step, earlier: Sequence[Step]) -> Iterator[str]:
    """Names behind the step's own that no earlier step has."""
    used = {other.id for other in earlier}
    names = (f"{step.id}{number}" for number in count(1))
    return (name for name in names if name not in used)


def _asking(step: Step, step_id: str, field: str, text: str) -> Step:
    """The step with another id and another question."""
    arguments: Mapping[str, JsonValue] = {**step.arguments, field: text}
    return replace(step, id=step_id, arguments=arguments)


def _named(text: str, ids: Sequence[str]) -> str:
    """A part as a template: its numbers become the names of steps."""
    return _NUMBER.sub(lambda match: f"{{{ids[int(match[1]) - 1]}}}", text)


def _key(step: Step, field: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What makes two look-ups the same: their words and their inputs."""
    text = template.without_names(str(step.arguments.get(field, "")))
    return tuple(words(text)), step.inputs
