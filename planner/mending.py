"""Mending plans: what small models get wrong about comparisons, put right in code.

They write the look-ups and then name the wrong steps as the facts, or forget the comparison.
"""

from collections.abc import Sequence
from dataclasses import replace

from pydantic import JsonValue

from planner import template
from planner.plan import Step
from tools import asks_to_compare

_FACTS = "facts"
_FEWEST = 2


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
