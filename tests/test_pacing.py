"""The pace of requests: what hosts ask for, and what their refusals teach."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.errors import HttpStatus
from search.pacing import Hosts, pause, retry_after


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 1.5 ", 1.5),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("0\x1f", None),
        ("-5", None),
        ("inf", None),
        ("nan", None),
        ("1e400", None),
        ("9" * 400, None),
        ("١", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("Fri, 99 Dec 2030 23:59:59 GMT", None),
    ],
)
def test_what_a_server_asks_for(told: str, seconds: float | None) -> None:
    assert retry_after(told) == seconds


def test_a_date_is_so_many_seconds_away() -> None:
    told = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True))
    assert told is not None
    assert 95 < told <= 100


WORDS = [
    *("Mon,", "Jan", "31", "0", "99", "2030", "9999", ":", "23:59:60", "GMT", "+", "-", "0000"),
    *("-2400", "+9999", "("),
]
DATES = st.lists(st.sampled_from(WORDS), max_size=9)


@given(st.text(max_size=60) | DATES.map(" ".join) | DATES.map("".join))
def test_any_other_header_says_nothing_or_a_number(told: str) -> None:
    found = retry_after(told)
    assert found is None or found >= 0


@given(st.integers(1, 50))
def test_a_pause_without_a_word_is_short_and_random(tries: int) -> None:
    assert 0 <= pause(tries, None) <= 5
    assert 10 <= pause(tries, 10) <= 11


async def test_refusals_put_requests_apart_and_answers_bring_them_together_again() -> None:
    hosts = Hosts(at_once=4)
    now = asyncio.get_running_loop().time
    until = now() + 60
    assert hosts.gap("a.org") == 0
    hosts.refused("a.org", None)
    first = hosts.gap("a.org")
    assert first > 0
    for _ in range(3):
        hosts.refused("a.org", None)
    assert hosts.gap("a.org") == first  # they are of one burst
    assert hosts.gap("b.org") == 0
    starts = []
    for _ in range(2):
        async with hosts.turn("a.org", until=until, where="here"):
            starts.append(now())
    assert starts[1] - starts[0] >= first
    hosts.refused("a.org", None)
    assert hosts.gap("a.org") == 2 * first
    while hosts.gap("a.org"):
        hosts.answered("a.org")


async def test_a_host_that_refused_is_asked_one_at_a_time() -> None:
    hosts = Hosts(at_once=4)
    hosts.refused("a.org", None)
    until = asyncio.get_running_loop().time() + 60
    inside = most = 0

    async def ask() -> None:
        nonlocal inside, most
        async with hosts.turn("a.org", until=until, where="here"):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(1.5 * hosts.gap("a.org"))  # when the next one might begin
            inside -= 1

    await asyncio.gather(*(ask() for _ in range(3)))
    assert most == 1


async def test_a_rest_that_is_too_long_is_told_at_once() -> None:
    hosts = Hosts(at_once=4)
    hosts.refused("a.org", 3600)
    until = asyncio.get_running_loop().time() + 60
    with pytest.raises(HttpStatus, match="here is not asked: its host wants a rest") as caught:
        async with hosts.turn("a.org", until=until, where="here"):
            raise AssertionError
    assert caught.value.status == 429
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 900
