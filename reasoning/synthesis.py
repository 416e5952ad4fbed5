"""Methods that write something new out of the samples."""

from collections.abc import Callable
from dataclasses import replace

from inference import Model, ModelError, Request, Sample, complete
from reasoning.attempts import Attempt, Samples, Task

Merge = Callable[[Task, Samples], Request]
"""What the model is asked that reads all samples."""


def synthesised(
    attempt: Attempt,
    model: Model,
    *,
    merge: Merge,
    score: Callable[[Sample], float],
    tolerated: tuple[type[Exception], ...] = (ModelError,),
) -> Attempt:
    """Generative synthesis: one more sample, written by a model that reads all of the others.

    As trained models do it (SSA, arXiv:2506.09014; self-refinement of parallel reasoning,
    arXiv:2509.00084), here by a prompt. The new sample is the last one, and is chosen unless it
    scores less than the attempt's own choice, which also stands where the model fails with what is
    tolerated. Of a single sample there is nothing to merge.
    """

    async def method(task: Task) -> Samples:
        made = await attempt(task)
        if len(made.samples) == 1:
            return made
        try:
            merged = await complete(model, merge(task, made))
        except tolerated:
            return made
        new = merged.samples[0]
        chosen = len(made.samples) if score(new) >= score(made.best) else made.chosen
        samples = (*made.samples, new)
        return replace(made, samples=samples, chosen=chosen, usage=made.usage + merged.usage)

    return method
