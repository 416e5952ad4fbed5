"""Prompts are made to fit the model's window by leaving out whole things."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import Message, Request, ScriptedModel, TooLong, Unsupported, fits_in, fitted


def about(items: Sequence[str]) -> Request:
    return Request((Message("user", "".join(items)),), max_tokens=10)


class Counting(ScriptedModel):
    """Keeps count of the counting."""

    counted = 0

    async def count(self, messages: Sequence[Message]) -> int:
        self.counted += 1
        return await super().count(messages)


class Tokenless(ScriptedModel):
    """A model whose tokenizer cannot be had."""

    async def count(self, messages: Sequence[Message]) -> int:
        raise Unsupported("no tokenizer")


@given(
    st.lists(st.integers(1, 400).map("x".__mul__), min_size=1, max_size=30), st.integers(50, 900)
)
async def test_as_many_as_fit_are_kept_the_first_ones(items: list[str], window: int) -> None:
    model = ScriptedModel([], window=window)
    fit = [n for n in range(1, len(items) + 1) if len("".join(items[:n])) // 4 + 10 <= window]
    if not fit:
        with pytest.raises(TooLong, match=rf"'scripted', whose window is {window} tokens"):
            await fitted(model, items, about)
        return
    made = await fitted(model, items, about)
    assert (made.kept, made.left_out) == (tuple(items[: max(fit)]), tuple(items[max(fit) :]))
    assert made.request == about(items[: max(fit)])


async def test_a_short_prompt_is_not_even_counted() -> None:
    model = Counting([], window=200)
    assert await fits_in(model, about(["x" * 150]))
    assert model.counted == 0
    assert not await fits_in(model, about(["x" * 900]))
    assert model.counted == 1


async def test_without_a_tokenizer_the_estimate_is_on_the_safe_side() -> None:
    model = Tokenless([], window=210)
    assert await fits_in(model, about(["x" * 350]))
    assert not await fits_in(model, about(["x" * 450]))


async def test_without_a_known_window_everything_is_sent() -> None:
    assert (await fitted(ScriptedModel([]), ["x" * 10**6], about)).left_out == ()


async def test_a_request_without_anything_to_leave_out_can_be_too_long() -> None:
    with pytest.raises(TooLong):
        await fitted(ScriptedModel([], window=100), [], lambda _: about(["x" * 900]))
