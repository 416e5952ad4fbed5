"""Telling the writer what is found out while it writes (AsyncLM, arXiv:2412.07017)."""

import re
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from inference import (
    Collector,
    Model,
    ModelError,
    Request,
    Sample,
    behind,
    fits_in,
    interruptible,
)
from planner.errors import BudgetExceeded
from planner.events import Decided, Trace
from planner.grounds import Ground, Grounds
from planner.writing_prompt import MOST_SENTENCES, answer_grammar, news_prompt
from search import sentences as sentence_spans

_MARK_FOLLOWS = re.compile(r"\s*\[")


class Telling:
    """One draft, to which facts are added that come while it is written.

    They get numbers behind those that are given already, so what is written stays right.
    """

    def __init__(
        self, grounds: Grounds, late: Callable[[], Sequence[Ground]], model: Model, trace: Trace
    ) -> None:
        """`late`: the proven facts of the moment, old and new."""
        self.grounds = grounds
        """With those that were added."""
        self.before = ""
        """What was written before the first of them came; empty where none did."""
        self._late = late
        self._model = model
        self._trace = trace
        self._sentences = 0
        self._shown: set[int] = set()
        """Numbers that may be cited."""

    async def written(self, request: Request, kept: Sequence[Ground]) -> Sample:
        """The draft; what fails behind the first interruption leaves it cut.

        `kept`: the facts that the request shows. Raises ModelError and BudgetExceeded.
        """
        self._request = request
        self._shown = {self.grounds.number(ground) or 0 for ground in kept}
        collector = Collector(1)
        writing = interruptible(self._model, request, self._news, whole_sentences)
        try:
            async with aclosing(writing) as chunks:
                async for chunk in chunks:
                    collector.add(chunk)
        except (ModelError, BudgetExceeded):
            if not self.before:
                raise
        return collector.completion.samples[0]

    async def _news(self, written: str) -> Request | None:
        """How it goes on behind a text, if there is something new. See `Interrupt`."""
        known = {(ground.question, ground.value) for ground in self.grounds.grounds}
        new = [ground for ground in self._late() if (ground.question, ground.value) not in known]
        if not new:
            return None
        grounds = replace(self.grounds, grounds=(*self.grounds.grounds, *new))
        shown = self._shown | {grounds.number(ground) or 0 for ground in new}
        sentences = self._sentences + len(sentence_spans(written))
        left = max(1, MOST_SENTENCES - sentences)
        request = replace(
            behind(self._request, written=written, news=news_prompt(grounds, new)),
            grammar=answer_grammar(sorted(shown), sentences=left),
        )
        if not await fits_in(self._model, request):
            return None
        told = "; ".join(f"{ground.question} {ground.value}" for ground in new)
        await self._trace.record(Decided("late facts", f"told behind sentence {sentences}: {told}"))
        self.before = self.before or written
        self.grounds, self._shown, self._sentences = grounds, shown, sentences
        self._request = request
        return request


def whole_sentences(text: str) -> int:
    """How many characters of a text that is being written are sentences with all their marks."""
    spans = sentence_spans(text)
    if len(spans) < 2 or _MARK_FOLLOWS.match(text, spans[-2][1]):
        return 0
    return spans[-2][1]
