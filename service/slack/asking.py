"""From what was heard to a question that is kept; or to nothing, where it is not for us."""

import logging
import time

from service.api.front import Front
from service.channel_settings import ChannelSettings, settled
from service.chats import ChatAsking, NotNow, Question, Refused, Rest, Unsure
from service.slack.hearing import Heard, Stop
from service.slack.showing import SYSTEM, thread_of
from service.slack.speaking import Slack

log = logging.getLogger("breadth.slack")

_NAMED_SECONDS = 600.0
"""So long the name of a channel is remembered."""
_MOST_NAMES = 10_000


class SlackAsking:
    """Keeps questions."""

    def __init__(self, front: Front, slack: Slack) -> None:
        """`slack`: knows the names of channels."""
        self._front, self._slack = front, slack
        self._asking = ChatAsking(front, SYSTEM)
        self._names: dict[str, tuple[float, str | None]] = {}

    async def ask(self, heard: Heard) -> bool:
        """Keep it. False: it is not for us. Raises StorageError and NotNow."""
        channel = await self._settled(heard)
        if channel is None:
            return False
        thread = heard.thread and thread_of(heard.team, heard.channel, heard.thread)
        follows = heard.thread not in (None, heard.moment)
        if heard.way == "thread" and not await self._is_ours(thread):
            return False
        await self._asking.ask(_question(heard, thread, follows=follows), channel)
        return True

    async def stop(self, stop: Stop) -> None:
        """Have a run stopped that is shown in the same workspace. Raises StorageError."""
        await self._asking.stop(stop.run, stop.team, stop.user)

    async def _is_ours(self, thread: str | None) -> bool:
        """Whether something was answered there."""
        return bool(thread and await self._front.store.postings.in_thread(SYSTEM, thread, 1))

    async def _settled(self, heard: Heard) -> ChannelSettings | None:
        """What is settled for the channel; None: nothing is answered there."""
        channels = self._front.settings.slack_channels
        name = heard.channel_name
        named = [known for known in channels if known != known.upper()]  # ids have no small letters
        if name is None and heard.channel not in channels and named:
            try:
                name = await self._name(heard.channel)
            except Refused as error:
                log.warning("Slack does not say what a channel is called: %s", error)
                if any(channels[each] == "off" for each in named):
                    return None  # this may be the one
        return settled(channels, heard.channel, name)

    async def _name(self, channel: str) -> str | None:
        """As people call it. Raises Refused and NotNow."""
        until, name = self._names.get(channel, (0.0, None))
        if time.monotonic() < until:
            return name
        try:
            told = await self._slack.call("conversations.info", channel=channel)
        except (Rest, Unsure) as error:
            raise NotNow(f"Slack does not say what a channel is called: {error}") from error
        name = (told.get("channel") or {}).get("name")
        if len(self._names) >= _MOST_NAMES:
            self._names.clear()
        self._names[channel] = (time.monotonic() + _NAMED_SECONDS, name)
        return name


def _question(heard: Heard, thread: str | None, *, follows: bool) -> Question:
    place = {"channel": heard.channel, "thread": heard.thread, "user": heard.user}
    return Question(
        heard.team,
        f"{heard.channel}:{heard.moment}",
        heard.question,
        place,
        thread,
        follows=follows,
        metadata={"slack_channel": heard.channel, "slack_ts": heard.moment},
    )
