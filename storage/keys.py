"""API keys: whose they are, and what their runs may take.

A key is told once, when it is made; only its digest is kept. The limits are looked at in the
transaction that makes a run, behind a lock of the key, so two requests at the same moment cannot
both pass.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.errors import OverLimit, StorageError, UnknownKey
from storage.run_ids import new_run_id
from storage.service_tables import KeyRow
from storage.tables import ModelCallRow, RunRow

KEY_PREFIX = "bk_"
_FORM = re.compile(rf"{KEY_PREFIX}[0-9a-z]{{16}}_[\w-]{{43}}")
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_TOUCHED = timedelta(minutes=1)
_LONGEST = timedelta(days=7)
"""From the making of a run to its last model call, waiting included."""
_TOKENS = ModelCallRow.prompt_tokens + ModelCallRow.completion_tokens
_MONEY = func.coalesce(ModelCallRow.cost, 0.0)
_SOON = 5.0
"""Seconds until a run may have ended."""


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """What the runs of a key may take; None: no limit."""

    runs_at_once: int | None = None
    runs_a_minute: int | None = None
    tokens_a_day: int | None = None
    money_a_day: float | None = None

    def __post_init__(self) -> None:
        """Refuse what would allow nothing."""
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"{name.replace('_', '-')}: has to be above 0")


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key as it is kept."""

    id: str
    user: str
    name: str
    limits: KeyLimits
    created_at: datetime
    used_at: datetime | None
    """To a minute."""
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeySpent:
    """What the runs of a key took."""

    tokens: int
    """Of prompts and completions."""
    money: float


class Keys:
    """Those in one database. Every method raises StorageError where that is unusable."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """Of an open store."""
        self._database = database
        self._now = now

    async def create(
        self, name: str, user: str, limits: KeyLimits | None = None
    ) -> tuple[KeyRecord, str]:
        """A new one, and the key itself, which is told this once."""
        at = self._now()
        made = KeyRecord(new_run_id(at), user, name, limits or KeyLimits(), at, None, None)
        key = f"{KEY_PREFIX}{made.id}_{token_urlsafe(32)}"
        named = {"id": made.id, "user": user, "name": name, "digest": digest_of(key)}
        values = {**named, "limits": _limits_data(made.limits), "created_at": at}
        await self._database.change(insert(KeyRow).values(values))
        return made, key

    async def known(self, key: str) -> KeyRecord | None:
        """The record of a key that is valid; it is noted that it was used, where that can be."""
        if not _FORM.fullmatch(key):
            return None
        digest = digest_of(key)
        query = select(KeyRow.__table__).where(KeyRow.digest == digest)
        row = next(iter(await self._database.rows(query)), None)
        if row is None or row.revoked_at is not None or not hmac.compare_digest(row.digest, digest):
            return None
        now = self._now()
        if row.used_at is None or now - row.used_at > _TOUCHED:
            touched = update(KeyRow).where(KeyRow.id == row.id)
            with suppress(StorageError):  # who only reads needs no room on the disk, and no lock
                await self._database.change(touched.values(used_at=now))
        return _record(row)

    async def all(self) -> list[KeyRecord]:
        """The oldest first, revoked ones among them."""
        query = select(KeyRow.__table__).order_by(KeyRow.created_at)
        return [_record(row) for row in await self._database.rows(query)]

    async def spent(self, id_: str, since: datetime) -> KeySpent:
        """What the model calls of a key's runs took since then."""
        return await self._database.read(lambda connection: _spent(connection, id_, since))

    async def revoke(self, id_: str) -> None:
        """It is valid no more. Raises UnknownKey."""
        first = func.coalesce(KeyRow.revoked_at, self._now())
        revoked = update(KeyRow).where(KeyRow.id == id_).values(revoked_at=first)
        if not await self._database.change(revoked):
            raise UnknownKey(id_)


