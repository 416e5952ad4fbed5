"""What the steps of a run have come to, and what that means for a step which builds on them."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import assert_never

from pydantic import JsonValue

from planner import template
from planner.facts import FactWithin, facts_of
from planner.handing import hangs
from planner.outcomes import Done, Failed, Outcome, Skipped
from planner.plan import Step
from search import Passage
from tools import Arguments, Fact


@dataclass(frozen=True)
class Element:
    """What one call of a for_each is about."""

    value: JsonValue
    index: int


@dataclass(frozen=True)
class Results:
    """Outcomes and facts by step, and what they are for the steps behind them."""

    steps: Mapping[str, Step]
    outcomes: MutableMapping[str, Outcome] = field(default_factory=dict)
    facts: MutableMapping[str, tuple[Fact, ...]] = field(default_factory=dict)
    within: FactWithin = lambda _: None
    """See `facts_of`."""

    def take(self, step: Step, outcome: Outcome) -> None:
        """A step has ended so."""
        self.outcomes[step.id] = outcome
        self.facts[step.id] = facts_of(step, outcome, self.value, self.facts, self.within)

    def value(self, name: str) -> JsonValue:
        """The value of a step; None where it has none."""
        outcome = self.outcomes.get(name)
        return outcome.value if isinstance(outcome, Done) else None

    def elements(self, name: str) -> list[JsonValue]:
        """The list to fan out over; a single value is a list of one."""
        value = self.value(name)
        if isinstance(value, list):
            return value
        return [] if value is None else [value]

    def obstacle(
        self, step: Step, shape: type[Arguments], *, besides: str | None = None
    ) -> str | None:
        """Why the step cannot run, if so; inputs that have not ended are no obstacle yet.

        `besides`: an input that is not looked at.
        """
        condition = step.condition
        if condition is not None and condition.step in self.outcomes:
            outcome = self.outcomes[condition.step]
            if hangs(outcome):
                return _lacking(condition.step, outcome, spoken=False)
            if not condition.holds(outcome):
                return condition.why_not(outcome)
        texts = (names for key, names in step.names_in.items() if key not in shape.fact_fields)
        spoken = {*chain.from_iterable(texts), step.for_each}
        for name in step.required:
            outcome_ = self.outcomes.get(name)
            if outcome_ is None or name == besides:
                continue
            if hangs(outcome_) or not self.steps[name].optional:
                reason = _lacking(name, outcome_, spoken=name in spoken)
                if reason is not None:
                    return reason
        return None

    def element_obstacle(self, step: Step, index: int, source: Outcome) -> str | None:
        """Why the call for an element cannot be made, when its source ended so."""
        assert step.for_each is not None
        if self.steps[step.for_each].optional and not hangs(source):
            return None
        return _lacking(f"{step.for_each}[{index}]", source, spoken=True)

    def filled(
        self, step: Step, shape: type[Arguments], element: Element | None = None
    ) -> dict[str, JsonValue]:
        """The step's arguments with every name replaced. Raises MissingPart."""

        def value_of(name: str) -> JsonValue:
            if element is not None and name in template.OWN:
                return element.value if name == template.ITEM else element.index
            return self.value(name)

        return {
            key: (
                self._as_facts(value, value_of)
                if key in shape.fact_fields
                else template.fill(value, value_of)
            )
            for key, value in step.arguments.items()
        }

    def _as_facts(self, value: JsonValue, value_of: Callable[[str], JsonValue]) -> JsonValue:
        """Each `{a}` of a list as the facts that step a established."""
        filled: list[JsonValue] = []
        for element in value if isinstance(value, list) else [value]:
            name = template.whole(element)
            if name is not None and name in self.facts:
                filled.extend(fact.model_dump(mode="json") for fact in self.facts[name])
            else:
                filled.append(template.fill(element, value_of))
        return filled


def _lacking(name: str, outcome: Outcome, *, spoken: bool) -> str | None:
    """What an outcome lacks for those behind it, who may speak of its value."""
    match outcome:
        case Done(value=value):
            return f"{name} found nothing" if spoken and value is None else None
        case Failed(error=reason) | Skipped(reason=reason):
            return f"needs {name}: {reason}"
        case never:
            assert_never(never)


def merged(outcomes: Sequence[Outcome]) -> Outcome:
    """The elements' outcomes as one; what failed or was skipped leaves None in its place.

    Where none was done, the first failure (or else the first reason to skip) stands for all. One
    that waits for the caller does so in any case: the list is whole when that has been heard of.
    """
    waiting = next(filter(hangs, outcomes), None)
    if waiting is not None:
        return waiting
    done = [outcome for outcome in outcomes if isinstance(outcome, Done)]
    if outcomes and not done:
        failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
        return failed[0] if failed else outcomes[0]
    values: list[JsonValue] = [o.value if isinstance(o, Done) else None for o in outcomes]
    evidence: dict[str, Passage] = {}
    read: dict[str, Passage] = {}
    cut = next((outcome.cut for outcome in done if outcome.cut is not None), None)
    for outcome in done:
        evidence |= {passage.id: passage for passage in outcome.evidence}
        read |= {passage.id: passage for passage in outcome.read}
    value: JsonValue = values if any(one is not None for one in values) else None
    return Done(value, tuple(evidence.values()), tuple(read.values()), cut)
