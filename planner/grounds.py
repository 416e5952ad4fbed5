"""What an answer may be written from: facts with their proofs, in the order of the plan."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from planner import template
from planner.answering import SEARCHED, answer_value
from planner.contradictions import CROSSCHECK, Claim, Findings
from planner.outcomes import Done, Failed, Outcome
from planner.plan import Plan, Step
from reasoning import parted
from search import Passage
from tools import Fact

_LONGEST = 2000
"""Characters of a value."""
READ = "read"
"""The tool that opens a document."""
OPENED = "Which document was read?"
"""What a document that was opened proves."""
RESEARCH = "research"
"""The tool whose steps are sub-runs."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One established fact and the passage that proves it; computed facts have none."""

    question: str
    value: str
    proof: Passage | None

    @property
    def written_out(self) -> str:
        """As a sentence: the question and its answer."""
        return f"{self.question} {self.value}."


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
    disputes: tuple[tuple[Ground, Ground], ...] = ()
    """Values for one question that cannot both be right, where no third passage decides."""
    found: JsonValue = None
    """The value as the step has it: a list stays one."""
    fact: Fact | None = None
    """The value with the questions and names that led to it."""

    @property
    def proven(self) -> tuple[Ground, ...]:
        """The facts that a passage proves; the later ones are nearer to the answer."""
        return tuple(ground for ground in self.grounds if ground.proof is not None)

    @property
    def citations(self) -> tuple[Passage, ...]:
        """The proofs, each once, in order: citation 1 is the first."""
        proofs = {g.proof.id: g.proof for g in self.proven if g.proof is not None}
        return tuple(proofs.values())

    def number(self, ground: Ground) -> int | None:
        """The citation number of a ground's proof."""
        return None if ground.proof is None else self.citations.index(ground.proof) + 1


def grounds_of(
    findings: Findings,
    elements: Mapping[str, Outcome],
    rounds: Mapping[str, int] | None = None,
    question: str = "",
    given_up: Collection[str] = (),
    nested: Mapping[str, Grounds] | None = None,
) -> Grounds:
    """From what the executor has. `elements`: outcomes of the elements of a for_each.

    `given_up`: steps that were cancelled; that is no error. `nested`: what its sub-runs found out,
    by their calls.
    """
    plan, facts = findings.plan, findings.facts
    outcomes = {**elements, **findings.outcomes}
    grounds: list[Ground] = []
    missing: list[str] = []
    errors: list[str] = []
    read: dict[str, Passage] = {}
    disputes = [(_ground(one.first), _ground(one.second)) for one in findings.open]
    for step in plan.steps:
        outcome = outcomes.get(step.id)
        if not isinstance(outcome, Done):
            if isinstance(outcome, Failed) and step.id not in given_up:
                errors.append(outcome.error)
            continue
        read |= {passage.id: passage for passage in (*outcome.evidence, *outcome.read)}
        if step.tool in SEARCHED:
            grounds += _opened(step, outcome, plan)
            continue
        for position, fact in enumerate(facts[step.id]):
            asked = _asked(fact.question)
            call = f"{step.id}[{position}]" if step.for_each else step.id
            found = (nested or {}).get(call)
            if found is not None:
                grounds += found.grounds
                disputes += found.disputes
            if fact.value is None:
                missing += [] if step.tool == CROSSCHECK else [asked]
            else:
                text, proof = _told(fact.value), _proof(outcomes.get(call, outcome))
                if found is not None:  # only the fact that is the value proves it
                    proof = next((one.proof for one in found.grounds if one.value == text), None)
                grounds.append(Ground(asked, text, proof))
    value = answer_value(plan, outcomes, rounds, question)
    return Grounds(
        grounds=tuple(dict.fromkeys(grounds)),
        value=None if value is None else _told(value),
        not_found=tuple(dict.fromkeys(missing)),
        errors=tuple(dict.fromkeys(errors)),
        read=tuple(read.values()),
        found=value,
        fact=_fact_of(value, findings),
        disputes=tuple(dict.fromkeys(disputes)),
    )


def _opened(step: Step, outcome: Done, plan: Plan) -> list[Ground]:
    """That a document was opened, where a step works on what it says: nothing else proves that."""
    used = any(step.id in other.inputs for other in plan.steps)
    if step.tool != READ or not used or not outcome.evidence:
        return []
    proof = outcome.evidence[0]
    return [Ground(OPENED, proof.source.title, proof)]


def _fact_of(value: JsonValue, findings: Findings) -> Fact | None:
    """The newest that has the value."""
    facts = (fact for step in findings.plan.steps for fact in findings.facts.get(step.id, ()))
    same = [fact for fact in facts if fact.value is not None and fact.value == value]
    return same[-1] if same else None


def _told(value: JsonValue) -> str:
    """A value for a prompt and for a reader: other people's tools may give any amount of it."""
    text = template.as_text(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."


def _asked(question: str) -> str:
    """What a step asked; of a long text that it was asked about, the question alone."""
    return question if len(question) <= _LONGEST else parted(question)[1]


def _ground(claim: Claim) -> Ground:
    """One side of a dispute."""
    return Ground(claim.question, claim.value, _proof(claim.outcome))


def _proof(outcome: Outcome) -> Passage | None:
    """The passage that proves a value, if it was read and not computed."""
    return outcome.evidence[0] if isinstance(outcome, Done) and outcome.evidence else None
