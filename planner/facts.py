"""What an ended step established, with the question it answers and the names that led to it."""

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from planner import template
from planner.outcomes import Done, Outcome
from planner.plan import Step
from tools import Fact, holds

_QUESTIONS = ("question", "query", "expression", "objective")
"""Arguments that say in words what a step asks, first match."""
_LONGEST_CHAIN = 24
"""Questions. Plans are a few hops deep; without an end, the chains of a deep plan would take the
square of its steps, and where paths part and meet again, two to the power of its depth."""

FactWithin = Callable[[str], Fact | None]


def facts_of(
    step: Step,
    outcome: Outcome,
    value_of: Callable[[str], JsonValue],
    earlier: Mapping[str, tuple[Fact, ...]],
    within: FactWithin = lambda _: None,
) -> tuple[Fact, ...]:
    """One fact; for a for_each, one for each element, in order.

    `within`: the fact that a call came to, if it was a run of its own.
    """
    value = outcome.value if isinstance(outcome, Done) else None
    if step.for_each is None:
        return (_led_to(_fact(step, value, {}, value_of, earlier), within(step.id)),)
    items = value_of(step.for_each)
    count = len(value) if isinstance(value, list) else 1
    elements = items if isinstance(items, list) else [items] * count
    values = value if isinstance(value, list) else [value] * len(elements)
    behind = earlier.get(step.for_each, ())
    facts: list[Fact] = []
    for index, (one, item) in enumerate(zip(values, elements, strict=False)):
        own = {template.ITEM: item, template.INDEX: index}
        # Of a for_each over a for_each, each element has a fact of its own behind it.
        source = behind[index : index + 1] if len(behind) == len(elements) else behind[:1]
        fact = _fact(step, one, own, value_of, {**earlier, template.ITEM: source})
        facts.append(_led_to(fact, within(f"{step.id}[{index}]")))
    return tuple(facts)


def _led_to(fact: Fact, inner: Fact | None) -> Fact:
    """With what led to the value inside: of what was described, the names.

    They are nearer to the value ("the director of {item}" turned out to be somebody), unless they
    only stand beside what was filled in here.
    """
    if inner is None:
        return fact
    chain = dict.fromkeys((*fact.chain, inner.question, *inner.chain))
    asked = (one for one in (inner.question, *inner.chain) if holds(one, "".join(inner.names[:1])))
    last = next(asked, "")
    beside = any(holds(last, name) for name in fact.names)
    names = (*fact.names, *inner.names) if beside else (*inner.names, *fact.names)
    update = {"names": tuple(dict.fromkeys(names)), "chain": tuple(chain)[:_LONGEST_CHAIN]}
    return fact.model_copy(update=update)


def _fact(
    step: Step,
    value: JsonValue,
    own: Mapping[str, JsonValue],
    value_of: Callable[[str], JsonValue],
    earlier: Mapping[str, tuple[Fact, ...]],
) -> Fact:
    """The fact of one call; `own` has what the names of an element stand for."""
    key = next((key for key in _QUESTIONS if key in step.arguments), None)
    asked = step.arguments[key] if key else _call(step)
    named = dict.fromkeys(step.names_in[key] if key else template.names(asked))
    sources = [name for name in named if name != template.INDEX]

    def filled(name: str) -> JsonValue:
        return own[name] if name in own else value_of(name)

    try:
        question = template.as_text(template.fill(asked, filled))
    except template.MissingPart:  # Then the step has failed, and its question is only told.
        question = step.spoken
    chain = {question: None}
    for name in sources:
        if len(chain) >= _LONGEST_CHAIN:
            break
        for fact in earlier.get(name, ())[:1]:
            chain |= dict.fromkeys(fact.chain)
    names = tuple(template.as_text(filled(name)) for name in sources)
    return Fact(value=value, question=question, names=names, chain=tuple(chain)[:_LONGEST_CHAIN])


def _call(step: Step) -> str:
    """What a tool that takes no question is asked: `weather (city: Paris)`."""
    told = (f"{name}: {template.as_text(value)}" for name, value in step.arguments.items())
    return f"{step.tool} ({', '.join(told)})"
