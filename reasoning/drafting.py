"""Drafts of different parts of the evidence."""

from collections.abc import Callable

from inference import Model, ModelError, Request, complete
from reasoning.attempts import Attempt, Samples, Task
from reasoning.beside import surviving


def drafted(
    model: Model,
    n: int,
    *,
    share: Callable[[Task, int], Request],
    tolerated: tuple[type[Exception], ...] = (ModelError,),
) -> Attempt:
    """Speculative drafting (Speculative RAG, Wang et al. 2024, arXiv:2407.08223).

    n drafts in parallel, each from a part of the evidence: `share` makes the request of draft 0 to
    n - 1. Small drafters read less each, and see different things; who takes the drafts up
    (`best_of`, `synthesised`) is the verifier. Where drafts fail with what is tolerated, the others
    stand; raises the first error where all fail.
    """

    async def attempt(task: Task) -> Samples:
        asked = [complete(model, share(task, number)) for number in range(n)]
        drafts = [one for one in await surviving(asked, tolerated) if one is not None]
        usage = drafts[0].usage
        for other in drafts[1:]:
            usage += other.usage
        return Samples(tuple(one.samples[0] for one in drafts), usage=usage)

    return attempt
