"""From what was heard to a response, with the posting that shows it; or to nothing, or to words of
refusal."""

import logging
import time
from dataclasses import dataclass

from service.api.front import Front
from service.api.offered import wished_options
from service.api.response_asking import MOST_CHARACTERS
from service.api.response_bodies import ResponseBody
from service.channel_settings import ChannelSettings, settled
from service.chats import NotNow, Rest
from service.slack.hearing import Heard, Stop
from service.slack.showing import SYSTEM, thread_of
from service.slack.speaking import Refused, Slack, Unsure
from service.wishes import Wishes
from storage import Asked, Asker, NewPosting, UnknownResponse

log = logging.getLogger("breadth.slack")

MODEL = "breadth"
EMPTY = "Ask a question, such as: Who directed Roma, and when was that person born?"
TOO_LONG = f"The question is too long: at most {MOST_CHARACTERS} characters can be asked."
_NAMED_SECONDS = 600.0
"""So long the name of a channel is remembered."""
_MOST_NAMES = 10_000


@dataclass(frozen=True, slots=True)
class Previous:
    """What a question follows."""

    response: str
    run: str


def refusal(heard: Heard) -> str | None:
    """Why this cannot be asked; None: it can."""
    if not heard.question:
        return EMPTY
    return TOO_LONG if len(heard.question) > MOST_CHARACTERS else None


class SlackAsking:
    """Keeps questions."""

    def __init__(self, front: Front, slack: Slack) -> None:
        """`slack`: knows the names of channels."""
        self._front, self._slack = front, slack
        self._names: dict[str, tuple[float, str | None]] = {}

    async def ask(self, heard: Heard) -> bool:
        """Keep it, with a run and a posting; what was kept before stays as it is. False: it is not
        for us. Raises StorageError and NotNow."""
        channel = await self._settled(heard)
        if channel is None:
            return False
        previous = None
        if heard.thread is not None and heard.thread != heard.moment:
            postings = self._front.store.postings
            thread = thread_of(heard.team, heard.channel, heard.thread)
            if not (known := await postings.in_thread(SYSTEM, thread)) and heard.way == "thread":
                return False
            previous = await self._previous([each.run for each in known], heard)
        asked = asked_by(heard, channel, previous, self._front)
        await self._front.create(asked, Asker(f"slack:{heard.team}", priority=1))
        return True

    async def stop(self, stop: Stop) -> None:
        """Have a run stopped that is shown in the same workspace. Raises StorageError."""
        store = self._front.store
        posting = await store.postings.of_run(stop.run)
        if posting is None or posting.system != SYSTEM or posting.place["team"] != stop.team:
            log.warning("a run of another workspace, or of none, is not stopped")
            return
        if (await store.run(stop.run)).is_over:
            return
        await store.postings.stopped(stop.run, SYSTEM, stop.user)
        await self._front.stop(stop.run, f"slack:{stop.team}")

    async def _previous(self, runs: list[str], heard: Heard) -> Previous | None:
        """The last run of the conversation that has an answer, unless it is this very question."""
        responses = self._front.store.responses
        for run in runs:
            record = await self._front.store.run(run)
            response = await responses.of_run(run)
            if record.answer is not None and record.is_over and response is not None:
                try:
                    await responses.named(response.id, f"slack:{heard.team}")
                except UnknownResponse:  # it was deleted
                    continue
                return Previous(response.id, run)
        return None

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


def asked_by(
    heard: Heard, channel: ChannelSettings, previous: Previous | None, front: Front
) -> Asked:
    """As a request for a response in the background would ask it."""
    body = ResponseBody(
        model=MODEL,
        input=heard.question,
        background=True,
        store=True,
        previous_response_id=previous.response if previous else None,
        metadata={"slack_channel": heard.channel, "slack_ts": heard.moment},
    )
    wishes = Wishes(after=previous.run if previous else None, files=channel.files, web=channel.web)
    place = {
        "team": heard.team,
        "channel": heard.channel,
        "thread": heard.thread,
        "user": heard.user,
        "question": heard.question,
    }
    thread = heard.thread and thread_of(heard.team, heard.channel, heard.thread)
    return Asked(
        "response",
        heard.question,
        wished_options(front.settings, channel.changes(), **wishes.to_options()),
        body.model_dump(mode="json", exclude_none=True, by_alias=True),
        idempotency=heard.key,
        previous=previous.response if previous else None,
        posting=NewPosting(SYSTEM, place, thread),
    )
