"""Which step's value is the answer, how sure that is, and whether it can still change."""

from collections.abc import Mapping
from typing import Literal

from pydantic import JsonValue

from planner import template
from planner.contradictions import CROSSCHECK
from planner.outcomes import Done, Failed, Outcome, Skipped
from planner.plan import Plan, Step
from tools import asks_to_compare, fits, kind_of, may_answer, names_in, stems

WHOLE = "whole"
"""The step that looks the whole question up."""
SEARCHED = frozenset({"search", "read"})
"""Tools whose value is not a fact but a list of things to read."""
_ASIDE = SEARCHED | {CROSSCHECK}
"""Tools that never answer a question themselves."""
_NEARLY_WHOLE = 0.9
_PAIR = 2
_BOTH = 0.8
"""Of the names in a comparison, the share that a passage on both sides has."""


def answer_value(
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    rounds: Mapping[str, int] | None = None,
    question: str = "",
) -> JsonValue:
    """The answer's value, as far as there is one: a sure one, or else one of the right kind."""
    sure = sure_value(plan, outcomes, rounds, question)
    if sure is not None:
        return sure
    steps = answering_steps(plan, rounds, question, outcomes)
    found = (_last_value(step, plan, outcomes) for step in steps)
    return next((v for v in found if v is not None and _is_of_kind(v, question)), None)


def sure_value(
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    rounds: Mapping[str, int] | None = None,
    question: str = "",
) -> JsonValue:
    """The value of the newest plan's answering step, if that can be trusted; else None."""
    for step in answering_steps(plan, rounds, question, outcomes):
        value = _trusted(step, plan, outcomes, rounds, question)
        if value is not None:
            return value
    return None


def prospect(
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    rounds: Mapping[str, int] | None = None,
    question: str = "",
) -> Literal["settled", "open", "hopeless"]:
    """What the steps without an outcome can do to the answer, if no step is added.

    `settled`: there is a sure value, and it stays whatever they bring. `hopeless`: there is none,
    and they cannot bring one. Steps of which the answer is independent do not count.
    """
    dead = dead_steps(plan, outcomes)
    undecided = {(rounds or {}).get(name, 1) for name in _undecided(plan, outcomes)}
    for step in answering_steps(plan, rounds, question, outcomes):
        if step.id not in outcomes:
            if step.id not in dead:
                return "open"
        elif _trusted(step, plan, outcomes, rounds, question) is not None:
            return "settled"
        if (rounds or {}).get(step.id, 1) in undecided:
            return "open"  # another step of the round may turn out to be the one
    return "hopeless"


def dead_steps(plan: Plan, outcomes: Mapping[str, Outcome]) -> frozenset[str]:
    """The steps without an outcome that will be skipped, or fail for want of a value.

    A comparison of two counts as one that needs both values.
    """
    steps = {step.id: step for step in plan.steps}
    dead: set[str] = set()
    for step in plan.ordered:
        if step.id not in outcomes and (
            _is_refused(step, outcomes)
            or any(
                name in dead or _is_missed(step, name, outcomes)
                for name in step.required
                if not steps[name].optional
            )
        ):
            dead.add(step.id)
    return frozenset(dead)


def _unwanted(plan: Plan, outcomes: Mapping[str, Outcome]) -> frozenset[str]:
    """The steps whose condition is known not to be so, and those that cannot do without them."""
    steps = {step.id: step for step in plan.steps}
    found: set[str] = set()
    for step in plan.ordered:
        needed = (name for name in step.required if not steps[name].optional)
        if _is_refused(step, outcomes) or not found.isdisjoint(needed):
            found.add(step.id)
    return frozenset(found)


def _undecided(plan: Plan, outcomes: Mapping[str, Outcome]) -> frozenset[str]:
    """The steps without an outcome of which nobody knows yet whether they are wanted."""
    found: set[str] = set()
    for step in plan.ordered:
        asked = step.condition
        unasked = asked is not None and asked.step not in outcomes
        if step.id not in outcomes and (unasked or not found.isdisjoint(step.required)):
            found.add(step.id)
    return frozenset(found)


def _is_refused(step: Step, outcomes: Mapping[str, Outcome]) -> bool:
    """Whether the condition of a step is known not to hold."""
    asked = step.condition
    return asked is not None and asked.step in outcomes and not asked.holds(outcomes[asked.step])


def _is_missed(step: Step, name: str, outcomes: Mapping[str, Outcome]) -> bool:
    """Whether a step cannot do without what another one did not bring."""
    match outcomes.get(name):
        case Failed() | Skipped():
            return True
        case Done(value=None):
            spoken = name in template.names(dict(step.arguments)) or name == step.for_each
            return spoken and (step.tool != "compare" or len(step.required) <= _PAIR)
        case _:
            return False


