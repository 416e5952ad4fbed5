"""The one shape of reasoning: an attempt takes a task and returns samples."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from zlib import crc32

from inference import ALL, Collector, Message, Model, ModelError, Request, Sample, Usage
from reasoning.answers import Answers
from reasoning.trail import Trail


@dataclass(frozen=True, slots=True)
class Task:
    """What has to be done: a request, of which a method may ask for more or warmer samples."""

    request: Request
    answers: Answers = field(default_factory=Answers)
    trail: Trail = field(default_factory=Trail, compare=False)
    tolerated: tuple[type[Exception], ...] = (ModelError,)
    """A method goes on without what fails so, as long as something is left."""

    @property
    def question(self) -> str:
        """What the user asks, without the form of the answer behind it."""
        return self.request.messages[-1].content.removesuffix(self.answers.form).rstrip()

    def asking(self, *told: str) -> tuple[Message, ...]:
        """The task's messages, to the last of which this is added, in the place of the answer's
        form: some models insist on turns that alternate."""
        *earlier, last = self.request.messages
        if last.role != "user":
            return (*earlier, last, Message("user", paragraphs(*told)))
        return (*earlier, Message("user", paragraphs(self.question, *told)))

    def answering(self, *told: str) -> tuple[Message, ...]:
        """As `asking`, with the answer's form behind it."""
        return self.asking(*told, self.answers.form)

    def nested(self, number: int) -> "Task":
        """The same task for one of several attempts inside of a method, counted from 1: other
        seeds, far from those of any other depth, and a part of the trail of its own."""
        seed = self.request.seed
        if seed is not None:
            seed = crc32(f"{seed} {number}".encode()) >> 1
        request = replace(self.request, seed=seed)
        return replace(self, request=request, trail=self.trail.within(str(number)))


def paragraphs(*parts: str) -> str:
    """Those of them that say something, an empty line between two."""
    return "\n\n".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Samples:
    """What an attempt made, at least one sample, and which one it stands behind."""

    samples: tuple[Sample, ...]
    chosen: int = 0
    confidence: float = 1.0
    """Share of the weight that stands behind the chosen one, 0 to 1."""
    usage: Usage = field(default_factory=Usage)
    ids: tuple[str, ...] = ()
    """Of the samples in the task's trail, in their order; none where nobody wrote them there."""

    def __post_init__(self) -> None:
        """Refuses a choice of what is not there."""
        if not 0 <= self.chosen < len(self.samples):
            raise ValueError(f"sample {self.chosen} of {len(self.samples)} cannot be chosen")
        if not 0 <= self.confidence <= 1:
            raise ValueError("a confidence is between 0 and 1")
        if self.ids and len(self.ids) != len(self.samples):
            raise ValueError("there must be an id for each sample, or none")

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
