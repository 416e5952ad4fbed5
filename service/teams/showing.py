"""The message of a run: posted once, and changed from then on.

Teams cannot be asked what was said in a conversation. Where nobody knows whether the message was
posted, it is posted again: it may be there twice, and only one of the two comes to the answer.
"""

from typing import Any

from service.chats import Ending, Held, Refused, Standing, Undelivered, Unsure
from service.teams.messages import answered, working
from service.teams.speaking import Teams

SYSTEM = "teams"
_CLOSED = frozenset(
    {"BotNotInConversationRoster", "ConversationNotFound", "ConversationBlockedByUser", "Forbidden"}
)
"""Nothing will ever be shown there."""
_GONE = frozenset({"MessageNotFound", "ActivityNotFoundInConversation"})


class TeamsSpeaker:
    """See `service.chats.Speaker`. Of `Held.state`: `message`, its id."""

    system = SYSTEM

    def __init__(self, teams: Teams) -> None:
        """`teams`: for calls."""
        self._teams = teams

    async def working(self, held: Held, standing: Standing) -> None:
        """See Speaker."""
        await self._shown(held, working(held.run, standing.line), patient=False)

    async def ended(self, held: Held, ending: Ending) -> None:
        """See Speaker."""
        await self._shown(held, answered(ending), patient=True)

    async def _shown(self, held: Held, fields: dict[str, Any], *, patient: bool) -> None:
        """The message says this. Raises Rest, Undelivered and Gone."""
        place, before = held.place, held.state.get("message")
        activity = {
            "type": "message",
            "from": {"id": place["bot"]},
            "recipient": {"id": place["user"]},
            "conversation": {"id": place["conversation"]},
            "replyToId": place["activity"],
            **fields,
        }
        try:
            message = await self._teams.say(
                str(place["service"]),
                str(place["conversation"]),
                activity if before is None else activity | {"id": before},
                instead=before,
                patient=patient,
                require=held.require,
            )
        except Unsure as error:
            raise Undelivered(str(error)) from error
        except Refused as error:
            if error.code in _GONE and before is not None:
                del held.state["message"]
                await held.note()
                raise Undelivered("the message is gone: it is posted anew") from error
            raise Undelivered(str(error), for_good=error.code in _CLOSED) from error
        if message != before:
            await held.note(message=message)
