"""Methods that write: generative synthesis, and drafts of different parts of the evidence."""

from collections.abc import Sequence

import pytest

from inference import Message, ModelUnavailable, Request, Sample, ScriptedModel, Usage
from reasoning import Attempt, Samples, Task, drafted, synthesised

TASK = Task(Request((Message("user", "Which?"),)))


def attempt_of(*texts: str, chosen: int = 0) -> Attempt:
    async def attempt(_: Task) -> Samples:
        return Samples(tuple(map(Sample, texts)), chosen, usage=Usage(1, 2))

    return attempt


def merge(task: Task, made: Samples) -> Request:
    shown = " | ".join(sample.text for sample in made.samples)
    return Request((*task.request.messages, Message("user", shown)))


def length(sample: Sample) -> float:
    return float(len(sample.text))


async def test_the_synthesis_reads_all_samples_and_is_the_last() -> None:
    model = ScriptedModel(["abc"])
    made = await synthesised(attempt_of("a", "bb"), model, merge=merge, score=length)(TASK)
    assert (made.best.text, made.chosen) == ("abc", 2)
    assert model.requests[0].messages[-1].content == "a | bb"
    assert made.usage.prompt_tokens > 1


@pytest.mark.parametrize("reply", ["", ModelUnavailable("gone")])
async def test_what_is_worse_or_fails_leaves_the_choice(reply: str | Exception) -> None:
    method = synthesised(
        attempt_of("a", "bb", chosen=1), ScriptedModel([reply]), merge=merge, score=length
    )
    assert (await method(TASK)).best.text == "bb"


async def test_of_one_sample_there_is_nothing_to_merge() -> None:
    made = await synthesised(attempt_of("a"), ScriptedModel([]), merge=merge, score=length)(TASK)
    assert made.samples == (Sample("a"),)


def shares(replies: Sequence[str | Exception]) -> Attempt:
    def share(task: Task, number: int) -> Request:
        return Request((Message("user", f"part {number}"),))

    def reply(request: Request) -> str | Exception:
        return replies[int(request.messages[-1].content[-1])]

    return drafted(ScriptedModel(reply), len(replies), share=share)


async def test_each_draft_has_its_own_part() -> None:
    made = await shares(["a", "b", "c"])(TASK)
    assert [sample.text for sample in made.samples] == ["a", "b", "c"]


async def test_of_drafts_that_fail_the_others_stand() -> None:
    made = await shares(["a", ModelUnavailable("gone"), "c"])(TASK)
    assert [sample.text for sample in made.samples] == ["a", "c"]
    with pytest.raises(ModelUnavailable):
        await shares([ModelUnavailable("gone")] * 2)(TASK)


async def test_a_mistake_in_the_program_is_not_tolerated() -> None:
    with pytest.raises(RuntimeError, match="bug"):
        await shares(["a", RuntimeError("bug")])(TASK)
