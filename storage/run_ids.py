"""Ids of runs: sixteen lower-case characters that sort by time and cannot be guessed in passing."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from functools import reduce

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Base 32 without i, l, o and u, which are misread."""
_TIME_LENGTH, _RANDOM_LENGTH = 9, 7
RUN_ID_LENGTH = _TIME_LENGTH + _RANDOM_LENGTH
LAST_DIGIT = _DIGITS[-1]

_ROUNDED = timedelta(milliseconds=2)

_PREFIX = re.compile(f"[{_DIGITS}]{{1,{RUN_ID_LENGTH}}}")


def new_run_id(at: datetime) -> str:
    """Nine characters of milliseconds since 1970, seven (35 bits) of chance."""
    milliseconds = int(at.timestamp() * 1000)
    chance = secrets.randbelow(32**_RANDOM_LENGTH)
    return _written(milliseconds, _TIME_LENGTH) + _written(chance, _RANDOM_LENGTH)


def made_by(run: str) -> datetime | None:
    """A moment by which the run with this id was made; None: not even a beginning of one."""
    time = run[:_TIME_LENGTH]
    if len(time) < _TIME_LENGTH or not could_be_run_id(time):
        return None
    milliseconds = reduce(lambda number, digit: number * 32 + _DIGITS.index(digit), time, 0)
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) + _ROUNDED
    except (OverflowError, ValueError, OSError):
        return None


def could_be_run_id(text: str) -> bool:
    """Whether an id can begin like this, or be this."""
    return _PREFIX.fullmatch(text) is not None


def _written(number: int, length: int) -> str:
    """In base 32, padded to the length."""
    return "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(length)))
