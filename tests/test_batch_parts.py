"""Parts of a batch: shares of what is left, rows under way, changes, and the hours of passes."""

import asyncio
import math
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from inference import Message, Request, RoledModel, ScriptedModel, answering, complete
from service.batches.allowance import NO_LIMIT, Allowance, Means, least_of_a_row
from service.batches.changes import changes_of, counted
from service.batches.gate import CountedModel, Gate, Load
from service.batches.progress import BatchTerminal
from service.batches.results import NOT_RUN, RowResult
from service.batches.schedule import Schedule, is_due, is_fresh
from service.errors import UsageProblem
from service.settings import Settings
from storage import BatchLine, BatchRecord

EACH = Means(600, 50_000, 40, math.inf)


class Ticking:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def allowance(
    whole: Means, rows: int, *, at_once: int = 2, taken: Means | None = None
) -> Allowance:
    clock = Ticking()
    return Allowance(whole, EACH, rows=rows, at_once=at_once, clock=clock, taken=taken or Means())


def share_of(of: Allowance) -> Means:
    share = of.share()
    assert isinstance(share, Means), share
    return share


def test_without_a_limit_every_row_has_its_own() -> None:
    of = allowance(NO_LIMIT, 3)
    assert [share_of(of) for _ in range(3)] == [EACH] * 3


def test_what_is_left_is_shared_out_and_what_a_row_spares_goes_to_the_others() -> None:
    of = allowance(replace(NO_LIMIT, tokens=40_000), 4)
    first, second = share_of(of), share_of(of)
    assert (first.tokens, second.tokens) == (10_000, 10_000)
    of.settle(first, Means(1, 4000, 2))
    assert share_of(of).tokens == pytest.approx((40_000 - 4000 - 10_000) / 2)


def test_no_row_gets_less_than_rows_take_and_the_rest_is_not_run() -> None:
    of = allowance(replace(NO_LIMIT, tokens=20_000), 100)
    asked = 0
    while isinstance(share := of.share(), Means):
        of.settle(share, Means(1, 6000, 1))
        asked += 1
    assert asked == 3
    assert share == (
        "not run: 2,000 of 20,000 tokens are left, too little for a row (--total-tokens)"
    )


async def test_a_row_waits_for_what_others_may_leave_before_it_is_not_run() -> None:
    of = allowance(replace(NO_LIMIT, tokens=4000), 12)
    first, second = share_of(of), share_of(of)
    assert (first.tokens, second.tokens) == (2000, 2000)
    third = asyncio.create_task(of.granted())
    await asyncio.sleep(0)
    assert not third.done()
    of.settle(first, Means(tokens=57))
    await asyncio.sleep(0)
    assert not third.done()
    of.settle(second, Means(tokens=43))
    share = await asyncio.wait_for(third, 30)
    assert isinstance(share, Means)
    assert share.tokens == 2000
    of.settle(share, Means(tokens=3000))
    assert await of.granted() == (
        "not run: 900 of 4,000 tokens are left, too little for a row (--total-tokens)"
    )


def test_a_row_is_not_begun_with_less_money_than_its_least_tokens_cost() -> None:
    settings = Settings(prices={"a": {"prompt": 1, "completion": 2}})  # type: ignore[dict-item]
    least = least_of_a_row(settings)
    assert least.cost == pytest.approx(0.002)
    whole, taken = replace(NO_LIMIT, cost=0.001), Means()
    of = Allowance(whole, EACH, rows=3, at_once=1, clock=Ticking(), taken=taken, least=least)
    assert str(of.share()).startswith("not run: 0.001 of 0.001 money are left")


def test_seconds_are_those_of_the_clock_and_go_on_after_a_restart() -> None:
    clock = Ticking()
    whole = replace(NO_LIMIT, seconds=100)
    of = Allowance(whole, EACH, rows=4, at_once=2, clock=clock, taken=Means(seconds=40))
    assert share_of(of).seconds == pytest.approx(30)
    clock.seconds = 57
    assert of.seconds == 97
    assert str(of.share()).startswith("not run: 3 of 100 seconds are left")


@given(
    st.integers(1, 60_000),
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40),
)
def test_promises_never_exceed_what_is_left(tokens: int, ends: list[tuple[float, bool]]) -> None:
    of = allowance(replace(NO_LIMIT, tokens=tokens), len(ends))
    promised: list[Means] = []
    taken = 0.0
    for part, is_first in ends:
        share = of.share()
        if isinstance(share, Means):
            promised.append(share)
        assert taken + sum(one.tokens for one in promised) <= tokens + 1e-6
        if promised:
            ended = promised.pop(0 if is_first else -1)
            taken += ended.tokens * part
            of.settle(ended, Means(tokens=ended.tokens * part))


async def entered(gate: Gate, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        await gate.enter()


async def test_more_rows_begin_while_the_model_has_room_and_no_more_when_it_has_none() -> None:
    load = Load()
    gate = Gate.of(load, slots=2, parallel=None)
    await entered(gate)
    with load.request(), load.request():
        waiting = asyncio.create_task(gate.enter())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(waiting), 0.4)
    await asyncio.wait_for(waiting, 30)
    for _ in range(2):
        await entered(gate)
    assert gate.running == gate.most == 4
    waiting = asyncio.create_task(gate.enter())
    gate.leave()
    await asyncio.wait_for(waiting, 30)


