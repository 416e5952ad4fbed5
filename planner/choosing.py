"""Which of several sampled plans to run: checks in code, no model."""

from collections import Counter
from collections.abc import Sequence

from planner import template
from planner.plan import Step
from tools import asks_to_compare, stems

_MOST_HOPS = 4
"""Up to here a longer plan is a better one, if it says as much: what small models do wrong is to
ask for two facts at once."""
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
    comparing where nothing is to be compared, or not comparing where something is.
    """
    forms = Counter(shape(steps) for steps in plans if steps)
    scores = [
        score(steps, question) + forms[shape(steps)] / len(plans) if steps else float("-inf")
        for steps in plans
    ]
    return scores.index(max(scores))


def score(steps: Sequence[Step], question: str) -> float:
    """How well a plan fits a question, by its words and its form alone."""
    asked = stems(question)
    texts = [_spoken(step) for step in steps]
    said = frozenset().union(*map(stems, texts))
    covered = len(asked & said) / len(asked)
    foreign = len(said - asked)
    used = {name for step in steps for name in step.inputs}
    dangling = sum(step.id not in used for step in steps) - 1
    whole = 0
    if len(steps) > 1:
        whole = sum(
            not step.inputs and len(asked & stems(text)) / len(asked) > 0.9
            for step, text in zip(steps, texts, strict=True)
        )
    repeated = len(texts) - len({text.casefold() for text in texts})
    compares = any(step.tool == "compare" for step in steps)
    amiss = _AMISS[asks_to_compare(question), compares]
    hops = min(len(steps), _MOST_HOPS)
    return 2.0 * covered + 0.25 * hops - 0.15 * foreign - 0.5 * dangling - whole - repeated - amiss


def _spoken(step: Step) -> str:
    """What a step says in words, the names of steps left out."""
    texts = [value for value in step.arguments.values() if isinstance(value, str)]
    return " ".join(template.without_names(text) for text in texts)