def _trusted(
    step: Step,
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    rounds: Mapping[str, int] | None,
    question: str,
) -> JsonValue:
    """The value of an answering step, if it asks for what the question asks for; else None."""
    value = _last_value(step, plan, outcomes)
    asks = _asks_for_it(step, plan, outcomes, rounds or {}, question)
    return value if asks and value is not None and _is_of_kind(value, question) else None


def _last_value(step: Step, plan: Plan, outcomes: Mapping[str, Outcome]) -> JsonValue:
    """The value of a step; None where it has none.

    A plan that comes back to a value it passed on the way has gone one step too far: then the last
    value that is not such a repetition counts.
    """
    steps = {step.id: step for step in plan.steps}
    while step.tool not in SEARCHED and (value := _value(step, outcomes)) is not None:
        behind = plan.behind(step)
        if step.tool != "lookup" or value not in [_value(one, outcomes) for one in behind]:
            return value
        step = steps[step.inputs[-1]]
    return None


def _is_of_kind(value: JsonValue, question: str) -> bool:
    """Whether it can be what the question asks for, at all; what a record holds is not judged."""
    return isinstance(value, dict) or fits(template.as_text(value), kind_of(question))


def _asks_for_it(
    step: Step,
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    rounds: Mapping[str, int],
    question: str,
) -> bool:
    """Whether a step asks for what the question asks for.

    A look-up does if it does so in its own words, and if either its plan hangs together or it says
    the question nearly whole.
    """
    if step.id == WHOLE or step.tool != "lookup":
        return True
    if not may_answer(_asked_by(step), question):
        return False
    ends = [
        end
        for end in _ends(plan, outcomes)
        if end.tool not in _ASIDE
        and end.id != WHOLE
        and rounds.get(end.id, 1) == rounds.get(step.id, 1)
    ]
    asked = stems(question)
    said = stems(" ".join(one.spoken for one in (step, *plan.behind(step))))
    return len(ends) == 1 or len(said & asked) >= _NEARLY_WHOLE * len(asked)


def _asked_by(step: Step) -> str:
    """What a look-up asks, "it" for what it takes up: "{a} was led by whom?" is no yes or no."""
    text = step.arguments.get("question")
    return template.without_names(text, "it") if isinstance(text, str) else step.spoken


def answering_steps(
    plan: Plan,
    rounds: Mapping[str, int] | None,
    question: str,
    outcomes: Mapping[str, Outcome],
) -> list[Step]:
    """The step of each round that is to answer the question, the newest round first.

    Of the steps that nothing takes up it is the one that says most of the question, together with
    what it builds on; of equals the last. Where the question compares, that is a step which does,
    if there is one. The whole question's look-up comes behind its round's. A step whose condition
    is not so leaves it to the others.
    """
    rounds, asked, compares = rounds or {}, stems(question), asks_to_compare(question)
    best: dict[tuple[int, bool], tuple[tuple[bool, int], Step]] = {}
    for step in _ends(plan, outcomes):
        if step.tool not in _ASIDE and not _is_one_sided(step, question, outcomes):
            key = rounds.get(step.id, 1), step.id != WHOLE
            said = stems(" ".join(one.spoken for one in (step, *plan.behind(step))))
            fits_best = compares and step.tool == "compare", len(said & asked)
            if key not in best or fits_best >= best[key][0]:
                best[key] = fits_best, step
    return [best[key][1] for key in sorted(best, reverse=True)]


def _is_one_sided(step: Step, question: str, outcomes: Mapping[str, Outcome]) -> bool:
    """Whether a comparison was looked up whole, in a passage that does not speak of both sides."""
    outcome = outcomes.get(step.id)
    whole = step.id == WHOLE and step.tool == "lookup"
    if not whole or not isinstance(outcome, Done) or not asks_to_compare(question):
        return False
    names = names_in(question)
    said = stems(" ".join(f"{proof.source.title} {proof.text}" for proof in outcome.evidence))
    return bool(outcome.evidence) and len(names & said) < _BOTH * len(names)


def _ends(plan: Plan, outcomes: Mapping[str, Outcome]) -> list[Step]:
    """The steps that nothing takes up, without those that turned out not to be wanted."""
    unwanted = _unwanted(plan, outcomes) if any(s.condition for s in plan.steps) else frozenset()
    return [step for step in plan.final_steps if step.id not in unwanted]


def _value(step: Step, outcomes: Mapping[str, Outcome]) -> JsonValue:
    """The value of a step; None where it has none."""
    outcome = outcomes.get(step.id)
    return outcome.value if isinstance(outcome, Done) else None
