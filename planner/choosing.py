"""Which of several sampled plans to run: checks in code, no model."""

from collections import Counter
from collections.abc import Sequence

from planner.descriptions import left_descriptions
from planner.plan import Step
from tools import asks_for_name, asks_to_compare, compared_kinds, kind_of, stems

_MOST_HOPS = 4
"""Up to here a longer plan is a better one, if it says as much: what small models do wrong is to
ask for two facts at once."""
_FEW_FAULTS = 0.45
"""So much is normal: a question word that a plan leaves out, a verb that it brings in."""
_NESTED = 0.3
_AMISS = {(True, True): 0.0, (True, False): 1.0, (False, True): 0.5, (False, False): 0.0}
"""Lost by (the question asks to compare, the plan compares)."""

Shape = tuple[tuple[str, int], ...]


def shape(steps: Sequence[Step]) -> Shape:
    """The plan's form: each step's tool and number of inputs."""
    return tuple((step.tool, len(step.inputs)) for step in steps)


def best_plan(plans: Sequence[Sequence[Step]], question: str) -> int:
    """The index of the plan to run; the first of equals.

    A plan gains by covering the question's words and by having the form that most samples have
    (self-consistency over forms), and loses by bringing in foreign words, by steps whose result
    nothing uses, by asking the whole question again as one of several steps, by repetition, and by
    comparing where nothing is to be compared, or not comparing where something is, or comparing
    values of another kind than the question orders by ("who is older" between two people's names).
    """
    scores = _scores(plans, question)
    return scores.index(max(scores))


def rival_of(plans: Sequence[Sequence[Step]], question: str, margin: float) -> int | None:
    """The best plan of another form than `best_plan`'s, if it is worse by less than the margin."""
    scores = _scores(plans, question)
    best = scores.index(max(scores))
    others = [
        (gained, -place)
        for place, gained in enumerate(scores)
        if plans[place] and shape(plans[place]) != shape(plans[best])
    ]
    gained, place = max(others, default=(float("-inf"), 0))
    return -place if scores[best] - gained < margin else None


def _scores(plans: Sequence[Sequence[Step]], question: str) -> list[float]:
    """How good each plan is, the other plans considered."""
    forms = Counter(shape(steps) for steps in plans if steps)
    return [
        score(steps, question) + forms[shape(steps)] / len(plans) if steps else float("-inf")
        for steps in plans
    ]


def settled(plans: Sequence[Sequence[Step]], question: str) -> bool:
    """Whether the plans are of one form and pass every check: more samples would change nothing."""
    if not plans or not all(plans) or len({shape(steps) for steps in plans}) > 1:
        return False
    return all(_faults(steps, question) <= _FEW_FAULTS for steps in plans)


def score(steps: Sequence[Step], question: str) -> float:
    """How well a plan fits a question, by its words and its form alone; 2 and more is good."""
    return 2.0 + 0.25 * min(len(steps), _MOST_HOPS) - _faults(steps, question)


def _faults(steps: Sequence[Step], question: str) -> float:
    """What is wrong with a plan; 0 is nothing."""
    asked = stems(question)
    texts = [step.spoken for step in steps]
    said = frozenset().union(*map(stems, texts))
    uncovered = 1.0 - len(asked & said) / max(1, len(asked))
    used = {name for step in steps for name in step.inputs}
    dangling = sum(step.id not in used for step in steps) - 1
    whole = 0
    if len(steps) > 1:
        whole = sum(
            not step.inputs and len(asked & stems(text)) > 0.9 * len(asked)
            for step, text in zip(steps, texts, strict=True)
        )
    repeated = len(steps) - len({str(dict(step.arguments)).casefold() for step in steps})
    compares = any(step.tool == "compare" for step in steps)
    amiss = _AMISS[asks_to_compare(question), compares]
    amiss += sum(_compares_amiss(step, steps) for step in steps)
    nested = sum(left_descriptions(text) for text in texts)
    amiss += _NESTED * (nested if len(steps) < _MOST_HOPS else 0)
    return 2.0 * uncovered + 0.15 * len(said - asked) + 0.5 * dangling + whole + repeated + amiss


def _compares_amiss(step: Step, steps: Sequence[Step]) -> bool:
    """Whether a step orders what cannot be ordered so: names, or dates where a length is asked."""
    kinds = compared_kinds(step.spoken) if step.tool == "compare" else frozenset()
    if not kinds:
        return False
    asked = [other.spoken for other in steps if other.id in step.inputs]
    return any(asks_for_name(text) or kind_of(text) in {"date", "number"} - kinds for text in asked)
