"""The one shape of reasoning: an attempt takes a task and returns samples."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from inference import ALL, Collector, Model, Request, Sample, Usage


@dataclass(frozen=True, slots=True)
class Task:
    """What has to be done: a request, of which a method may ask for more or warmer samples."""

    request: Request


@dataclass(frozen=True, slots=True)
class Samples:
    """What an attempt made, at least one sample, and which one it stands behind."""

    samples: tuple[Sample, ...]
    chosen: int = 0
    confidence: float = 1.0
    """Share of the weight that stands behind the chosen one, 0 to 1."""
    usage: Usage = field(default_factory=Usage)

    def __post_init__(self) -> None:
        """Refuses a choice of what is not there."""
        if not 0 <= self.chosen < len(self.samples):
            raise ValueError(f"sample {self.chosen} of {len(self.samples)} cannot be chosen")
        if not 0 <= self.confidence <= 1:
            raise ValueError("a confidence is between 0 and 1")

    @property
    def best(self) -> Sample:
        """The chosen sample."""
        return self.samples[self.chosen]


Attempt = Callable[[Task], Awaitable[Samples]]


def sampled(
    model: Model,
    n: int = 1,
    *,
    temperature: float | None = None,
    on_sample: Callable[[Sample], object] = lambda _: None,
) -> Attempt:
    """Ask once for n samples, which share the computation of the prompt.

    `on_sample` is shown each sample as soon as it has ended.
    """

    async def attempt(task: Task) -> Samples:
        request = replace(task.request, n=n)
        if temperature is not None:
            request = replace(request, temperature=temperature)
        collector = Collector(n)
        async with aclosing(model.stream(request)) as chunks:
            async for chunk in chunks:
                collector.add(chunk)
                if chunk.index != ALL and chunk.finish_reason is not None:
                    on_sample(collector.completion.samples[chunk.index])
        completion = collector.completion
        return Samples(completion.samples, usage=completion.usage)

    return attempt