async def require_allowance(connection: AsyncConnection, key: str, at: datetime) -> None:
    """In the transaction that makes a run of the key. Raises OverLimit."""
    query = select(KeyRow.__table__).where(KeyRow.id == key).with_for_update()
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return
    limits = KeyLimits(**row.limits)
    if limits.runs_at_once is not None:
        alive = RunRow.status.in_(("queued", "running"))
        if await _runs(connection, RunRow.key == key, alive) >= limits.runs_at_once:
            raise OverLimit(f"{_counted(limits.runs_at_once)} at once", _SOON)
    if limits.runs_a_minute is not None:
        recent = RunRow.created_at > at - _MINUTE
        if await _runs(connection, RunRow.key == key, recent) >= limits.runs_a_minute:
            wait = await _until(connection, key, at, _MINUTE)
            raise OverLimit(f"{_counted(limits.runs_a_minute)} a minute", wait)
    if limits.tokens_a_day is not None or limits.money_a_day is not None:
        await _require_day(connection, key, at, limits)


async def _require_day(
    connection: AsyncConnection, key: str, at: datetime, limits: KeyLimits
) -> None:
    """Of the model calls of the last 24 hours."""
    spent = await _spent(connection, key, at - _DAY)
    if limits.tokens_a_day is not None and spent.tokens >= limits.tokens_a_day:
        wait = await _until_below(connection, key, at, _TOKENS, limits.tokens_a_day)
        raise OverLimit(f"{limits.tokens_a_day} tokens a day", wait)
    if limits.money_a_day is not None and spent.money >= limits.money_a_day:
        wait = await _until_below(connection, key, at, _MONEY, limits.money_a_day)
        raise OverLimit(f"{limits.money_a_day:g} a day, of money", wait)


def _counted(number: int) -> str:
    """In words."""
    return "1 run" if number == 1 else f"{number} runs"


async def _spent(connection: AsyncConnection, key: str, since: datetime) -> KeySpent:
    """By the model calls that ended since then."""
    tokens, money = func.coalesce(func.sum(_TOKENS), 0), func.coalesce(func.sum(_MONEY), 0.0)
    query = select(tokens, money).join(RunRow, RunRow.id == ModelCallRow.run)
    row = (await connection.execute(query.where(*_calls(key, since)))).one()
    return KeySpent(int(row[0]), float(row[1]))


async def _until_below(
    connection: AsyncConnection, key: str, at: datetime, what: Any, most: float
) -> float:
    """Seconds until the calls of the last 24 hours come to less than the limit: when the newest
    one that reaches it, summed up from now backwards, is a day old."""
    summed = func.sum(what).over(order_by=ModelCallRow.at.desc()).label("summed")
    calls = select(ModelCallRow.at, summed).join(RunRow, RunRow.id == ModelCallRow.run)
    reached = calls.where(*_calls(key, at - _DAY)).subquery()
    query = select(func.max(reached.c.at)).where(reached.c.summed >= most)
    last = (await connection.execute(query)).scalar_one()
    return max(1.0, (last + _DAY - at).total_seconds()) if last is not None else 1.0


def _calls(key: str, since: datetime) -> tuple[Any, ...]:
    """The model calls of a key's runs. Runs that were made long before have ended; the bound lets
    the index be used."""
    return RunRow.key == key, RunRow.created_at > since - _LONGEST, ModelCallRow.at > since


async def _runs(connection: AsyncConnection, *chosen: Any) -> int:
    """How many there are."""
    return int((await connection.execute(select(func.count()).where(*chosen))).scalar_one())


async def _until(connection: AsyncConnection, key: str, at: datetime, window: timedelta) -> float:
    """Seconds until the oldest run of the window leaves it."""
    query = select(func.min(RunRow.created_at)).where(RunRow.key == key)
    oldest = (await connection.execute(query.where(RunRow.created_at > at - window))).scalar_one()
    return max(1.0, (oldest + window - at).total_seconds()) if oldest is not None else 1.0


def digest_of(key: str) -> str:
    """What is kept of a key: it has 256 bits of chance, so no salt is needed."""
    return sha256(key.encode("utf-8", "replace")).hexdigest()


def _limits_data(limits: KeyLimits) -> Mapping[str, Any]:
    return {name: getattr(limits, name) for name in limits.__slots__}


def _record(row: Row[Any]) -> KeyRecord:
    limits = KeyLimits(**row.limits)
    moments = (row.created_at, row.used_at, row.revoked_at)
    return KeyRecord(row.id, row.user, row.name, limits, *moments)
