"""From a question of a chat system to a response, with the posting that shows it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from service.api.front import Front
from service.api.offered import wished_options
from service.api.response_asking import MOST_CHARACTERS
from service.api.response_bodies import ResponseBody
from service.channel_settings import ChannelSettings
from service.settings import Settings
from service.wishes import Wishes
from storage import Asked, Asker, NewPosting, UnknownResponse

log = logging.getLogger("breadth.chats")

MODEL = "breadth"
EMPTY = "Ask a question, such as: Who directed Roma, and when was that person born?"
TOO_LONG = f"The question is too long: at most {MOST_CHARACTERS} characters can be asked."


@dataclass(frozen=True, slots=True)
class Question:
    """Somebody asks something."""

    team: str
    """Whose place it is: another one's runs are not there."""
    moment: str
    """What tells this from everything else that is asked there, however often it is told."""
    text: str
    place: Mapping[str, JsonValue]
    """In the system's own words."""
    thread: str | None = None
    """The conversation that it belongs to; None: not known yet."""
    follows: bool = False
    """The last answer there, if there is one."""
    metadata: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Previous:
    """What a question follows."""

    response: str
    run: str


def refusal(text: str) -> str | None:
    """Why this cannot be asked; None: it can."""
    if not text:
        return EMPTY
    return TOO_LONG if len(text) > MOST_CHARACTERS else None


class ChatAsking:
    """Keeps the questions of one system."""

    def __init__(self, front: Front, system: str) -> None:
        """`system`: as postings name it."""
        self._front, self._system = front, system

    async def ask(self, question: Question, channel: ChannelSettings) -> None:
        """Keep it, with a run and a posting; what was kept before stays as it is. Raises
        StorageError."""
        previous = None
        if question.follows and question.thread is not None:
            previous = await self._previous(question.thread)
        place = {**question.place, "team": question.team, "question": question.text}
        asked = asked_of(
            question,
            channel,
            self._front.settings,
            idempotency=f"{self._system}:{question.team}:{question.moment}",
            posting=NewPosting(self._system, place, question.thread),
            previous=previous,
        )
        await self._front.create(asked, Asker(f"{self._system}:{question.team}", priority=1))

    async def stop(self, run: str, team: str, by: str) -> None:
        """Have a run stopped that is shown in the same place. Raises StorageError."""
        store = self._front.store
        posting = await store.postings.of_run(run)
        if posting is None or posting.system != self._system or posting.place["team"] != team:
            log.warning("a run of another place, or of none, is not stopped")
            return
        if (await store.run(run)).is_over:
            return
        await store.postings.stopped(run, self._system, by)
        await self._front.stop(run, None)  # whose it is: a hook may have asked

    async def _previous(self, thread: str) -> Previous | None:
        """The last run of the conversation that has an answer."""
        store = self._front.store
        for posting in await store.postings.in_thread(self._system, thread):
            record = await store.run(posting.run)
            response = await store.responses.of_run(posting.run)
            if record.answer is not None and record.is_over and response is not None:
                try:
                    await store.responses.named(response.id)
                except UnknownResponse:  # it was deleted
                    continue
                return Previous(response.id, posting.run)
        return None


def asked_of(
    question: Question,
    channel: ChannelSettings,
    settings: Settings,
    *,
    idempotency: str,
    posting: NewPosting | None,
    previous: Previous | None = None,
) -> Asked:
    """As a request for a response in the background would ask it."""
    after = previous.response if previous else None
    body = ResponseBody(
        model=MODEL,
        input=question.text,
        background=True,
        store=True,
        previous_response_id=after,
        metadata=dict(question.metadata or {}),
    )
    wishes = Wishes(after=previous.run if previous else None, files=channel.files, web=channel.web)
    return Asked(
        "response",
        question.text,
        wished_options(settings, channel.changes(), **wishes.to_options()),
        body.model_dump(mode="json", exclude_none=True, by_alias=True),
        idempotency=idempotency,
        previous=after,
        posting=posting,
    )
