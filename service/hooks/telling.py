"""Answers, told to the address that a hook names: signed, and as the same however often."""

import json
from collections.abc import Mapping

from search import HttpStatus, WebClient, WebError, retry_after
from service.chats import Ending, Held, Rest, Standing, Undelivered
from service.formats import as_json
from service.hook_settings import HookSettings
from service.hooks.signing import signed

SYSTEM = "hook"
_GONE = 410


class HookSpeaker:
    """See `service.chats.Speaker`."""

    system = SYSTEM

    def __init__(self, web: WebClient, hooks: Mapping[str, HookSettings]) -> None:
        """`web`: which addresses may be told, it knows."""
        self._web, self._hooks = web, hooks

    async def working(self, held: Held, standing: Standing) -> None:
        """See Speaker: nobody looks."""

    async def ended(self, held: Held, ending: Ending) -> None:
        """See Speaker."""
        hook = self._hooks.get(str(held.place["team"]))
        if hook is None or hook.url is None:
            raise Undelivered("the hook is not there any more", for_good=True)
        body = _body(str(held.place["team"]), ending)
        headers = signed(hook, f"evt_{held.run}", body)
        held.require()
        try:
            answer = await self._web.request(
                "POST", hook.url, data=body, headers=headers, raise_for_status=False
            )
        except WebError as error:
            if isinstance(error, HttpStatus) and error.retry_after:
                raise Rest(error.retry_after) from error
            raise Undelivered(f"it was not told: {type(error).__name__}") from error
        if not 200 <= answer.status < 300:
            rest = retry_after(answer.headers.get("retry-after", ""))
            if rest:
                raise Rest(rest)
            told = f"it answered {answer.status}"
            raise Undelivered(told, for_good=answer.status == _GONE)


def _body(name: str, ending: Ending) -> bytes:
    publication = ending.publication
    told = {
        "type": f"answer.{publication.status}",
        "hook": name,
        "response": f"resp_{publication.run}",
        "reason": publication.reason,
        "answer": json.loads(as_json(publication)),
    }
    return json.dumps(told, ensure_ascii=False).encode()
