"""What methods are made of: samples that can be ended, and what fails beside what is there."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from method_tasks import scripted, task

from inference import ALL, Chunk, Halt, ModelUnavailable, Request, ScriptedModel, Unsupported, Usage
from reasoning import Trail
from reasoning.workspace import UNMEASURED, Ask, Live, Watch, Workspace


class Streaming(ScriptedModel):
    """Gives these chunks, and an error behind them."""

    def __init__(self, *chunks: Chunk, error: Exception | None = None) -> None:
        super().__init__([])
        self._told = chunks
        self._error = error

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        self.requests.append(request)
        for chunk in self._told:
            yield chunk
        if self._error is not None:
            raise self._error


async def test_a_stopped_sample_ends_and_the_others_go_on() -> None:
    trail = Trail()
    seen: list[tuple[int, str]] = []

    async def watch(live: Live, index: int) -> None:
        await asyncio.sleep(0)
        seen.append((index, live.chunk.text))
        if index == 0:
            live.stop(0)

    workspace = Workspace(task(trail=trail), scripted([["aaaabbbbcccc", "ddddeeeeffff"]]))
    made = await workspace.sample(2, watch=watch)
    assert [(one.text, one.sample.finish_reason) for one in made] == [
        ("aaaa", "halted"),
        ("ddddeeeeffff", "stop"),
    ]
    assert seen[:2] == [(0, "aaaa"), (1, "dddd")]
    assert [one.state for one in trail.candidates] == ["stopped", ""]


@pytest.mark.parametrize("watch", [None, lambda _live, _index: None])
async def test_what_has_ended_outlives_the_error_of_another_sample(watch: Watch | None) -> None:
    chunks = Chunk(0, "Answer: 8"), Chunk(0, finish_reason="stop"), Chunk(1, "Ans")
    model = Streaming(*chunks, error=ModelUnavailable("gone"))
    workspace = Workspace(task(), model)
    made = await workspace.sample(2, watch=watch)
    assert [(one.answer, one.sample.whole) for one in made] == [("8", True)]
    model = Streaming(chunks[0], error=ModelUnavailable("gone"))
    with pytest.raises(ModelUnavailable):
        await Workspace(task(), model).sample(2, watch=watch)


async def test_an_engine_without_log_probabilities_is_asked_without_and_that_shows() -> None:
    trail = Trail()

    def say(request: Request) -> str | Exception:
        return Unsupported("none") if request.top_logprobs else "Answer: 8"

    workspace = Workspace(task(trail=trail), scripted(say))
    (made,) = await workspace.sample(1, top_logprobs=20)
    assert made.answer == "8"
    assert [one.by for one in trail.candidates] == [UNMEASURED]


async def test_a_stream_that_says_nothing_of_a_sample_is_not_watched() -> None:
    seen: list[int] = []
    model = Streaming(Chunk(0, "8"), Chunk(0, finish_reason="stop"), Chunk(ALL, usage=Usage(1, 1)))
    workspace = Workspace(task(), model)
    await workspace.sample(1, watch=lambda _live, index: seen.append(index))
    assert seen == [0, 0]


async def test_no_two_samples_of_a_task_have_the_same_seed() -> None:
    model = scripted(lambda request: ["Answer: 8"] * request.n)
    workspace = Workspace(task(), model)
    await workspace.sample(3)
    await workspace.ask([Ask(n=2), Ask()])
    await workspace.sample(1)
    drawn = [one.seed + place for one in model.requests for place in range(one.n)]
    assert drawn == list(range(7))
