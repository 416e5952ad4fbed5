"""Contradictions: two steps that ask the same thing and were told different things.

Both values are kept with their passages, and one further step reads on (MIRAGE, arXiv:2508.18260).
Where it confirms one of them, the run goes on as if the other had never been found: `Findings` is
what was found, seen so. Where it does not, the contradiction stays open, and the answer tells it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import JsonValue

from planner import template
from planner.outcomes import Done, Outcome
from planner.plan import Plan, Step
from tools import Fact, agree, asks_for_name, content_words, kind_of

CROSSCHECK = "crosscheck"
"""The tool that reads on."""
RELINKED = "_relinked"
"""Behind the ids of steps that run again, on a value that was confirmed."""
_STEM = 5

Facts = Mapping[str, tuple[Fact, ...]]


@dataclass(frozen=True)
class Claim:
    """A value that a step found, and the question that it answers."""

    step: Step
    question: str
    value: str
    outcome: Done


@dataclass(frozen=True)
class Dispute:
    """Two claims that cannot both be right."""

    first: Claim
    second: Claim

    @property
    def check(self) -> str:
        """The id of the step that reads on."""
        return f"check_{self.first.step.id}"

    def refuted(self, outcome: Outcome | None) -> Claim | None:
        """The claim that the check speaks against; None while that is open."""
        if not isinstance(outcome, Done) or not isinstance(outcome.value, str):
            return None
        confirmed = agree(self.first.value, outcome.value, self.first.question)
        return self.second if confirmed else self.first


@dataclass(frozen=True)
class Findings:
    """The steps and what they found, without what was refuted."""

    plan: Plan
    outcomes: Mapping[str, Outcome]
    facts: Facts
    open: tuple[Dispute, ...] = ()
    """Contradictions that the check did not resolve."""
    refuted: tuple[tuple[Dispute, Claim], ...] = ()


def findings(plan: Plan, outcomes: Mapping[str, Outcome], facts: Facts) -> Findings:
    """From what the executor has."""
    seen = Findings(plan, outcomes, facts)
    for dispute in disputes(claims(plan, outcomes, facts)):
        check = outcomes.get(dispute.check)
        refuted = dispute.refuted(check)
        if refuted is None:
            seen = replace(seen, open=(*seen.open, dispute))
        else:
            assert isinstance(check, Done)
            seen = _without(seen, dispute, refuted, check)
    return seen


def _without(seen: Findings, dispute: Dispute, refuted: Claim, check: Done) -> Findings:
    """The confirmed value in the place of the refuted one; what was built on that is left out."""
    right = dispute.first if refuted is dispute.second else dispute.second
    proven = replace(right.outcome, evidence=(*right.outcome.evidence, *check.evidence))
    step_id = refuted.step.id
    (fact,) = seen.facts[step_id]
    built = {step.id for step in built_on(seen.plan, step_id)}
    again = {step.id for step in seen.plan.steps if step.id.endswith(RELINKED)}
    gone = built if again & {name + RELINKED for name in built} else frozenset()
    return replace(
        seen,
        plan=Plan(tuple(step for step in seen.plan.steps if step.id not in gone)),
        outcomes={**seen.outcomes, step_id: proven},
        facts={**seen.facts, step_id: (fact.model_copy(update={"value": right.value}),)},
        refuted=(*seen.refuted, (dispute, refuted)),
    )


def claims(plan: Plan, outcomes: Mapping[str, Outcome], facts: Facts) -> list[Claim]:
    """What look-ups and second looks found, in the order of the plan; no lists, no verdicts."""
    found = []
    for step in plan.steps:
        outcome = outcomes.get(step.id)
        verdict = step.id.startswith("check_") or step.id.endswith(RELINKED)
        if step.tool not in ("lookup", CROSSCHECK) or step.for_each or verdict:
            continue
        if isinstance(outcome, Done) and isinstance(outcome.value, str) and outcome.evidence:
            found.append(Claim(step, facts[step.id][0].question, outcome.value, outcome))
    return found


def disputes(found: list[Claim]) -> list[Dispute]:
    """At most one for each question: its first claim against the first that contradicts it."""
    first: dict[tuple[object, ...], Claim] = {}
    disputed: dict[tuple[object, ...], Dispute] = {}
    for claim in found:
        key = _asked(claim.question)
        other = first.setdefault(key, claim)
        if key not in disputed and agree(other.value, claim.value, claim.question) is False:
            disputed[key] = Dispute(other, claim)
    return list(disputed.values())


def _asked(question: str) -> tuple[object, ...]:
    """The same for the same question: its words in their order, and what kind of thing it asks.

    Who beat Ann is not whom Ann beat, and where somebody was born is not when.
    """
    words = (word if word.isdigit() else word[:_STEM] for word in content_words(question))
    kind = kind_of(question)
    where = kind == "name" and question.strip().casefold().startswith("where")
    return (*words, kind, where, asks_for_name(question))


def built_on(plan: Plan, step_id: str) -> list[Step]:
    """All steps that take up a step's value, directly or not."""
    known = {step_id}
    found = []
    for step in plan.ordered:
        if known & set(step.inputs):
            known.add(step.id)
            found.append(step)
    return found


def second_look(claim: Claim) -> Step:
    """A step that reads on for a value, whatever it may find."""
    return _reading_on(f"again_{claim.step.id}", claim)


def check_of(dispute: Dispute) -> Step:
    """The step that reads on for both values."""
    return _reading_on(dispute.check, dispute.first, dispute.second)


def _reading_on(step_id: str, *among: Claim) -> Step:
    """Past all passages that were read for the claims."""
    read = [p.id for one in among for p in (*one.outcome.evidence, *one.outcome.read)]
    arguments: dict[str, JsonValue] = {
        "question": template.literal(among[0].question),
        "values": [template.literal(one.value) for one in among],
        "beyond": [*dict.fromkeys(read)],
    }
    return Step(step_id, CROSSCHECK, arguments)


def relinked(plan: Plan, refuted: Step, check: Step) -> list[Step]:
    """The steps that were built on a refuted value, once more on the one that was confirmed.

    With all that they build on: what is the same call as before is not made again.
    """
    built = built_on(plan, refuted.id)
    needed = {step.id for one in built for step in (one, *plan.behind(one))}
    again = []
    for step in plan.ordered:
        if step.id == refuted.id:
            again.append(replace(check, id=step.id + RELINKED))
        elif step.id in needed:
            again.append(step.renamed(RELINKED))
    return again if built else []
