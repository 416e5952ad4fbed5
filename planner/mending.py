"""Mending plans: what small models get wrong, put right in code.

They write the look-ups and then name the wrong steps as a comparison's facts, or forget the
comparison; and they look up who somebody is whom the question names.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import JsonValue

from planner import template
from planner.plan import Step
from tools import asks_to_compare, holds, words

_FACTS = "facts"
_FEWEST = 2
_CAPITAL = r"[^\W\d_a-zß-ÿ][\w.&'’-]*(?<!['’]s)"
_WHO_IS = re.compile(
    rf"(?:[Ww]ho|[Ww]hat) (?:is|was|are|were) (?P<name>{_CAPITAL}(?: {_CAPITAL})*)\s*\?*"
)
"""A name without small words: the President of Chile is asked for, and not named."""


def with_open_facts(step: Step, earlier: Sequence[Step]) -> Step | None:
    """A comparison with the right facts: the earlier steps that nothing takes up.

    None where the step is no comparison, its facts are right, or fewer than two steps are open.
    """
    named = set(template.names(step.arguments.get(_FACTS, [])))
    if step.tool != "compare" or named <= {other.id for other in earlier}:
        return None
    return _comparing(step, earlier)


def asked_already(step: Step, earlier: Sequence[Step]) -> str | None:
    """The look-up whose question a comparison only repeats: then there is nothing to compare."""
    if step.tool != "compare":
        return None
    again = _asked(step)
    return next((other.id for other in earlier if again and _asked(other) == again), None)


def _asked(step: Step) -> list[str]:
    """The words of its question, in small letters."""
    return template.as_text(step.arguments.get("question", "")).casefold().rstrip(" ?").split()


def missing_comparison(steps: Sequence[Step], question: str) -> Step | None:
    """The comparison that a plan for such a question lacks; None where it has one or needs none."""
    if not asks_to_compare(question) or any(step.tool == "compare" for step in steps):
        return None
    return _comparing(Step("compared", "compare", {"question": question}), steps)


def _comparing(step: Step, earlier: Sequence[Step]) -> Step | None:
    """The comparison over all open steps."""
    taken = {name for other in earlier for name in other.inputs}
    facts: list[JsonValue] = [f"{{{other.id}}}" for other in earlier if other.id not in taken]
    if len(facts) < _FEWEST:
        return None
    return replace(step, arguments={**step.arguments, _FACTS: facts})


def named_outright(step: Step, question: str) -> str | None:
    """The name of a look-up that only asks who or what somebody is whom the question names.

    "Who is Ann Lee?" finds what she is ("a painter"), and what comes next is then asked of that.
    None where it asks for more, or is all that is asked.
    """
    asked = template.as_text(step.arguments.get("question", "")).strip()
    match = _WHO_IS.fullmatch(asked)
    if step.tool != "lookup" or step.for_each or match is None:
        return None
    name = match["name"].strip("\"'“”")
    is_all = words(asked) == words(question)
    return name if not is_all and holds(question, name) else None


def with_names(step: Step, names: Mapping[str, str]) -> Step:
    """The step with names in the place of the steps that would have looked them up."""
    if not any(name in names for name in step.inputs):
        return step
    arguments = {key: _with_names(value, names) for key, value in step.arguments.items()}
    needs = tuple(name for name in step.needs if name not in names)
    return replace(step, arguments=arguments, needs=needs)


def _with_names(value: JsonValue, names: Mapping[str, str]) -> JsonValue:
    """An argument likewise."""
    if isinstance(value, list):
        return [_with_names(element, names) for element in value]
    if not isinstance(value, str):
        return value
    for step_id, name in names.items():
        value = value.replace(f"{{{step_id}}}", template.literal(name))
    return value
