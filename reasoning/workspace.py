"""Workspace: what one method asks, reads and keeps while it works on one task.

Most methods are a few calls of `sample` and `ask`, which write the trail, count what it costs and
go on without what fails; and then `result`.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from inference import (
    ALL,
    Collector,
    Completion,
    Halt,
    Message,
    Model,
    Request,
    Sample,
    Usage,
    as_data,
    complete,
)
from reasoning.attempts import Samples, Task
from reasoning.counting import CountedModel
from reasoning.trail import State

_SHOWN = 1200
"""Characters of a candidate that others are shown: its beginning, and its end with the answer."""


@dataclass(frozen=True, slots=True)
class Made:
    """A candidate, as the method has it in hand."""

    id: str
    sample: Sample
    answer: str | None

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


Watch = Callable[["Live", int], None]
"""Is called for each piece of a sample, with the sample's index, and may end samples."""


@dataclass
class Live:
    """Samples while they are written."""

    collector: Collector
    halt: Halt
    ended: set[int] = field(default_factory=set)
    """Those that are written to their end."""
    stopped: set[int] = field(default_factory=set)

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
        self._asked = 0

    async def sample(
        self,
        n: int,
        *,
        temperature: float | None = None,
        watch: Watch | None = None,
        top_logprobs: int = 0,
        at_round: int = 1,
        by: str = "",
        purpose: str = "think",
    ) -> list[Made]:
        """n samples of the task itself, as one request. With `watch`, each can be ended alone."""
        request = replace(
            self._request(self.task.request.messages, temperature, purpose),
            n=n,
            top_logprobs=top_logprobs,
        )
        completion = (
            await self._watched(request, watch) if watch else await complete(self.model, request)
        )
        return [self.keep(sample, at_round=at_round, by=by) for sample in completion.samples]

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
        requests = []
        for one in asks:
            messages = one.messages if one.alone else (*self.task.request.messages, *one.messages)
            request = self._request(messages, temperature, purpose)
            if one.free or one.regex:
                request = _freed(request, one.regex)
            requests.append(
                replace(
                    request,
                    n=one.n,
                    max_tokens=one.max_tokens or request.max_tokens,
                    stop=(*request.stop, *one.stop),
                    top_logprobs=one.top_logprobs,
                )
            )
        said = await self._completions(asks, requests)
        return [
            [
                self.keep(_behind(one.begun, sample), at_round=at_round, by=one.by, saw=one.saw)
                for sample in (completion.samples if completion else ())
            ]
            for one, completion in zip(asks, said, strict=True)
        ]

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
        made = Made(id_, sample, answer)
        self.made.append(made)
        return made

    def count(self, usage: Usage) -> None:
        """Add what was spent by an attempt inside."""
        self.model.spent(usage)

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
        self, messages: tuple[Message, ...], temperature: float | None, purpose: str
    ) -> Request:
        """With a seed of its own, where the task has one."""
        seed = self.task.request.seed
        self._asked += 1
        return replace(
            self.task.request,
            messages=messages,
            head=min(self.task.request.head, len(messages) - 1),
            temperature=self.temperature if temperature is None else temperature,
            seed=None if seed is None else seed + self._asked - 1,
            purpose=purpose,
        )

    async def _completions(
        self, asks: Sequence[Ask], requests: Sequence[Request]
    ) -> list[Completion | None]:
        """In their order; None for what failed."""
        models = [self.model if one.model is None else self.model.like(one.model) for one in asks]
        asked = [complete(model, request) for model, request in zip(models, requests, strict=True)]
        said = await asyncio.gather(*asked, return_exceptions=True)
        failed = [one for one in said if isinstance(one, BaseException)]
        for error in failed:
            if len(failed) == len(said) or not isinstance(error, self.task.tolerated):
                raise error
        return [None if isinstance(one, BaseException) else one for one in said]

    async def _watched(self, request: Request, watch: Watch) -> Completion:
        """The samples, each piece of which is watched."""
        live = Live(Collector(request.n), Halt())
        async with aclosing(self.model.stream(request, live.halt)) as chunks:
            async for chunk in chunks:
                live.collector.add(chunk)
                if chunk.index == ALL:
                    continue
                if chunk.finish_reason is not None:
                    live.ended.add(chunk.index)
                watch(live, chunk.index)
        return live.collector.completion


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


def cut(text: str, longest: int) -> str:
    """Its beginning and its end, where it is longer."""
    text = text.strip()
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half].rstrip()} ... {text[-half:].lstrip()}"
