"""Once: one sample, the attempt inside of most methods; and how a method gets several of it."""

from dataclasses import dataclass

from inference import Model
from reasoning.attempts import Attempt, Samples, Task
from reasoning.beside import surviving
from reasoning.workspace import Made, Watch, Workspace


@dataclass(frozen=True)
class Once:
    """A single sample of a model."""

    model: Model
    temperature: float

    async def __call__(self, task: Task) -> Samples:
        """As it comes."""
        workspace = Workspace(task, self.model, temperature=self.temperature)
        (made,) = await workspace.sample(1)
        return workspace.result(made)


def once(model: Model, *, temperature: float = 0.7) -> Attempt:
    """One sample, at the temperature that is usual where several are wanted."""
    return Once(model, temperature)


async def candidates(
    workspace: Workspace,
    attempt: Attempt | None,
    n: int,
    *,
    purpose: str = "think",
    watch: Watch | None = None,
) -> list[Made]:
    """n candidates: samples of one request, or of an attempt what each of n stands behind.

    `watch` may end all samples of a request; those that it ended are left out, but for the trail.
    What fails with what the task tolerates is left out. Raises the first error where all fail.
    """
    if attempt is None or isinstance(attempt, Once):
        temperature = attempt.temperature if isinstance(attempt, Once) else None
        made = await workspace.sample(
            n, temperature=temperature, watch=watch, together=True, purpose=purpose
        )
        return [one for one in made if one.sample.finish_reason != "halted"]
    asked = [workspace.inside(attempt) for _ in range(n)]
    said = await surviving(asked, workspace.task.tolerated)
    return [workspace.take(samples) for samples in said if samples is not None]
