"""Telling: the ends of runs, told to those who want to hear of them (Standard Webhooks)."""

import asyncio
import hmac
import logging
import time
from base64 import b64decode, b64encode
from collections import Counter
from contextlib import suppress
from hashlib import sha256

from search import HttpStatus, WebClient, WebError, WebResponse, WebSettings, retry_after
from storage import Due, StorageError, TraceStore

log = logging.getLogger("breadth.webhooks")

_SECONDS = 15.0
"""For a receiver to answer."""
_AT_ONCE = 20
_EACH = 4
"""To one webhook at once: one that is slow keeps none of the others waiting."""
_LOOK_SECONDS = 1.0
_GONE = 410


class Teller:
    """Sends what is due. Several of them, in several processes, do not get in each other's way."""

    def __init__(self, store: TraceStore, web: WebClient) -> None:
        """`web`: which addresses may be told, it knows; see `webhook_settings`."""
        self._store = store
        self._web = web
        self._news = asyncio.Event()
        self._sending: Counter[str] = Counter()
        """By webhook."""

    def wake(self) -> None:
        """A run has ended: look now."""
        self._news.set()

    async def tell(self) -> None:
        """Send what is due and what will be, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._news.clear()
                claimed = await self._claimed()
                for due in claimed:
                    self._sending[due.delivery.webhook] += 1
                    group.create_task(self._send_in_turn(due))
                if not claimed:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_SECONDS):
                            await self._news.wait()

    async def _claimed(self) -> list[Due]:
        """As many as there are places for; none where the store cannot be used just now."""
        places = _AT_ONCE - self._sending.total()
        busy = [webhook for webhook, count in self._sending.items() if count >= _EACH]
        if places <= 0:
            return []
        with suppress(StorageError):  # it is asked again
            return await self._store.webhooks.due(places, each=_EACH, but=busy)
        return []

    async def _send_in_turn(self, due: Due) -> None:
        """One of those in `_sending`; where nothing more could be claimed, something can now."""
        webhook = due.delivery.webhook
        try:
            await self._send(due)
        finally:
            if self._sending[webhook] >= _EACH or self._sending.total() >= _AT_ONCE:
                self._news.set()
            self._sending[webhook] -= 1
            if not self._sending[webhook]:
                del self._sending[webhook]

    async def once(self) -> int:
        """Send what is due now; gives how many."""
        due = await self._store.webhooks.due(_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for one in due:
                group.create_task(self._send(one))
        return len(due)

    async def _send(self, due: Due) -> None:
        """One, and what became of it. Where that cannot be kept it is sent again, as the same."""
        try:
            await self._sent(due)
        except StorageError as error:
            log.warning("what became of %s could not be kept: %s", due.delivery.id, error)

    async def _sent(self, due: Due) -> None:
        """Raises StorageError."""
        hooks, delivery = self._store.webhooks, due.delivery
        try:
            answer = await self._web.request(
                "POST",
                due.url,
                data=delivery.body.encode(),
                headers=signed(due, int(time.time())),
                raise_for_status=False,
            )
        except WebError as error:
            log.warning("webhook %s was not told of %s: %s", delivery.webhook, delivery.id, error)
            rest = error.retry_after if isinstance(error, HttpStatus) else None
            await hooks.failed(due, str(error), rest)
            return
        if 200 <= answer.status < 300:
            await hooks.delivered(due)
        elif answer.status == _GONE:
            log.warning("webhook %s is gone (410), and is told nothing more", delivery.webhook)
            await hooks.failed(due, f"it answered {_GONE}")
            await hooks.disable(delivery.webhook)
        else:
            await hooks.failed(due, f"it answered {answer.status}", _asked_rest(answer))


def signed(due: Due, timestamp: int) -> dict[str, str]:
    """The headers of an attempt; the signature is over id, moment and body."""
    id_, key = due.delivery.id, b64decode(due.secret.removeprefix("whsec_"))
    text = f"{id_}.{timestamp}.{due.delivery.body}".encode()
    signature = b64encode(hmac.new(key, text, sha256).digest()).decode()
    return {
        "content-type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def webhook_settings(hosts: str, user_agent: str) -> WebSettings:
    """`hosts`: such as may be told though they are private, commas between. Redirects are not
    followed, bodies of answers not read, and what fails is tried again by us, later. Raises
    ValueError for what is no host."""
    allowed = frozenset(host.strip() for host in hosts.split(",") if host.strip())
    return WebSettings(
        allow_hosts=allowed,
        seconds=_SECONDS,
        heads_only=True,
        redirects=0,
        attempts=1,
        user_agent=user_agent,
    )


def _asked_rest(answer: WebResponse) -> float | None:
    """Seconds that the receiver asks to be left alone, where it says so."""
    return retry_after(answer.headers.get("retry-after", ""))
