"""Webhooks: who is told of the ends of runs, and how far each telling has come.

What is to be told is written in the transaction that ends the run, so neither can be without the
other. Whoever sends it claims it for a while: where a sender dies, another one sends it later, with
the same id and the same bytes, so that the receiver can see that it is the same.
"""

import json
import random
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_bytes, token_hex
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.errors import DisabledWebhook, TooManyWebhooks, UnknownWebhook
from storage.run_ids import new_run_id
from storage.service_tables import DeliveryRow, ResponseRow, WebhookRow

KINDS = tuple(f"response.{end}" for end in ("completed", "incomplete", "failed", "cancelled"))
"""Of events."""
_WAITS = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 28800)
"""Seconds behind each attempt that failed: a day in all; then it is given up."""
_CLAIM = timedelta(seconds=60)
"""So long nobody else sends what somebody has begun to send."""
_SPREAD = 0.2
MOST_WEBHOOKS = 20
"""Of one user: each end of a run is told to all of them."""
_LONGEST_WAIT = 86_400.0


@dataclass(frozen=True, slots=True)
class WebhookRecord:
    """An address that is told. Its secret is not in what is shown of it."""

    id: str
    user: str
    url: str
    kinds: tuple[str, ...]
    """Of events; empty: all."""
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way."""

    id: str
    webhook: str
    run: str
    kind: str
    body: str
    attempts: int
    created_at: datetime
    next_at: datetime | None
    delivered_at: datetime | None
    dead_at: datetime | None
    error: str | None

    @property
    def state(self) -> str:
        """waiting, delivered or dead."""
        if self.delivered_at is not None:
            return "delivered"
        return "dead" if self.dead_at is not None else "waiting"


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that this process has claimed, and what is needed to send it."""

    delivery: Delivery
    url: str
    secret: str
    until: datetime
    """When the claim ends; who has lost it changes nothing any more."""

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Due({self.delivery.id})"


