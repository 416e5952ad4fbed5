"""The systems that can be asked: our own planned run, and what a user would write instead.

Each gets the same question, model, index and limits; every call of a model is paid from a budget
and recorded, so that calls and tokens are counted alike.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from inference import ModelError, ModelUnavailable
from planner import (
    Answer,
    AnswerWritten,
    Budget,
    BudgetExceeded,
    Decided,
    RecordedModel,
    RunEnded,
    RunStarted,
    Sentence,
    Trace,
)
from search import SearchError
from service.evaluating.citations import judged
from service.evaluating.looking import Found, Looking
from service.evaluating.oneshot import oneshot
from service.evaluating.react import react, thinking
from service.evaluating.watching import Watch
from service.saved import research_settings
from service.workplace import Tee, Workplace
from storage import TraceStore


@dataclass(frozen=True, slots=True)
class Reply:
    """What a system says to a question."""

    answer: Answer
    read: frozenset[str]
    """Locations of the passages that its model was shown."""
    reason: str | None = None
    """Why the run is not complete."""


@dataclass(frozen=True)
class Bench:
    """What all systems work with."""

    place: Workplace
    store: TraceStore
    passages: int = 5
    """That `oneshot` puts into its prompt."""
    turns: int = 7
    """Of `react`, at most."""


System = Callable[[Bench, str, str, Watch], Awaitable[Reply]]
"""Of a question and the run that it is; the Watch sees every event. Raises ModelUnavailable: then
it is not the question that failed."""


async def planned(bench: Bench, question: str, run: str, watch: Watch) -> Reply:
    """Our own research run."""
    place = replace(bench.place, display=watch)
    result = (await place.run(bench.store, run, question)).result
    failed = [call.error for call in watch.calls if call.error]
    if failed and len(failed) == len(watch.calls) and not result.cut_short:
        # A run ends in words whatever happens; nothing is measured by one whose model is gone.
        raise ModelUnavailable(failed[-1])
    return Reply(result.answer, _locations(watch), result.reason)


Way = Callable[[Bench, str, RecordedModel, Looking, Trace], Awaitable[Found]]


async def _oneshot(
    bench: Bench, question: str, model: RecordedModel, looking: Looking, _: Trace
) -> Found:
    seed = bench.place.settings.seed
    return await oneshot(question, model, looking, passages=bench.passages, seed=seed)


async def _react(
    bench: Bench, question: str, model: RecordedModel, looking: Looking, trace: Trace
) -> Found:
    async def tell(what: str, why: str) -> None:
        await trace.record(Decided(what, why))

    think = thinking(model, seed=bench.place.settings.seed)
    return await react(question, think, looking, tell, turns=bench.turns)


async def _rival(way: Way, bench: Bench, question: str, run: str, watch: Watch) -> Reply:
    """A run that is not planned: recorded, paid and ended as one that is."""
    place, trace = bench.place, Tee(bench.store.trace(run), watch)
    budget = Budget(research_settings(place.settings, question).limits)
    budget.answering = True  # it has no other phase to keep a share for
    prices = place.settings.prices
    model = RecordedModel(place.model, budget=budget, trace=trace, prices=prices)
    looking = Looking(place.sources.engine, budget)
    await trace.record(RunStarted(question))
    try:
        found, reason = await _within(budget, way(bench, question, model, looking, trace))
    except asyncio.CancelledError:
        await asyncio.shield(trace.record(RunEnded("cancelled", "stopped")))
        raise
    except ModelUnavailable as error:
        await trace.record(RunEnded("failed", str(error)))
        raise
    answer = judged(_worded(found, looking), question)
    await trace.record(AnswerWritten(answer))
    await trace.record(RunEnded("incomplete" if reason else "completed", reason))
    read = frozenset(passage.source.location for passage in looking.shown)
    return Reply(answer, read, reason)


async def _within(budget: Budget, work: Awaitable[Found]) -> tuple[Found, str | None]:
    """What came of it, and why it is not complete. Raises ModelUnavailable."""
    seconds = budget.remaining_seconds
    try:
        async with asyncio.timeout(None if seconds == float("inf") else seconds):
            return await work, None
    except TimeoutError:
        budget.out_of_time()
        return Found(None), f"stopped by the budget: {budget.exceeded}"
    except BudgetExceeded as error:
        return Found(None), f"stopped by the budget: {error}"
    except ModelUnavailable:
        raise
    except (ModelError, SearchError) as error:
        return Found(None), str(error)


def _worded(found: Found, looking: Looking) -> Answer:
    """The answer is its value, with the passages that it names."""
    if found.value is None:
        return Answer(None, (Sentence("No answer was found."),))
    citations = tuple(looking.shown[number - 1] for number in found.sources)
    cites = tuple(range(1, len(citations) + 1))
    return Answer(found.value, (Sentence(found.value, cites),), citations)


def _locations(watch: Watch) -> frozenset[str]:
    return frozenset(passage.source.location for passage in watch.read)


SYSTEMS: Mapping[str, System] = {
    "planned": planned,
    "oneshot": partial(_rival, _oneshot),
    "react": partial(_rival, _react),
}
