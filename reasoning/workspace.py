"""Workspace: what one method asks, reads and keeps while it works on one task.

Most methods are a few calls of `sample` and `ask`, which write the trail, count what it costs and
go on without what fails; and then `result`.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from inference import (
    ALL,
    Chunk,
    Collector,
    Completion,
    Halt,
    Message,
    Model,
    Request,
    Sample,
    Unsupported,
    as_data,
    complete,
)
from reasoning.attempts import Attempt, Samples, Task
from reasoning.beside import surviving
from reasoning.counting import CountedModel
from reasoning.trail import State

_SHOWN = 1200
"""Characters of a candidate that is shown with others: its beginning, and its end, with the
answer."""
_READ = 2400
"""Characters of one that is shown alone."""
UNMEASURED = "without log-probabilities"
"""Whose samples are, in the trail, that were to have them, of an engine that tells none."""


@dataclass(frozen=True, slots=True)
class Made:
    """A candidate, as the method has it in hand."""

    id: str
    sample: Sample
    answer: str | None
    given: bool = False
    """The text names its answer: it was not guessed."""

    @property
    def text(self) -> str:
        """What was written."""
        return self.sample.text


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of a round: what stands behind the task's own messages, or in their place."""

    messages: tuple[Message, ...] = ()
    saw: tuple[str, ...] = ()
    """Ids of the candidates that are shown in it."""
    by: str = ""
    """Who is asked, in the trail."""
    alone: bool = False
    """The messages take the place of the task's."""
    max_tokens: int | None = None
    """None: as many as the task allows."""
    model: Model | None = None
    """Who answers; None: the method's model."""
    n: int = 1
    """So many samples of it, in one request."""
    begun: str = ""
    """With what its candidates begin, before what is written now."""
    stop: tuple[str, ...] = ()
    """Ends a sample, and is no part of it."""
    free: bool = False
    """Whether it need not have the form (schema, grammar, regex) that the task's answer must have:
    a step, a note, a critique."""
    regex: str | None = None
    """A form of its own, see `Request.regex`."""
    top_logprobs: int = 0


Watch = Callable[["Live", int], Awaitable[None] | None]
"""Is called for each piece of a sample that was not stopped, with its index; may end samples."""


@dataclass
class Live:
    """Samples while they are written."""

    collector: Collector
    halt: Halt
    ended: set[int] = field(default_factory=set)
    """Those that are written to their end."""
    stopped: set[int] = field(default_factory=set)
    chunk: Chunk = field(default_factory=Chunk)
    """The piece that has just come."""

    def end(self) -> None:
        """End all that are not ended."""
        for index in range(len(self.samples)):
            self.stop(index)

    def stop(self, index: int) -> None:
        """End a sample; the engine computes no more of it."""
        if index not in self.ended:
            self.stopped.add(index)
            self.halt(index)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """What there is of each."""
        return self.collector.completion.samples


