"""Samples that are written chunk by chunk."""

from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from method_tasks import scripted, task

from inference import Chunk, Halt, ModelUnavailable, Request, ScriptedModel, Unsupported
from reasoning import Trail
from reasoning.chunks import Hypotheses
from reasoning.workspace import Workspace


def writing(*texts: str) -> ScriptedModel:
    """Goes on with whichever of the texts is begun; of those not begun, each in its turn."""

    def say(request: Request) -> list[str]:
        if not request.begun:
            return [texts[place % len(texts)] for place in range(request.n)]
        rest = [text for text in texts if text.startswith(request.begun)]
        return [rest[0][len(request.begun) :]]

    return scripted(say)


async def test_each_goes_on_from_its_own_text_and_ends_by_itself() -> None:
    model = writing("a" * 7 + "\nAnswer: 1", "b" * 40 + "\nAnswer: 2")
    hypotheses = Hypotheses(Workspace(task(), model), 2, chunk=4)
    await hypotheses.grow()
    assert [one.text for one in hypotheses.open] == ["a" * 7 + "\nAnswer: ", "b" * 16]
    await hypotheses.grow()
    assert [one.number for one in hypotheses.open] == [2]
    made = await hypotheses.finished()
    assert [one.answer for one in made] == ["1", "2"]
    assert [one.sample.whole for one in made] == [True, True]
    assert [(one.n, one.max_tokens) for one in model.requests] == [(2, 4), (1, 4), (1, 4), (1, 56)]


async def test_what_is_dropped_is_asked_for_no_more() -> None:
    trail = Trail()
    model = writing("a" * 40, "b" * 40)
    hypotheses = Hypotheses(Workspace(task(trail=trail), model), 2, chunk=4)
    await hypotheses.grow()
    hypotheses.drop(hypotheses.all[0])
    (made,) = await hypotheses.finished()
    assert made.text == "b" * 40
    assert not any(one.begun.startswith("a") for one in model.requests)
    assert [(one.text, one.state) for one in trail.candidates] == [
        ("a" * 16, "dropped"),
        ("b" * 40, ""),
    ]


async def test_what_others_know_stands_in_its_text_and_in_what_it_saw() -> None:
    model = scripted([["1234abcd"], "Answer: 8"])
    hypotheses = Hypotheses(Workspace(task(), model), 1, chunk=1)
    await hypotheses.grow()
    hypotheses.all[0].hear(" (heard) ", ["9"])
    (made,) = await hypotheses.finished()
    assert (model.requests[-1].begun, made.text) == ("1234 (heard) ", "1234 (heard) Answer: 8")
    assert hypotheses.all[0].saw == ("9",)


@pytest.mark.parametrize("failing", [(1,), (0, 1)])
async def test_one_that_fails_on_its_way_ends_as_it_is(failing: tuple[int, ...]) -> None:
    def say(request: Request) -> list[str] | Exception:
        if not request.begun:
            return ["a" * 40, "b" * 40]
        place = "ab".index(request.begun[0])
        return ModelUnavailable("gone") if place in failing else ["!"]

    hypotheses = Hypotheses(Workspace(task(), scripted(say)), 2, chunk=4)
    await hypotheses.grow()
    made = await hypotheses.finished()
    expected = [
        ("a" * 16, False) if 0 in failing else ("a" * 16 + "!", True),
        ("b" * 16, False),
    ]
    assert [(one.text, one.sample.whole) for one in made] == expected


async def test_a_text_has_as_many_tokens_as_the_task_allows() -> None:
    model = writing("a" * 4000)
    hypotheses = Hypotheses(Workspace(task(), model), 1, chunk=30)
    while hypotheses.open:
        await hypotheses.grow()
    assert [one.max_tokens for one in model.requests] == [30, 30, 4]
    assert hypotheses.all[0].text == "a" * 256


async def test_one_that_only_thinks_in_its_first_chunk_is_written_anew_at_once() -> None:
    class Thinking(ScriptedModel):
        """Thinks for ten tokens."""

        async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
            self.requests.append(request)
            yield Chunk(reasoning="hm " * min(10, request.max_tokens))
            if request.max_tokens > 10:
                yield Chunk(text="Answer: 8")
            yield Chunk(finish_reason="stop" if request.max_tokens > 10 else "length")

    model = Thinking([])
    hypotheses = Hypotheses(Workspace(task(), model), 1, chunk=4)
    await hypotheses.grow()
    await hypotheses.grow()
    assert [(one.max_tokens, one.begun) for one in model.requests] == [(4, ""), (64, "")]
    (made,) = await hypotheses.finished()
    assert (made.text, made.sample.reasoning) == ("Answer: 8", "hm " * 10)


async def test_without_log_probabilities_it_goes_on_without() -> None:
    def say(request: Request) -> str | Exception:
        return Unsupported("none") if request.top_logprobs else "abcd" * 8

    model = scripted(say)
    hypotheses = Hypotheses(Workspace(task(), model), 1, chunk=4, top_logprobs=1)
    await hypotheses.grow()
    await hypotheses.finished()
    assert [one.top_logprobs for one in model.requests] == [1, 0, 0]
    assert hypotheses.all[0].confidence == 1.0


@given(st.lists(st.integers(1, 120), min_size=1, max_size=4), st.integers(1, 20))
async def test_chunks_put_together_are_the_text(lengths: list[int], chunk: int) -> None:
    texts = [chr(97 + place) * length for place, length in enumerate(lengths)]
    hypotheses = Hypotheses(Workspace(task(), writing(*texts)), len(texts), chunk=chunk)
    while hypotheses.open:
        await hypotheses.grow()
    assert [one.text for one in hypotheses.all] == texts
