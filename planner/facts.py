"""What an ended step established, with the question it answers and the names that led to it."""

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from planner import template
from planner.outcomes import Done, Outcome
from planner.plan import Step
from tools import Fact

_QUESTIONS = ("question", "query", "expression")
"""Arguments that say in words what a step asks, first match."""
_LONGEST_CHAIN = 24
"""Questions. Plans are a few hops deep; without an end, the chains of a deep plan would take the
square of its steps, and where paths part and meet again, two to the power of its depth."""


def facts_of(
    step: Step,
    outcome: Outcome,
    value_of: Callable[[str], JsonValue],
    earlier: Mapping[str, tuple[Fact, ...]],
) -> tuple[Fact, ...]:
    """One fact; for a for_each, one for each element, in order."""
    value = outcome.value if isinstance(outcome, Done) else None
    if step.for_each is None:
        return (_fact(step, value, None, value_of, earlier),)
    items = value_of(step.for_each)
    elements = items if isinstance(items, list) else [items]
    values = value if isinstance(value, list) else [value] * len(elements)
    return tuple(
        _fact(step, one, item, value_of, earlier)
        for one, item in zip(values, elements, strict=False)
    )


def _fact(
    step: Step,
    value: JsonValue,
    item: JsonValue,
    value_of: Callable[[str], JsonValue],
    earlier: Mapping[str, tuple[Fact, ...]],
) -> Fact:
    """The fact of one call."""
    asked = next((step.arguments[key] for key in _QUESTIONS if key in step.arguments), "")
    sources = list(dict.fromkeys(template.names(asked)))

    def filled(name: str) -> JsonValue:
        return item if name == template.ITEM else value_of(name)

    question = template.as_text(template.fill(asked, filled))
    chain = {question: None}
    for name in sources:
        if len(chain) >= _LONGEST_CHAIN:
            break
        for fact in earlier.get(name if name != template.ITEM else step.for_each or "", ())[:1]:
            chain |= dict.fromkeys(fact.chain)
    names = tuple(template.as_text(filled(name)) for name in sources)
    return Fact(value=value, question=question, names=names, chain=tuple(chain)[:_LONGEST_CHAIN])