class Workspace:
    """See above. One for each run of a method over a task."""

    def __init__(self, task: Task, model: Model, *, temperature: float = 0.7) -> None:
        """`temperature`: of what is sampled, where the call does not say another."""
        self.task = task
        self.model = CountedModel(model)
        self.temperature = temperature
        self.made: list[Made] = []
        """Everything that was read as a candidate, in its order."""
        self._drawn = 0
        self._inside = 0

    async def sample(
        self,
        n: int,
        *,
        temperature: float | None = None,
        watch: Watch | None = None,
        together: bool = False,
        top_logprobs: int = 0,
        at_round: int = 1,
        by: str = "",
        purpose: str = "think",
    ) -> list[Made]:
        """n samples of the task itself, as one request. With `watch`, each can be ended alone, for
        which some engines need a request for each; or, `together`, all at once.

        What has ended stays where the others fail with what the task tolerates, and nothing else.
        Samples come without `top_logprobs`, and are `UNMEASURED`, where the engine tells none.
        """
        drawn = await self.draw(
            n,
            temperature=temperature,
            watch=watch,
            together=together,
            top_logprobs=top_logprobs,
            purpose=purpose,
        )
        samples = [sample for sample in drawn if sample is not None]
        if top_logprobs and not any(sample.logprobs for sample in samples):
            by = by or UNMEASURED
        return [self.keep(sample, at_round=at_round, by=by) for sample in samples]

    async def draw(
        self,
        n: int,
        *,
        temperature: float | None = None,
        watch: Watch | None = None,
        together: bool = False,
        top_logprobs: int = 0,
        purpose: str = "think",
        max_tokens: int | None = None,
    ) -> tuple[Sample | None, ...]:
        """As `sample`, but nothing is kept as a candidate, and there is None for what failed."""
        request = replace(
            self._request(self.task.request.messages, temperature, purpose, n),
            top_logprobs=top_logprobs,
            max_tokens=max_tokens or self.task.request.max_tokens,
        )
        try:
            return await self._sampled(request, watch, together)
        except Unsupported:
            if not top_logprobs:
                raise
            return await self._sampled(replace(request, top_logprobs=0), watch, together)

    async def ask(
        self,
        asks: Sequence[Ask],
        *,
        at_round: int = 1,
        temperature: float | None = None,
        purpose: str = "think",
    ) -> list[Made]:
        """The samples of each, side by side, in their order.

        What fails with what the task tolerates is left out; raises the first error where all fail.
        """
        made = await self.ask_each(
            asks, at_round=at_round, temperature=temperature, purpose=purpose
        )
        return [one for those in made for one in those]

    async def ask_each(
        self,
        asks: Sequence[Ask],
        *,
        at_round: int = 1,
        temperature: float | None = None,
        purpose: str = "think",
    ) -> list[list[Made]]:
        """As `ask`, with the samples of each by themselves: none where it failed."""
        said = await self.write(asks, temperature=temperature, purpose=purpose)
        return [
            [
                self.keep(_behind(one.begun, sample), at_round=at_round, by=one.by, saw=one.saw)
                for sample in samples
            ]
            for one, samples in zip(asks, said, strict=True)
        ]

    async def write(
        self, asks: Sequence[Ask], *, temperature: float | None = None, purpose: str = "think"
    ) -> list[tuple[Sample, ...]]:
        """As `ask_each`, but nothing is kept as a candidate."""
        requests = []
        for one in asks:
            messages = one.messages if one.alone else (*self.task.request.messages, *one.messages)
            request = self._request(messages, temperature, purpose, one.n)
            if one.free or one.regex:
                request = _freed(request, one.regex)
            requests.append(
                replace(
                    request,
                    max_tokens=one.max_tokens or request.max_tokens,
                    stop=(*request.stop, *one.stop),
                    top_logprobs=one.top_logprobs,
                )
            )
        said = await self._completions(asks, requests)
        return [completion.samples if completion else () for completion in said]

    async def say(
        self,
        prompt: str,
        *,
        purpose: str = "judge",
        max_tokens: int = 256,
        regex: str | None = None,
    ) -> str:
        """A word of the model that is no candidate: a note, a list, a verdict. Greedy."""
        request = self._request((Message("user", prompt),), 0.0, purpose)
        request = replace(_freed(request, regex), max_tokens=max_tokens)
        return (await complete(self.model, request)).samples[0].text

    def keep(
        self, sample: Sample, *, at_round: int = 1, by: str = "", saw: tuple[str, ...] = ()
    ) -> Made:
        """A sample that came from elsewhere, or another way, as a candidate."""
        answer = self.task.answers.of(sample.text)
        id_ = self.task.trail.add(sample.text, at_round=at_round, by=by, answer=answer, saw=saw)
        if sample.finish_reason == "halted":
            self.task.trail.mark(id_, state="stopped")
        made = Made(id_, sample, answer, self.task.answers.given(sample.text) is not None)
        self.made.append(made)
        return made

    async def inside(self, attempt: Attempt, request: Request | None = None) -> Samples:
        """What an attempt makes of the task, or of another request; what it costs counts here."""
        self._inside += 1
        task = self.task if request is None else replace(self.task, request=request)
        samples = await attempt(task.nested(self._inside))
        self.model.spent(samples.usage)
        return samples

    def take(
        self, samples: Samples, *, at_round: int = 1, by: str = "", saw: tuple[str, ...] = ()
    ) -> Made:
        """What an attempt inside stands behind, as a candidate."""
        chosen = (samples.ids[samples.chosen],) if samples.ids else ()
        return self.keep(samples.best, at_round=at_round, by=by, saw=(*saw, *chosen))

    def mark(self, made: Made, *, score: float | None = None, state: State | None = None) -> None:
        """What became of a candidate, for the trail."""
        self.task.trail.mark(made.id, score=score, state=state)

    def result(
        self, chosen: Made, confidence: float = 1.0, *, among: Sequence[Made] | None = None
    ) -> Samples:
        """What the method gives: the chosen one `among` the candidates that count; None: all."""
        offered = list(self.made if among is None else among)
        ids = [made.id for made in offered]
        if chosen.id not in ids:
            offered, ids = [*offered, chosen], [*ids, chosen.id]
        self.mark(chosen, state="chosen")
        return Samples(
            tuple(made.sample for made in offered),
            chosen=ids.index(chosen.id),
            confidence=confidence,
            usage=self.model.usage,
            ids=tuple(ids),
        )

    def _request(
        self, messages: tuple[Message, ...], temperature: float | None, purpose: str, n: int = 1
    ) -> Request:
        """With a seed of its own for each sample, where the task has one."""
        seed = self.task.request.seed
        self._drawn += n
        return replace(
            self.task.request,
            messages=messages,
            n=n,
            head=min(self.task.request.head, len(messages) - 1),
            temperature=self.temperature if temperature is None else temperature,
            seed=None if seed is None else seed + self._drawn - n,
            purpose=purpose,
        )

    async def _completions(
        self, asks: Sequence[Ask], requests: Sequence[Request]
    ) -> list[Completion | None]:
        """In their order; None for what failed."""
        models = [self.model if one.model is None else self.model.like(one.model) for one in asks]
        asked = [complete(model, request) for model, request in zip(models, requests, strict=True)]
        return await surviving(asked, self.task.tolerated)

    async def _sampled(
        self, request: Request, watch: Watch | None, together: bool
    ) -> tuple[Sample | None, ...]:
        """The samples, each piece of which may be watched."""
        live = Live(Collector(request.n), Halt(together=together))
        try:
            await self._streamed(request, live, watch)
        except self.task.tolerated:
            if not live.ended:
                raise
            return tuple(
                one if place in live.ended else None for place, one in enumerate(live.samples)
            )
        return live.samples

    async def _streamed(self, request: Request, live: Live, watch: Watch | None) -> None:
        """Piece by piece. Without a watch, the engine need not be able to end single samples."""
        halt = live.halt if watch else None
        async with aclosing(self.model.stream(request, halt)) as chunks:
            async for chunk in chunks:
                live.collector.add(chunk)
                if chunk.index == ALL:
                    continue
                live.chunk = chunk
                if chunk.finish_reason is not None:
                    live.ended.add(chunk.index)
                if watch is None or chunk.index in live.stopped:
                    continue
                watched = watch(live, chunk.index)
                if watched is not None:
                    await watched


def _behind(begun: str, sample: Sample) -> Sample:
    """The sample, with what stands before it."""
    return replace(sample, text=begun + sample.text) if begun else sample


def _freed(request: Request, regex: str | None) -> Request:
    """Without the form that the task's answer must have."""
    return replace(request, schema=None, grammar=None, regex=regex)


def shown(candidates: Sequence[Made], *, longest: int = _SHOWN, name: str = "Attempt") -> str:
    """Candidates as data in a prompt, numbered from 1, each cut in its middle where it is long."""
    return "\n\n".join(
        f"{name} {number}:\n{as_data(cut(made.text, longest))}"
        for number, made in enumerate(candidates, 1)
    )


def quoted(text: str) -> str:
    """As data in a prompt, cut as `cut` does."""
    return as_data(cut(text))


def cut(text: str, longest: int = _READ) -> str:
    """Its beginning and its end, where it is longer."""
    text = text.strip()
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half].rstrip()} ... {text[-half:].lstrip()}"
