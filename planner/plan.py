"""Steps and Plans. A Plan that exists is valid: it has no cycle, no unknown name, no double id."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import chain

from pydantic import JsonValue

from planner import template
from planner.condition import Condition
from planner.errors import PlanError

LONGEST_ID = 40
"""Characters of an id, as a plan may have it."""
NO_ID = f"is no step id: letters, digits and _, at most {LONGEST_ID}"
_ID = re.compile(rf"[A-Za-z][A-Za-z0-9_]{{0,{2 * LONGEST_ID - 1}}}")
"""As a run may have it: with room for what tells rounds, attempts and checks apart."""


@dataclass(frozen=True)
class Step:
    """One call of one tool."""

    id: str
    tool: str
    arguments: Mapping[str, JsonValue]
    """Templates: `{a}` stands for the result of step a."""
    needs: tuple[str, ...] = ()
    """Edges that no argument shows."""
    for_each: str | None = None
    """Run once for each element of that step's list: `{item}`, whose place is `{index}`."""
    optional: bool = False
    """When it fails, what names it still runs, and gets nothing in its place."""
    when: str | None = None
    """Run only if this is so of an earlier step: `a`, `not a`, `a = yes`, `a failed` ..."""

    def __post_init__(self) -> None:
        """Refuse what could never run."""
        if not _ID.fullmatch(self.id) or self.id in template.OWN:
            raise PlanError(f"{self.id!r} {NO_ID}")
        own = template.OWN.intersection(chain(*self.names_in.values()))
        if own and self.for_each is None:
            raise PlanError(f"step {self.id!r} uses {{{min(own)}}} without for_each")
        _ = self.condition  # Refused here, not when it is asked.

    @cached_property
    def names_in(self) -> Mapping[str, tuple[str, ...]]:
        """The names that each argument holds, in order, with repetitions."""
        return {key: tuple(template.names(value)) for key, value in self.arguments.items()}

    @cached_property
    def condition(self) -> Condition | None:
        """What `when` says."""
        return None if self.when is None else Condition.parsed(self.when)

    @cached_property
    def named(self) -> tuple[str, ...]:
        """The steps that arguments and `needs` name, each once."""
        found = chain(*self.names_in.values(), self.needs)
        return tuple(dict.fromkeys(name for name in found if name not in template.OWN))

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The inputs that must have worked (or be optional): all but that which `when` asks of."""
        elements = () if self.for_each is None else (self.for_each,)
        return tuple(dict.fromkeys((*self.named, *elements)))

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The steps that have to end before this one can start, each once."""
        asked = () if self.condition is None else (self.condition.step,)
        return tuple(dict.fromkeys((*self.required, *asked)))

    @property
    def follows(self) -> str | None:
        """The for_each whose elements this step takes up one by one, as each is there.

        None where the whole list is named besides: then it has to be complete first.
        """
        asked = None if self.condition is None else self.condition.step
        return None if self.for_each in (*self.named, asked) else self.for_each

    @property
    def spoken(self) -> str:
        """What it says in words, the names of steps left out."""
        texts = [value for value in self.arguments.values() if isinstance(value, str)]
        return " ".join(template.without_names(text) for text in texts)

    def renamed(self, suffix: str) -> "Step":
        """The same step in a later plan of the same run, where its id is already used."""
        return Step(
            id=self.id + suffix,
            tool=self.tool,
            arguments={
                key: template.renamed(value, suffix) for key, value in self.arguments.items()
            },
            needs=tuple(name + suffix for name in self.needs),
            for_each=self.for_each + suffix if self.for_each is not None else None,
            optional=self.optional,
            when=None if self.condition is None else str(self.condition.renamed(suffix)),
        )


@dataclass(frozen=True)
class Plan:
    """Steps in the order in which they were written."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        """Refuse double ids, unknown names and cycles; the error names the line."""
        lines: dict[str, int] = {}
        for line, step in enumerate(self.steps, 1):
            if step.id in lines:
                raise PlanError(
                    f"step id {step.id!r} is already used in line {lines[step.id]}", line=line
                )
            lines[step.id] = line
        for step in self.steps:
            if step.id in step.inputs:
                raise PlanError(f"step {step.id!r} names itself", line=lines[step.id])
            for name in step.inputs:
                if name not in lines:
                    raise PlanError(
                        f"step {step.id!r} names {name!r}, which is no step", line=lines[step.id]
                    )
        try:
            TopologicalSorter({step.id: step.inputs for step in self.steps}).prepare()
        except CycleError as error:
            ring = error.args[1]
            raise PlanError(
                "these steps wait for each other: " + " -> ".join(reversed(ring)),
                line=min(lines[name] for name in ring),
            ) from None

    @cached_property
    def ordered(self) -> tuple[Step, ...]:
        """The steps, each behind those that it names."""
        steps = {step.id: step for step in self.steps}
        order = TopologicalSorter({step.id: step.inputs for step in self.steps}).static_order()
        return tuple(steps[name] for name in order)

    @property
    def final_steps(self) -> tuple[Step, ...]:
        """The steps whose result no other step takes up."""
        taken = {name for step in self.steps for name in step.inputs}
        return tuple(step for step in self.steps if step.id not in taken)

    def behind(self, step: Step) -> list[Step]:
        """All steps that a step builds on, each once."""
        steps = {one.id: one for one in self.steps}
        seen: dict[str, Step] = {}
        names = list(step.inputs)
        while names:
            name = names.pop()
            if name not in seen:
                seen[name] = steps[name]
                names += steps[name].inputs
        return list(seen.values())


class PlanBuilder:
    """A plan while it is being written: each line is checked against the lines before it.

    Edges may only point back, so that a line can start as soon as it is complete.
    """

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        """Go on from steps that are already in the plan."""
        self._steps = {step.id: step for step in steps}

    def add(self, step: Step) -> None:
        """Take the next step, or raise a PlanError and stay as before."""
        line = len(self._steps) + 1
        if step.id in step.inputs:
            raise PlanError(f"step {step.id!r} names itself", line=line)
        if step.id in self._steps:
            raise PlanError(f"step id {step.id!r} is already used", line=line)
        for name in step.inputs:
            if name not in self._steps:
                raise PlanError(
                    f"step {step.id!r} names {name!r}, which no earlier line defines", line=line
                )
        self._steps[step.id] = step

    def replace(self, step: Step) -> None:
        """Put a step in the place of another; it may name later lines. Raises PlanError."""
        steps = self._steps | {step.id: step}
        Plan(tuple(steps.values()))
        self._steps = steps

    @property
    def plan(self) -> Plan:
        """What has been written so far."""
        return Plan(tuple(self._steps.values()))