async def test_exactly_so_many_rows_are_under_way_where_somebody_says_so() -> None:
    gate = Gate.of(Load(), slots=2, parallel=3)
    for _ in range(3):
        await entered(gate, 0.2)
    waiting = asyncio.create_task(gate.enter())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(waiting), 0.4)
    gate.leave()
    await asyncio.wait_for(waiting, 30)


async def test_the_busy_time_is_that_with_a_request_under_way() -> None:
    clock = Ticking()
    load = Load(clock)
    with load.request():
        clock.seconds = 2
        with load.request():
            clock.seconds = 3
    clock.seconds = 10
    assert (load.busy_seconds, load.requests) == (3, 0)


async def test_a_counted_model_hands_requests_to_the_model_of_their_role() -> None:
    request = Request((Message("user", "Who?"),), purpose="write")
    writer = ScriptedModel(["written"], name="writer")
    roled = RoledModel(ScriptedModel([], name="base"), {"writer": writer})
    load = Load()
    counted_model = CountedModel(roled, load)
    assert answering(counted_model, request) is writer
    assert (await complete(counted_model, request)).samples[0].text == "written"
    assert load.requests == 0
    assert load.busy_seconds > 0


def line(
    question: str, value: str | None, answer: str = "", status: str = "completed"
) -> BatchLine:
    result = RowResult(status, None, value, answer).data()
    return BatchLine(0, question, question, question, "r", result=result)


def now(question: str, value: str | None, answer: str = "") -> tuple[str, RowResult]:
    return question, RowResult("completed", None, value, answer)


def test_answers_are_compared_row_by_row() -> None:
    before = [
        line("same?", "Pete Docter"),
        line("spelt?", "Smith, Ann"),
        line("changed?", "100"),
        line("gone?", "x"),
        line("text?", None, "One  text."),
        line("lost?", "y"),
        line("failed?", None, status="failed"),
    ]
    lost = ("lost?", RowResult("failed", "why"))
    found = changes_of(
        before,
        [
            now("new?", "n"),
            now("same?", "pete  docter"),
            now("spelt?", "Ann Smith"),
            now("changed?", "101"),
            now("text?", None, "One text."),
            now("failed?", "z"),
            lost,
        ],
    )
    kinds = {change.question: change.kind for change in found}
    spelt = kinds.pop("spelt?")
    assert kinds == {
        "new?": "new",
        "same?": "same",
        "changed?": "changed",
        "text?": "same",
        "gone?": "gone",
    }
    assert spelt in ("same", "changed")
    changed = next(change for change in found if change.kind == "changed" and change.now == "101")
    assert changed.before == "100"
    assert counted(found)["gone"] == 1


@pytest.fixture
def vienna() -> Iterator[None]:
    """A zone whose clocks jump."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Vienna"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("vienna")
def test_seven_o_clock_is_seven_by_the_clock_of_the_wall_in_summer_and_winter() -> None:
    mondays = Schedule("0 7 * * 1")
    before_winter = datetime(2026, 10, 19, 5, 0, tzinfo=UTC)
    due = mondays.after_now(before_winter)
    assert due == datetime(2026, 10, 26, 6, 0, tzinfo=UTC)
    assert mondays.after_now(due) == datetime(2026, 11, 2, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0 7 * * 9", "0 7 * *", "x", "", "0 0 30 2 *", "* * * * * *"])
def test_what_names_no_hours_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem, match="--every"):
        Schedule(text)


class Still:
    """A clock that stands."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    async def until(self, moment: datetime) -> None:
        self.at = moment


def record(at: datetime, *, ended: bool = True) -> BatchRecord:
    return BatchRecord("b", "/out", {}, at, at if ended else None, 0.0)


def test_a_pass_is_due_when_an_hour_of_the_schedule_has_passed_since_the_last() -> None:
    hourly, at = Schedule("0 * * * *"), datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
    soon, later = Still(at + timedelta(minutes=29)), Still(at + timedelta(minutes=30))
    assert is_due(hourly, None, soon)
    assert not is_fresh(hourly, None, soon)
    assert not is_due(hourly, record(at), soon)
    assert is_due(hourly, record(at), later)
    assert is_fresh(hourly, record(at), later)
    assert is_due(hourly, record(at, ended=False), soon)
    assert not is_fresh(hourly, record(at, ended=False), soon)
    assert is_fresh(hourly, record(at, ended=False), later)


def test_a_person_sees_rate_cost_and_time_left() -> None:
    clock, out = Ticking(), StringIO()
    display = BatchTerminal(Console(file=out, width=120), "breadth batch q.csv", clock=clock)
    assert display.to_go_on is None
    display.begins("b1", done=2, total=10, money=True)
    display.paid(1200, 0.5)
    clock.seconds = 60
    display.ended("a", RowResult("completed", None, "Ann\x1b[2J", taken=Means(seconds=3)))
    display.ended("b", RowResult("failed", "no model"))
    assert display.told == ("2.0 rows a minute · 1,200 tokens · 0.5000 money · 3 min 00 s left")
    display.ended("c", RowResult(NOT_RUN, "not run: spent"))
    lines = out.getvalue().splitlines()
    assert lines[0].endswith("batch b1: 2 of 10 rows are answered already")
    assert lines[1].endswith("3/10 a: Ann, 3.0 s")
    assert lines[2].endswith("4/10 b: failed: no model")
    assert lines[3].endswith("5/10 c: not run: spent")
    assert display.to_go_on == "breadth batch q.csv\n(5 of 10 rows are kept)"
