"""What methods of reasoning have come to in earlier runs."""

from trace_store import Clock

from inference import Completion, Message, Request, Sample, Usage
from planner import (
    Done,
    ModelCalled,
    Reasoned,
    RunEnded,
    RunStarted,
    Step,
    StepAdded,
    StepEnded,
    StepStarted,
)
from reasoning import Candidate, Observed, learnt
from reasoning.history import priors
from storage import TraceStore


def said(*answers: str | None) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(f"{number}", 1, "text", answer=answer) for number, answer in enumerate(answers, 1)
    )


async def thought(store: TraceStore, clock: Clock, *candidates: Candidate) -> None:
    """A run of one step that thought for four seconds."""
    trace = store.trace(await store.create_run("How many?", {}))
    step = Step("a", "think", {"question": "How many?"})
    await trace.record(RunStarted("How many?"))
    await trace.record(StepAdded(step, 1, "given"))
    await trace.record(StepStarted("a", step.arguments))
    clock.forward(4)
    request = Request((Message("user", "How many?"),), n=len(candidates), purpose="think")
    made = Completion(tuple(Sample(one.text) for one in candidates), Usage(10, 120))
    await trace.record(ModelCalled("a", "small", request, made, 4.0, 0.1))
    await trace.record(Reasoned("a", candidates))
    await trace.record(StepEnded("a", Done("8")))
    await trace.record(RunEnded("completed"))


async def test_votes_of_earlier_runs_are_known_with_what_they_cost(
    store: TraceStore, clock: Clock
) -> None:
    assert await store.reasoned() == []
    await thought(store, clock, *said("8", "8.0", "7", None))
    assert await store.reasoned() == [Observed(4, 0.5, 120.0, 4.0)]


async def test_what_was_no_mere_vote_says_nothing(store: TraceStore, clock: Clock) -> None:
    await thought(store, clock, *said("8"))
    await thought(store, clock, *said("8", "7"), Candidate("3", 2, "t", answer="8", saw=("1", "2")))
    await thought(store, clock, *said(None, None))
    assert await store.reasoned() == []


def test_what_was_observed_draws_the_assumptions_towards_it() -> None:
    seen = [Observed(4, 1.0, 400.0, 1.15)] * 95
    (single,) = (one for one in learnt(seen).at("easy") if one.n == 1)
    assert single.tokens == (5 * 400 + 95 * 100) / 100
    assert abs(single.seconds - (5 * 8 + 95 * 1.0) / 100) < 1e-9
    assert single.accuracy > 0.99
    assert list(learnt([]).at("hard")) == [one for one in priors() if one.difficulty == "hard"]
