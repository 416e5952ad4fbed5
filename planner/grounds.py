"""What an answer may be written from: facts with their proofs, in the order of the plan."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from planner import template
from planner.outcomes import Done, Outcome
from planner.plan import Plan, Step
from search import Passage
from tools import Fact, stems

WHOLE = "whole"
"""The step that looks the whole question up."""
SEARCHED = frozenset({"search", "read"})
"""Tools whose value is not a fact but a list of things to read."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One established fact and the passage that proves it; computed facts have none."""

    question: str
    value: str
    proof: Passage | None


@dataclass(frozen=True)
class Grounds:
    """All that a run found out, and what it did not."""

    grounds: tuple[Ground, ...]
    value: str | None
    """The value of the step that answers: the answer in its shortest form."""
    not_found: tuple[str, ...]
    """Questions that the documents did not answer."""
    errors: tuple[str, ...]
    """What failed."""
    read: tuple[Passage, ...]
    """Every passage that was read."""

    @property
    def citations(self) -> tuple[Passage, ...]:
        """The proofs, each once, in order: citation 1 is the first."""
        proofs = {g.proof.id: g.proof for g in self.grounds if g.proof is not None}
        return tuple(proofs.values())

    def number(self, ground: Ground) -> int | None:
        """The citation number of a ground's proof."""
        return None if ground.proof is None else self.citations.index(ground.proof) + 1


def grounds_of(
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    facts: Mapping[str, tuple[Fact, ...]],
    rounds: Mapping[str, int] | None = None,
    question: str = "",
) -> Grounds:
    """From what the executor has."""
    grounds: list[Ground] = []
    missing: list[str] = []
    errors: list[str] = []
    read: dict[str, Passage] = {}
    for step in plan.steps:
        outcome = outcomes.get(step.id)
        if not isinstance(outcome, Done):
            errors += [outcome.error] if outcome is not None and hasattr(outcome, "error") else []
            continue
        read |= {passage.id: passage for passage in (*outcome.evidence, *outcome.read)}
        if step.tool in SEARCHED:
            continue
        for position, fact in enumerate(facts[step.id]):
            if fact.value is None:
                missing.append(fact.question)
            else:
                element = outcomes.get(f"{step.id}[{position}]", outcome)
                proof = _proof(element if step.for_each else outcome)
                grounds.append(Ground(fact.question, template.as_text(fact.value), proof))
    value = answer_value(plan, outcomes, rounds, question)
    return Grounds(
        grounds=tuple(dict.fromkeys(grounds)),
        value=None if value is None else template.as_text(value),
        not_found=tuple(dict.fromkeys(missing)),
        errors=tuple(dict.fromkeys(errors)),
        read=tuple(read.values()),
    )


def answer_value(
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    rounds: Mapping[str, int] | None = None,
    question: str = "",
) -> JsonValue:
    """The value of the newest plan's answering step that has one; None without any.

    A plan that comes back to a value it passed on the way has gone one step too far: then the last
    value that is not such a repetition counts.
    """
    steps = {step.id: step for step in plan.steps}
    for step in answering_steps(plan, rounds or {}, question):
        while step.tool not in SEARCHED and (value := _value(step, outcomes)) is not None:
            behind = _behind(step, steps)
            if step.tool != "lookup" or value not in [_value(one, outcomes) for one in behind]:
                return value
            step = steps[step.inputs[-1]]
    return None


def answering_steps(plan: Plan, rounds: Mapping[str, int], question: str) -> list[Step]:
    """The step of each round that is to answer the question, the newest round first.

    Of the steps that nothing takes up it is the one that says most of the question, together with
    what it builds on; of equals the last. The whole question's look-up comes behind its round's.
    """
    steps = {step.id: step for step in plan.steps}
    asked = stems(question)
    best: dict[tuple[int, bool], tuple[int, Step]] = {}
    for step in plan.final_steps:
        if step.tool not in SEARCHED:
            key = rounds.get(step.id, 1), step.id != WHOLE
            said = stems(" ".join(one.spoken for one in (step, *_behind(step, steps))))
            if key not in best or len(said & asked) >= best[key][0]:
                best[key] = len(said & asked), step
    return [best[key][1] for key in sorted(best, reverse=True)]


def _value(step: Step, outcomes: Mapping[str, Outcome]) -> JsonValue:
    """The value of a step; None where it has none."""
    outcome = outcomes.get(step.id)
    return outcome.value if isinstance(outcome, Done) else None


def _behind(step: Step, steps: Mapping[str, Step]) -> list[Step]:
    """All steps that a step builds on, each once."""
    seen: dict[str, Step] = {}
    names = list(step.inputs)
    while names:
        name = names.pop()
        if name not in seen:
            seen[name] = steps[name]
            names += steps[name].inputs
    return list(seen.values())


def _proof(outcome: Outcome) -> Passage | None:
    """The passage that proves a value, if it was read and not computed."""
    return outcome.evidence[0] if isinstance(outcome, Done) and outcome.evidence else None
