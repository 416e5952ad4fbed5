"""The answer of an interaction: it is changed by the interaction's token, which changes the same
message however often it is done. When the token has expired, the bot posts into the channel: once,
because Discord is told a nonce, and later looks for what it may have posted.
"""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from service.chats import Ending, Held, Refused, Standing, Undelivered, Unsure
from service.chats.texts import length
from service.discord.messages import CONTENT, STYLE, Message, answered, asked_by, working
from service.discord.speaking import Discord
from service.settings import Settings

log = logging.getLogger("breadth.discord")

SYSTEM = "discord"
_TOKEN_LASTS = timedelta(minutes=15)
_NOT_YET, _EXPIRED, _GONE = "10015", "50027", "10008"
"""Errors: there is no such interaction, or not yet; its token is too old; the message is gone."""
_EPOCH = 1_420_070_400_000
"""Where Discord's numbers begin, in milliseconds."""
_CLOCKS = timedelta(hours=1)
"""By which our clock and Discord's may differ."""
_PAGE, _PAGES = 100, 5
_LATE = "Discord takes answers for 15 minutes; BREADTH_DISCORD_BOT_TOKEN allows later ones"


class DiscordSpeaker:
    """See `service.chats.Speaker`. Of `Held.state`:

    expired   the interaction can be answered no more
    posting   a message of the bot's own is being posted, or was
    message   its id
    """

    system = SYSTEM

    def __init__(self, discord: Discord, settings: Settings) -> None:
        """`discord`: for calls."""
        self._discord, self._settings = discord, settings

    async def working(self, held: Held, standing: Standing) -> None:
        """See Speaker. Only in the answer of the interaction: who has no token waits."""
        if not held.state.get("expired"):
            await self._shown(held, working(held.run, standing.line), patient=False)

    async def ended(self, held: Held, ending: Ending) -> None:
        """See Speaker."""
        document = ending.document(self._settings)
        message = answered(ending, document)
        if not held.state.get("expired") and await self._shown(held, message, patient=True):
            return
        if not self._discord.has_token:
            raise Undelivered(_LATE, for_good=True)
        asked = asked_by(str(held.place["user"]), str(held.place["question"]))
        mark = f"\n-# {STYLE.escaped(held.run)}"
        most = CONTENT - length(mark)
        await self._posted(held, answered(ending, document, asked=asked, most=most), mark)

    async def _shown(self, held: Held, message: Message, *, patient: bool) -> bool:
        """Whether the answer of the interaction says this. Raises Rest, Undelivered and Gone."""
        place = held.place
        path = f"webhooks/{place['application']}/{place['token']}/messages/@original"
        try:
            await self._discord.show("PATCH", path, message, patient=patient, require=held.require)
        except Unsure as error:
            raise Undelivered(str(error)) from error
        except Refused as error:
            if error.code == _GONE:
                raise Undelivered("somebody deleted the message", for_good=True) from error
            age = datetime.now(UTC) - held.posting.created_at
            if error.code == _EXPIRED or age >= _TOKEN_LASTS:
                await held.note(expired=True)
                return False
            raise Undelivered(str(error), for_good=error.code != _NOT_YET) from error
        return True

    async def _posted(self, held: Held, message: Message, mark: str) -> None:
        """Into the channel, once; it is known by its mark. Raises Rest, Undelivered and Gone."""
        extra = {"nonce": held.run, "enforce_nonce": True}
        whole = replace(message, content=message.content + mark, extra=extra)
        path = f"channels/{held.place['channel']}/messages"
        try:
            if held.state.get("posting") and await self._is_posted(held, path, mark):
                return
            await held.note(posting=True)
            await self._discord.show(
                "POST", path, whole, patient=True, require=held.require, as_bot=True
            )
        except Unsure as error:
            raise Undelivered(str(error)) from error
        except Refused as error:
            raise Undelivered(str(error), for_good=True) from error

    async def _is_posted(self, held: Held, path: str, mark: str) -> bool:
        """Whether an earlier attempt did it."""
        since = held.posting.created_at - _CLOCKS
        after = (int(since.timestamp() * 1000) - _EPOCH) << 22
        for _ in range(_PAGES):
            page: Any = await self._discord.call("GET", f"{path}?limit={_PAGE}&after={after}")
            for each in page:
                is_ours = bool((each.get("author") or {}).get("bot"))
                if is_ours and str(each.get("content", "")).endswith(mark.strip()):
                    return True
            if len(page) < _PAGE:
                break
            after = max(int(each["id"]) for each in page)
        return False
