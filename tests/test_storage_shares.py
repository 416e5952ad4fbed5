"""Links of answers, single steps, and words of questions, on both databases."""

import asyncio
from datetime import timedelta

from trace_store import OTHER, PASSAGE, Clock, model_called

from planner import Done, RunEnded, RunStarted, Step, StepAdded, StepEnded, StepStarted, Within
from storage import Asked, Asker, TraceStore

ASKED = Asked("response", "Who?", {}, {})


async def test_requests_at_the_same_moment_get_the_same_link(store: TraceStore) -> None:
    run = await store.create_run("Who?", {})
    made = await asyncio.gather(*(store.shares.make(run) for _ in range(5)))
    assert len(set(made)) == 1
    assert len(made[0].token) >= 43
    assert await store.shares.named(made[0].token) == await store.shares.of_run(run) == made[0]
    other = await store.shares.make(await store.create_run("Who?", {}))
    assert other.token != made[0].token


async def test_a_token_that_is_none_opens_nothing(store: TraceStore) -> None:
    share = await store.shares.make(await store.create_run("Who?", {}))
    for token in ("", share.token[:-1], share.token + "x", "\x00", "\ud800", "ü", "x" * 9999):
        assert await store.shares.named(token) is None
    await store.shares.revoke(share.run)
    assert await store.shares.named(share.token) is None
    await store.shares.revoke(share.run)


async def test_a_link_ends_with_its_response_and_with_its_run(
    store: TraceStore, clock: Clock
) -> None:
    deleted, old = [(await store.responses.create(ASKED, Asker("ann")))[0] for _ in range(2)]
    for each in (deleted, old):
        await store.shares.make(each.run)
        await store.trace(each.run).record(RunStarted("Who?"))
        await store.trace(each.run).record(RunEnded("completed"))
    await store.responses.delete(deleted.id, "ann")
    assert await store.shares.of_run(deleted.run) is None
    assert await store.shares.of_run(old.run) is not None
    clock.forward(100)
    assert (await store.prune(timedelta(seconds=10))).runs == 2
    assert await store.shares.of_run(old.run) is None


async def test_a_step_has_what_belongs_to_it_and_nothing_else(store: TraceStore) -> None:
    run = await store.create_run("Who?", {})
    inner = Step("x", "lookup", {"question": "Where?"})
    for event in (
        RunStarted("Who?"),
        StepAdded(Step("a", "lookup", {"question": "Who?"}), 1, "planner"),
        StepAdded(Step("b", "research", {"question": "{a}?"}), 1, "planner"),
        StepStarted("a", {"question": "Who?"}),
        model_called(step="a"),
        model_called(step=None),
        StepEnded("a", Done("Nolan", (PASSAGE,), (OTHER, PASSAGE))),
        Within("b", StepAdded(inner, 1, "planner")),
        Within("b", StepStarted("x", inner.arguments)),
        Within("b", model_called(step=None)),
        Within("b", StepEnded("x", Done("London", (OTHER,)))),
    ):
        await store.trace(run).record(event)
    whole = await store.document(run)
    a = await store.step(run, "a")
    assert a is not None
    assert (a.step, a.call) == (whole["steps"][0], whole["calls"][0])
    assert {each["id"] for each in a.passages} == {PASSAGE.id, OTHER.id}
    assert a.sources == whole["sources"] == await store.sources(run)
    assert [each["step"] for each in a.model_calls] == ["a"]
    b, own = await store.step(run, "b"), await store.step(run, "")
    assert b is not None
    assert own is not None
    assert (b.call, [each["step"] for each in b.model_calls]) == (None, ["b"])
    assert (own.step, [each["step"] for each in own.model_calls]) == (None, [None])
    nested = await store.step(run, "b/x")
    assert nested is not None
    assert nested.step is not None
    assert nested.step["within"] == "b"
    for name in ("c", "b/y", "\x00", "\ud800"):
        assert await store.step(run, name) is None


async def test_words_are_found_in_questions_whatever_they_are(store: TraceStore) -> None:
    first = await store.create_run("How much is 100% of A_B?", {}, Asker("ann"))
    await store.create_run("How much is 100 or AxB?", {}, Asker("ann"))
    for words, found in (("100%", 1), ("a_b", 1), ("HOW MUCH", 2), ("\\", 0), ("\x00", 0)):
        runs = await store.runs(user="ann", words=words)
        assert len(runs) == found, words
        assert await store.runs(user="bob", words=words) == []
    assert [run.id for run in await store.runs(user="ann", words="a_b")] == [first]
