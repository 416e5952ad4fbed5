"""Budgets of runs and of the runs inside them, whatever is asked of them in whatever order."""

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference import Message, Request, ScriptedModel
from planner import Budget, BudgetExceeded, Limits, MemoryTrace, RecordedModel, Spending


class Clock:
    """Moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Family:
    """Budgets in one another, with a book of its own of what was promised and spent in each."""

    def __init__(self, limits: list[tuple[Limits, int]]) -> None:
        self.limits = [own for own, _ in limits]
        self.parents: list[int | None] = [None]
        self.budgets = [Budget(limits[0][0])]
        for number, (own, above) in enumerate(limits[1:], 1):
            parent = above % number
            self.parents.append(parent)
            self.budgets.append(self.budgets[parent].nested(own))
        self.spent = [Spending()] * len(limits)
        self.calls = [0] * len(limits)
        self.open: list[tuple[int, Spending]] = []

    def line(self, number: int | None) -> list[int]:
        return [] if number is None else [number, *self.line(self.parents[number])]

    def promised(self, number: int) -> int:
        return sum(each.tokens for who, each in self.open if number in self.line(who))

    def room(self, number: int) -> float:
        """Tokens that a call in this run may take, by the book."""
        return min(
            self.limits[one].tokens
            * (1.0 if one == number and self.budgets[one].answering else self.gathering(one))
            - self.spent[one].tokens
            - self.promised(one)
            for one in self.line(number)
        )

    def gathering(self, number: int) -> float:
        return 1.0 - self.limits[number].reserve

    def promise(self, number: int, asked: int) -> None:
        """Let through exactly where every run that it is in has room for it."""
        budget = self.budgets[number]
        if asked > self.room(number):
            with pytest.raises(BudgetExceeded):
                budget.promise(Spending(asked))
            assert budget.exceeded is not None
        else:
            budget.promise(Spending(asked))
            self.open.append((number, Spending(asked)))

    def settle(self, which: int, took: int) -> None:
        if self.open:
            who, promised = self.open.pop(which % len(self.open))
            spent = Spending(min(promised.tokens, took))
            self.budgets[who].settle(promised, spent)
            for one in self.line(who):
                self.spent[one] += spent

    def call(self, number: int, _: int) -> None:
        line = self.line(number)
        if min(self.limits[one].tool_calls - self.calls[one] for one in line) < 1:
            with pytest.raises(BudgetExceeded):
                self.budgets[number].spend_tool_call()
        else:
            self.budgets[number].spend_tool_call()
            for one in line:
                self.calls[one] += 1

    def answer(self, number: int, _: int) -> None:
        self.budgets[number].answering = True


LIMITS = st.builds(
    Limits,
    tokens=st.integers(1, 400) | st.just(math.inf),
    tool_calls=st.integers(1, 6) | st.just(math.inf),
    reserve=st.sampled_from([0.0, 0.25, 0.5]),
)
FAMILIES = st.lists(st.tuples(LIMITS, st.integers(0, 9)), min_size=1, max_size=5)
DEEDS = st.lists(
    st.tuples(
        st.sampled_from([Family.promise, Family.settle, Family.call, Family.answer]),
        st.integers(0, 9),
        st.integers(0, 150),
    ),
    max_size=40,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FAMILIES, DEEDS)
def test_no_limit_is_passed_and_no_reserve_is_taken_from_outside(
    limits: list[tuple[Limits, int]], deeds: list[tuple[Any, int, int]]
) -> None:
    """A call that is given up is settled with 0."""
    family = Family(limits)
    for deed, who, tokens in deeds:
        deed(family, who % len(limits), tokens)
        for one, own in enumerate(family.limits):
            assert family.spent[one].tokens + family.promised(one) <= own.tokens
            assert family.calls[one] <= own.tool_calls


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(0, 300), st.sampled_from([0.25, 0.5]), st.booleans())
def test_a_sub_run_cannot_take_the_share_of_the_answer_above_it(
    tokens: int, asked: int, reserve: float, late: bool
) -> None:
    """`late`: it still runs when the answer above it is being written."""
    parent = Budget(Limits(tokens=tokens, reserve=reserve))
    child = parent.nested(Limits(reserve=0.0))
    child.answering, parent.answering = True, late
    try:
        child.promise(Spending(asked))
    except BudgetExceeded:
        assert asked > tokens * (1 - reserve)
    else:
        child.settle(Spending(asked), Spending(asked))
    parent.answering = True
    parent.promise(Spending(math.floor(tokens * reserve)))


def test_a_step_that_still_runs_cannot_take_the_share_of_the_answer_that_is_being_written() -> None:
    clock = Clock()
    budget = Budget(Limits(seconds=100, tokens=100), clock=clock)
    budget.answering = True
    with pytest.raises(BudgetExceeded, match="max-tokens: 0 of 100 spent, 25 kept for the answer"):
        budget.promise(Spending(80), step=True)
    budget.promise(Spending(80))
    clock.now = 80
    with pytest.raises(BudgetExceeded, match="seconds: 80 of 100 spent, 25 kept"):
        budget.spend_tool_call()
    budget.promise(Spending(20))


def test_what_a_call_took_beyond_its_promise_leaves_less_for_the_next() -> None:
    parent = Budget(Limits(tokens=100, reserve=0.0))
    child = parent.nested(Limits(tokens=50, reserve=0.0))
    child.promise(Spending(40))
    child.settle(Spending(40), Spending(60))
    with pytest.raises(BudgetExceeded, match="60 of 50"):
        child.promise(Spending(1))
    parent.promise(Spending(40))
    with pytest.raises(BudgetExceeded, match="60 of 100"):
        parent.promise(Spending(1))


def test_a_limit_stops_the_run_that_has_it_and_those_inside_and_none_above() -> None:
    top = Budget(Limits(tool_calls=5))
    middle = top.nested(Limits(tool_calls=1))
    bottom, beside = middle.nested(Limits()), top.nested(Limits())
    bottom.spend_tool_call()
    with pytest.raises(BudgetExceeded, match="1 of 1"):
        bottom.spend_tool_call()
    assert [budget.exceeded is not None for budget in (top, middle, bottom, beside)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_a_sub_run_gathers_and_ends_before_the_time_of_the_run_above_is_over() -> None:
    clock = Clock()
    top = Budget(Limits(seconds=100), clock=clock)
    clock.now = 35
    middle = top.nested(Limits(seconds=1000))
    bottom = middle.nested(Limits())
    assert (top.remaining_seconds, middle.remaining_seconds) == (40, 30)
    assert bottom.remaining_seconds == 22.5
    clock.now = 60
    bottom.out_of_time()
    assert [budget.exceeded is not None for budget in (top, middle, bottom)] == [False, False, True]
    bottom.answering = True
    assert bottom.remaining_seconds == 5
    clock.now = 75
    with pytest.raises(BudgetExceeded, match="75 of 100 spent, 25 kept"):
        top.nested(Limits())


def test_time_that_a_sub_run_has_spent_before_a_crash_counts_for_it() -> None:
    clock = Clock()
    top = Budget(Limits(seconds=100), seconds=30, clock=clock)
    child = top.nested(Limits(seconds=40, reserve=0.0), seconds=25)
    assert child.remaining_seconds == 15
    assert top.nested(Limits(reserve=0.0), seconds=25).remaining_seconds == 45


@pytest.mark.parametrize("chunks", [0, 1, 3])
async def test_a_call_that_is_given_up_keeps_nothing_promised(chunks: int) -> None:
    top = Budget(Limits(tokens=1000, reserve=0.0))
    child = top.nested(Limits(reserve=0.0))
    model = RecordedModel(ScriptedModel(["word " * 50]), budget=child, trace=MemoryTrace())
    stream = model.stream(Request((Message("user", "Tell."),), max_tokens=900))
    for _ in range(chunks):
        await anext(stream)
    await stream.aclose()
    for budget in (top, child):
        budget.promise(Spending(990))
        budget.settle(Spending(990), Spending(0))


def test_a_guess_may_spend_half_and_hits_no_limit() -> None:
    budget = Budget(Limits(tokens=1000, tool_calls=4, cost=1.0, reserve=0.2))
    budget.promise(Spending(400, 0.4), step=True, guess=True)
    for more in (Spending(1), Spending(0, 0.01)):
        with pytest.raises(BudgetExceeded):
            budget.promise(more, step=True, guess=True)
    for _ in range(2):
        budget.spend_tool_call(guess=True)
    with pytest.raises(BudgetExceeded):
        budget.spend_tool_call(guess=True)
    assert (budget.tool_calls, budget.exceeded) == (2, None)
    budget.promise(Spending(400, 0.4), step=True)
    with pytest.raises(BudgetExceeded):
        budget.promise(Spending(1), step=True)
    assert budget.exceeded is not None


def test_asking_whether_there_is_room_hits_no_limit() -> None:
    budget = Budget(Limits(tokens=1000, reserve=0.25))
    assert budget.has_room(750)
    assert not budget.has_room(751)
    budget.answering = True
    assert budget.has_room(1000)
    budget.settle(Spending(), Spending(900))
    assert (budget.has_room(100), budget.has_room(101), budget.exceeded) == (True, False, None)