class Webhooks:
    """Those in one database. Every method raises StorageError where that is unusable.

    `user`: whose; None: everybody's. What is another user's is not there.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """Of an open store."""
        self._database = database
        self._now = now

    async def create(
        self, url: str, user: str = "", kinds: Sequence[str] = ()
    ) -> tuple[WebhookRecord, str]:
        """A new one, and its secret, which is told this once. Raises TooManyWebhooks."""
        at, secret = self._now(), f"whsec_{b64encode(token_bytes(32)).decode()}"
        made = WebhookRecord(new_run_id(at), user, url, tuple(kinds), at, None)
        values = {"id": made.id, "user": user, "url": url, "kinds": list(kinds)}
        row = insert(WebhookRow).values(**values, secret=secret, created_at=at)

        async def add(connection: AsyncConnection) -> None:
            await _require_room(connection, user)
            await connection.execute(row)

        await self._database.write(add)
        return made, secret

    async def all(self, user: str | None = None) -> list[WebhookRecord]:
        """The oldest first."""
        query = select(WebhookRow.__table__).where(_of(user)).order_by(WebhookRow.created_at)
        return [_webhook(row) for row in await self._database.rows(query)]

    async def remove(self, webhook: str, user: str | None = None) -> None:
        """It is told nothing more, and what it was told is forgotten. Raises UnknownWebhook."""
        chosen = (WebhookRow.id == webhook) & _of(user)

        async def removed(connection: AsyncConnection) -> None:
            # Locked: a run that ends at this moment tells it before, or not at all.
            query = select(WebhookRow.id).where(chosen).with_for_update()
            if (await connection.execute(query)).one_or_none() is None:
                raise UnknownWebhook(webhook)
            await connection.execute(delete(DeliveryRow).where(DeliveryRow.webhook == webhook))
            await connection.execute(delete(WebhookRow).where(WebhookRow.id == webhook))

        await self._database.write(removed)

    async def disable(self, webhook: str) -> None:
        """It is told nothing more, and what was on its way to it is given up."""
        at = self._now()

        async def disabled(connection: AsyncConnection) -> None:
            hook = update(WebhookRow).where(WebhookRow.id == webhook)
            await connection.execute(hook.values(disabled_at=at))
            open_ = (DeliveryRow.webhook == webhook) & DeliveryRow.next_at.is_not(None)
            given_up = update(DeliveryRow).where(open_).values(next_at=None, dead_at=at)
            await connection.execute(given_up)

        await self._database.write(disabled)

    async def due(
        self, limit: int = 20, *, each: int | None = None, but: Collection[str] = ()
    ) -> list[Due]:
        """What is to be sent now; nobody else gets it for a minute.

        `each`: so many to one webhook at most; `but`: nothing to these.
        """
        now = self._now()
        until = now + _CLAIM
        chosen = (DeliveryRow.next_at <= now) & WebhookRow.disabled_at.is_(None)
        query = (
            select(DeliveryRow.__table__, WebhookRow.url, WebhookRow.secret)
            .join(WebhookRow, WebhookRow.id == DeliveryRow.webhook)
            .where(chosen & WebhookRow.id.not_in(but))
            .order_by(DeliveryRow.next_at)
            .limit(limit)
        )
        if not await self._database.rows(query):  # mostly: and who only looks keeps nobody waiting
            return []
        query = query.with_for_update(skip_locked=True, of=DeliveryRow.__table__)

        async def claimed(connection: AsyncConnection) -> list[Due]:
            rows = _shared_out((await connection.execute(query)).all(), each or limit)
            mine = update(DeliveryRow).where(DeliveryRow.id.in_([row.id for row in rows]))
            if rows:
                await connection.execute(mine.values(next_at=until))
            return [Due(_delivery(row), row.url, row.secret, until) for row in rows]

        return await self._database.write(claimed)

    async def delivered(self, due: Due) -> None:
        """It has arrived."""
        await self._attempted(due, delivered_at=self._now(), next_at=None, error=None)

    async def failed(self, due: Due, error: str, after: float | None = None) -> None:
        """It has not; it is tried again, or given up.

        `after`: seconds that the receiver asks for.
        """
        tries = due.delivery.attempts
        if tries >= len(_WAITS):
            await self._attempted(due, dead_at=self._now(), next_at=None, error=error)
            return
        spread = random.uniform(1, 1 + _SPREAD)  # noqa: S311 - no secret
        wait = max(_WAITS[tries] * spread, min(after or 0.0, _LONGEST_WAIT))
        await self._attempted(due, next_at=self._now() + timedelta(seconds=wait), error=error)

    async def resend(self, delivery: str, user: str | None = None) -> None:
        """Send it once more, whatever has become of it.

        Raises UnknownWebhook, and DisabledWebhook where nothing is sent any more.
        """
        query = select(WebhookRow.id, WebhookRow.disabled_at)
        query = query.join(DeliveryRow, DeliveryRow.webhook == WebhookRow.id)
        query = query.where((DeliveryRow.id == delivery) & _of(user))
        anew = {"next_at": self._now(), "dead_at": None, "delivered_at": None, "attempts": 0}

        async def sent_anew(connection: AsyncConnection) -> None:
            hook = (await connection.execute(query)).one_or_none()
            if hook is None:
                raise UnknownWebhook(delivery)
            if hook.disabled_at is not None:
                raise DisabledWebhook(hook.id)
            chosen = update(DeliveryRow).where(DeliveryRow.id == delivery)
            await connection.execute(chosen.values(anew))

        await self._database.write(sent_anew)

    async def deliveries(
        self,
        webhook: str | None = None,
        user: str | None = None,
        *,
        limit: int = 100,
        dead: bool = False,
    ) -> list[Delivery]:
        """The newest first; `dead`: what was given up alone. Raises UnknownWebhook."""
        if webhook is not None and all(one.id != webhook for one in await self.all(user)):
            raise UnknownWebhook(webhook)
        mine = select(WebhookRow.id).where(_of(user))
        query = select(DeliveryRow.__table__).where(DeliveryRow.webhook.in_(mine))
        if webhook is not None:
            query = query.where(DeliveryRow.webhook == webhook)
        if dead:
            query = query.where(DeliveryRow.dead_at.is_not(None))
        query = query.order_by(DeliveryRow.created_at.desc(), DeliveryRow.id).limit(limit)
        return [_delivery(row) for row in await self._database.rows(query)]

    async def _attempted(self, due: Due, **values: Any) -> None:
        """What became of an attempt. Nothing changes where the claim is lost: another one sends it,
        somebody wants it sent anew, or it was given up."""
        mine = (DeliveryRow.id == due.delivery.id) & (DeliveryRow.next_at == due.until)
        values["attempts"] = DeliveryRow.attempts + 1
        await self._database.change(update(DeliveryRow).where(mine).values(values))


async def _require_room(connection: AsyncConnection, user: str) -> None:
    """Raises TooManyWebhooks. Two that are added at the same moment may both see the last room:
    the bound keeps thousands away."""
    count = select(func.count()).where(WebhookRow.user == user)
    if (await connection.execute(count)).scalar_one() >= MOST_WEBHOOKS:
        raise TooManyWebhooks(MOST_WEBHOOKS)


def _shared_out(rows: Sequence[Row[Any]], each: int) -> list[Row[Any]]:
    """In order, so many of one webhook at most."""
    taken: Counter[str] = Counter()
    shared = []
    for row in rows:
        if taken[row.webhook] < each:
            taken[row.webhook] += 1
            shared.append(row)
    return shared


async def tell_end(
    connection: AsyncConnection, run: str, user: str, event: int, status: str, at: datetime
) -> None:
    """In the transaction that ends a run: have it told to all webhooks of its user."""
    wanted = (WebhookRow.user == user) & WebhookRow.disabled_at.is_(None)
    # Locked: none of them is removed or disabled before what it is told is there.
    query = select(WebhookRow.__table__).where(wanted).with_for_update(read=True)
    hooks = (await connection.execute(query)).all()
    if not hooks:
        return
    response = select(ResponseRow.id).where(ResponseRow.run == run, ResponseRow.kind == "response")
    id_ = (await connection.execute(response)).scalar_one_or_none()
    kind = f"response.{status}"
    rows = [
        _new(hook.id, run, event, kind, id_, at)
        for hook in hooks
        if id_ is not None and (not hook.kinds or kind in hook.kinds)
    ]
    if rows:
        await connection.execute(insert(DeliveryRow), rows)


def _new(
    webhook: str, run: str, event: int, kind: str, response: str, at: datetime
) -> dict[str, Any]:
    """A row, with the body as it will be sent each time."""
    id_ = f"evt_{token_hex(16)}"
    body: Mapping[str, Any] = {
        "id": id_,
        "object": "event",
        "type": kind,
        "created_at": int(at.timestamp()),
        "data": {"id": response},
    }
    named = {"id": id_, "webhook": webhook, "run": run, "event": event, "kind": kind}
    return named | {"body": json.dumps(body), "created_at": at, "next_at": at, "attempts": 0}


def require_kinds(kinds: Collection[str]) -> None:
    """Raises ValueError for an event that there is not."""
    for kind in kinds:
        if kind not in KINDS:
            raise ValueError(f"there is no event {kind[:80]!r}: use {', '.join(KINDS)}")


def _of(user: str | None) -> ColumnElement[bool]:
    """Whose webhooks are meant."""
    return true() if user is None else WebhookRow.user == user


def _webhook(row: Row[Any]) -> WebhookRecord:
    kinds = tuple(row.kinds)
    return WebhookRecord(row.id, row.user, row.url, kinds, row.created_at, row.disabled_at)


def _delivery(row: Row[Any]) -> Delivery:
    names = Delivery.__dataclass_fields__
    return Delivery(**{name: row._mapping[name] for name in names})
