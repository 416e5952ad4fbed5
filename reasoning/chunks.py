"""Hypotheses: samples that are written chunk by chunk, so that some can be dropped on the way.

A chunk is a request that goes on with the text so far, as the assistant's; engines have its prefix
in their caches. A text that is dropped is asked for no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp
from typing import Literal

from inference import Message, Sample, TokenLogprob, Unsupported
from reasoning.workspace import Ask, Made, Workspace


@dataclass(eq=False)
class Hypothesis:
    """A sample on its way."""

    number: int
    """From 1."""
    left: int
    """Tokens that it may still write."""
    text: str = ""
    reasoning: str = ""
    logprobs: list[TokenLogprob] = field(default_factory=list)
    saw: tuple[str, ...] = ()
    open: bool = True
    """It is not at its end."""
    dropped: bool = False
    made: Made | None = None
    """As a candidate, when it has ended or was dropped."""

    @property
    def confidence(self) -> float:
        """The geometric mean of its tokens' probabilities; 1 where the engine tells none."""
        told = [token.logprob for token in self.logprobs]
        return exp(sum(told) / len(told)) if told else 1.0

    def hear(self, text: str, saw: Sequence[str]) -> None:
        """Something that others know is put behind its text, and it goes on from there."""
        self.text += text
        self.saw = (*self.saw, *saw)


class Hypotheses:
    """Of one task; all that were not dropped are `alive`, and those of them at work are `open`."""

    def __init__(self, workspace: Workspace, n: int, *, chunk: int, top_logprobs: int = 0) -> None:
        """n hypotheses, of which nothing is written, in chunks of so many tokens."""
        left = workspace.task.request.max_tokens
        self.all = [Hypothesis(number + 1, left) for number in range(n)]
        self.round = 0
        """Chunks so far."""
        self._workspace = workspace
        self._chunk = chunk
        self._top_logprobs = top_logprobs

    @property
    def alive(self) -> list[Hypothesis]:
        """Those that count."""
        return [one for one in self.all if not one.dropped]

    @property
    def open(self) -> list[Hypothesis]:
        """Those that are at work."""
        return [one for one in self.alive if one.open]

    async def grow(self, *, to_the_end: bool = False) -> None:
        """A chunk more of each that is open, side by side.

        One that fails with what the task tolerates ends as it is. Raises the first error where
        nothing has begun yet.
        """
        self.round += 1
        growing = self.open
        rooms = [one.left if to_the_end else min(self._chunk, one.left) for one in growing]
        if self.round == 1:
            chunks: Sequence[Sample | None] = await self._workspace.draw(
                len(growing), max_tokens=max(rooms), top_logprobs=self._top_logprobs
            )
            if self._top_logprobs and not any(one.logprobs for one in chunks if one):
                self._top_logprobs = 0
        else:
            chunks = await self._more(growing, rooms)
        for one, chunk, room in zip(growing, chunks, rooms, strict=True):
            self._add(one, chunk, room)

    def drop(self, one: Hypothesis) -> None:
        """The others go on without it."""
        one.dropped = True
        self._end(one)
        assert one.made is not None
        self._workspace.mark(one.made, state="dropped")

    async def finished(self) -> list[Made]:
        """All that are alive, each written to its end."""
        if self.open:
            await self.grow(to_the_end=True)
        return [one.made for one in self.alive if one.made is not None]

    async def _more(
        self, growing: Sequence[Hypothesis], rooms: Sequence[int]
    ) -> Sequence[Sample | None]:
        """Each goes on from where it is. One that has only thought so far, which no engine can go
        on with, is written anew, and at once as long as it may be."""
        asks = [
            Ask(
                (Message("assistant", one.text),) if one.text.strip() else (),
                max_tokens=room if one.text.strip() else one.left,
                top_logprobs=self._top_logprobs,
            )
            for one, room in zip(growing, rooms, strict=True)
        ]
        try:
            said = await self._workspace.write(asks)
        except Unsupported:
            if not self._top_logprobs:
                return [None] * len(asks)
            self._top_logprobs = 0
            return await self._more(growing, rooms)
        except self._workspace.task.tolerated:
            return [None] * len(asks)
        return [samples[0] if samples else None for samples in said]

    def _add(self, one: Hypothesis, chunk: Sample | None, room: int) -> None:
        """Put it behind the text so far."""
        if chunk is None:
            self._end(one)
            return
        anew = not one.text.strip()
        one.text = chunk.text if anew else one.text + chunk.text
        one.reasoning = chunk.reasoning if anew else one.reasoning + chunk.reasoning
        one.logprobs.extend(chunk.logprobs)
        if chunk.finish_reason != "length":
            self._end(one, whole=chunk.whole)
        elif chunk.text.strip():
            one.left -= room
            if one.left <= 0:
                self._end(one)
        elif self.round > 1:
            self._end(one)

    def _end(self, one: Hypothesis, *, whole: bool = False) -> None:
        """It becomes a candidate, as it is."""
        if one.made is not None:
            return
        one.open = False
        reason: Literal["stop", "length"] = "stop" if whole else "length"
        sample = Sample(one.text, reason, one.reasoning, tuple(one.logprobs))
        by = f"hypothesis {one.number}"
        one.made = self._workspace.keep(sample, at_round=self.round, by=by, saw=one.saw)
