"""The message of a run: posted once, and changed from then on.

Slack does not say which messages it has of a client that sends one twice. So each carries the run's
id as metadata, that it will be posted is noted before, and where nobody knows whether it was, it is
looked for. A file that is shared is looked for in the same way.
"""

import logging
from typing import Any

from service.chats import Ending, Held, Refused, Rest, Standing, Undelivered, Unsure
from service.chats.texts import plain
from service.settings import Settings
from service.slack.messages import Message, abridged, answered, bare, working
from service.slack.mrkdwn import escaped
from service.slack.speaking import Slack

log = logging.getLogger("breadth.slack")

SYSTEM = "slack"
EVENT = "breadth_run"
"""The kind of our metadata."""
_ELSEWHERE = frozenset({"channel_not_found", "not_in_channel"})
"""Where a command was given may be where we are not."""
_CLOSED = _ELSEWHERE | {"is_archived", "restricted_action", "no_permission", "user_not_found"}
"""Nothing will ever be shown there."""
_UNCHANGEABLE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_INDIGESTIBLE = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}
)
_PAGES, _PAGE = 10, 100
_CLOCKS = 3600.0
"""Seconds by which our clock and Slack's may differ."""
_QUESTION = 300


class SlackSpeaker:
    """See `service.chats.Speaker`. Of `Held.state`:

    channel, message   where the message is, once it is posted
    part               how often it had to be posted anew, because it could not be changed
    posting            it is being posted, or was, and nobody noted how that ended
    file               the id of the file that the report is; it may be shared already
    """

    system = SYSTEM

    def __init__(self, slack: Slack, settings: Settings) -> None:
        """`slack`: for calls."""
        self._slack, self._settings = slack, settings

    async def working(self, held: Held, standing: Standing) -> None:
        """See Speaker."""
        message = working(held.run, standing.line, _asked(held))
        await self._shown(held, message, patient=False)

    async def ended(self, held: Held, ending: Ending) -> None:
        """See Speaker."""
        message = answered(ending, _asked(held))
        if message.is_small:
            await self._shown(held, message, patient=True)
            return
        told = "The whole answer with its sources is in the file."
        await self._shown(held, abridged(ending, _asked(held), told), patient=True)
        try:
            await self._shared(held, ending)
        except Refused as error:
            log.warning("the report of run %s cannot be shared: %s", held.run, error)
            told = f"The whole answer could not be attached ({error.code})."
            await self._shown(held, abridged(ending, _asked(held), told), patient=True)

    async def _shown(self, held: Held, message: Message, *, patient: bool) -> None:
        """The message says this. Raises Rest, Undelivered and Gone."""
        try:
            try:
                await self._posted(held, message, patient=patient)
            except Refused as error:
                if error.code not in _INDIGESTIBLE or not message.blocks:
                    raise
                log.warning("run %s is shown without blocks: %s", held.run, error)
                await self._posted(held, bare(message), patient=patient)
        except Refused as error:
            raise Undelivered(str(error), for_good=error.code in _CLOSED) from error
        except Unsure as error:
            raise Undelivered(str(error)) from error

    async def _posted(self, held: Held, message: Message, *, patient: bool) -> None:
        """Raises Refused, Unsure, Rest and Gone."""
        if "message" not in held.state and held.state.get("posting"):
            await self._look_for(held)
        if "message" in held.state:
            try:
                await self._changed(held, message, patient=patient)
            except Refused as error:
                if error.code not in _UNCHANGEABLE:
                    raise
                del held.state["message"]
                part = int(held.state.get("part", 0)) + 1
                await held.note(part=part, posting=False)
            else:
                return
        try:
            await self._post(held, message, patient=patient)
        except Refused as error:
            asker = held.place.get("user")
            if error.code not in _ELSEWHERE or held.place.get("thread") or not asker:
                raise
            # Who gave the command is told at least.
            opened = await self._slack.call("conversations.open", users=asker)
            await held.note(channel=str(opened["channel"]["id"]))
            await self._post(held, message, patient=patient)

    async def _post(self, held: Held, message: Message, *, patient: bool) -> None:
        """A new message."""
        if not held.state.get("posting"):
            await held.note(posting=True)
        try:
            answer = await self._slack.show(
                "chat.postMessage",
                patient=patient,
                require=held.require,
                channel=self._channel(held),
                thread_ts=held.place.get("thread"),
                unfurl_links=False,
                unfurl_media=False,
                **_content(held, message),
            )
        except (Rest, Refused):
            held.state["posting"] = False  # it was not; whoever goes on from here looks for it
            raise
        await self._noted(held, str(answer["channel"]), str(answer["ts"]))

    async def _changed(self, held: Held, message: Message, *, patient: bool) -> None:
        """The message that is there."""
        await self._slack.show(
            "chat.update",
            patient=patient,
            require=held.require,
            channel=self._channel(held),
            ts=held.state["message"],
            **_content(held, message),
        )

    async def _look_for(self, held: Held) -> None:
        """The message that may have been posted. Raises as `_posted`."""
        thread, cursor = held.place.get("thread"), None
        method = "conversations.replies" if thread else "conversations.history"
        for _ in range(_PAGES):
            page = await self._slack.call(
                method,
                channel=self._channel(held),
                ts=thread,
                oldest=f"{held.posting.created_at.timestamp() - _CLOCKS:.6f}",
                include_all_metadata=True,
                limit=_PAGE,
                cursor=cursor,
            )
            for each in page.get("messages") or ():
                if each.get("metadata") == _metadata(held):
                    await self._noted(held, self._channel(held), str(each["ts"]))
                    return
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        await held.note(posting=False)

    async def _noted(self, held: Held, channel: str, message: str) -> None:
        """Where it is; replies to it belong to the conversation."""
        root = held.place.get("thread") or message
        thread = thread_of(str(held.place["team"]), channel, str(root))
        await held.note(thread=thread, channel=channel, message=message, posting=False)

    async def _shared(self, held: Held, ending: Ending) -> None:
        """The report as a file, in the same conversation. Raises Refused, Undelivered and Gone."""
        try:
            if await self._is_shared(held):
                return
            if "file" not in held.state:
                await held.note(file=await self._uploaded(ending))
            title = plain(ending.publication.title, _QUESTION)
            await self._slack.show(
                "files.completeUploadExternal",
                patient=True,
                require=held.require,
                files=[{"id": held.state["file"], "title": title}],
                channel_id=self._channel(held),
                thread_ts=held.place.get("thread") or held.state["message"],
            )
        except Unsure as error:
            raise Undelivered(str(error)) from error
        except Refused as error:
            if error.code != "file_not_found" or "file" not in held.state:
                raise
            del held.state["file"]
            await held.note()
            raise Undelivered("what was uploaded is gone: it is uploaded anew") from error

    async def _uploaded(self, ending: Ending) -> str:
        """Its id; nobody sees it yet."""
        content = ending.document(self._settings).encode()
        name = f"breadth-{ending.publication.run}.md"
        place = await self._slack.call(
            "files.getUploadURLExternal", filename=name, length=len(content)
        )
        await self._slack.upload(str(place["upload_url"]), content)
        return str(place["file_id"])

    async def _is_shared(self, held: Held) -> bool:
        """Whether an earlier attempt did it."""
        if "file" not in held.state:
            return False
        try:
            told = await self._slack.call("files.info", file=held.state["file"])
        except Refused as error:
            if error.code != "file_not_found":
                raise
            return False  # it was uploaded, and not completed
        shares = (told.get("file") or {}).get("shares") or {}
        return any(self._channel(held) in where for where in shares.values())

    def _channel(self, held: Held) -> str:
        return str(held.state.get("channel") or held.place["channel"])


def thread_of(team: str, channel: str, root: str) -> str:
    """How a conversation is called: by the message that it began with."""
    return f"{team}:{channel}:{root}"


def _asked(held: Held) -> str | None:
    """Who asked what, where no message above ours says so."""
    if held.place.get("thread"):
        return None
    asked = escaped(plain(str(held.place.get("question", "")), _QUESTION))
    user = held.place.get("user")
    who = f"<@{user}>" if user else escaped(str(held.place.get("by", "")))
    return f"{who} asked: {asked}"


def _metadata(held: Held) -> dict[str, Any]:
    """What tells our message of this run from all others."""
    payload = {"run": held.run, "part": int(held.state.get("part", 0))}
    return {"event_type": EVENT, "event_payload": payload}


def _content(held: Held, message: Message) -> dict[str, Any]:
    return {
        "text": message.text,
        "blocks": list(message.blocks),
        "metadata": _metadata(held),
    }
